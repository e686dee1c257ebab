/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "frontend/compile.h"
#include "frontend/sx_emit.h"
#include "tests/unit/fixture.h"

/* The command of a spec whose only run has this atom. */
static struct str read_back(struct arena *a, const struct buf *atom)
{
    struct sources sources = SOURCES_INIT(a);
    struct diag_sink diags = DIAG_SINK_INIT(a);
    struct plan plan = PLAN_INIT(a);
    struct compile_options options = {0};
    struct compile c = {a, &sources, &diags, &plan, &options};
    struct str text = arena_printf(a, "((from x) (run (shell %s)))", atom->p);
    uint32_t source = source_add(&sources, STR("spec"), text);
    ck_assert_msg(sx_compile(&c, source), "does not compile: %s", text.p);
    return plan.steps.at[1].op.run.command.line;
}

static const char *const texts[] = {
    "make",
    "",
    " ",
    "a b",
    "say \"hi\" \\ there; # no comment",
    "#|",
    "|#",
    "#;x",
    "(",
    "a;b",
    "line\n  indented\n\ttab\n\n end\n",
    "\n",
    "tab\there and a bell \a, del \x7f, \xc3\xa9",
    "first command that is long enough to be broken &&   second one after three blanks && third "
    "&&x",
    "ends in && ",
    "\\",
    "a \\\n b",
};

START_TEST(texts_read_back_as_they_were)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct arena a = ARENA_INIT;
        struct buf b = BUF_INIT;
        sx_emit_text(&b, str_from(texts[i]), 7);
        ck_assert_strs(read_back(&a, &b), str_from(texts[i]));
        buf_clear(&b);
        sx_emit_atom(&b, str_from(texts[i]));
        ck_assert_strs(read_back(&a, &b), str_from(texts[i]));
        buf_free(&b);
        arena_free(&a);
    }
}
END_TEST

static void check_text(const char *text, const char *want)
{
    struct buf b = BUF_INIT;
    sx_emit_text(&b, str_from(text), 2);
    ck_assert_str_eq(b.p, want);
    buf_free(&b);
}

START_TEST(lines_break_behind_newlines_and_in_long_lists)
{
    check_text("short && one", "\"short && one\"");
    check_text("a\n b\n", "\"a\\n\\\n  \\ b\\n\"");
    check_text("123456789 123456789 123456789 123456789 123456789 123456789 123456789 && x",
               "\"123456789 123456789 123456789 123456789 123456789 123456789 123456789 && x\"");
    check_text("123456789 123456789 123456789 123456789 123456789 123456789 123456789 12 &&  x",
               "\"123456789 123456789 123456789 123456789 123456789 123456789 123456789 12 &&  \\\n"
               "  x\"");
}
END_TEST

START_TEST(atoms_are_quoted_only_if_they_must_be)
{
    struct buf b = BUF_INIT;
    sx_emit_atom(&b, STR("/usr/bin:a=b"));
    sx_emit_atom(&b, STR("a b"));
    sx_emit_atom(&b, STR(""));
    sx_emit_atom(&b, STR("a#b"));
    ck_assert_str_eq(b.p, "/usr/bin:a=b\"a b\"\"\"\"a#b\"");
    buf_free(&b);
}
END_TEST

UNIT_MAIN("sx_emit", texts_read_back_as_they_were, lines_break_behind_newlines_and_in_long_lists,
          atoms_are_quoted_only_if_they_must_be)
