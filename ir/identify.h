/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ids of steps. Canonical bytes are defined here and in obkit-ir.5, independent of JSON; a change
 * of them is a new IR_VERSION. Some ids are pinned in tests/unit/check_identify.c.
 *
 *   op digest = SHA-256( S("obkit-op 1") S(kind) field… )
 *     field = S(name) value, for every field not at its default, in table order
 *   id        = SHA-256( S("obkit-step 1") op-digest
 *                        N(0 or 1) parent-id?  N(count) read-id… )
 *   S(x) = 's', length, bytes;  N(x) = 'n', number;  numbers are 8 bytes, little endian
 *   list = 'l', count, items;   text = 't', count, parts
 *   part = 'L' S | 'E' S(name) | 'W' | 'U' | 'X' S(operator) text text
 */
#ifndef IR_IDENTIFY_H
#define IR_IDENTIFY_H

#include "ir/plan.h"

/* Sets op_digest and id of every step. */
void ir_identify(struct plan *p);

/* The digest of one step's kind and op. */
struct digest ir_op_digest(const struct step *s);

/* The id that a step has, given its op_digest and the ids of the steps before it. */
struct digest ir_step_id(const struct plan *p, const struct step *s);

#endif
