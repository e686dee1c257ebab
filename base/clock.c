/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "base/clock.h"

struct timespec clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now;
}

int64_t clock_ms_since(const struct timespec *t)
{
    struct timespec now = clock_now();
    return (now.tv_sec - t->tv_sec) * 1000 + (now.tv_nsec - t->tv_nsec) / 1000000;
}

double clock_seconds_since(const struct timespec *t)
{
    struct timespec now = clock_now();
    return (double)(now.tv_sec - t->tv_sec) + (double)(now.tv_nsec - t->tv_nsec) / 1e9;
}
