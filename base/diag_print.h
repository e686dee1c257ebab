/* SPDX-License-Identifier: Apache-2.0 */
/* Diagnostics as text for people: `file:line:col: error: text [Rule]`, the line, a caret. */
#ifndef BASE_DIAG_PRINT_H
#define BASE_DIAG_PRINT_H

#include "base/buf.h"
#include "base/diag.h"

enum { DIAG_PRINT_MAX = 50 }; /* a run prints no more than this many; the rest is counted */

/* Appends all of the sink's diagnostics, sorted by place, to out. Control characters of the source
 * are shown as U+FFFD, so that a file can't drive the reader's terminal. */
void diag_print(const struct diag_sink *sink, struct sources *ss, bool colour, struct buf *out);

/* Prints them on standard error, in colours if that is a terminal that has them. */
void diag_print_stderr(const struct diag_sink *sink, struct sources *ss);

#endif
