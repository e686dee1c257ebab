/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "tests/unit/fixture.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

START_TEST(setting_gives_minus_one_and_the_text)
{
    struct ob_err err = OB_ERR_INIT;
    ck_assert_int_eq(ob_err_set(&err, 0, "no %s in \"%d\"", "x", 7), -1);
    ck_assert_str_eq(err.text, "no x in \"7\"");
    ck_assert_int_eq(err.errnum, 0);
    ck_assert_int_eq(ob_err_set(&err, ENOENT, "can't open \"%s\"", "f"), -1);
    ck_assert_str_eq(err.text, "can't open \"f\": No such file or directory");
    ck_assert_int_eq(err.errnum, ENOENT);
}
END_TEST

START_TEST(wrapping_puts_context_in_front_and_keeps_the_errno)
{
    struct ob_err err = OB_ERR_INIT;
    ob_err_set(&err, EACCES, "read");
    ck_assert_int_eq(ob_err_wrap(&err, "file \"%s\"", "a"), -1);
    ck_assert_int_eq(ob_err_wrap(&err, "store"), -1);
    ck_assert_str_eq(err.text, "store: file \"a\": read: Permission denied");
    ck_assert_int_eq(err.errnum, EACCES);
}
END_TEST

START_TEST(an_error_may_be_wrapped_with_its_own_text)
{
    struct ob_err err = OB_ERR_INIT;
    ob_err_set(&err, 0, "inner");
    char copy[sizeof err.text];
    memcpy(copy, err.text, sizeof copy);
    ob_err_wrap(&err, "%s again", copy);
    ck_assert_str_eq(err.text, "inner again: inner");
}
END_TEST

START_TEST(long_texts_are_cut_and_terminated)
{
    static char name[5000];
    struct ob_err err = OB_ERR_INIT;
    memset(name, 'x', sizeof name - 1);
    ob_err_set(&err, ENOENT, "%s", name);
    ck_assert_uint_eq(strlen(err.text), sizeof err.text - 1);
    ob_err_wrap(&err, "%s", name);
    ck_assert_uint_eq(strlen(err.text), sizeof err.text - 1);
    ob_err_set(&err, 0, "short");
    ob_err_wrap(&err, "%s", name);
    ck_assert_uint_eq(strlen(err.text), sizeof err.text - 1);
    for (int i = 0; i < 2000; i++)
        ob_err_wrap(&err, "%d", i);
    ck_assert_uint_eq(strlen(err.text), sizeof err.text - 1);
    ck_assert_ptr_eq(strstr(err.text, "1999: 1998: "), err.text);
}
END_TEST

START_TEST(a_bug_aborts)
{
    close(STDERR_FILENO);
    BUG("this is %s", "meant");
}
END_TEST

START_TEST(running_out_of_memory_is_the_environment)
{
    close(STDERR_FILENO);
    ob_out_of_memory();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("err");
    TCase *tc = tcase_create("err");
    tcase_add_test(tc, setting_gives_minus_one_and_the_text);
    tcase_add_test(tc, wrapping_puts_context_in_front_and_keeps_the_errno);
    tcase_add_test(tc, an_error_may_be_wrapped_with_its_own_text);
    tcase_add_test(tc, long_texts_are_cut_and_terminated);
    tcase_add_test_raise_signal(tc, a_bug_aborts, SIGABRT);
    tcase_add_exit_test(tc, running_out_of_memory_is_the_environment, OB_EXIT_ENVIRONMENT);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_NORMAL);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
