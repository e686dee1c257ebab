/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "base/clock.h"
#include "tests/unit/fixture.h"

START_TEST(time_passes_across_the_borders_of_seconds)
{
    struct timespec now = clock_now();
    for (int ms = 0; ms < 3000; ms += 250) {
        struct timespec t = {now.tv_sec - ms / 1000, now.tv_nsec - ms % 1000 * 1000000L};
        if (t.tv_nsec < 0) {
            t.tv_nsec += 1000000000;
            t.tv_sec--;
        }
        int64_t past = clock_ms_since(&t);
        double seconds = clock_seconds_since(&t);
        ck_assert_int_ge(past, ms);
        ck_assert_int_lt(past, ms + 60000); /* this test may have been stopped for a while */
        ck_assert(seconds >= ms / 1e3 && seconds < ms / 1e3 + 60);
    }
}
END_TEST

UNIT_MAIN("clock", time_passes_across_the_borders_of_seconds)
