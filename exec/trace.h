/* SPDX-License-Identifier: Apache-2.0 */
/* A build as a file for trace viewers: which step ran when, beside which others. */
#ifndef EXEC_TRACE_H
#define EXEC_TRACE_H

#include "base/err.h"
#include "exec/event.h"

/* A progress that hands on everything to `inner`, which it closes with itself, and writes what it
 * sees to a new file. NULL if that can't be made. */
struct progress *trace_open(const char *path, struct progress *inner, struct ob_err *err);

#endif
