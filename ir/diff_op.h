/* SPDX-License-Identifier: Apache-2.0 */
/* What an op says, value by value, and the first thing in which two ops of one kind differ, by the
 * field tables. */
#ifndef IR_DIFF_OP_H
#define IR_DIFF_OP_H

#include "ir/plan.h"

struct op_value {
    struct str label; /* as "command", "env PATH" or "mounts[0].target" */
    struct str value; /* as JSON */
};

DEFINE_VEC(op_value_vec, struct op_value);

/* All but defaults. Strings are in the arena. */
struct op_value_vec op_values(struct arena *arena, const struct step *s);

struct op_difference {
    struct str label; /* as in op_value */
    struct str a, b;  /* the values as JSON, or "not set" */
};

/* False if the ops, whose digests are known, are equal. Strings are in the arena. */
bool op_first_difference(struct arena *arena, const struct step *a, const struct step *b,
                         struct op_difference *out);

#endif
