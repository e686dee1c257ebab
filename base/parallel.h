/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of work that threads share out among themselves, for what a process does with many files.
 */
#ifndef BASE_PARALLEL_H
#define BASE_PARALLEL_H

#include "base/err.h"

#include <stddef.h>

enum { PARALLEL_MAX = 8 };

/* How many threads are of use here: the processors that this process may run on, 1 to
 * PARALLEL_MAX. */
unsigned parallel_threads(void);

/* Calls fn(own[k], i) once for each i < n, on up to n_own threads, of which thread k has own[k] to
 * itself. Each takes runs of neighbours. After an error no further run is taken; *err is that of
 * the lowest i that failed. All threads have ended when it returns. */
int parallel_run(size_t n, void *const own[], unsigned n_own,
                 int (*fn)(void *own, size_t i, struct ob_err *err), struct ob_err *err);

#endif
