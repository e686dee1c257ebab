/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Progress on a terminal: what ended scrolls by, and below it is a table of what runs, with the
 * last lines of its output, drawn again several times a second (exec/screen.h).
 */
#include <config.h>

#include "exec/event.h"

#include "base/clock.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/log.h"
#include "base/terminal.h"
#include "exec/progress_text.h"
#include "exec/screen.h"
#include "exec/tail.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    OUTPUT_LINES = 4, /* shown of each step that runs, if there is room */
    MIN_HEADING = 16, /* columns; in a narrower window it is not cut off, but wrapped */
};

static const double frame_seconds = 0.08;

/* A step that runs here, or that another process builds. */
struct row {
    uint32_t step;
    const struct step *of;
    bool is_elsewhere;
    struct timespec since;
    struct tail tail;
};

struct tty {
    struct progress base;
    struct screen screen;
    uint32_t total, n_cached, n_built, n_failed; /* total 0: not yet, or not any more */
    struct timespec started, drawn;
    struct row *rows; /* the oldest first */
    size_t n_rows, cap_rows;
    struct summary summary;
};

static struct row *row_of(struct tty *t, uint32_t step)
{
    for (size_t i = 0; i < t->n_rows; i++)
        if (t->rows[i].step == step)
            return &t->rows[i];
    return NULL;
}

static struct row *row_new(struct tty *t)
{
    if (t->n_rows == t->cap_rows) {
        t->cap_rows = t->cap_rows ? 2 * t->cap_rows : 16;
        t->rows = reallocarray(t->rows, t->cap_rows, sizeof *t->rows);
        if (!t->rows)
            ob_out_of_memory();
    }
    return &t->rows[t->n_rows++];
}

static void row_begin(struct tty *t, const struct event *e)
{
    struct row *r = row_of(t, e->step);
    if (!r) {
        r = row_new(t);
        *r = (struct row){.step = e->step, .of = e->of};
    }
    r->is_elsewhere = e->kind == EVENT_WAIT;
    r->since = clock_now();
}

static void row_end(struct tty *t, uint32_t step)
{
    struct row *r = row_of(t, step);
    if (!r)
        return;
    buf_free(&r->tail.text);
    t->n_rows--;
    memmove(r, r + 1, (size_t)(&t->rows[t->n_rows] - r) * sizeof *r);
}

/* The table. */

/* "  12.3s ", or " 12m05s " */
static void put_elapsed(struct pen *p, const struct timespec *since)
{
    char text[32];
    double seconds = clock_seconds_since(since);
    unsigned s = (unsigned)seconds;
    if (s < 60)
        snprintf(text, sizeof text, "%6.1fs ", seconds);
    else if (s < 3600)
        snprintf(text, sizeof text, "%3um%02us ", s / 60, s % 60);
    else
        snprintf(text, sizeof text, "%3uh%02um ", s / 3600, s / 60 % 60);
    pen_put(p, str_from(text));
}

static void put_heading(struct tty *t, const struct row *r)
{
    struct buf text = BUF_INIT;
    struct pen p = screen_line(&t->screen);
    progress_number(&text, r->step, t->total);
    progress_heading(&text, r->of);
    put_elapsed(&p, &r->since);
    pen_style(&p, STYLE_BOLD);
    pen_put(&p, buf_str(&text));
    pen_style(&p, STYLE_NORMAL);
    pen_end(&p);
    buf_free(&text);
}

static void put_below(struct tty *t, const char *mark, struct str line)
{
    struct pen p = screen_line(&t->screen);
    pen_style(&p, STYLE_DIM);
    pen_put(&p, str_from(mark));
    pen_put(&p, line);
    pen_style(&p, STYLE_NORMAL);
    pen_end(&p);
}

static void put_row(struct tty *t, const struct row *r, size_t n_below)
{
    struct str lines[OUTPUT_LINES];
    bool cut;
    put_heading(t, r);
    if (r->is_elsewhere && n_below > 0) {
        put_below(t, "        ", STR("another obexec is building this step"));
        n_below--;
    }
    size_t n = tail_lines(&r->tail, lines, n_below, &cut);
    for (size_t i = 0; i < n; i++)
        put_below(t, "        | ", lines[i]);
}

static void put_more(struct tty *t, size_t n)
{
    char text[64];
    snprintf(text, sizeof text, "and %zu more", n);
    put_below(t, "        ", str_from(text));
}

static void put_counts(struct tty *t)
{
    struct buf text = BUF_INIT;
    struct pen p = screen_line(&t->screen);
    buf_printf(&text, "%u of %u steps: %u cached, %u built", t->n_cached + t->n_built, t->total,
               t->n_cached, t->n_built);
    if (t->n_failed)
        buf_printf(&text, ", %u failed", t->n_failed);
    buf_printf(&text, ", %zu running", t->n_rows);
    put_elapsed(&p, &t->started);
    pen_put(&p, buf_str(&text));
    pen_end(&p);
    buf_free(&text);
}

/* As many rows as fit above the counts and the cursor, with some output if there is room. */
static void put_table(struct tty *t)
{
    if (t->screen.rows < 2)
        return;
    size_t room = t->screen.rows - 2, shown = t->n_rows;
    if (shown > room)
        shown = room ? room - 1 : 0;
    size_t n_below = shown ? room / shown - 1 : 0;
    for (size_t i = 0; i < shown; i++)
        put_row(t, &t->rows[i], n_below < OUTPUT_LINES ? n_below : OUTPUT_LINES);
    if (shown < t->n_rows && room)
        put_more(t, t->n_rows - shown);
    put_counts(t);
}

static void draw(struct tty *t)
{
    screen_begin(&t->screen);
    put_table(t);
    screen_end(&t->screen);
    t->drawn = clock_now();
}

static void on_tick(struct progress *base)
{
    struct tty *t = (struct tty *)base;
    if (t->total && clock_seconds_since(&t->drawn) >= frame_seconds &&
        screen_takes_more(&t->screen))
        draw(t);
}

/* What ended. */

static void add_cut(struct buf *out, struct str text, size_t columns)
{
    size_t from = out->n;
    if (terminal_clip(out, text, (unsigned)columns + 1) <= columns)
        return;
    out->n = from;
    terminal_clip(out, text, (unsigned)columns - 3);
    buf_puts(out, "...");
}

/* One line, for which the heading is cut off as needed. */
static void put_ended(struct tty *t, const struct event *e, enum style style, const char *how)
{
    enum { KEY = 12 };
    char hex[SHA256_HEX + 1];
    struct buf heading = BUF_INIT, *out = &t->screen.above;
    size_t from = out->n, columns = screen_columns(&t->screen);
    progress_number(out, e->step, t->total);
    size_t taken = out->n - from + strlen(": ") + strlen(how) + strlen(" ") + KEY;
    progress_heading(&heading, e->of);
    if (columns >= taken + MIN_HEADING)
        add_cut(out, buf_str(&heading), columns - taken);
    else
        buf_add_str(out, buf_str(&heading));
    digest_hex(&e->key, hex);
    buf_printf(out, ": %s%s%s %.*s\n", screen_style(&t->screen, style), how,
               screen_style(&t->screen, STYLE_NORMAL), KEY, hex);
    buf_free(&heading);
}

static void put_built(struct tty *t, const struct event *e)
{
    char how[48];
    snprintf(how, sizeof how, "done in %.2fs", e->seconds);
    put_ended(t, e, STYLE_GREEN, how);
}

static void put_failed(struct tty *t, const struct event *e)
{
    struct buf *out = &t->screen.above;
    const struct row *r = row_of(t, e->step);
    progress_last_lines(out, e, t->total, r ? &r->tail : NULL);
    buf_puts(out, screen_style(&t->screen, STYLE_RED));
    progress_failure(out, e, t->total);
    buf_puts(out, screen_style(&t->screen, STYLE_NORMAL));
}

/* Events. */

static void on_build(struct tty *t, const struct event *e)
{
    t->total = e->total;
    t->started = clock_now();
    t->drawn = t->started; /* a build without a frame's time has no table */
}

static void on_output(struct tty *t, const struct event *e)
{
    struct row *r = row_of(t, e->step);
    if (r)
        tail_add(&r->tail, e->text);
}

/* Before and after the build there is no table to put it above. */
static void on_note(struct tty *t, const struct event *e)
{
    cleanup_buf struct buf text = BUF_INIT;
    if (t->total) {
        progress_note(&t->screen.above, e, t->total);
        return;
    }
    screen_clear(&t->screen);
    progress_note(&text, e, 0);
    progress_write(t->screen.fd, buf_str(&text));
}

static void on_ended(struct tty *t, const struct event *e)
{
    t->n_cached += e->kind == EVENT_CACHED;
    t->n_built += e->kind == EVENT_DONE;
    t->n_failed += e->kind == EVENT_FAILED;
    if (e->kind == EVENT_CACHED)
        put_ended(t, e, STYLE_CYAN, "cached");
    else if (e->kind == EVENT_DONE)
        put_built(t, e);
    else
        put_failed(t, e);
    row_end(t, e->step);
}

static void on_last(struct tty *t, const struct event *e)
{
    if (e->kind == EVENT_END)
        summary_add(&t->screen.above, &t->summary, e);
    screen_clear(&t->screen);
    t->total = 0;
    if (e->kind == EVENT_ERROR)
        log_error(STR_FMT, STR_ARG(e->text));
}

static void on_event(struct progress *base, const struct event *e)
{
    struct tty *t = (struct tty *)base;
    summary_note(&t->summary, e);
    switch (e->kind) {
    case EVENT_BUILD: on_build(t, e); break;
    case EVENT_START:
    case EVENT_WAIT: row_begin(t, e); break;
    case EVENT_OUTPUT: on_output(t, e); break;
    case EVENT_CACHED:
    case EVENT_DONE:
    case EVENT_FAILED: on_ended(t, e); break;
    case EVENT_NOTE: on_note(t, e); break;
    case EVENT_END:
    case EVENT_ERROR: on_last(t, e); break;
    case EVENT_RESULT: break;
    }
    on_tick(base);
}

static void on_close(struct progress *base)
{
    struct tty *t = (struct tty *)base;
    screen_clear(&t->screen);
    while (t->n_rows)
        row_end(t, t->rows[0].step);
    free(t->rows);
    screen_free(&t->screen);
    free(t);
}

struct progress *progress_tty_open(int fd)
{
    struct tty *t = calloc(1, sizeof *t);
    if (!t)
        ob_out_of_memory();
    t->base = (struct progress){.event = on_event, .tick = on_tick, .close = on_close};
    screen_open(&t->screen, fd);
    return &t->base;
}
