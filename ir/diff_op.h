/* SPDX-License-Identifier: Apache-2.0 */
/* The first thing in which two ops of one kind differ, by the field tables. */
#ifndef IR_DIFF_OP_H
#define IR_DIFF_OP_H

#include "ir/plan.h"

struct op_difference {
    struct str label; /* as "command", "env PATH" or "mounts[0].target" */
    struct str a, b;  /* the values as JSON, or "not set" */
};

/* False if the ops, whose digests are known, are equal. Strings are in the arena. */
bool op_first_difference(struct arena *arena, const struct step *a, const struct step *b,
                         struct op_difference *out);

#endif
