/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the lines of a shell's command can be joined. A Dockerfile's continued lines are joined
 * with blanks, and a shell ends a command at a newline; the two mean the same only in some places.
 */
#ifndef FRONTEND_SH_LINES_H
#define FRONTEND_SH_LINES_H

#include "base/str.h"

/* Whether every newline of `command`, which neither begins nor ends with one, could as well be a
 * blank. When in doubt: no. */
bool sh_lines_can_join(struct str command);

#endif
