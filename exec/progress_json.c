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

struct json_progress {
    struct progress base;
    int fd;
    struct buf out, text;
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
    return e->kind == EVENT_CACHED || e->kind == EVENT_DONE || e->kind == EVENT_RESULT ||
           (e->kind == EVENT_FAILED && !digest_eq(&e->key, &none));
}

static void on_event(struct progress *base, const struct event *e)
{
    struct json_progress *p = (struct json_progress *)base;
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

static void on_close(struct progress *base)
{
    struct json_progress *p = (struct json_progress *)base;
    buf_free(&p->out);
    buf_free(&p->text);
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
