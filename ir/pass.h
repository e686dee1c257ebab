/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passes change a plan without changing what it builds. Each has a file of its own and a row in
 * ir/pass.c; its comment says what it requires and what it keeps.
 */
#ifndef IR_PASS_H
#define IR_PASS_H

#include "base/buf.h"
#include "ir/plan.h"

struct pass {
    const char *name;
    int level; /* runs from -O LEVEL on */
    /* Appends a line to `explain` (may be NULL) for each thing it did. */
    void (*run)(struct plan *p, struct buf *explain);
};

void pass_reach(struct plan *p, struct buf *explain);
void pass_share(struct plan *p, struct buf *explain);

/* Runs the passes of this level in their order. The plan has its ids, before and after. */
void ir_optimize(struct plan *p, int level, struct buf *explain);

/* For passes: drops the steps that map to NO_STEP and points everything else at map[old], which
 * must be indices of kept steps, in old numbering. Stages whose step is dropped go too. */
void plan_remap(struct plan *p, const uint32_t *map);

/* "path:line" of a step, for explanations. */
void explain_place(struct buf *out, const struct plan *p, const struct step *s);

#endif
