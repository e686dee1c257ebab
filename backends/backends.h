/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of the backends, for the one list of them (exec/kit.c). */
#ifndef BACKENDS_BACKENDS_H
#define BACKENDS_BACKENDS_H

#include "exec/store.h"

extern const struct store_ops store_copy_ops;
extern const struct store_ops store_overlayfs_ops;

#endif
