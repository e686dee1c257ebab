/* SPDX-License-Identifier: Apache-2.0 */
/* What to show of the diagnostics in a sink, and in which order. */
#ifndef BASE_DIAG_SORT_H
#define BASE_DIAG_SORT_H

#include "base/diag.h"

/* By source and place, errors first; without those that are skipped, and without repetitions. */
struct diag_vec diag_sorted(const struct diag_sink *sink);

#endif
