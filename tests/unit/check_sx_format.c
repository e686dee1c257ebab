/* SPDX-License-Identifier: Apache-2.0 */
/* The layout of any S-expressions; that of specs is in tests/golden/format/spec. */
#include <config.h>

#include "frontend/compile.h"
#include "tests/unit/fixture.h"

static bool format(struct str text, struct buf *out)
{
    struct arena a = ARENA_INIT;
    struct sources sources = SOURCES_INIT(&a);
    struct diag_sink diags = DIAG_SINK_INIT(&a);
    struct compile c = {.arena = &a, .sources = &sources, .diags = &diags};
    bool ok = sx_format(&c, source_add(&sources, STR("spec"), text), out);
    ck_assert_int_eq(ok, diags.n_errors == 0);
    arena_free(&a);
    return ok;
}

static void check(struct str text, struct str want)
{
    struct buf once = BUF_INIT, twice = BUF_INIT;
    ck_assert(format(text, &once));
    ck_assert_strs(buf_str(&once), want);
    ck_assert(format(want, &twice));
    ck_assert_strs(buf_str(&twice), want);
    buf_free(&once);
    buf_free(&twice);
}

START_TEST(what_a_translator_prints_on_one_line_gets_the_style)
{
    check(STR("((build dev ((from a) (run (network host) (shell b)))) (from c) (workdir /))"),
          STR("((build dev\n"
              "  ((from a)\n"
              "   (run\n"
              "    (network host)\n"
              "    (shell b))))\n"
              " (from c)\n"
              " (workdir /))\n"));
}
END_TEST

START_TEST(what_is_no_spec_is_laid_out_all_the_same)
{
    check(STR("atom"), STR("atom\n"));
    check(STR("()"), STR("()\n"));
    check(STR("a ( ) #;b\n\n\n\nc"), STR("a\n()\n#;b\n\nc\n"));
    check(STR(""), STR(""));
}
END_TEST

START_TEST(it_appends_to_what_is_there)
{
    struct buf out = BUF_INIT;
    buf_puts(&out, "; before\n");
    ck_assert(format(STR("((from a))"), &out));
    ck_assert_strs(buf_str(&out), STR("; before\n((from a))\n"));
    buf_free(&out);
}
END_TEST

START_TEST(unbalanced_parentheses_are_refused)
{
    struct buf out = BUF_INIT;
    ck_assert(!format(STR("((from a)"), &out));
    ck_assert_uint_eq(out.n, 0);
    buf_free(&out);
}
END_TEST

START_TEST(deep_lists_take_no_more_room_than_their_depth)
{
    enum { DEPTH = 2000, INDENT_LIMIT = 210 };
    struct buf text = BUF_INIT, out = BUF_INIT;
    for (int i = 0; i < DEPTH; i++)
        buf_puts(&text, "((build a ");
    for (int i = 0; i < DEPTH; i++)
        buf_puts(&text, "))");
    ck_assert(format(buf_str(&text), &out));
    ck_assert_uint_lt(out.n, 2 * DEPTH * INDENT_LIMIT);
    buf_free(&text);
    buf_free(&out);
}
END_TEST

UNIT_MAIN("sx_format", what_a_translator_prints_on_one_line_gets_the_style,
          what_is_no_spec_is_laid_out_all_the_same, it_appends_to_what_is_there,
          unbalanced_parentheses_are_refused, deep_lists_take_no_more_room_than_their_depth)
