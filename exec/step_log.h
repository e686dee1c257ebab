/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log of a running step, which takes what it writes up to a limit: the head, and of what comes
 * after that the last part, with a line between them that says how much is not there. A step that
 * prints without end must not fill the store. Readers may follow the file: it only grows.
 */
#ifndef EXEC_STEP_LOG_H
#define EXEC_STEP_LOG_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum { STEP_LOG_HEAD = 64 << 20, STEP_LOG_TAIL = 1 << 20 };

/* All zero = nothing was written. */
struct step_log {
    uint64_t written; /* to the file */
    uint64_t after;   /* what came behind the head */
    char *tail;       /* its last STEP_LOG_TAIL bytes, as a ring; on the heap, or NULL */
};

int step_log_write(struct step_log *l, int fd, const char *p, size_t n, struct ob_err *err);
/* Writes the tail, and frees it. */
int step_log_end(struct step_log *l, int fd, struct ob_err *err);

#endif
