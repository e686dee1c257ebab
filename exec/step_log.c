/* SPDX-License-Identifier: Apache-2.0 */
/* A log's head goes to the file at once, its tail through a ring. */
#include <config.h>

#include "exec/step_log.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fs.h"

/* Only the last of it stays. */
static void keep_tail(struct step_log *l, const char *p, size_t n)
{
    if (!l->tail && !(l->tail = malloc(STEP_LOG_TAIL)))
        ob_out_of_memory();
    while (n > 0) {
        size_t at = l->after % STEP_LOG_TAIL, room = STEP_LOG_TAIL - at;
        size_t part = n < room ? n : room;
        memcpy(l->tail + at, p, part);
        l->after += part;
        p += part;
        n -= part;
    }
}

int step_log_write(struct step_log *l, int fd, const char *p, size_t n, struct ob_err *err)
{
    uint64_t room = STEP_LOG_HEAD - l->written;
    size_t head = n < room ? n : (size_t)room;
    if (head > 0 && fs_write_all(fd, p, head, err) < 0)
        return -1;
    l->written += head;
    if (head < n)
        keep_tail(l, p + head, n - head);
    return 0;
}

/* The tail in one piece. It begins with a whole line, if it has one. */
static void unroll(const struct step_log *l, struct buf *out)
{
    size_t at = l->after % STEP_LOG_TAIL;
    bool is_full = l->after > STEP_LOG_TAIL;
    if (is_full)
        buf_add(out, l->tail + at, STEP_LOG_TAIL - at);
    buf_add(out, l->tail, is_full || at ? at : STEP_LOG_TAIL);
    const char *line = is_full ? memchr(out->p, '\n', out->n) : NULL;
    if (!line)
        return;
    size_t skip = (size_t)(line + 1 - out->p);
    memmove(out->p, line + 1, out->n - skip);
    out->n -= skip;
}

static int write_tail(const struct step_log *l, int fd, struct ob_err *err)
{
    cleanup_buf struct buf tail = BUF_INIT;
    cleanup_buf struct buf line = BUF_INIT;
    unroll(l, &tail);
    if (l->after > tail.n)
        buf_printf(&line, "\n[obexec: %llu bytes are left out here]\n",
                   (unsigned long long)(l->after - tail.n));
    if (fs_write_all(fd, line.p, line.n, err) < 0)
        return -1;
    return fs_write_all(fd, tail.p, tail.n, err);
}

int step_log_end(struct step_log *l, int fd, struct ob_err *err)
{
    int rc = l->tail && fd >= 0 ? write_tail(l, fd, err) : 0;
    free(l->tail);
    *l = (struct step_log){0};
    return rc;
}
