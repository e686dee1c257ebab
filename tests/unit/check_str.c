/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "base/str.h"
#include "tests/unit/fixture.h"

static const struct str nothing; /* p is NULL */

START_TEST(strings_compare_by_bytes_and_length)
{
    ck_assert(str_eq(STR("a\0b"), STR("a\0b")));
    ck_assert(!str_eq(STR("a\0b"), STR("a\0c")));
    ck_assert(!str_eq(STR("a"), STR("ab")));
    ck_assert(str_eq(nothing, STR("")));
    ck_assert_int_lt(str_cmp(STR("a"), STR("b")), 0);
    ck_assert_int_lt(str_cmp(STR("a"), STR("ab")), 0);
    ck_assert_int_gt(str_cmp(STR("b"), STR("ab")), 0);
    ck_assert_int_gt(str_cmp(STR("\xff"), STR("a")), 0);
    ck_assert_int_eq(str_cmp(nothing, STR("")), 0);
    ck_assert_int_lt(str_cmp(nothing, STR("a")), 0);
}
END_TEST

START_TEST(only_ascii_letters_fold)
{
    ck_assert(str_eq_nocase(STR("FROM"), STR("from")));
    ck_assert(!str_eq_nocase(STR("FROM"), STR("fro")));
    ck_assert(!str_eq_nocase(STR("@["), STR("`{"))); /* beside the letters, 32 apart */
    ck_assert(!str_eq_nocase(STR("\xc3\x84"), STR("\xc3\xa4")));
    ck_assert(str_eq_nocase(nothing, STR("")));
}
END_TEST

START_TEST(prefixes_and_suffixes)
{
    ck_assert(str_starts(STR("abc"), STR("ab")));
    ck_assert(str_starts(STR("abc"), STR("")));
    ck_assert(!str_starts(STR("ab"), STR("abc")));
    ck_assert(!str_starts(STR("abc"), STR("b")));
    ck_assert(str_ends(STR("abc"), STR("bc")));
    ck_assert(str_ends(STR("abc"), STR("abc")));
    ck_assert(!str_ends(STR("bc"), STR("abc")));
    ck_assert(!str_ends(STR("abc"), STR("b")));
    ck_assert(str_starts(nothing, nothing) && str_ends(nothing, nothing));
}
END_TEST

START_TEST(find_gives_the_first)
{
    ck_assert_int_eq(str_find(STR("a:b:c"), ':'), 1);
    ck_assert_int_eq(str_find(STR("abc"), ':'), -1);
    ck_assert_int_eq(str_find(STR("a\0b"), 'b'), 2);
    ck_assert_int_eq(str_find(nothing, 'x'), -1);
}
END_TEST

START_TEST(trim_takes_all_ascii_blanks_at_both_ends_only)
{
    ck_assert_strs(str_trim(STR(" \t\r\n\v\f a b \n")), STR("a b"));
    ck_assert_strs(str_trim(STR(" \t ")), STR(""));
    ck_assert_strs(str_trim(nothing), STR(""));
    ck_assert_strs(str_trim(STR("\xc2\xa0x")), STR("\xc2\xa0x"));
}
END_TEST

START_TEST(cut_splits_at_the_first_separator)
{
    struct str head, rest;
    ck_assert(str_cut(STR("a=b=c"), '=', &head, &rest));
    ck_assert_strs(head, STR("a"));
    ck_assert_strs(rest, STR("b=c"));
    ck_assert(str_cut(STR("="), '=', &head, &rest));
    ck_assert_strs(head, STR(""));
    ck_assert_strs(rest, STR(""));
    ck_assert(!str_cut(STR("abc"), '=', &head, &rest));
    ck_assert_strs(head, STR("abc"));
    ck_assert_strs(rest, STR(""));
    ck_assert(!str_cut(nothing, '=', &head, &rest));
    struct str s = STR("x:y:z");
    ck_assert(str_cut(s, ':', &head, &s)); /* in place, for loops */
    ck_assert_strs(head, STR("x"));
    ck_assert_strs(s, STR("y:z"));
}
END_TEST

START_TEST(numbers_are_digits_only_and_fit)
{
    unsigned long long v = 7;
    ck_assert(str_to_u64(STR("0"), &v));
    ck_assert_uint_eq(v, 0);
    ck_assert(str_to_u64(STR("0018"), &v));
    ck_assert_uint_eq(v, 18);
    ck_assert(str_to_u64(STR("18446744073709551615"), &v));
    ck_assert(v == 18446744073709551615u);
    const struct str bad[] = {STR("18446744073709551616"),
                              STR("99999999999999999999"),
                              STR(""),
                              STR("-1"),
                              STR("+1"),
                              STR(" 1"),
                              STR("1 "),
                              STR("0x1"),
                              STR("1\0")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        v = 7;
        ck_assert_msg(!str_to_u64(bad[i], &v), "accepted \"" STR_FMT "\"", STR_ARG(bad[i]));
        ck_assert_uint_eq(v, 7);
    }
}
END_TEST

START_TEST(characters_are_classed_without_a_locale)
{
    for (int i = 0; i < 256; i++) {
        char c = (char)i;
        bool digit = i >= '0' && i <= '9';
        bool alpha = (i >= 'a' && i <= 'z') || (i >= 'A' && i <= 'Z');
        ck_assert(ascii_is_digit(c) == digit);
        ck_assert(ascii_is_alpha(c) == alpha);
        ck_assert(ascii_is_alnum(c) == (alpha || digit));
        ck_assert(ascii_is_blank(c) == (i == ' ' || (i >= 9 && i <= 13)));
        ck_assert(ascii_lower(c) == (i >= 'A' && i <= 'Z' ? (char)(i + 32) : c));
    }
}
END_TEST

START_TEST(utf8_is_checked_strictly)
{
    static const struct {
        struct str text;
        ptrdiff_t bad; /* -1 = well-formed */
    } cases[] = {
        {STR_INIT(""), -1},
        {STR_INIT("plain\n\0"), -1},
        {STR_INIT("\xc2\x80\xdf\xbf"), -1},
        {STR_INIT("\xe0\xa0\x80\xef\xbf\xbf"), -1},
        {STR_INIT("\xed\x9f\xbf\xee\x80\x80"), -1},
        {STR_INIT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), -1},
        {STR_INIT("a\x80"), 1},
        {STR_INIT("ab\xc0\xaf"), 2},       /* overlong */
        {STR_INIT("\xc1\xbf"), 0},         /* overlong */
        {STR_INIT("\xe0\x9f\xbf"), 0},     /* overlong */
        {STR_INIT("\xf0\x8f\xbf\xbf"), 0}, /* overlong */
        {STR_INIT("x\xed\xa0\x80"), 1},    /* a surrogate */
        {STR_INIT("\xf4\x90\x80\x80"), 0}, /* beyond U+10FFFF */
        {STR_INIT("\xf5\x80\x80\x80"), 0},
        {STR_INIT("\xff"), 0},
        {STR_INIT("\xc3"), 0},       /* cut */
        {STR_INIT("ok\xe2\x82"), 2}, /* cut */
        {STR_INIT("\xe2\x28\xa1"), 0},
        {STR_INIT("\xc3\xa4\xc3"), 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t bad = 99;
        bool ok = str_is_utf8(cases[i].text, &bad);
        ck_assert_msg(ok == (cases[i].bad < 0), "case %zu", i);
        if (!ok)
            ck_assert_msg(bad == (size_t)cases[i].bad, "case %zu is bad at %zu", i, bad);
        ck_assert(str_is_utf8(cases[i].text, NULL) == ok);
    }
}
END_TEST

START_TEST(a_character_that_lacks_its_rest_is_open)
{
    static const struct {
        struct str text;
        size_t open;
    } cases[] = {
        {STR_INIT(""), 0},
        {STR_INIT("a\xc3\xa9"), 0},
        {STR_INIT("a\xc3"), 1},
        {STR_INIT("\xe0"), 1},
        {STR_INIT("\xe0\xa0"), 2},
        {STR_INIT("\xe0\x9f"), 0}, /* overlong */
        {STR_INIT("\xed"), 1},
        {STR_INIT("\xed\xa0"), 0}, /* a surrogate */
        {STR_INIT("\xf0\x9f\x98"), 3},
        {STR_INIT("\xf4\x90"), 0}, /* beyond U+10FFFF */
        {STR_INIT("\xff"), 0},
        {STR_INIT("\x80\x80\x80\x80"), 0},
        {STR_INIT("\xc3x"), 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(str_open_char(cases[i].text) == cases[i].open, "case %zu", i);
}
END_TEST

/* Every byte at every place of a text, with ordinary letters around it. */
START_TEST(the_first_byte_that_is_not_ascii_and_the_first_control_character_are_found)
{
    char text[21];
    memset(text, 'x', sizeof text);
    for (size_t at = 0; at < sizeof text; at++) {
        for (int c = 0; c < 256; c++) {
            text[at] = (char)c;
            struct str s = str_of(text, sizeof text);
            ck_assert_uint_eq(str_ascii_len(s), c < 0x80 ? s.n : at);
            ck_assert_uint_eq(str_text_len(s), c < 0x20 || c == 0x7f ? at : s.n);
            ck_assert_uint_eq(str_text_len(str_of(text, at)), at);
        }
        text[at] = 'x';
    }
    ck_assert_uint_eq(str_ascii_len(str_of(NULL, 0)), 0);
    ck_assert_uint_eq(str_text_len(str_of(NULL, 0)), 0);
}
END_TEST

UNIT_MAIN("str", strings_compare_by_bytes_and_length, only_ascii_letters_fold,
          prefixes_and_suffixes, find_gives_the_first,
          trim_takes_all_ascii_blanks_at_both_ends_only, cut_splits_at_the_first_separator,
          numbers_are_digits_only_and_fit, characters_are_classed_without_a_locale,
          utf8_is_checked_strictly, a_character_that_lacks_its_rest_is_open,
          the_first_byte_that_is_not_ascii_and_the_first_control_character_are_found)
