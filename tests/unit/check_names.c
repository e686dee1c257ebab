/* SPDX-License-Identifier: Apache-2.0 */
/* Names that are given once, with numbers behind those that are wanted again. */
#include <config.h>

#include "frontend/names.h"

#include "tests/unit/fixture.h"

#include <time.h>

static struct arena a; /* each test runs in a process of its own */

static void stop(void)
{
    arena_free(&a);
}

START_TEST(a_name_that_is_taken_gets_the_next_number)
{
    struct names n = NAMES_INIT(&a, false);
    ck_assert_strs(names_free(&n, STR("x")), STR("x"));
    ck_assert_strs(names_free(&n, STR("x")), STR("x-2"));
    ck_assert_strs(names_free(&n, STR("x-2")), STR("x-2-2"));
    ck_assert_strs(names_free(&n, STR("x")), STR("x-3"));
    ck_assert_strs(names_free(&n, STR("X")), STR("X"));
}
END_TEST

START_TEST(what_was_taken_is_passed_over)
{
    struct names n = NAMES_INIT(&a, false);
    names_take(&n, STR("x"));
    names_take(&n, STR("x"));
    names_take(&n, STR("x-2"));
    names_take(&n, STR("x-4"));
    ck_assert_strs(names_free(&n, STR("x")), STR("x-3"));
    ck_assert_strs(names_free(&n, STR("x")), STR("x-5"));
}
END_TEST

START_TEST(stages_are_the_same_in_any_case)
{
    struct names n = NAMES_INIT(&a, true);
    names_take(&n, STR("Debian"));
    ck_assert_strs(names_free(&n, STR("dEBIAN")), STR("dEBIAN-2"));
    ck_assert_strs(names_free(&n, STR("DEBIAN")), STR("DEBIAN-3"));
}
END_TEST

START_TEST(equal_names_take_a_time_that_is_linear)
{
    struct names n = NAMES_INIT(&a, true);
    struct str last = STR("");
    clock_t start = clock();
    for (int i = 0; i < 8000; i++)
        last = names_free(&n, STR("alpine"));
    ck_assert_strs(last, STR("alpine-8000"));
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    ck_assert_msg(seconds < 0.5, "it takes %.2f s", seconds);
}
END_TEST

UNIT_MAIN_WITH("names", NULL, stop, a_name_that_is_taken_gets_the_next_number,
               what_was_taken_is_passed_over, stages_are_the_same_in_any_case,
               equal_names_take_a_time_that_is_linear)
