/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "base/pattern.h"
#include "tests/unit/fixture.h"

struct match {
    const char *pattern, *path;
    bool matches;
};

START_TEST(patterns_match_as_filepath_match_does)
{
    static const struct match cases[] = {
        {"abc", "abc", true},
        {"*", "abc", true},
        {"*c", "abc", true},
        {"a*", "a", true},
        {"a*", "ab/c", false},
        {"a*/b", "abc/b", true},
        {"a*b*c*d*e*/f", "axbxcxdxe/f", true},
        {"a*b*c*d*e*/f", "axbxcxdxexxx/fff", false},
        {"ab[c]", "abc", true},
        {"ab[b-d]", "abc", true},
        {"ab[e-g]", "abc", false},
        {"ab[^c]", "abc", false},
        {"ab[^e-g]", "abc", true},
        {"a\\*b", "a*b", true},
        {"a\\*b", "ab", false},
        {"a?b", "axb", true},
        {"a?b", "a/b", false},
        {"a[^a]b", "axb", true},
        {"[\\]a]", "]", true},
        {"[\\-]", "-", true},
        {"[x\\-]", "x", true},
        {"[]a]", "]", false},
        {"a[", "a", false},
        {"*x", "xxx", true},
        {"", "", true},
        {"", "a", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(pattern_match(str_from(cases[i].pattern), str_from(cases[i].path)) ==
                          cases[i].matches,
                      "\"%s\" and \"%s\"", cases[i].pattern, cases[i].path);
}
END_TEST

START_TEST(double_stars_match_any_number_of_components)
{
    static const struct match cases[] = {
        {"**", "a", true},         {"**", "a/b/c", true},          {"**/a", "a", true},
        {"**/a", "b/c/a", true},   {"a/**", "a/b/c", true},        {"a/**", "a", false},
        {"a/**/b", "a/b", true},   {"a/**/b", "a/x/y/b", true},    {"a/**/b", "a/x/y/c", false},
        {"**/*.o", "x/y.o", true}, {"**/a/**/b", "x/a/y/b", true}, {"a/**/b/c", "a/b/x/b/c", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(pattern_match(str_from(cases[i].pattern), str_from(cases[i].path)) ==
                          cases[i].matches,
                      "\"%s\" and \"%s\"", cases[i].pattern, cases[i].path);
}
END_TEST

START_TEST(matching_takes_no_exponential_time)
{
    struct str many = STR("a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b");
    struct str as =
        STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    ck_assert(!pattern_match(many, as));
    ck_assert(!pattern_match(STR("**/a/**/a/**/a/**/a/**/a/**/b"),
                             STR("a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a")));
}
END_TEST

START_TEST(ignore_files_let_the_last_match_decide)
{
    struct arena a = ARENA_INIT;
    struct ignore_list l;
    struct ob_err err;
    ck_assert_ok(
        ignore_parse(&a,
                     STR("\xef\xbb\xbf# comment\n\n /build/ \r\n*.o\n!keep.o\n./doc/../tmp\n"
                         "**/.git\n #not a comment"),
                     &l, &err),
        &err);
    ck_assert_uint_eq(l.pattern.n, 6);
    ck_assert(l.has_exceptions);
    ck_assert(ignore_matches(&l, STR("build")));
    ck_assert(ignore_matches(&l, STR("build/x/y")));
    ck_assert(ignore_matches(&l, STR("x.o")));
    ck_assert(!ignore_matches(&l, STR("keep.o")));
    ck_assert(!ignore_matches(&l, STR("sub/x.o")));
    ck_assert(ignore_matches(&l, STR("tmp")));
    ck_assert(ignore_matches(&l, STR("a/b/.git/config")));
    ck_assert(ignore_matches(&l, STR("#not a comment")));
    ck_assert(!ignore_matches(&l, STR("src/build")));
    arena_free(&a);
}
END_TEST

START_TEST(a_list_of_patterns_has_no_comments)
{
    struct arena a = ARENA_INIT;
    struct ignore_list l;
    struct str_vec patterns = {0};
    struct ob_err err;
    static const char *const texts[] = {"#foo", " /bar/ ", "", "*.o\n!a.o", "! bar/keep"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        vec_push(&a, &patterns, str_from(texts[i]));
    ck_assert_ok(ignore_of(&a, &patterns, &l, &err), &err);
    ck_assert_uint_eq(l.pattern.n, 4);
    ck_assert(l.has_exceptions);
    ck_assert(ignore_matches(&l, STR("#foo")));
    ck_assert(ignore_matches(&l, STR("bar/x")));
    ck_assert(!ignore_matches(&l, STR("bar/keep")));
    ck_assert(!ignore_matches(&l, STR("x.o")));
    vec_push(&a, &patterns, STR("[a"));
    ck_assert_int_eq(ignore_of(&a, &patterns, &l, &err), -1);
    ck_assert_str_eq(
        err.text,
        "bad pattern \"[a\": its \"[\" begins no class of characters, or it ends in \"\\\"");
    arena_free(&a);
}
END_TEST

START_TEST(bad_patterns_are_named_with_their_line)
{
    struct arena a = ARENA_INIT;
    struct ignore_list l;
    struct ob_err err;
    ck_assert_int_eq(ignore_parse(&a, STR("ok\n[a\n"), &l, &err), -1);
    ck_assert_str_eq(err.text, "line 2: bad pattern \"[a\": its \"[\" begins no class of "
                               "characters, or it ends in \"\\\"");
    ck_assert_int_eq(ignore_parse(&a, STR("!\n"), &l, &err), -1);
    ck_assert_str_eq(err.text, "line 1: \"!\" without a pattern");
    arena_free(&a);
}
END_TEST

UNIT_MAIN("pattern", patterns_match_as_filepath_match_does,
          double_stars_match_any_number_of_components, matching_takes_no_exponential_time,
          ignore_files_let_the_last_match_decide, a_list_of_patterns_has_no_comments,
          bad_patterns_are_named_with_their_line)
