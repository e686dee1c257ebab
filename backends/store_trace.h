/* SPDX-License-Identifier: Apache-2.0 */
/* A store for tests: hands every call on and writes one line about it. */
#ifndef BACKENDS_STORE_TRACE_H
#define BACKENDS_STORE_TRACE_H

#include "exec/store.h"

#include <stdio.h>

/* The result is closed instead of `inner`, which it closes; `out` stays the caller's. A line is
 * "CALL ARGUMENTS = ANSWER", for a failure followed by ": " and the error. */
struct store *store_trace_new(struct store *inner, FILE *out);

#endif
