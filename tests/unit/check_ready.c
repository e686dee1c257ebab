/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "exec/ready.h"
#include "tests/unit/fixture.h"

START_TEST(the_heaviest_comes_first_and_of_equals_the_first)
{
    static const uint64_t weight[] = {5, 9, 1, 9, 7, 5};
    static const uint32_t want[] = {1, 3, 4, 0, 5, 2};
    struct arena a = ARENA_INIT;
    struct ready r;
    uint32_t step;
    ready_init(&r, &a, 6, weight);
    for (uint32_t i = 6; i-- > 0;)
        ready_push(&r, i);
    for (size_t i = 0; i < 6; i++) {
        ck_assert(ready_pop(&r, &step));
        ck_assert_uint_eq(step, want[i]);
    }
    ck_assert(!ready_pop(&r, &step));
    arena_free(&a);
}
END_TEST

START_TEST(pushing_and_popping_in_turn_keeps_the_order)
{
    enum { N = 1000 };
    static uint64_t weight[N];
    struct arena a = ARENA_INIT;
    struct ready r;
    uint32_t step, n = 0;
    for (uint32_t i = 0; i < N; i++)
        weight[i] = i * 7919u % 101;
    ready_init(&r, &a, N, weight);
    for (uint32_t i = 0; i < N; i++) {
        ready_push(&r, i);
        if (i % 3 == 2 && ready_pop(&r, &step))
            for (uint32_t k = 0; k < r.n; k++, n++)
                ck_assert_uint_le(weight[r.heap[k]], weight[step]);
    }
    ck_assert_uint_gt(n, N);
    uint64_t last = UINT64_MAX;
    for (; ready_pop(&r, &step); last = weight[step])
        ck_assert_uint_le(weight[step], last);
    arena_free(&a);
}
END_TEST

UNIT_MAIN("ready", the_heaviest_comes_first_and_of_equals_the_first,
          pushing_and_popping_in_turn_keeps_the_order)
