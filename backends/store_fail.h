/* SPDX-License-Identifier: Apache-2.0 */
/* A store for tests: hands every call on, except one that fails. */
#ifndef BACKENDS_STORE_FAIL_H
#define BACKENDS_STORE_FAIL_H

#include "exec/store.h"

/* The n-th call from now on (the first is 1) fails without reaching `inner`, except that a failing
 * commit or abort still consumes the transaction, by aborting it. n = 0 never fails. The result is
 * closed instead of `inner`, which it closes. */
struct store *store_fail_new(struct store *inner, unsigned n);

/* Whether the failing call has happened. */
bool store_fail_happened(const struct store *s);

#endif
