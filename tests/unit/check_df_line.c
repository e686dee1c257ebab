/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "frontend/df_line.h"
#include "tests/unit/fixture.h"

static struct arena a;
static struct sources sources;
static struct diag_sink diags;
static struct df_directives directives;
static struct df_reader reader;

static void open_text(struct str text)
{
    static struct compile c;
    a = ARENA_INIT;
    sources = SOURCES_INIT(&a);
    diags = DIAG_SINK_INIT(&a);
    c = (struct compile){.arena = &a, .sources = &sources, .diags = &diags};
    df_reader_init(&reader, &c, source_add(&sources, STR("f"), text), &directives);
}

/* What stands in the source where a span points. */
static struct str quoted(struct span s)
{
    return str_of(source_at(&sources, s.source)->text.p + s.off, s.len);
}

START_TEST(a_plain_line_is_not_copied)
{
    open_text(STR("\n  A b  \r\n# c\nD"));
    const struct df_line *l = df_reader_next(&reader);
    ck_assert_strs(l->text, STR("A b"));
    ck_assert_ptr_eq(l->text.p, source_at(&sources, 0)->text.p + 3);
    ck_assert_strs(df_reader_next(&reader)->text, STR("D"));
    ck_assert_ptr_null(df_reader_next(&reader));
    arena_free(&a);
}
END_TEST

START_TEST(a_continued_line_is_joined_without_comments_and_empty_lines)
{
    open_text(STR("A \\\n  b \\ \t\n# c\n\n \\\n\te\nF"));
    const struct df_line *l = df_reader_next(&reader);
    ck_assert_strs(l->text, STR("A   b  \te"));
    ck_assert_int_eq(l->text.p[l->text.n], '\0');
    ck_assert_strs(df_reader_next(&reader)->text, STR("F"));
    arena_free(&a);
}
END_TEST

START_TEST(two_escapes_do_not_continue_and_three_do_not_either)
{
    open_text(STR("A \\\\\nB \\\\\\\nC \\"));
    ck_assert_strs(df_reader_next(&reader)->text, STR("A \\\\"));
    ck_assert_strs(df_reader_next(&reader)->text, STR("B \\\\\\"));
    ck_assert_strs(df_reader_next(&reader)->text, STR("C"));
    arena_free(&a);
}
END_TEST

START_TEST(parts_of_a_joined_line_point_into_the_source)
{
    open_text(STR("\\\n  RUN one \\\n# c\n two\\\nthree"));
    const struct df_line *l = df_reader_next(&reader);
    ck_assert_strs(l->text, STR("RUN one  twothree"));
    ck_assert_strs(quoted(df_line_span(l, str_of(l->text.p + 4, 3))), STR("one"));
    ck_assert_strs(quoted(df_line_span(l, str_of(l->text.p + 9, 3))), STR("two"));
    ck_assert_strs(quoted(df_line_span(l, str_of(l->text.p + 9, 8))), STR("two\\\nthree"));
    ck_assert_strs(quoted(df_line_span(l, str_of(l->text.p + 12, 5))), STR("three"));
    ck_assert_strs(quoted(df_line_span(l, str_of(l->text.p + 12, 0))), STR(""));
    arena_free(&a);
}
END_TEST

START_TEST(a_part_of_a_line_keeps_its_places)
{
    open_text(STR("ONBUILD \\\n RUN a \\\n  b\\\nc"));
    const struct df_line *l = df_reader_next(&reader);
    const struct df_line *part = df_line_part(&a, l, str_of(l->text.p + 9, 7));
    ck_assert_strs(part->text, STR("RUN a  "));
    ck_assert_strs(quoted(df_line_span(part, str_of(part->text.p, 5))), STR("RUN a"));
    part = df_line_part(&a, l, str_skip(l->text, 15));
    ck_assert_strs(part->text, STR("  bc"));
    ck_assert_strs(quoted(df_line_span(part, str_of(part->text.p + 2, 2))), STR("b\\\nc"));
    arena_free(&a);
}
END_TEST

START_TEST(no_line_is_too_long)
{
    enum { LENGTH = 200000 };
    static char text[LENGTH];
    memset(text, 'x', sizeof text);
    open_text(str_of(text, sizeof text));
    ck_assert_uint_eq(df_reader_next(&reader)->text.n, LENGTH);
    arena_free(&a);
}
END_TEST

START_TEST(the_escape_directive_decides_what_continues)
{
    open_text(STR("# escape=`\nA `\nb \\\nC"));
    ck_assert_int_eq(directives.escape_char, '`');
    ck_assert_strs(df_reader_next(&reader)->text, STR("A b \\"));
    ck_assert_strs(df_reader_next(&reader)->text, STR("C"));
    arena_free(&a);
}
END_TEST

START_TEST(a_byte_order_mark_hides_no_directive)
{
    open_text(STR("\xef\xbb\xbf# Escape = ` \n#syntax=x y\nA"));
    ck_assert_int_eq(directives.escape_char, '`');
    ck_assert_strs(directives.syntax.value, STR("x y"));
    ck_assert_strs(df_reader_next(&reader)->text, STR("A"));
    arena_free(&a);
}
END_TEST

START_TEST(physical_lines_go_on_where_logical_ones_stopped)
{
    struct str line;
    open_text(STR("A \\\nb\n  x  \r\n\ny"));
    ck_assert_strs(df_reader_next(&reader)->text, STR("A b"));
    ck_assert(df_reader_physical(&reader, &line));
    ck_assert_strs(line, STR("  x  "));
    ck_assert(df_reader_physical(&reader, &line));
    ck_assert_strs(line, STR(""));
    ck_assert(df_reader_physical(&reader, &line));
    ck_assert_strs(line, STR("y"));
    ck_assert(!df_reader_physical(&reader, &line));
    arena_free(&a);
}
END_TEST

UNIT_MAIN("df_line", a_plain_line_is_not_copied,
          a_continued_line_is_joined_without_comments_and_empty_lines,
          two_escapes_do_not_continue_and_three_do_not_either,
          parts_of_a_joined_line_point_into_the_source, a_part_of_a_line_keeps_its_places,
          no_line_is_too_long, the_escape_directive_decides_what_continues,
          a_byte_order_mark_hides_no_directive, physical_lines_go_on_where_logical_ones_stopped)
