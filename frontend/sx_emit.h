/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the atoms of a spec that is made and not read. Lists and layout are the caller's. */
#ifndef FRONTEND_SX_EMIT_H
#define FRONTEND_SX_EMIT_H

#include "base/buf.h"

/* Appends s as an atom that reads back as s: in quotes only if it must be. */
void sx_emit_atom(struct buf *out, struct str s);

/* Appends s in quotes. A line of the file ends behind each newline of s, and in a long s where a
 * shell's list goes on; the next is indented by `indent` blanks, which do not count. */
void sx_emit_text(struct buf *out, struct str s, unsigned indent);

#endif
