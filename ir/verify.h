/* SPDX-License-Identifier: Apache-2.0 */
/* The invariants of a plan, as obkit-ir.5 lists them. Run on everything that is read, and after
 * every pass in debug builds. */
#ifndef IR_VERIFY_H
#define IR_VERIFY_H

#include "base/err.h"
#include "ir/plan.h"

/* The first fault by JSON path. Also checks that each id is the one its step hashes to, and sets
 * op_digest. */
int ir_verify(struct plan *p, struct ob_err *err);

/* Whether a step's op, seen alone, holds them. */
bool ir_op_is_valid(const struct step *s);

#endif
