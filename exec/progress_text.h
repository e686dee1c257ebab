/* SPDX-License-Identifier: Apache-2.0 */
/* The lines that the styles for people have in common. All end with a newline, and nothing in them
 * drives a terminal. */
#ifndef EXEC_PROGRESS_TEXT_H
#define EXEC_PROGRESS_TEXT_H

#include "exec/event.h"

#include "base/buf.h"
#include "exec/tail.h"

/* "[ 3/12] ", as wide for every step. */
void progress_number(struct buf *out, uint32_t step, uint32_t total);
void progress_heading(struct buf *out, const struct step *s); /* no newline */
/* One line of a step's output. */
void progress_output(struct buf *out, uint32_t step, uint32_t total, struct str line);
/* What failed, and the end of its output, of which more is in its log. */
void progress_last_lines(struct buf *out, const struct event *e, uint32_t total,
                         const struct tail *tail); /* NULL: there is none */
/* Why a step failed, and where its log is. */
void progress_failure(struct buf *out, const struct event *e, uint32_t total);
/* Something worth knowing, of a step or of the build. */
void progress_note(struct buf *out, const struct event *e, uint32_t total);

/* What took longest; summed up when the build ends. */
enum { N_SLOWEST = 5 };
struct summary {
    struct slow_step {
        const struct step *of;
        uint32_t step;
        double seconds;
    } slowest[N_SLOWEST]; /* the slowest first */
    size_t n;
};

void summary_note(struct summary *s, const struct event *e); /* of any kind */
/* Which steps were slow, if the build was long enough for that to matter; and the counts. */
void summary_add(struct buf *out, const struct summary *s, const struct event *end);

#endif
