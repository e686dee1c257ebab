/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Puts values in the place of late texts that are known, and of what a command leaves to the image.
 * The pass does so where the plan knows the base, and obexec where it has the image: so results
 * have the same key, whoever folded them.
 *
 * Of an image that is not known, one thing is: PATH counts as set, see ir/text.h. So ${PATH-word}
 * and its like are decided.
 *
 * A step means the same before and after. What fails when it is evaluated stays as it is, and so
 * does what would mean something else as a literal: an empty user of a command would be the base
 * image's. An empty owner is the same whether it is late or not: none.
 */
#ifndef IR_FOLD_H
#define IR_FOLD_H

#include "base/map.h"
#include "ir/plan.h"

/* In bytes. A value that is larger stays late, and so does what is left of a plan when that much
 * has been put in, because steps have their texts in memory all at once. The result keys of such
 * steps do depend on who folded them. */
enum { FOLD_VALUE_MAX = 64 << 10, FOLD_PLAN_MAX = 32 << 20 };

/* The folding of one plan, step by step. */
struct fold {
    struct arena *arena;
    size_t left;                    /* of FOLD_PLAN_MAX */
    struct map decided;             /* what became of texts that steps share */
    const struct base_config *base; /* of the step at hand; NULL = not known */
    bool has_changed;               /* the step at hand */
};

#define FOLD_INIT(a) ((struct fold){.arena = (a), .left = FOLD_PLAN_MAX, .decided = MAP_INIT(a)})

/* `base` is NULL if it is not known. Both tell whether there was something to fold. Vectors are
 * replaced and never written to, as steps share them. The digest and id of a step that is folded
 * are those of before. */
bool fold_step(struct fold *f, struct step *s, const struct base_config *base);
bool fold_config(struct fold *f, struct image_config *c, const struct base_config *base);

#endif
