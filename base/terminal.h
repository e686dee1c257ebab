/* SPDX-License-Identifier: Apache-2.0 */
/* Text that somebody else wrote, for a terminal. */
#ifndef BASE_TERMINAL_H
#define BASE_TERMINAL_H

#include "base/buf.h"

#include <stdint.h>

/* The character that text begins with. A stray byte counts as one. */
struct glyph {
    size_t bytes;
    unsigned columns; /* on a terminal */
    bool is_shown;    /* as it is; else as U+FFFD, because it would drive the terminal */
};

struct glyph terminal_glyph(struct str s); /* s is not empty */

/* Appends s with U+FFFD for what is not shown: control characters but the tab, stray bytes, and
 * what turns text around. For names and lines, in which nothing may go unseen. */
void terminal_quote(struct buf *out, struct str s);

/* Appends s without what would drive the reader's terminal: control sequences (colours, cursor
 * movements) and control characters but the tab are dropped, stray bytes become U+FFFD. For what
 * programs print. */
void terminal_add(struct buf *out, struct str s);

/* As terminal_add, but only what fits into this many columns, with blanks for tabs and without what
 * turns text around. Gives the columns that it takes. */
unsigned terminal_clip(struct buf *out, struct str s, unsigned columns);

#endif
