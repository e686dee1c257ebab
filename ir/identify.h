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
 *   part = 'L' S | 'E' S(name) | 'W' | 'U' | 'X' S(operator) text text text?
 *     the third text is that of the operators "/" and "//" alone
 */
#ifndef IR_IDENTIFY_H
#define IR_IDENTIFY_H

#include "ir/plan.h"

/* Sets op_digest and id of every step. */
void ir_identify(struct plan *p);

/* The digest of one step's kind and op. */
struct digest ir_op_digest(const struct step *s);

/* Sets op_digest of every step and compares its id with what it hashes to. If one is wrong, its
 * index and right id are given, and the answer is false. */
bool ir_ids_hold(struct plan *p, size_t *wrong, struct digest *right);

#endif
