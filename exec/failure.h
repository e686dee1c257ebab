/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is kept of a failed try of a step, beside its log: why it failed, for those who have waited
 * for it, and the graph that it is from, for who wants a shell there. state/failed/KEY is a line
 * with the reason and then an IR document.
 */
#ifndef EXEC_FAILURE_H
#define EXEC_FAILURE_H

#include "exec/layout.h"
#include "ir/plan.h"

#include <sys/types.h>
#include <time.h>

/* Tells one try from another. */
struct failure_mark {
    ino_t ino;
    struct timespec ctime;
};

/* The last failure that is noted now, if any. */
struct failure_mark failure_mark(const struct layout *l, const struct digest *key);
/* Whether one was noted since. Then *why gets the reason, on the arena. */
bool failure_since(const struct layout *l, const struct digest *key, struct failure_mark mark,
                   struct arena *a, struct str *why);

/* The caller has the lock of the key. A note that can't be written is done without. */
void failure_save(const struct layout *l, const struct digest *key, const char *why,
                  const struct plan *plan);
void failure_forget(const struct layout *l, const struct digest *key);

/* Removes the notes and logs of what failed before this time, in seconds since 1970. */
void failure_remove_old(const struct layout *l, int64_t before);

/* The graph of the failed step: 1, 0 = there is no note, or -1. */
int failure_plan(const struct layout *l, const char *key, struct plan *out, struct ob_err *err);

#endif
