/* SPDX-License-Identifier: Apache-2.0 */
/* The end of what a step printed: its last lines, in a few KiB however much it was. */
#ifndef EXEC_TAIL_H
#define EXEC_TAIL_H

#include "base/buf.h"

struct tail {
    struct buf text;
    bool is_cut; /* there was more before */
};

/* Adds output, and drops what is too old. */
void tail_add(struct tail *t, struct str text);

/* The last lines, at most `max`, the oldest first; gives their number. One without its newline
 * counts. *cut says whether there were more. They are valid until the next tail_add. */
size_t tail_lines(const struct tail *t, struct str *lines, size_t max, bool *cut);

/* What a terminal shows of a line: a carriage return starts it again. */
struct str tail_shown(struct str line);

#endif
