/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that the user sees. When a build has work to do it splits: this process only waits
 * and hands signals on, and a child of it goes on with the build. So a user who interrupts gets the
 * prompt back at once, while a step that other builds wait for is finished behind it.
 */
#ifndef EXEC_FRONT_H
#define EXEC_FRONT_H

#include "base/err.h"

struct front {
    int to_front; /* in the child: what tells the front to go; -1 = not split */
};

#define FRONT_INIT ((struct front){-1})

/* Returns in the child only. The front never returns: it ends with the child's exit status. The
 * signals of cli_signals must be blocked. A front that is killed takes the child with it, by
 * SIGTERM. */
int front_split(struct front *f, struct ob_err *err);

/* In the child: the front ends with status 130, and the child loses its terminal and goes on. */
void front_leave(struct front *f);

#endif
