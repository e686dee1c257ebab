/* SPDX-License-Identifier: Apache-2.0 */
/* What two long sequences have in common, in a time that is nearly linear. */
#ifndef IR_ANCHOR_H
#define IR_ANCHOR_H

#include "base/arena.h"

#include <stdint.h>

#define NO_ANCHOR UINT32_MAX

/* match[i] becomes the index in y of the counterpart of x[i], or NO_ANCHOR. Counterparts are equal,
 * the first of several to the first and so on, and follow each other in both; as many as there can
 * be of these. match has room for m. */
void anchor_match(struct arena *scratch, const struct str *x, uint32_t m, const struct str *y,
                  uint32_t n, uint32_t *match);

#endif
