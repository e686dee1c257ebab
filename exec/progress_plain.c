/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Progress as lines of text: a heading per step, its output behind its number, and how it ended.
 * Output of steps is shown without control characters, as it comes from inside the sandbox.
 */
#include <config.h>

#include "exec/event.h"

#include "base/err.h"
#include "base/log.h"
#include "exec/progress_text.h"
#include "exec/tail.h"

#include <stdlib.h>

enum { MAX_LINE = 4096 }; /* a longer line of output is shown in parts */

struct plain {
    struct progress base;
    int fd;
    uint32_t total;
    struct buf *line; /* for each step: its output since the last newline */
    uint32_t n_lines;
    struct summary summary;
    struct buf out;
};

static void flush(struct plain *p)
{
    progress_write(p->fd, buf_str(&p->out));
    buf_clear(&p->out);
}

static struct buf *line_of(struct plain *p, uint32_t step)
{
    if (step >= p->n_lines)
        BUG("event for step %u of %u", step, p->n_lines);
    return &p->line[step];
}

static void put_line(struct plain *p, uint32_t step)
{
    progress_output(&p->out, step, p->total, tail_shown(buf_str(line_of(p, step))));
}

static void on_output(struct plain *p, const struct event *e)
{
    struct buf *line = line_of(p, e->step);
    struct str rest = e->text;
    struct str head;
    while (str_cut(rest, '\n', &head, &rest)) {
        buf_add_str(line, head);
        put_line(p, e->step);
        buf_clear(line);
    }
    buf_add_str(line, head);
    if (line->n > MAX_LINE) {
        put_line(p, e->step);
        buf_clear(line);
    }
}

static void end_line(struct plain *p, const struct event *e)
{
    struct buf *line = line_of(p, e->step);
    if (line->n)
        put_line(p, e->step);
    buf_free(line);
}

static void put_event(struct plain *p, const struct event *e)
{
    char hex[SHA256_HEX + 1];
    digest_hex(&e->key, hex);
    if (e->of && e->kind != EVENT_OUTPUT && e->kind != EVENT_NOTE)
        progress_number(&p->out, e->step, p->total);
    switch (e->kind) {
    case EVENT_START:
        progress_heading(&p->out, e->of);
        buf_putc(&p->out, '\n');
        break;
    case EVENT_WAIT: buf_puts(&p->out, "another obexec is building this step: waiting\n"); break;
    case EVENT_OUTPUT: on_output(p, e); break;
    case EVENT_CACHED:
        progress_heading(&p->out, e->of);
        buf_printf(&p->out, ": cached %.12s\n", hex);
        break;
    case EVENT_DONE: buf_printf(&p->out, "done in %.2fs %.12s\n", e->seconds, hex); break;
    case EVENT_END: summary_add(&p->out, &p->summary, e); break;
    case EVENT_NOTE: progress_note(&p->out, e, p->total); break;
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
    if (e->kind == EVENT_BUILD) {
        p->total = p->n_lines = e->total;
        p->line = calloc(e->total + 1u, sizeof *p->line);
        if (!p->line)
            ob_out_of_memory();
        return;
    }
    summary_note(&p->summary, e);
    if (e->kind == EVENT_DONE || e->kind == EVENT_FAILED)
        end_line(p, e);
    if (e->kind == EVENT_FAILED)
        progress_failure(&p->out, e, p->total);
    else
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

struct progress *progress_plain_open(int fd)
{
    struct plain *p = calloc(1, sizeof *p);
    if (!p)
        ob_out_of_memory();
    *p = (struct plain){.base = {.event = on_event, .close = on_close}, .fd = fd};
    return &p->base;
}
