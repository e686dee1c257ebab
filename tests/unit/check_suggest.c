/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "base/suggest.h"
#include "tests/unit/fixture.h"

START_TEST(the_distance_counts_edits)
{
    ck_assert_uint_eq(edit_distance(STR(""), STR("")), 0);
    ck_assert_uint_eq(edit_distance(STR("run"), STR("run")), 0);
    ck_assert_uint_eq(edit_distance(STR("RUN"), STR("run")), 0);
    ck_assert_uint_eq(edit_distance(STR("rnu"), STR("run")), 1);
    ck_assert_uint_eq(edit_distance(STR("nur"), STR("run")), 2);
    ck_assert_uint_eq(edit_distance(STR("ru"), STR("run")), 1);
    ck_assert_uint_eq(edit_distance(STR("run"), STR("rn")), 1);
    ck_assert_uint_eq(edit_distance(STR("kitten"), STR("sitting")), 3);
    ck_assert_uint_eq(edit_distance(STR(""), STR("abc")), 3);
    ck_assert_uint_eq(edit_distance(STR("abc"), STR("")), 3);
}
END_TEST

START_TEST(words_of_64_bytes_are_compared_and_longer_ones_are_far)
{
    char x[70], y[70];
    memset(x, 'a', sizeof x);
    memset(y, 'a', sizeof y);
    y[63] = 'b';
    ck_assert_uint_eq(edit_distance(str_of(x, 64), str_of(y, 64)), 1);
    ck_assert_uint_eq(edit_distance(str_of(x, 65), str_of(x, 65)), 65);
    ck_assert_uint_eq(edit_distance(str_of(x, 1), str_of(x, 65)), 65);
}
END_TEST

static struct str suggestion(struct str word, const char *const *candidates)
{
    struct suggest s;
    suggest_init(&s, word);
    for (; *candidates; candidates++)
        suggest_offer(&s, str_from(*candidates));
    return s.best;
}

START_TEST(the_nearest_is_suggested)
{
    const char *const insns[] = {"FROM", "RUN", "COPY", "CMD", "ENV", "EXPOSE", "ENTRYPOINT", NULL};
    ck_assert_strs(suggestion(STR("FORM"), insns), STR("FROM"));
    ck_assert_strs(suggestion(STR("ENTRYPONT"), insns), STR("ENTRYPOINT"));
    ck_assert_strs(suggestion(STR("copi"), insns), STR("COPY"));
    ck_assert_strs(suggestion(STR("EXPOS"), insns), STR("EXPOSE"));
}
END_TEST

START_TEST(what_is_too_far_is_not_suggested)
{
    const char *const insns[] = {"FROM", "RUN", NULL};
    ck_assert_ptr_null(suggestion(STR("MAINTAINER"), insns).p);
    ck_assert_ptr_null(suggestion(STR(""), insns).p);
    const char *const shorts[] = {"x", "xy", NULL};
    ck_assert_ptr_null(suggestion(STR("a"), shorts).p); /* replacing all of a word is no typo */
    ck_assert_ptr_null(suggestion(STR("ab"), shorts).p);
    ck_assert_strs(suggestion(STR("ay"), shorts), STR("xy"));
    const char *const three[] = {"abcxyz", NULL};
    ck_assert_ptr_null(suggestion(STR("abc"), three).p);
}
END_TEST

START_TEST(of_equals_the_first_wins)
{
    const char *const words[] = {"cat", "car", NULL};
    ck_assert_strs(suggestion(STR("cab"), words), STR("cat"));
}
END_TEST

UNIT_MAIN("suggest", the_distance_counts_edits,
          words_of_64_bytes_are_compared_and_longer_ones_are_far, the_nearest_is_suggested,
          what_is_too_far_is_not_suggested, of_equals_the_first_wins)
