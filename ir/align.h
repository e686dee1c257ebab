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

/* What chains of two plans that were aligned before leave to those that are aligned next. */
struct aligner {
    struct arena *arena;
    const struct plan *a, *b;
    uint32_t *mate;        /* of each step of b: the step of a that is its pair, or NO_STEP */
    bool *met_a, *met_b;   /* it was in a chain */
    size_t cells, repeats; /* how much may still be spent on good pairs, and on steps met before */
};

void align_init(struct aligner *al, struct arena *arena, const struct plan *a,
                const struct plan *b);

/* Pairs up the chains of parents that end with a_end and b_end, from the bases on, but for the
 * steps at the beginning that are a pair already or have the same ids. Only steps of one kind are
 * paired. */
void align_chains(struct aligner *al, uint32_t a_end, uint32_t b_end, struct step_pair_vec *out);

#endif
