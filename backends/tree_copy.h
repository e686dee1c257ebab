/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of directory trees, with everything that a root filesystem's files carry. */
#ifndef BACKENDS_TREE_COPY_H
#define BACKENDS_TREE_COPY_H

#include "base/err.h"

/* Makes the empty directory `to` a copy of the directory `from`: modes, owners, times, extended
 * attributes, links, devices, fifos, sockets and holes; files that are hard links of each other
 * within the tree stay so. Never follows a link; works at any depth with few descriptors. Both
 * are open for reading, and nobody changes them meanwhile. After an error `to` holds a part. */
int tree_copy(int from, int to, struct ob_err *err);

/* Gives directory `to` the owner, mode, times and extended attributes of directory `from`. */
int tree_copy_attributes(int from, int to, struct ob_err *err);

#endif
