/* SPDX-License-Identifier: Apache-2.0 */
/* How much a tree takes on disk. */
#ifndef BACKENDS_TREE_SIZE_H
#define BACKENDS_TREE_SIZE_H

#include "base/err.h"

#include <stdint.h>

/* Bytes of the tree at `name` in `dir`, 0 if it is not there; a file with several links counts
 * once. Blocks that it shares with other files by reflink count too. Works at any depth. */
int tree_size(int dir, const char *name, uint64_t *bytes, struct ob_err *err);

#endif
