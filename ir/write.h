/* SPDX-License-Identifier: Apache-2.0 */
/* A plan as JSON (obkit-ir.5) and as a Graphviz graph. The same plan gives the same bytes. */
#ifndef IR_WRITE_H
#define IR_WRITE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "ir/plan.h"

/* Needs the ids (ir_identify). */
void ir_write_json(const struct plan *p, struct buf *out);
/* The same to a descriptor, piece by piece: the text of a large graph is never in memory. */
int ir_write_json_fd(const struct plan *p, int fd, struct ob_err *err);
void ir_write_text(struct json_out *j, struct text t); /* one text of it */
void ir_write_op(struct json_out *j, const struct step *s);
void ir_write_dot(const struct plan *p, struct buf *out);

#endif
