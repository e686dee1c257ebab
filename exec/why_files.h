/* SPDX-License-Identifier: Apache-2.0 */
/* Which files two results of one copy have different. */
#ifndef EXEC_WHY_FILES_H
#define EXEC_WHY_FILES_H

#include "exec/open.h"
#include "ir/plan.h"

/* Appends a line for each file below the destination of a COPY or ADD that the results with the ids
 * of s and t do not have alike, but not for all of many. Nothing if a result is not there. */
int why_files(struct opened *o, struct arena *a, const struct step *s, const struct step *t,
              struct buf *out, struct ob_err *err);

#endif
