/* SPDX-License-Identifier: Apache-2.0 */
/* Text that somebody else wrote, for a terminal. */
#ifndef BASE_TERMINAL_H
#define BASE_TERMINAL_H

#include "base/buf.h"

/* Appends s without what would drive the reader's terminal: control sequences (colours, cursor
 * movements) and control characters but the tab are dropped, stray bytes become U+FFFD. */
void terminal_add(struct buf *out, struct str s);

#endif
