/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "frontend/sx_path.h"
#include "tests/unit/fixture.h"

START_TEST(drives_and_a_leading_slash_are_absolute)
{
    static const char *const absolute[] = {"/", "/a", "C:/", "c:\\opam", "//x"};
    static const char *const relative[] = {"", "a", "./a", "C:", "C:a", "\\a", "1:/a", "ab:/c"};
    for (size_t i = 0; i < sizeof absolute / sizeof absolute[0]; i++)
        ck_assert(sx_path_is_absolute(str_from(absolute[i])));
    for (size_t i = 0; i < sizeof relative / sizeof relative[0]; i++)
        ck_assert(!sx_path_is_absolute(str_from(relative[i])));
}
END_TEST

START_TEST(dotdot_counts_only_as_a_whole_part)
{
    ck_assert(sx_path_has_dotdot(STR("..")));
    ck_assert(sx_path_has_dotdot(STR("a/..")));
    ck_assert(sx_path_has_dotdot(STR("../a")));
    ck_assert(sx_path_has_dotdot(STR("a//../b")));
    ck_assert(!sx_path_has_dotdot(STR("..a/b../a..b/...")));
    ck_assert(!sx_path_has_dotdot(STR("")));
}
END_TEST

START_TEST(the_root_is_that_of_a_drive_too)
{
    static const char *const roots[] = {"/", "//", "/./", "C:/", "C:\\"};
    static const char *const others[] = {"", ".", "a", "/a", "/..", "C:", "C:/a", "C:\\a"};
    struct arena a = ARENA_INIT;
    for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++)
        ck_assert(sx_path_is_root(&a, str_from(roots[i])));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        ck_assert(!sx_path_is_root(&a, str_from(others[i])));
    arena_free(&a);
}
END_TEST

struct row {
    const char *dir, *path, *want;
};

START_TEST(a_workdir_is_joined_and_cleaned)
{
    static const struct row rows[] = {
        {"/", "src", "/src"},
        {"/src", "a/b", "/src/a/b"},
        {"/src", "/x", "/x"},
        {"/src", ".", "/src"},
        {"/", ".", "/"},
        {"/src", "a//b/./c/", "/src/a/b/c"},
        {"/src", "/", "/"},
        {"/src", "//", "/"},
        {"/src", "../x", "/src/../x"},
        {"/src", "C:/x/", "C:/x"},
        {"/src", "C:/", "C:/"},
        {"C:/src", "a", "C:/src/a"},
        {"/", "C:\\x\\", "C:\\x\\"},
    };
    struct arena a = ARENA_INIT;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_strs(sx_path_workdir(&a, str_from(rows[i].dir), str_from(rows[i].path)),
                       str_from(rows[i].want));
    arena_free(&a);
}
END_TEST

START_TEST(a_destination_keeps_its_slash_and_gets_none)
{
    static const struct row rows[] = {
        {"/src", "./", "/src/"}, {"/src", ".", "/src"},      {"/src", "a/", "/src/a/"},
        {"/src", "a", "/src/a"}, {"/src", "/a/.", "/a"},     {"/src", "/", "/"},
        {"/", "./", "/"},        {"/", ".", "/."},           {"/src", "/x//y/", "/x/y/"},
        {"C:/", ".", "C:/."},    {"/src", "C:/a/", "C:/a/"},
    };
    struct arena a = ARENA_INIT;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_strs(sx_path_dst(&a, str_from(rows[i].dir), str_from(rows[i].path)),
                       str_from(rows[i].want));
    arena_free(&a);
}
END_TEST

UNIT_MAIN("sx_path", drives_and_a_leading_slash_are_absolute, dotdot_counts_only_as_a_whole_part,
          the_root_is_that_of_a_drive_too, a_workdir_is_joined_and_cleaned,
          a_destination_keeps_its_slash_and_gets_none)
