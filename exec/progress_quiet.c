/* SPDX-License-Identifier: Apache-2.0 */
/* Progress that says nothing of what goes well: of a step that fails, what it was, the end of its
 * output, and why. */
#include <config.h>

#include "exec/event.h"

#include "base/err.h"
#include "base/log.h"
#include "exec/progress_text.h"

#include <stdlib.h>

struct quiet {
    struct progress base;
    int fd;
    uint32_t total;
    struct tail *tail; /* for each step */
    struct buf out;
};

static void put_failed(struct quiet *q, const struct event *e)
{
    progress_last_lines(&q->out, e, q->total, &q->tail[e->step]);
    progress_failure(&q->out, e, q->total);
    progress_write(q->fd, buf_str(&q->out));
    buf_clear(&q->out);
}

static void on_build(struct quiet *q, const struct event *e)
{
    q->total = e->total;
    q->tail = calloc(e->total + 1u, sizeof *q->tail);
    if (!q->tail)
        ob_out_of_memory();
}

static void on_event(struct progress *base, const struct event *e)
{
    struct quiet *q = (struct quiet *)base;
    switch (e->kind) {
    case EVENT_BUILD: on_build(q, e); break;
    case EVENT_OUTPUT: tail_add(&q->tail[e->step], e->text); break;
    case EVENT_FAILED:
        put_failed(q, e);
        buf_free(&q->tail[e->step].text);
        break;
    case EVENT_DONE: buf_free(&q->tail[e->step].text); break;
    case EVENT_ERROR: log_error(STR_FMT, STR_ARG(e->text)); break;
    default: break;
    }
}

static void on_close(struct progress *base)
{
    struct quiet *q = (struct quiet *)base;
    for (uint32_t i = 0; i < q->total; i++)
        buf_free(&q->tail[i].text);
    free(q->tail);
    buf_free(&q->out);
    free(q);
}

struct progress *progress_quiet_open(int fd)
{
    struct quiet *q = calloc(1, sizeof *q);
    if (!q)
        ob_out_of_memory();
    *q = (struct quiet){.base = {.event = on_event, .close = on_close}, .fd = fd};
    return &q->base;
}
