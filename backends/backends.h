/* SPDX-License-Identifier: Apache-2.0 */
/* The tables that backends/ offers. exec/kit.c is the only one to list them. */
#ifndef BACKENDS_H
#define BACKENDS_H

#include "exec/sandbox.h"

extern const struct sandbox_ops sandbox_native_ops;

#endif
