/* SPDX-License-Identifier: Apache-2.0 */
/* Sequences of letters, and the letters of the first that found a counterpart in the second. */
#include <config.h>

#include "ir/anchor.h"

#include "tests/unit/fixture.h"

static struct arena a; /* each test runs in a process of its own */

static const struct str *letters(const char *s)
{
    size_t n = strlen(s);
    struct str *keys = arena_new_n(&a, struct str, n + 1);
    for (size_t i = 0; i < n; i++)
        keys[i] = str_of(s + i, 1);
    return keys;
}

/* `want` has the index in y, from 0 to 9, under each letter of x, or a blank. */
static void expect(const char *x, const char *y, const char *want)
{
    uint32_t match[16], m = (uint32_t)strlen(x);
    char got[17] = "";
    anchor_match(&a, letters(x), m, letters(y), (uint32_t)strlen(y), match);
    for (uint32_t i = 0; i < m; i++)
        got[i] = match[i] == NO_ANCHOR ? ' ' : (char)('0' + match[i]);
    ck_assert_str_eq(got, want);
}

START_TEST(equal_ones_are_counterparts)
{
    expect("abc", "abc", "012");
    expect("abc", "xabyc", "124");
    expect("xabyc", "abc", " 01 2");
    expect("abc", "xyz", "   ");
    expect("", "abc", "");
    expect("abc", "", "   ");
}
END_TEST

START_TEST(the_most_that_do_not_cross_are_kept)
{
    expect("abcd", "dabc", "123 ");
    expect("dabc", "abcd", " 012");
    expect("abcdef", "efabcd", "2345  ");
}
END_TEST

START_TEST(repeated_ones_belong_together_in_their_order)
{
    expect("aaa", "aaaa", "012");
    expect("aaaa", "aaa", "012 ");
    expect("abab", "abxab", "0134");
}
END_TEST

UNIT_MAIN("anchor", equal_ones_are_counterparts, the_most_that_do_not_cross_are_kept,
          repeated_ones_belong_together_in_their_order)
