/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passes change a plan without changing what it builds. Each has a file of its own and a row in
 * ir/pass.c; its comment says what it requires and what it keeps. What they did is reported in
 * two ways: a line for each thing (--explain), and counts (--stats, see ir/pass_stats.h).
 */
#ifndef IR_PASS_H
#define IR_PASS_H

#include "base/buf.h"
#include "ir/pass_stats.h"
#include "ir/plan.h"

/* Who wants to know. */
struct pass_report {
    struct buf *explain;      /* gets a line for each thing that is done; NULL = nobody */
    struct pass_stats *stats; /* the same */
};

#define PASS_SILENT (&(const struct pass_report){0})

struct pass {
    const char *name;
    int level; /* runs from -O LEVEL on */
    void (*run)(struct plan *p, const struct pass_report *r);
};

void pass_reach(struct plan *p, const struct pass_report *r);
void pass_fold(struct plan *p, const struct pass_report *r);
void pass_share(struct plan *p, const struct pass_report *r);
void pass_drop_noops(struct plan *p, const struct pass_report *r);
void pass_merge_copies(struct plan *p, const struct pass_report *r);

/* Runs the passes of this level in their order. The plan has its ids, before and after. */
void ir_optimize(struct plan *p, int level, const struct pass_report *r);

/* For passes: drops the steps that map to NO_STEP and points everything else at map[old], which
 * must be indices of kept steps, in old numbering. Stages whose step is dropped go too. */
void plan_remap(struct plan *p, const uint32_t *map);

/* For passes: how often each step is asked for: as a parent, a read, or by a stage or target. */
uint32_t *plan_count_uses(const struct plan *p);

/* "path:line" of a step, for explanations; "?" if it is not known. */
void explain_place(struct buf *out, const struct plan *p, const struct step *s);
/* Begins a line with this text and the place of a step, and ends it with the heading of one. */
void explain_begin(struct buf *out, const char *text, const struct plan *p, const struct step *s);
void explain_end(struct buf *out, const struct step *s);

#endif
