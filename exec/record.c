/* SPDX-License-Identifier: Apache-2.0 */
/* Records as JSON. */
#include <config.h>

#include "exec/record.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/json.h"

#include <fcntl.h>
#include <jansson.h>
#include <sys/stat.h>

enum { MAX_RECORD = 256 << 20 }; /* a step can hold files */

static void add_str(struct json_out *j, const char *key, struct str s)
{
    if (s.n)
        json_key_str(j, key, s);
}

static void write_record(struct json_out *j, const struct record *r)
{
    json_open(j, '{');
    json_key_str(j, "key", r->key);
    add_str(j, "parent", r->parent);
    if (r->reads.n) {
        json_key(j, "reads");
        json_open(j, '[');
        vec_for (const struct str, s, &r->reads)
            json_str(j, *s);
        json_close(j, ']');
    }
    json_key_str(j, "kind", r->kind);
    json_key_str(j, "heading", r->heading);
    add_str(j, "source", r->source);
    if (r->line)
        json_key_int(j, "line", r->line);
    json_key(j, "op");
    buf_add(j->buf, r->op.p, r->op.n);
    j->comma = true;
    json_key_str(j, "op_digest", r->op_digest);
    add_str(j, "input", r->input);
    json_key_int(j, "created", r->created);
    json_key_int(j, "ms", r->ms);
    json_close(j, '}');
    buf_putc(j->buf, '\n');
}

/* Written in place: until its result is committed, a record means nothing. */
int record_save(const struct layout *l, const struct record *r, struct ob_err *err)
{
    char name[SHA256_HEX + 1];
    cleanup_buf struct buf b = BUF_INIT;
    struct json_out j = JSON_OUT_INIT(&b);
    snprintf(name, sizeof name, STR_FMT, STR_ARG(r->key));
    write_record(&j, r);
    unlinkat(l->record, name,
             0); /* of a result that was removed by hand: it would vouch for this */
    cleanup_close int fd =
        openat(l->unsynced, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return ob_err_set(err, errno, "can't create the result's record");
    return fs_write_all(fd, b.p, b.n, err) < 0 ? ob_err_wrap(err, "the result's record") : 0;
}

static struct str get_str(struct arena *a, const json_t *doc, const char *key)
{
    const json_t *s = json_object_get(doc, key);
    return json_is_string(s) ? arena_str(a, str_of(json_string_value(s), json_string_length(s)))
                             : STR("");
}

static struct str get_json(struct arena *a, const json_t *doc, const char *key)
{
    char *text = json_dumps(json_object_get(doc, key), JSON_COMPACT | JSON_ENCODE_ANY);
    struct str out = text ? arena_str(a, str_from(text)) : STR("");
    free(text);
    return out;
}

static struct str_vec get_list(struct arena *a, const json_t *doc, const char *key)
{
    struct str_vec out = {0};
    const json_t *list = json_object_get(doc, key);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *s = json_string_value(json_array_get(list, i));
        if (s)
            vec_push(a, &out, arena_str(a, str_from(s)));
    }
    return out;
}

static void read_record(struct arena *a, const json_t *doc, struct record *out)
{
    *out = (struct record){
        .key = get_str(a, doc, "key"),
        .parent = get_str(a, doc, "parent"),
        .reads = get_list(a, doc, "reads"),
        .kind = get_str(a, doc, "kind"),
        .heading = get_str(a, doc, "heading"),
        .source = get_str(a, doc, "source"),
        .line = json_integer_value(json_object_get(doc, "line")),
        .op = get_json(a, doc, "op"),
        .op_digest = get_str(a, doc, "op_digest"),
        .input = get_str(a, doc, "input"),
        .created = json_integer_value(json_object_get(doc, "created")),
        .ms = json_integer_value(json_object_get(doc, "ms")),
    };
}

int record_load(const struct layout *l, const char *key, struct arena *a, struct record *out,
                struct ob_err *err)
{
    const int dirs[] = {l->record, l->unsynced, l->record}; /* it may move meanwhile */
    cleanup_buf struct buf b = BUF_INIT;
    json_error_t e;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof dirs / sizeof dirs[0]; i++)
        rc = fs_read_file_at(dirs[i], key, &b, MAX_RECORD, err);
    if (rc <= 0)
        return rc;
    json_t *doc = json_loadb(b.p, b.n, 0, &e);
    read_record(a, doc, out);
    json_decref(doc);
    return str_eq(out->key, str_from(key));
}

void record_remove(const struct layout *l, const char *key)
{
    unlinkat(l->unsynced, key, 0);
    unlinkat(l->record, key, 0);
}

void record_used(const struct layout *l, const char *key)
{
    static const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_NOW}};
    if (utimensat(l->record, key, times, AT_SYMLINK_NOFOLLOW) < 0)
        utimensat(l->unsynced, key, times, AT_SYMLINK_NOFOLLOW);
}

int64_t record_last_use(const struct layout *l, const char *key)
{
    struct stat st;
    if (fstatat(l->record, key, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
        fstatat(l->unsynced, key, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return st.st_mtime;
    return 0;
}
