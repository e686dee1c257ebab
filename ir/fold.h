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
 * image's.
 */
#ifndef IR_FOLD_H
#define IR_FOLD_H

#include "ir/plan.h"

/* A larger value stays late: steps have their texts in memory all at once. */
enum { FOLD_VALUE_MAX = 64 << 10 };

/* `base` is NULL if it is not known. Both tell whether there was something to fold. Vectors are
 * replaced and never written to, as steps share them. The digest and id of a step that is folded
 * are those of before. */
bool fold_step(struct arena *a, struct step *s, const struct base_config *base);
bool fold_config(struct arena *a, struct image_config *c, const struct base_config *base);

#endif
