/* SPDX-License-Identifier: Apache-2.0 */
/* obexec inspect: what is known of a result, and why it had to be built. */
#include <config.h>

#include "exec/cmd.h"

#include "base/cleanup.h"
#include "base/cli.h"
#include "base/json.h"
#include "base/quantity.h"
#include "base/terminal.h"
#include "exec/record.h"
#include "exec/store_cmd.h"
#include "exec/why.h"
#include "ir/diff_op.h"
#include "ir/read.h"

#include <fcntl.h>
#include <time.h>

struct inspect {
    bool why, json;
};

/* A result and what is around it. */
struct subject {
    struct store_cmd *c;
    struct record r;
    struct str_vec chain; /* keys of what it stands on, the nearest first */
    struct str_vec children;
    struct str log; /* empty = it has none */
    uint64_t size;  /* of what is its own */
};

static struct str path_of_log(struct store_cmd *c, const char *key)
{
    struct str path = arena_printf(&c->arena, "%s/state/log/%s", c->o.path, key);
    return faccessat(c->o.layout.log, key, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ? path : STR("");
}

static int find_chain(struct subject *s)
{
    enum { MAX_CHAIN = 100000 }; /* a damaged record may name itself */
    struct record r = s->r;
    struct digest d;
    struct arena *a = &s->c->arena;
    while (digest_from_hex(r.parent, &d) && s->chain.n < MAX_CHAIN) {
        struct str parent = r.parent;
        vec_push(a, &s->chain, parent);
        int rc = record_load(&s->c->o.layout, arena_cstr(a, parent), a, &r, &s->c->err);
        if (rc <= 0)
            return rc;
    }
    return 0;
}

/* Gives -1, or an exit status if there is nothing to be shown. */
static int find_subject(struct store_cmd *c, struct subject *out)
{
    struct str key;
    *out = (struct subject){.c = c};
    if (opened_find(&c->o, &c->arena, c->args[0], &key, &c->err) < 0)
        return opened_exit_status(&c->err);
    const char *hex = arena_cstr(&c->arena, key);
    int rc = store_lookup(c->o.kit.store, hex, NULL, &c->err);
    if (rc == 0) {
        ob_err_set(&c->err, 0, "result %.12s is not built: see \"obexec log %.12s\"", hex, hex);
        return OB_EXIT_FAILED;
    }
    if (rc > 0)
        rc = record_load(&c->o.layout, hex, &c->arena, &out->r, &c->err);
    if (rc == 0)
        ob_err_set(&c->err, 0, "result %.12s has no record: an older obexec has made it", hex);
    if (rc <= 0)
        return rc < 0 ? OB_EXIT_ENVIRONMENT : OB_EXIT_FAILED;
    out->log = path_of_log(c, hex);
    if (find_chain(out) < 0 || store_size(c->o.kit.store, hex, &out->size, &c->err) < 0 ||
        index_children(c->o.index, &c->arena, key, &out->children, &c->err) < 0)
        return OB_EXIT_ENVIRONMENT;
    return -1;
}

/* For people. */

static void put_label(struct buf *b, const char *label)
{
    buf_printf(b, "%-9s ", label);
}

static void put_line(struct buf *b, const char *label, struct str text)
{
    put_label(b, label);
    terminal_quote(b, text);
    buf_putc(b, '\n');
}

static void put_time(struct buf *b, int64_t when)
{
    char text[32];
    struct tm tm;
    time_t t = (time_t)when;
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", localtime_r(&t, &tm));
    buf_puts(b, text);
}

/* Another result, in a line. */
static void put_result(struct subject *s, struct buf *b, const char *label, struct str key)
{
    struct record r;
    struct ob_err ignored; /* its key alone says enough */
    struct arena *a = &s->c->arena;
    bool has_record = record_load(&s->c->o.layout, arena_cstr(a, key), a, &r, &ignored) > 0;
    put_line(b, label,
             arena_printf(a, "%.12s %s", key.p, has_record ? arena_cstr(a, r.heading) : ""));
}

static void put_results(struct subject *s, struct buf *b, const char *label,
                        const struct str_vec *keys)
{
    vec_for (const struct str, key, keys)
        put_result(s, b, key == keys->at ? label : "", *key);
}

/* Each value of the op in a line. */
static void put_op(struct subject *s, struct buf *b)
{
    struct step step;
    struct ob_err err;
    struct arena *a = &s->c->arena;
    if (ir_read_op(a, s->r.kind, s->r.op, &step, &err) < 0) {
        put_line(b, "op", s->r.op);
        return;
    }
    struct op_value_vec values = op_values(a, &step);
    vec_for (const struct op_value, v, &values)
        put_line(b, v == values.at ? "op" : "",
                 arena_printf(a, STR_FMT ": " STR_FMT, STR_ARG(v->label), STR_ARG(v->value)));
}

static void put_made(struct subject *s, struct buf *b)
{
    int64_t used = record_last_use(&s->c->o.layout, s->r.key.p);
    put_label(b, "made");
    put_time(b, s->r.created);
    buf_printf(b, " in %.2fs\n", (double)s->r.ms / 1000);
    if (used <= 0)
        return;
    put_label(b, "used");
    put_time(b, used);
    buf_putc(b, '\n');
}

static void put_size(struct subject *s, struct buf *b)
{
    put_label(b, "size");
    quantity_add_bytes(b, s->size);
    buf_putc(b, '\n');
}

static void print_text(struct subject *s, struct buf *b)
{
    const struct record *r = &s->r;
    put_line(b, "id", r->key);
    put_line(b, "step", r->heading);
    if (r->line)
        put_line(
            b, "place",
            arena_printf(&s->c->arena, STR_FMT ":%lld", STR_ARG(r->source), (long long)r->line));
    put_line(b, "kind", r->kind);
    put_op(s, b);
    if (r->input.n)
        put_line(b, "input", r->input);
    put_made(s, b);
    put_size(s, b);
    if (s->log.n)
        put_line(b, "log", s->log);
    put_results(s, b, "on", &s->chain);
    put_results(s, b, "reads", &r->reads);
    put_results(s, b, "below", &s->children);
}

/* As JSON. */

static void put_keys(struct json_out *j, const char *name, const struct str_vec *keys)
{
    json_key(j, name);
    json_open(j, '[');
    vec_for (const struct str, key, keys)
        json_str(j, *key);
    json_close(j, ']');
}

static void put_record(struct json_out *j, const struct subject *s)
{
    const struct record *r = &s->r;
    json_key_str(j, "key", r->key);
    json_key_str(j, "kind", r->kind);
    json_key_str(j, "heading", r->heading);
    if (r->line) {
        json_key_str(j, "source", r->source);
        json_key_int(j, "line", r->line);
    }
    json_key(j, "op");
    buf_add_str(j->buf, r->op);
    j->comma = true;
    json_key_str(j, "op_digest", r->op_digest);
    if (r->input.n)
        json_key_str(j, "input", r->input);
    json_key_int(j, "created", r->created);
    json_key_int(j, "used", record_last_use(&s->c->o.layout, r->key.p));
    json_key_int(j, "ms", r->ms);
    json_key_int(j, "size", (int64_t)s->size);
}

static void print_json(struct subject *s, struct buf *b)
{
    struct json_out j = JSON_OUT_INIT(b);
    json_open(&j, '{');
    put_record(&j, s);
    if (s->log.n) {
        struct buf path = BUF_INIT;
        buf_add_utf8(&path, s->log);
        json_key_str(&j, "log", buf_str(&path));
        buf_free(&path);
    }
    put_keys(&j, "chain", &s->chain);
    put_keys(&j, "reads", &s->r.reads);
    put_keys(&j, "children", &s->children);
    json_close(&j, '}');
    buf_putc(b, '\n');
}

/* Why. */

static void print_why_text(struct subject *s, const struct record *nearest, struct str lines,
                           struct buf *b)
{
    put_result(s, b, "result", s->r.key);
    put_made(s, b);
    if (!nearest) {
        buf_puts(b, "Nothing like it was built before, or it is not in the store any more.\n");
        return;
    }
    put_result(s, b, "nearest", nearest->key);
    put_label(b, "made");
    put_time(b, nearest->created);
    buf_puts(b, "\n\n");
    buf_add_str(b, lines);
}

static void print_why_json(struct subject *s, const struct record *nearest, struct str lines,
                           struct buf *b)
{
    struct json_out j = JSON_OUT_INIT(b);
    struct str line;
    json_open(&j, '{');
    json_key_str(&j, "key", s->r.key);
    if (nearest)
        json_key_str(&j, "nearest", nearest->key);
    json_key(&j, "differs");
    json_open(&j, '[');
    while (str_cut(lines, '\n', &line, &lines))
        json_str(&j, line);
    json_close(&j, ']');
    json_close(&j, '}');
    buf_putc(b, '\n');
}

static int find_why(struct subject *s, bool json, struct buf *b)
{
    struct store_cmd *c = s->c;
    struct record nearest;
    cleanup_buf struct buf lines = BUF_INIT;
    int rc = why_nearest(&c->o, &c->arena, &s->r, &nearest, &c->err);
    if (rc > 0 && why_differs(&c->o, &c->arena, &nearest, &s->r, &lines, &c->err) < 0)
        rc = -1;
    if (rc < 0)
        return -1;
    (json ? print_why_json : print_why_text)(s, rc ? &nearest : NULL, buf_str(&lines), b);
    return 0;
}

static int do_inspect(struct store_cmd *c, void *arg)
{
    const struct inspect *q = arg;
    struct subject s;
    cleanup_buf struct buf out = BUF_INIT;
    int status = find_subject(c, &s);
    if (status >= 0)
        return store_cmd_fail(c, status);
    if (q->why) {
        if (find_why(&s, q->json, &out) < 0)
            return store_cmd_fail(c, OB_EXIT_ENVIRONMENT);
    } else {
        (q->json ? print_json : print_text)(&s, &out);
    }
    fwrite(out.p, 1, out.n, stdout);
    return cli_close_stdout("obexec");
}

enum { OPT_WHY = 256, OPT_FORMAT };

static const char *on_option(void *arg, int opt)
{
    struct inspect *q = arg;
    if (opt == OPT_WHY) {
        q->why = true;
        return NULL;
    }
    q->json = strcmp(optarg, "json") == 0;
    return q->json || strcmp(optarg, "text") == 0 ? NULL : "--format takes text or json";
}

int cmd_inspect(int argc, char **argv)
{
    static const struct option options[] = {
        {"why", no_argument, NULL, OPT_WHY},
        {"format", required_argument, NULL, OPT_FORMAT},
        {0},
    };
    struct inspect q = {0};
    const struct store_cmd_usage usage = {
        .help =
            "Usage: obexec inspect [--why] [--format=text|json] ID [--store=KIND:PATH]\n"
            "Say what a result is: its step, what it stands on, and what stands on it. ID is\n"
            "the first digits of its id, four or more.\n"
            "\n"
            "      --why                 say why it had to be built: the result before it that\n"
            "                            has most in common with it, and what differs\n"
            "      --format=text|json    how to print it (default: text)\n" STORE_CMD_HELP,
        .options = options,
        .on_option = on_option,
        .arg = &q,
        .min_args = 1,
        .max_args = 1,
        .what = "an id",
    };
    struct store_cmd c;
    int status = store_cmd_parse(&c, argc, argv, &usage);
    return status >= 0 ? status : store_cmd_run(&c, do_inspect, &q);
}
