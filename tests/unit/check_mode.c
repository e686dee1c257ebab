/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "base/mode.h"
#include "tests/unit/fixture.h"

struct row {
    const char *text;
    mode_t before, after;
};

static void check_rows(const struct row *rows, size_t n, bool is_directory)
{
    for (size_t i = 0; i < n; i++) {
        struct str s = str_from(rows[i].text);
        ck_assert_msg(mode_is_symbolic(s), "%s", rows[i].text);
        mode_t got = mode_apply(s, rows[i].before, is_directory);
        ck_assert_msg(got == rows[i].after, "%s of %o is %o, not %o", rows[i].text, rows[i].before,
                      got, rows[i].after);
    }
}

START_TEST(clauses_add_take_and_set)
{
    static const struct row rows[] = {
        {"+x", 0644, 0755},        {"u+x", 0644, 0744},     {"go-r", 0644, 0600},
        {"u=rw,go=r", 0777, 0644}, {"a=", 0777, 0},         {"=r", 0777, 0444},
        {"ug=rwx", 0, 0770},       {"o+rw-x", 0751, 0756},  {"u+s", 0755, 04755},
        {"g+s", 0755, 02755},      {"+t", 0755, 01755},     {"u=rwx", 04000, 0700},
        {"g=u", 0640, 0660},       {"o=g-w", 0660, 0664},   {"a+X", 0644, 0644},
        {"a+X", 0744, 0755},       {"u+x,a+X", 0600, 0700}, {"go=u,u-w", 0700, 0577},
    };
    check_rows(rows, sizeof rows / sizeof rows[0], false);
}
END_TEST

START_TEST(a_big_x_is_for_directories)
{
    static const struct row rows[] = {{"a+X", 0644, 0755}, {"u=rwX,go=rX", 0, 0755}};
    check_rows(rows, sizeof rows / sizeof rows[0], true);
}
END_TEST

START_TEST(anything_else_is_none)
{
    static const char *const rows[] = {"",     "u",    "755",  "x",      "u+q",
                                       "u+x,", ",u+x", "u+ug", "u+x g+x"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_msg(!mode_is_symbolic(str_from(rows[i])), "%s", rows[i]);
}
END_TEST

UNIT_MAIN("mode", clauses_add_take_and_set, a_big_x_is_for_directories, anything_else_is_none)
