/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why the ids of two plans differ: which steps were put in, left out or changed, and in what, and
 * which differ only for what they stand on. Targets are compared by their names, and the last of
 * each whatever it is called, and with them the stages that they read.
 */
#ifndef IR_DIFF_H
#define IR_DIFF_H

#include "base/buf.h"
#include "base/err.h"
#include "ir/plan.h"

/* Appends nothing and gives true if all targets have the same ids. Lines about `a` begin with "-",
 * those about `b` with "+". Both plans have their ids and op digests. */
bool ir_diff(const struct plan *a, const struct plan *b, struct buf *out);

/* The same of what was built of two plans. Here the id of a step is that of its result, which is
 * also made of what the plan does not know: inputs[] has the digests of that, step by step, in
 * hexadecimal digits, or "". */
bool ir_diff_built(const struct plan *a, const struct plan *b, const struct str *inputs_a,
                   const struct str *inputs_b, struct buf *out);

/* The same of two documents: 0 = no difference, 1 = some, -1 = error. One of the names may be "-",
 * standard input. */
int ir_diff_files(const char *a, const char *b, struct buf *out, struct ob_err *err);

#endif
