/* SPDX-License-Identifier: Apache-2.0 */
/* A step in one line for people: what its front end wrote, or else its kind and what it is about.
 * It may hold any byte: whoever prints it filters it. */
#ifndef EXEC_HEADING_H
#define EXEC_HEADING_H

#include "base/arena.h"
#include "base/buf.h"
#include "ir/plan.h"

struct str heading_of(struct arena *a, const struct step *s);
void heading_add(struct buf *out, const struct step *s);

#endif
