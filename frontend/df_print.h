/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree as a Dockerfile again. It compiles to the same steps; comments, blanks around lines and
 * continuations are gone, but for comments that tell which warnings to skip.
 */
#ifndef FRONTEND_DF_PRINT_H
#define FRONTEND_DF_PRINT_H

#include "frontend/df_ast.h"

/* Appends all of `file`, in which nothing may be broken but triggers. */
void df_print(struct compile *c, const struct df_file *file, struct buf *out);

#endif
