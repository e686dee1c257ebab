/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is kept of a failed try of a step, beside its log: why it failed, for those who have waited
 * for it (unless it was given what their builds may give otherwise, and no key counts), and what it
 * was made from, for who wants a shell there. state/failed/KEY is a line of JSON and then the graph
 * as an IR document.
 */
#ifndef EXEC_FAILURE_H
#define EXEC_FAILURE_H

#include "base/vec.h"
#include "exec/layout.h"
#include "ir/plan.h"

#include <sys/types.h>
#include <time.h>

struct failure {
    struct str why;
    bool is_private;         /* may come from what the build gave: secrets, an ssh agent, limits */
    struct str context;      /* path; empty = there was none */
    uint32_t step;           /* in the plan */
    struct str parent, base; /* keys in hex: of the parent, and of the base image; empty = none */
    struct str_vec reads;    /* keys of what it reads */
};

/* Tells one try from another. */
struct failure_mark {
    ino_t ino;
    struct timespec ctime;
};

/* The last failure that is noted now, if any. */
struct failure_mark failure_mark(const struct layout *l, const struct digest *key);
/* Whether one was noted since that is not private. Then *why gets the reason, on the arena. */
bool failure_since(const struct layout *l, const struct digest *key, struct failure_mark mark,
                   struct arena *a, struct str *why);

/* The caller has the lock of the key. A note that can't be written is done without. The plan's ids
 * are made anew: late values have been filled in. */
void failure_save(const struct layout *l, const struct digest *key, const struct failure *f,
                  struct plan *plan);
void failure_forget(const struct layout *l, const struct digest *key);

/* Removes the notes and logs of what failed before this time, in seconds since 1970. */
void failure_remove_old(const struct layout *l, int64_t before);

/* The key of the failure whose key starts so; empty if there is none. */
int failure_find(const struct layout *l, struct arena *a, const char *prefix, struct str *key,
                 struct ob_err *err);
/* 1, 0 = there is no note, or -1. Everything goes to the plan's arena. */
int failure_load(const struct layout *l, const char *key, struct failure *out, struct plan *plan,
                 struct ob_err *err);

#endif
