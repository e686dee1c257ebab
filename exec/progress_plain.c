/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Progress as lines of text: a heading per step, its output behind its number, and how it ended.
 * Also the quiet style, which is the same without what goes well. Output of steps is shown without
 * control characters, as it comes from inside the sandbox.
 */
#include <config.h>

#include "exec/event.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/terminal.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_LINE = 4096 }; /* a longer line of output is shown in parts */

struct plain {
    struct progress base;
    int fd;
    bool is_quiet;
    uint32_t total;
    struct buf *line; /* for each step: its output since the last newline */
    uint32_t n_lines;
    struct buf out;
};

static void flush(struct plain *p)
{
    progress_write(p->fd, buf_str(&p->out));
    buf_clear(&p->out);
}

static void put_prefix(struct plain *p, const struct event *e)
{
    int width = snprintf(NULL, 0, "%u", p->total);
    buf_printf(&p->out, "[%*u/%u] ", width, e->step + 1, p->total);
}

/* One line of a step's output. */
static void put_line(struct plain *p, uint32_t step, struct str s)
{
    int width = snprintf(NULL, 0, "%u", p->total);
    buf_printf(&p->out, " %*u | ", width, step + 1);
    terminal_add(&p->out, s);
    buf_putc(&p->out, '\n');
}

static struct buf *line_of(struct plain *p, uint32_t step)
{
    if (step >= p->n_lines)
        BUG("event for step %u of %u", step, p->n_lines);
    return &p->line[step];
}

/* A carriage return starts the line again, as on a terminal: only the last state is shown. */
static struct str after_return(struct str s)
{
    while (s.n && s.p[s.n - 1] == '\r')
        s.n--;
    for (size_t i = s.n; i-- > 0;)
        if (s.p[i] == '\r')
            return str_skip(s, i + 1);
    return s;
}

static void on_output(struct plain *p, const struct event *e)
{
    struct buf *line = line_of(p, e->step);
    struct str rest = e->text;
    struct str head;
    while (str_cut(rest, '\n', &head, &rest)) {
        buf_add_str(line, head);
        put_line(p, e->step, after_return(buf_str(line)));
        buf_clear(line);
    }
    buf_add_str(line, head);
    if (line->n > MAX_LINE) {
        put_line(p, e->step, after_return(buf_str(line)));
        buf_clear(line);
    }
}

static void end_line(struct plain *p, const struct event *e)
{
    struct buf *line = line_of(p, e->step);
    if (line->n)
        put_line(p, e->step, after_return(buf_str(line)));
    buf_free(line);
}

static void put_failure(struct plain *p, const struct event *e)
{
    put_prefix(p, e);
    buf_printf(&p->out, "failed after %.2fs: ", e->seconds);
    terminal_add(&p->out, e->text);
    if (e->log.n) {
        buf_puts(&p->out, "\n        log: ");
        terminal_add(&p->out, e->log);
    }
    buf_putc(&p->out, '\n');
}

static void put_end(struct plain *p, const struct event *e)
{
    buf_printf(&p->out, "%u %s: %u cached, %u built", e->total, e->total == 1 ? "step" : "steps",
               e->cached, e->built);
    if (e->failed)
        buf_printf(&p->out, ", %u failed", e->failed);
    if (e->skipped)
        buf_printf(&p->out, ", %u not run", e->skipped);
    buf_printf(&p->out, " in %.2fs\n", e->seconds);
}

static void put_event(struct plain *p, const struct event *e)
{
    char hex[SHA256_HEX + 1];
    digest_hex(&e->key, hex);
    if (e->kind != EVENT_OUTPUT && e->kind != EVENT_RESULT && e->kind != EVENT_END)
        put_prefix(p, e);
    switch (e->kind) {
    case EVENT_START:
        terminal_add(&p->out, e->of->meta.heading);
        buf_putc(&p->out, '\n');
        break;
    case EVENT_WAIT: buf_puts(&p->out, "another obexec is building this step: waiting\n"); break;
    case EVENT_OUTPUT: on_output(p, e); break;
    case EVENT_CACHED:
        terminal_add(&p->out, e->of->meta.heading);
        buf_printf(&p->out, ": cached %.12s\n", hex);
        break;
    case EVENT_DONE: buf_printf(&p->out, "done in %.2fs %.12s\n", e->seconds, hex); break;
    case EVENT_END: put_end(p, e); break;
    case EVENT_NOTE:
        terminal_add(&p->out, e->text);
        buf_putc(&p->out, '\n');
        break;
    case EVENT_BUILD:
    case EVENT_RESULT:
    case EVENT_FAILED:
    case EVENT_ERROR: break;
    }
}

static void on_event(struct progress *base, const struct event *e)
{
    struct plain *p = (struct plain *)base;
    if (e->kind == EVENT_ERROR) {
        log_error(STR_FMT, STR_ARG(e->text));
        return;
    }
    if (e->kind == EVENT_NOTE && !e->of) {
        log_info(STR_FMT, STR_ARG(e->text));
        return;
    }
    if (e->kind == EVENT_BUILD) {
        p->total = p->n_lines = e->total;
        p->line = calloc(e->total + 1u, sizeof *p->line);
        if (!p->line)
            ob_out_of_memory();
        return;
    }
    if (!p->is_quiet && (e->kind == EVENT_DONE || e->kind == EVENT_FAILED))
        end_line(p, e);
    if (p->is_quiet && e->kind == EVENT_FAILED) { /* nothing has named the step yet */
        put_prefix(p, e);
        terminal_add(&p->out, e->of->meta.heading);
        buf_putc(&p->out, '\n');
    }
    if (e->kind == EVENT_FAILED)
        put_failure(p, e);
    else if (!p->is_quiet)
        put_event(p, e);
    flush(p);
}

static void on_close(struct progress *base)
{
    struct plain *p = (struct plain *)base;
    for (uint32_t i = 0; i < p->n_lines; i++)
        buf_free(&p->line[i]);
    free(p->line);
    buf_free(&p->out);
    free(p);
}

static struct progress *open_style(int fd, bool is_quiet)
{
    struct plain *p = calloc(1, sizeof *p);
    if (!p)
        ob_out_of_memory();
    *p = (struct plain){
        .base = {.event = on_event, .close = on_close}, .fd = fd, .is_quiet = is_quiet};
    return &p->base;
}

struct progress *progress_plain_open(int fd)
{
    return open_style(fd, false);
}

struct progress *progress_quiet_open(int fd)
{
    return open_style(fd, true);
}
