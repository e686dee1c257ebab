/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which results a build is using, so that nobody removes them: it locks each before it relies on
 * it, and lets go when nothing of the build stands on it any more (what was built on it protects
 * it then). Several steps of one build can have one result, which is locked once.
 */
#ifndef EXEC_USES_H
#define EXEC_USES_H

#include "base/map.h"
#include "base/vec.h"
#include "exec/layout.h"

struct uses {
    const struct layout *layout;
    struct arena *arena;
    struct map counts; /* by key */
    unsigned n_expected;
    VEC(struct digest) left; /* dropped meanwhile */
};

void uses_init(struct uses *u, const struct layout *l, struct arena *a);
int uses_add(struct uses *u, const struct digest *key, struct ob_err *err);
void uses_drop(struct uses *u, const struct digest *key);

/* A process starts that inherits the descriptor of the locks and locks a result which only it will
 * know: when another use of the same ends just then, unlocking it would undo that. So nothing is
 * unlocked until uses_met, after the result was added here, or when there will be none. */
void uses_expect(struct uses *u);
void uses_met(struct uses *u);

#endif
