/* SPDX-License-Identifier: Apache-2.0 */
/* How long ago it was, by CLOCK_MONOTONIC. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

struct timespec clock_now(void);
int64_t clock_ms_since(const struct timespec *t);
double clock_seconds_since(const struct timespec *t);

#endif
