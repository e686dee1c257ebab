/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every unit test program needs: Check, short assertions for our types, and a main.
 * A test file has START_TEST functions and ends with UNIT_MAIN("module", test_a, test_b). Each test
 * runs in a process of its own.
 */
#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

#include "base/arena.h"
#include "base/err.h"

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

/* Skips the whole program, for Automake's harness, saying why. */
#define UNIT_SKIP(why)                                                                             \
    do {                                                                                           \
        printf("skipped: %s\n", (why));                                                            \
        exit(77);                                                                                  \
    } while (0)

#define ck_assert_strs(got, want)                                                                  \
    do {                                                                                           \
        struct str got_ = (got), want_ = (want);                                                   \
        ck_assert_msg(str_eq(got_, want_), "got \"" STR_FMT "\", want \"" STR_FMT "\"",            \
                      STR_ARG(got_), STR_ARG(want_));                                              \
    } while (0)

/* For calls that must succeed: shows the error's text. */
#define ck_assert_ok(call, err)                                                                    \
    do {                                                                                           \
        int rc_ = (call);                                                                          \
        ck_assert_msg(rc_ >= 0, "%s: %s", #call, (err)->text);                                     \
    } while (0)

/* before and after (or NULL) run around each test, in its process. */
static inline int unit_run(const char *name, SFun before, SFun after, const TTest *const *tests,
                           size_t n)
{
    Suite *s = suite_create(name);
    TCase *tc = tcase_create(name);
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, before, after);
    for (size_t i = 0; i < n; i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_NORMAL);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define UNIT_MAIN_WITH(name, before, after, ...)                                                   \
    int main(void)                                                                                 \
    {                                                                                              \
        const TTest *const tests[] = {__VA_ARGS__};                                                \
        return unit_run(name, before, after, tests, sizeof tests / sizeof tests[0]);               \
    }

#define UNIT_MAIN(name, ...) UNIT_MAIN_WITH(name, NULL, NULL, __VA_ARGS__)

/* For what unpacks images: their files belong to several users, as only root can arrange. */
#define UNIT_MAIN_AS_ROOT(name, ...)                                                               \
    int main(void)                                                                                 \
    {                                                                                              \
        const TTest *const tests[] = {__VA_ARGS__};                                                \
        if (geteuid() != 0)                                                                        \
            UNIT_SKIP("only root can unpack images");                                              \
        return unit_run(name, NULL, NULL, tests, sizeof tests / sizeof tests[0]);                  \
    }

#endif
