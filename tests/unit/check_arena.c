/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "base/vec.h"
#include "tests/unit/fixture.h"

#include <stdint.h>

START_TEST(allocations_are_zeroed_aligned_and_apart)
{
    struct arena a = ARENA_INIT;
    unsigned char *last = NULL;
    for (size_t n = 1; n < 200000; n = n * 3 + 1) {
        unsigned char *p = arena_alloc(&a, n);
        ck_assert_uint_eq((uintptr_t)p % _Alignof(uint64_t), 0);
        for (size_t i = 0; i < n; i++)
            ck_assert_uint_eq(p[i], 0);
        memset(p, 0xff, n);
        if (last)
            ck_assert_uint_eq(*last, 0xff);
        last = p;
    }
    arena_free(&a);
    ck_assert_ptr_null(a.head);
}
END_TEST

START_TEST(large_requests_do_not_waste_the_current_chunk)
{
    struct arena a = ARENA_INIT;
    char *first = arena_alloc(&a, 16);
    arena_alloc(&a, (6 << 20) - 4096); /* whole huge pages, with the chunk's header */
    char *second = arena_alloc(&a, 16);
    ck_assert_ptr_eq(second, first + 16);
    arena_free(&a);
}
END_TEST

START_TEST(what_is_adopted_is_there_until_the_arena_is_freed)
{
    struct arena a = ARENA_INIT;
    for (int i = 0; i < 100; i++) {
        char *p = malloc(1000);
        ck_assert_ptr_nonnull(p);
        arena_adopt(&a, p);
        memset(p, 'x', 1000);
    }
    arena_free(&a); /* the sanitizers tell if something is freed twice, or not at all */
    ck_assert_ptr_null(a.adopted);
}
END_TEST

START_TEST(strings_are_terminated_copies)
{
    struct arena a = ARENA_INIT;
    struct str s = arena_str(&a, STR("ab\0c"));
    ck_assert_strs(s, STR("ab\0c"));
    ck_assert_int_eq(s.p[s.n], '\0');
    ck_assert_strs(arena_printf(&a, "%s-%d", "x", 7), STR("x-7"));
    ck_assert_strs(str_concat(&a, STR("a"), STR("")), STR("a"));
    ck_assert_strs(str_concat(&a, STR("a"), STR("bc")), STR("abc"));
    arena_free(&a);
}
END_TEST

START_TEST(vectors_grow_and_keep_what_they_hold)
{
    struct arena a = ARENA_INIT;
    VEC(int) v = {0};
    int seen = 0;
    vec_for (int, it, &v)
        ck_abort_msg("an empty vector has elements");
    for (int i = 0; i < 1000; i++)
        vec_push(&a, &v, i);
    vec_for (int, it, &v)
        ck_assert_int_eq(*it, seen++);
    ck_assert_int_eq(seen, 1000);
    arena_free(&a);
}
END_TEST

START_TEST(a_vector_grows_where_it_is_if_nothing_stands_behind_it)
{
    struct arena a = ARENA_INIT;
    VEC(uint64_t) v = {0}, w = {0};
    for (uint64_t i = 0; i < 100; i++)
        vec_push(&a, &v, i);
    const uint64_t *at = v.at;
    vec_push(&a, &w, 7);
    ck_assert_ptr_eq(v.at, at);
    for (uint64_t i = 100; i < 200; i++)
        vec_push(&a, &v, i);
    ck_assert_ptr_ne(v.at, at);
    for (uint64_t i = 0; i < 200; i++)
        ck_assert_uint_eq(v.at[i], i);
    ck_assert_uint_eq(w.at[0], 7);
    arena_free(&a);
}
END_TEST

/* Of bytes, where allocations are rounded up, and of words. */
START_TEST(copies_that_share_elements_part_when_one_grows)
{
    struct arena a = ARENA_INIT;
    for (size_t n = 1; n < 40; n++) {
        VEC(char) c = {0};
        VEC(uint64_t) w = {0};
        for (size_t i = 0; i < n; i++) {
            vec_push(&a, &c, 'x');
            vec_push(&a, &w, i);
        }
        __typeof__(c) c2 = c;
        __typeof__(w) w2 = w;
        c2.cap = c2.n;
        w2.cap = w2.n;
        vec_push(&a, &c2, 'b');
        vec_push(&a, &c, 'a');
        vec_append(&a, &w2, w.at, 1);
        vec_push(&a, &w, 99);
        ck_assert_int_eq(c.at[n], 'a');
        ck_assert_int_eq(c2.at[n], 'b');
        ck_assert_uint_eq(w.at[n], 99);
        ck_assert_uint_eq(w2.at[n], 0);
    }
    arena_free(&a);
}
END_TEST

UNIT_MAIN("arena", allocations_are_zeroed_aligned_and_apart,
          large_requests_do_not_waste_the_current_chunk,
          what_is_adopted_is_there_until_the_arena_is_freed, strings_are_terminated_copies,
          vectors_grow_and_keep_what_they_hold,
          a_vector_grows_where_it_is_if_nothing_stands_behind_it,
          copies_that_share_elements_part_when_one_grows)
