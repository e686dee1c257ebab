/* SPDX-License-Identifier: Apache-2.0 */
/* The front half of the spec compiler, for everything that works on the tree. */
#ifndef FRONTEND_SX_COMPILE_H
#define FRONTEND_SX_COMPILE_H

#include "frontend/compile.h"
#include "frontend/sx_ast.h"

/* Reads, checks and resolves a source. NULL if it has errors; they are in the sink. */
struct sx_spec *sx_tree(struct compile *c, uint32_t source);

#endif
