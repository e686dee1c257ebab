/* SPDX-License-Identifier: Apache-2.0 */
/* What plain and tty print alike. */
#include <config.h>

#include "exec/progress_text.h"

#include "base/terminal.h"
#include "exec/heading.h"

#include <stdio.h>

/* Shorter builds, and shorter steps, are no matter. */
static const double long_build = 5, long_step = 0.5;

void progress_number(struct buf *out, uint32_t step, uint32_t total)
{
    int width = snprintf(NULL, 0, "%u", total);
    buf_printf(out, "[%*u/%u] ", width, step + 1, total);
}

void progress_heading(struct buf *out, const struct step *s)
{
    struct buf text = BUF_INIT;
    heading_add(&text, s);
    terminal_add(out, buf_str(&text));
    buf_free(&text);
}

void progress_output(struct buf *out, uint32_t step, uint32_t total, struct str line)
{
    int width = snprintf(NULL, 0, "%u", total);
    buf_printf(out, " %*u | ", width, step + 1);
    terminal_add(out, line);
    buf_putc(out, '\n');
}

void progress_last_lines(struct buf *out, const struct event *e, uint32_t total,
                         const struct tail *tail)
{
    enum { MAX_LINES = 20 };
    struct str lines[MAX_LINES];
    bool cut = false;
    size_t n = tail ? tail_lines(tail, lines, MAX_LINES, &cut) : 0;
    progress_number(out, e->step, total);
    progress_heading(out, e->of);
    buf_putc(out, '\n');
    if (cut)
        progress_output(out, e->step, total, STR("... (the log has what was before)"));
    for (size_t i = 0; i < n; i++)
        progress_output(out, e->step, total, lines[i]);
}

void progress_failure(struct buf *out, const struct event *e, uint32_t total)
{
    progress_number(out, e->step, total);
    buf_printf(out, "failed after %.2fs: ", e->seconds);
    terminal_add(out, e->text);
    if (e->line) {
        buf_puts(out, "\n         at: ");
        terminal_add(out, e->source);
        buf_printf(out, ":%u", e->line);
    }
    if (e->log.n) {
        buf_puts(out, "\n        log: ");
        terminal_add(out, e->log);
    }
    buf_putc(out, '\n');
}

void progress_note(struct buf *out, const struct event *e, uint32_t total)
{
    if (e->of)
        progress_number(out, e->step, total);
    terminal_add(out, e->text);
    buf_putc(out, '\n');
}

void summary_note(struct summary *s, const struct event *e)
{
    if ((e->kind != EVENT_DONE && e->kind != EVENT_FAILED) || e->seconds < long_step)
        return;
    size_t i = s->n < N_SLOWEST ? s->n++ : N_SLOWEST;
    for (; i > 0 && s->slowest[i - 1].seconds < e->seconds; i--)
        if (i < N_SLOWEST)
            s->slowest[i] = s->slowest[i - 1];
    if (i < N_SLOWEST)
        s->slowest[i] = (struct slow_step){e->of, e->step, e->seconds};
}

static void add_slowest(struct buf *out, const struct summary *s, uint32_t total)
{
    buf_puts(out, "slowest steps:\n");
    for (size_t i = 0; i < s->n; i++) {
        buf_printf(out, "%9.2fs  ", s->slowest[i].seconds);
        progress_number(out, s->slowest[i].step, total);
        progress_heading(out, s->slowest[i].of);
        buf_putc(out, '\n');
    }
}

void summary_add(struct buf *out, const struct summary *s, const struct event *end)
{
    if (end->seconds >= long_build && s->n > 1)
        add_slowest(out, s, end->total);
    buf_printf(out, "%u %s: %u cached, %u built", end->total, end->total == 1 ? "step" : "steps",
               end->cached, end->built);
    if (end->failed)
        buf_printf(out, ", %u failed", end->failed);
    if (end->skipped)
        buf_printf(out, ", %u not run", end->skipped);
    buf_printf(out, " in %.2fs\n", end->seconds);
}
