/* SPDX-License-Identifier: Apache-2.0 */
/* What gets to a terminal of text that somebody else wrote. */
#include <config.h>

#include "base/terminal.h"

#include "tests/unit/fixture.h"

#define HIDDEN "\xef\xbf\xbd"

static void expect(void (*add)(struct buf *, struct str), const char *text, const char *want)
{
    struct buf out = BUF_INIT;
    buf_puts(&out, "");
    add(&out, str_from(text));
    ck_assert_str_eq(out.p, want);
    buf_free(&out);
}

START_TEST(quoting_leaves_a_mark_of_what_is_not_shown)
{
    expect(terminal_quote, "a\tb\xc3\xa9\xc2\xa0", "a\tb\xc3\xa9\xc2\xa0");
    expect(terminal_quote, "\x1b[2J\r\n\x7f", HIDDEN "[2J" HIDDEN HIDDEN HIDDEN);
    expect(terminal_quote, "\xc2\x80\xc2\x9b\xc2\x9f", HIDDEN HIDDEN HIDDEN);
    expect(terminal_quote, "\x9b\xc3", HIDDEN HIDDEN);
    expect(terminal_quote, "\xe2\x80\xae!\xe2\x81\xa6", HIDDEN "!" HIDDEN);
}
END_TEST

START_TEST(what_programs_print_loses_its_colours)
{
    expect(terminal_add, "\x1b[1;31mred\x1b[0m\tblue\xc3\xa9", "red\tblue\xc3\xa9");
    expect(terminal_add, "a\rb\x7f\xc2\x9b\xc2\xa0", "ab\xc2\xa0");
    expect(terminal_add, "\x1b[1;", "");
    expect(terminal_add, "\x1b", "");
    expect(terminal_add, "\xff", HIDDEN);
}
END_TEST

START_TEST(columns_are_those_of_the_terminal)
{
    static const struct {
        const char *text;
        size_t bytes;
        unsigned columns;
    } cases[] = {{"a", 1, 1},
                 {"\xc3\xa9", 2, 1},
                 {"\xcc\x81", 2, 0},
                 {"\xe6\xbc\xa2", 3, 2},
                 {"\xf0\x9f\x98\x80", 4, 2},
                 {"\xff", 1, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct glyph g = terminal_glyph(str_from(cases[i].text));
        ck_assert_uint_eq(g.bytes, cases[i].bytes);
        ck_assert_uint_eq(g.columns, cases[i].columns);
    }
}
END_TEST

static void expect_clip(const char *text, unsigned columns, const char *want, unsigned used)
{
    struct buf out = BUF_INIT;
    buf_puts(&out, "");
    ck_assert_uint_eq(terminal_clip(&out, str_from(text), columns), used);
    ck_assert_str_eq(out.p, want);
    buf_free(&out);
}

START_TEST(text_is_clipped_by_columns)
{
    expect_clip("abc", 3, "abc", 3);
    expect_clip("abc", 2, "ab", 2);
    expect_clip("abc", 0, "", 0);
    expect_clip("\xe6\xbc\xa2\xe6\xbc\xa2", 3, "\xe6\xbc\xa2", 2);
    expect_clip("e\xcc\x81x", 1, "e\xcc\x81", 1);
    expect_clip("a\tb", 9, "a       b", 9);
    expect_clip("a\tb", 7, "a", 1);
    expect_clip("\x1b[1mbo\x1b[0mld\r\x7f", 9, "bold", 4);
    expect_clip("\xff\xff", 1, HIDDEN, 1);
    expect_clip("\xe2\x80\xaex", 9, "x", 1);
}
END_TEST

UNIT_MAIN("terminal", quoting_leaves_a_mark_of_what_is_not_shown,
          what_programs_print_loses_its_colours, columns_are_those_of_the_terminal,
          text_is_clipped_by_columns)
