/* SPDX-License-Identifier: Apache-2.0 */
/* Progress as JSON lines, one event each. Output that is not UTF-8 has its stray bytes replaced by
 * U+FFFD; the log has them as they were. */
#include <config.h>

#include "exec/event.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "exec/heading.h"

#include <stdlib.h>
#include <string.h>

/* The start of a character at the end of a step's output so far. */
struct open_char {
    char p[3];
    uint8_t n;
};

struct json_progress {
    struct progress base;
    int fd;
    struct open_char *open; /* for each step */
    uint32_t n_open;
    struct buf out, text, output;
};

static const char *const names[] = {
    [EVENT_BUILD] = "build",   [EVENT_START] = "start",   [EVENT_WAIT] = "wait",
    [EVENT_OUTPUT] = "output", [EVENT_CACHED] = "cached", [EVENT_DONE] = "done",
    [EVENT_FAILED] = "failed", [EVENT_RESULT] = "result", [EVENT_END] = "end",
    [EVENT_ERROR] = "error",   [EVENT_NOTE] = "note",
};

static void put_text(struct json_progress *p, struct json_out *j, const char *key, struct str s)
{
    buf_clear(&p->text);
    buf_add_utf8(&p->text, s);
    json_key_str(j, key, buf_str(&p->text));
}

static void put_step(struct json_progress *p, struct json_out *j, const struct event *e)
{
    char hex[SHA256_HEX + 1];
    digest_hex(&e->of->id, hex);
    json_key_int(j, "step", e->step);
    json_key_str(j, "id", str_from(hex));
    if (e->kind != EVENT_START && e->kind != EVENT_CACHED && e->kind != EVENT_FAILED)
        return;
    buf_clear(&p->text);
    heading_add(&p->text, e->of);
    json_key_str(j, "heading", buf_str(&p->text));
}

static void put_seconds(struct json_progress *p, struct json_out *j, double seconds)
{
    json_key(j, "seconds");
    buf_printf(&p->out, "%.6f", seconds);
    j->comma = true;
}

static void put_counts(struct json_out *j, const struct event *e)
{
    json_key_int(j, "total", e->total);
    if (e->kind != EVENT_END)
        return;
    json_key_int(j, "cached", e->cached);
    json_key_int(j, "built", e->built);
    json_key_int(j, "failed", e->failed);
    json_key_int(j, "skipped", e->skipped);
}

/* A step that failed before its key was known (a copy of a missing file) has none. */
static bool has_key(const struct event *e)
{
    static const struct digest none;
    switch (e->kind) {
    case EVENT_START:
    case EVENT_WAIT:
    case EVENT_CACHED:
    case EVENT_DONE:
    case EVENT_FAILED: return !digest_eq(&e->key, &none);
    case EVENT_RESULT: return true;
    default: return false;
    }
}

static void put_event(struct json_progress *p, const struct event *e)
{
    char hex[SHA256_HEX + 1];
    struct json_out j = JSON_OUT_INIT(&p->out);
    buf_clear(&p->out);
    digest_hex(&e->key, hex);
    json_open(&j, '{');
    json_key_str(&j, "event", str_from(names[e->kind]));
    if (e->of)
        put_step(p, &j, e);
    if (e->text.n)
        put_text(p, &j, e->kind == EVENT_RESULT ? "name" : "text", e->text);
    if (e->log.n)
        put_text(p, &j, "log", e->log);
    if (e->line) {
        put_text(p, &j, "source", e->source);
        json_key_int(&j, "line", e->line);
    }
    if (has_key(e))
        json_key_str(&j, "key", str_from(hex));
    if (e->kind == EVENT_DONE || e->kind == EVENT_FAILED || e->kind == EVENT_END)
        put_seconds(p, &j, e->seconds);
    if (e->kind == EVENT_BUILD || e->kind == EVENT_END)
        put_counts(&j, e);
    json_close(&j, '}');
    buf_putc(&p->out, '\n');
    progress_write(p->fd, buf_str(&p->out));
}

/* Output comes in pieces, whose ends may lie in a character: that waits for the next piece. */
static void put_output(struct json_progress *p, const struct event *e, struct open_char *open)
{
    struct event whole = *e;
    buf_clear(&p->output);
    buf_add(&p->output, open->p, open->n);
    buf_add_str(&p->output, e->text);
    whole.text = buf_str(&p->output);
    open->n = (uint8_t)str_open_char(whole.text);
    whole.text.n -= open->n;
    memcpy(open->p, whole.text.p + whole.text.n, open->n);
    if (whole.text.n)
        put_event(p, &whole);
}

/* No next piece will come. */
static void end_output(struct json_progress *p, const struct event *e, struct open_char *open)
{
    struct event rest = {.kind = EVENT_OUTPUT, .step = e->step, .of = e->of};
    rest.text = str_of(open->p, open->n);
    if (open->n)
        put_event(p, &rest);
    open->n = 0;
}

static void expect_steps(struct json_progress *p, uint32_t n)
{
    free(p->open);
    p->open = calloc(n, sizeof *p->open);
    if (n && !p->open)
        ob_out_of_memory();
    p->n_open = n;
}

static void on_event(struct progress *base, const struct event *e)
{
    struct json_progress *p = (struct json_progress *)base;
    struct open_char *open = e->of && e->step < p->n_open ? &p->open[e->step] : NULL;
    if (e->kind == EVENT_BUILD)
        expect_steps(p, e->total);
    if (open && e->kind == EVENT_OUTPUT) {
        put_output(p, e, open);
        return;
    }
    if (open && (e->kind == EVENT_DONE || e->kind == EVENT_FAILED))
        end_output(p, e, open);
    put_event(p, e);
}

static void on_close(struct progress *base)
{
    struct json_progress *p = (struct json_progress *)base;
    free(p->open);
    buf_free(&p->out);
    buf_free(&p->text);
    buf_free(&p->output);
    free(p);
}

struct progress *progress_json_open(int fd)
{
    struct json_progress *p = calloc(1, sizeof *p);
    if (!p)
        ob_out_of_memory();
    *p = (struct json_progress){.base = {.event = on_event, .close = on_close}, .fd = fd};
    return &p->base;
}
