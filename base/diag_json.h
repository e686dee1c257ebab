/* SPDX-License-Identifier: Apache-2.0 */
/* Diagnostics for programs that read them. */
#ifndef BASE_DIAG_JSON_H
#define BASE_DIAG_JSON_H

#include "base/buf.h"
#include "base/diag.h"

/* Appends a JSON array of those of this level, in the order of their places: objects {file, line,
 * column, endLine, endColumn, severity, rule, message, notes}, with lines and columns from 1, the
 * end behind the last character, and notes a list of strings. */
void diag_json(const struct diag_sink *sink, struct sources *ss, enum diag_level level,
               struct buf *out);

#endif
