/* SPDX-License-Identifier: Apache-2.0 */
/* The difference of two texts, line by line. */
#ifndef BASE_DIFF_H
#define BASE_DIFF_H

#include "base/buf.h"

enum { DIFF_CONTEXT = 3 }; /* lines around a change */

/* Appends a unified diff from NAME.orig to NAME, as patch(1) reads it; nothing if the texts are
 * equal. Texts that differ in very many places have one large difference instead. */
void diff_unified(struct buf *out, struct str name, struct str before, struct str after);

#endif
