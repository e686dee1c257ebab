/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON array format of Chrome's trace viewer, which Perfetto reads too. Steps that run at the
 * same time are in different rows, "threads" from 1 on; row 0 has the build, and the steps that
 * took no time. Viewers do without the closing bracket, so what a killed obexec has written can be
 * looked at.
 */
#include <config.h>

#include "exec/trace.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"
#include "exec/heading.h"

#include <fcntl.h>
#include <time.h>

struct slot {
    const struct step *of; /* NULL = free */
    uint32_t step;
    int64_t begin;
    int64_t started; /* here; before that, another process built it. -1 = it never was */
};

struct trace {
    struct progress base;
    struct progress *inner;
    const char *path;
    int fd;
    bool is_begun; /* there is an event in the file */
    bool is_open;  /* the build has begun and not ended */
    struct timespec origin;
    struct slot *slots;
    size_t n_slots;
    struct buf out, text;
    struct ob_err err; /* of the first write that failed */
};

static int64_t now(const struct trace *t)
{
    struct timespec c;
    clock_gettime(CLOCK_MONOTONIC, &c);
    return (int64_t)(c.tv_sec - t->origin.tv_sec) * 1000000 +
           (c.tv_nsec - t->origin.tv_nsec) / 1000;
}

static void flush(struct trace *t)
{
    if (t->fd >= 0 && fs_write_all(t->fd, t->out.p, t->out.n, &t->err) < 0) {
        close(t->fd);
        t->fd = -1;
    }
    buf_clear(&t->out);
}

/* Pieces of an event: its members up to "args", which the caller fills. */
static struct json_out begin(struct trace *t, const char *phase, size_t row)
{
    enum { PIECE = 32 << 10 };
    if (t->out.n > PIECE)
        flush(t);
    buf_puts(&t->out, t->is_begun ? ",\n" : "[\n");
    t->is_begun = true;
    struct json_out j = JSON_OUT_INIT(&t->out);
    json_open(&j, '{');
    json_key_str(&j, "ph", str_from(phase));
    json_key_int(&j, "pid", 1);
    json_key_int(&j, "tid", (int64_t)row);
    return j;
}

static void put_span(struct json_out *j, int64_t from, int64_t to)
{
    json_key_int(j, "ts", from);
    json_key_int(j, "dur", to - from);
}

static void put_text(struct trace *t, struct json_out *j, const char *key, struct str s)
{
    buf_clear(&t->text);
    buf_add_utf8(&t->text, s);
    json_key_str(j, key, buf_str(&t->text));
}

static void put_name(struct trace *t, struct json_out *j, const struct step *s)
{
    buf_clear(&t->text);
    heading_add(&t->text, s);
    json_key_str(j, "name", buf_str(&t->text));
    json_key_str(j, "cat", str_from(step_kind_name(s->kind)));
    json_key(j, "args");
    json_open(j, '{');
}

static void end(struct json_out *j)
{
    json_close(j, '}');
    json_close(j, '}');
}

static void name_row(struct trace *t, size_t row, const char *kind, const char *name)
{
    struct json_out j = begin(t, "M", row);
    json_key_str(&j, "name", str_from(kind));
    json_key(&j, "args");
    json_open(&j, '{');
    json_key_str(&j, "name", str_from(name));
    end(&j);
}

/* Slots. */

static struct slot *slot_of(struct trace *t, uint32_t step)
{
    for (size_t i = 0; i < t->n_slots; i++)
        if (t->slots[i].of && t->slots[i].step == step)
            return &t->slots[i];
    return NULL;
}

static struct slot *slot_new(struct trace *t)
{
    for (size_t i = 0; i < t->n_slots; i++)
        if (!t->slots[i].of)
            return &t->slots[i];
    t->slots = reallocarray(t->slots, t->n_slots + 1, sizeof *t->slots);
    if (!t->slots)
        ob_out_of_memory();
    char name[32];
    snprintf(name, sizeof name, "slot %zu", t->n_slots + 1);
    name_row(t, t->n_slots + 1, "thread_name", name);
    return &t->slots[t->n_slots++];
}

static void on_begin(struct trace *t, const struct event *e)
{
    int64_t at = now(t);
    struct slot *s = slot_of(t, e->step);
    if (!s) {
        s = slot_new(t);
        *s = (struct slot){.of = e->of, .step = e->step, .begin = at, .started = -1};
    }
    if (e->kind == EVENT_START)
        s->started = at;
}

/* The time in which another process built the step, in the step's own. */
static void put_wait(struct trace *t, size_t row, int64_t from, int64_t to)
{
    struct json_out j = begin(t, "X", row);
    put_span(&j, from, to);
    json_key_str(&j, "name", STR("another obexec builds it"));
    json_key_str(&j, "cat", STR("wait"));
    json_close(&j, '}');
}

static void put_args(struct trace *t, struct json_out *j, const struct event *e, const char *how)
{
    static const struct digest none;
    char hex[SHA256_HEX + 1];
    digest_hex(&e->of->id, hex);
    json_key_int(j, "step", e->step);
    json_key_str(j, "id", str_from(hex));
    if (!digest_eq(&e->key, &none)) {
        digest_hex(&e->key, hex);
        json_key_str(j, "key", str_from(hex));
    }
    json_key_str(j, "end", str_from(how));
    if (e->kind == EVENT_FAILED)
        put_text(t, j, "why", e->text);
}

static void put_step(struct trace *t, struct slot *s, const struct event *e, const char *how)
{
    size_t row = (size_t)(s - t->slots) + 1;
    int64_t to = now(t), waited = (s->started < 0 ? to : s->started) - s->begin;
    struct json_out j = begin(t, "X", row);
    put_span(&j, s->begin, to);
    put_name(t, &j, s->of);
    put_args(t, &j, e, how);
    json_key_int(&j, "waited_us", waited);
    end(&j);
    if (waited > 0)
        put_wait(t, row, s->begin, s->begin + waited);
    s->of = NULL;
}

static void put_instant(struct trace *t, const struct event *e, const char *how)
{
    struct json_out j = begin(t, "i", 0);
    json_key_int(&j, "ts", now(t));
    json_key_str(&j, "s", STR("t"));
    put_name(t, &j, e->of);
    put_args(t, &j, e, how);
    end(&j);
}

static void on_ended(struct trace *t, const struct event *e)
{
    const char *how = e->kind == EVENT_CACHED ? "cached"
                      : e->kind == EVENT_DONE ? "built"
                                              : "failed";
    struct slot *s = slot_of(t, e->step);
    if (!s) {
        put_instant(t, e, how);
        return;
    }
    put_step(t, s, e, how);
    flush(t);
}

/* The build. */

static void on_build(struct trace *t)
{
    clock_gettime(CLOCK_MONOTONIC, &t->origin);
    t->is_open = true;
    name_row(t, 0, "process_name", "obexec");
    name_row(t, 0, "thread_name", "build");
}

static void put_build(struct trace *t, const struct event *e)
{
    struct json_out j = begin(t, "X", 0);
    put_span(&j, 0, now(t));
    json_key_str(&j, "name", STR("build"));
    json_key(&j, "args");
    json_open(&j, '{');
    json_key_int(&j, "total", e->total);
    json_key_int(&j, "cached", e->cached);
    json_key_int(&j, "built", e->built);
    json_key_int(&j, "failed", e->failed);
    json_key_int(&j, "skipped", e->skipped);
    end(&j);
}

/* Of steps that were interrupted no event has told the end. */
static void on_end(struct trace *t, const struct event *e)
{
    for (size_t i = 0; i < t->n_slots; i++) {
        struct slot *s = &t->slots[i];
        if (s->of)
            put_step(t, s, &(struct event){.step = s->step, .of = s->of}, "interrupted");
    }
    put_build(t, e);
    t->is_open = false;
}

static void on_event(struct progress *base, const struct event *e)
{
    struct trace *t = (struct trace *)base;
    switch (e->kind) {
    case EVENT_BUILD: on_build(t); break;
    case EVENT_START:
    case EVENT_WAIT: on_begin(t, e); break;
    case EVENT_CACHED:
    case EVENT_DONE:
    case EVENT_FAILED: on_ended(t, e); break;
    case EVENT_END: on_end(t, e); break;
    case EVENT_OUTPUT:
    case EVENT_RESULT:
    case EVENT_NOTE:
    case EVENT_ERROR: break;
    }
    t->inner->event(t->inner, e);
}

static void on_tick(struct progress *base)
{
    struct trace *t = (struct trace *)base;
    t->inner->tick(t->inner);
}

static void on_close(struct progress *base)
{
    struct trace *t = (struct trace *)base;
    if (t->is_open)
        on_end(t, &(struct event){.kind = EVENT_END});
    buf_puts(&t->out, t->is_begun ? "\n]\n" : "[]\n");
    flush(t);
    t->inner->close(t->inner);
    if (t->fd >= 0)
        close(t->fd);
    else
        log_warning("can't write the trace \"%s\": %s", t->path, t->err.text);
    free(t->slots);
    buf_free(&t->out);
    buf_free(&t->text);
    free(t);
}

struct progress *trace_open(const char *path, struct progress *inner, struct ob_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    struct trace *t = calloc(1, sizeof *t);
    if (!t)
        ob_out_of_memory();
    if (fd < 0) {
        free(t);
        ob_err_set(err, errno, "can't write \"%s\"", path);
        return NULL;
    }
    *t = (struct trace){
        .base = {.event = on_event, .tick = inner->tick ? on_tick : NULL, .close = on_close},
        .inner = inner,
        .path = path,
        .fd = fd,
    };
    return &t->base;
}
