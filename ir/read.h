/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan from JSON. The document is hostile: everything is checked, ids included, before the
 * caller sees it. Errors name the first fault by JSON path: "$.steps[3].op.cwd: …".
 */
#ifndef IR_READ_H
#define IR_READ_H

#include "base/err.h"
#include "ir/plan.h"

/* Reads text (copied into p->arena) into the empty plan p, and verifies it (ir/verify.h). */
int ir_read_json(struct plan *p, struct str text, struct ob_err *err);

/* Reads one op, as ir_write_op writes it, of the kind of this name into a step without parent,
 * reads, meta and ids. */
int ir_read_op(struct arena *a, struct str kind, struct str text, struct step *out,
               struct ob_err *err);

#endif
