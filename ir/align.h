/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which steps of two chains belong together: those that do the same, and of the others those that
 * look most alike. Between these, steps were put in or left out.
 */
#ifndef IR_ALIGN_H
#define IR_ALIGN_H

#include "ir/plan.h"

struct step_pair {
    uint32_t a, b; /* NO_STEP: the other has no counterpart */
};

DEFINE_VEC(step_pair_vec, struct step_pair);

/* Pairs up the chains of parents that end with a_end and b_end, from the bases on, but for the
 * steps at the beginning that have the same ids. Only steps of one kind are paired. */
void align_chains(struct arena *arena, const struct plan *a, uint32_t a_end, const struct plan *b,
                  uint32_t b_end, struct step_pair_vec *out);

#endif
