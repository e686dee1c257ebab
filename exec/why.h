/* SPDX-License-Identifier: Apache-2.0 */
/* Why a result had to be built: the nearest one that was there before, and what differs. Told from
 * the records of the store (exec/record.h), so long after the builds. */
#ifndef EXEC_WHY_H
#define EXEC_WHY_H

#include "exec/open.h"
#include "exec/record.h"

/* The earlier result that has most in common with r: 1, 0 = none is like it, or -1. */
int why_nearest(struct opened *o, struct arena *a, const struct record *r, struct record *out,
                struct ob_err *err);

/* Appends lines as those of spec2ir --diff: which steps differ between what r and the earlier
 * result stand on, and in what, and which files if files differ. */
int why_differs(struct opened *o, struct arena *a, const struct record *earlier,
                const struct record *r, struct buf *out, struct ob_err *err);

#endif
