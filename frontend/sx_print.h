/* SPDX-License-Identifier: Apache-2.0 */
/* S-expressions back to text. */
#ifndef FRONTEND_SX_PRINT_H
#define FRONTEND_SX_PRINT_H

#include "base/buf.h"
#include "frontend/sx_ast.h"

/* Appends s as a string in quotes that reads back as s, on one line. */
void sx_print_string(struct buf *out, struct str s);

/* Appends d on one line, without comments, strings as strings. d must not nest deeply: that holds
 * for every form that was accepted. */
void sx_print_datum(struct buf *out, const struct sx_datum *d);

#endif
