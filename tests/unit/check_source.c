/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "base/source.h"
#include "tests/unit/fixture.h"

#include <fcntl.h>
#include <unistd.h>

static struct arena arena;

static struct sources begin(void)
{
    arena = ARENA_INIT;
    return SOURCES_INIT(&arena);
}

static void expect_place(struct sources *ss, uint32_t off, uint32_t line, uint32_t column,
                         uint32_t byte_column)
{
    struct place p = source_place(ss, 0, off);
    ck_assert_msg(p.line == line && p.column == column && p.byte_column == byte_column,
                  "offset %u is %u:%u (byte %u), want %u:%u (byte %u)", off, p.line, p.column,
                  p.byte_column, line, column, byte_column);
}

START_TEST(an_empty_file_has_one_place)
{
    struct sources ss = begin();
    source_add(&ss, STR("f"), STR(""));
    expect_place(&ss, 0, 1, 1, 1);
    ck_assert_strs(source_line(&ss, 0, 1), STR(""));
    arena_free(&arena);
}
END_TEST

START_TEST(lines_end_behind_their_newline)
{
    struct sources ss = begin();
    source_add(&ss, STR("f"), STR("ab\n\ncd"));
    expect_place(&ss, 0, 1, 1, 1);
    expect_place(&ss, 2, 1, 3, 3); /* the newline belongs to its line */
    expect_place(&ss, 3, 2, 1, 1);
    expect_place(&ss, 4, 3, 1, 1);
    expect_place(&ss, 6, 3, 3, 3); /* the end of the file */
    ck_assert_strs(source_line(&ss, 0, 1), STR("ab"));
    ck_assert_strs(source_line(&ss, 0, 2), STR(""));
    ck_assert_strs(source_line(&ss, 0, 3), STR("cd"));
    arena_free(&arena);
}
END_TEST

START_TEST(the_end_of_a_file_with_a_last_newline_is_a_new_line)
{
    struct sources ss = begin();
    source_add(&ss, STR("f"), STR("ab\n"));
    expect_place(&ss, 3, 2, 1, 1);
    ck_assert_strs(source_line(&ss, 0, 2), STR(""));
    arena_free(&arena);
}
END_TEST

START_TEST(carriage_returns_are_part_of_the_line_end)
{
    struct sources ss = begin();
    source_add(&ss, STR("f"), STR("ab\r\nc\rd\r\n\r\n"));
    ck_assert_strs(source_line(&ss, 0, 1), STR("ab"));
    ck_assert_strs(source_line(&ss, 0, 2), STR("c\rd"));
    ck_assert_strs(source_line(&ss, 0, 3), STR(""));
    expect_place(&ss, 4, 2, 1, 1);
    expect_place(&ss, 6, 2, 3, 3);
    arena_free(&arena);
}
END_TEST

START_TEST(columns_count_characters_and_byte_columns_bytes)
{
    struct sources ss = begin();
    source_add(&ss, STR("f"), STR("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z\n"));
    expect_place(&ss, 0, 1, 1, 1);
    expect_place(&ss, 2, 1, 2, 3);
    expect_place(&ss, 5, 1, 3, 6);
    expect_place(&ss, 9, 1, 4, 10);
    arena_free(&arena);
}
END_TEST

START_TEST(a_stray_byte_is_one_column)
{
    struct sources ss = begin();
    source_add(&ss, STR("f"), STR("\x80\xff\xc3z"));
    expect_place(&ss, 1, 1, 2, 2);
    expect_place(&ss, 2, 1, 3, 3);
    expect_place(&ss, 3, 1, 4, 4);
    arena_free(&arena);
}
END_TEST

START_TEST(many_lines_are_found_by_their_offsets)
{
    struct sources ss = begin();
    struct str text = STR("");
    for (int i = 0; i < 300; i++)
        text = arena_printf(&arena, STR_FMT "%*s\n", STR_ARG(text), i % 7, "");
    source_add(&ss, STR("f"), text);
    uint32_t line = 1, column = 1;
    for (uint32_t off = 0; off < text.n; off++) {
        expect_place(&ss, off, line, column, column);
        column++;
        if (text.p[off] == '\n') {
            line++;
            column = 1;
        }
    }
    ck_assert_uint_eq(line, 301);
    arena_free(&arena);
}
END_TEST

START_TEST(a_source_is_a_copy_with_a_nul_behind_it)
{
    struct sources ss = begin();
    char text[] = "FROM x";
    ck_assert_uint_eq(source_add(&ss, STR("one"), str_from(text)), 0);
    ck_assert_uint_eq(source_add(&ss, STR("two"), STR("a\0b")), 1);
    text[0] = 'f';
    const struct source *s = source_at(&ss, 0);
    ck_assert_strs(s->text, STR("FROM x"));
    ck_assert_strs(s->path, STR("one"));
    ck_assert_int_eq(s->text.p[s->text.n], '\0');
    ck_assert_strs(source_at(&ss, 1)->text, STR("a\0b"));
    arena_free(&arena);
}
END_TEST

START_TEST(files_and_standard_input_are_loaded)
{
    struct sources ss = begin();
    struct ob_err err = OB_ERR_INIT;
    char path[] = "/tmp/obkit-check.XXXXXX";
    uint32_t index = 9;
    int fd = mkstemp(path);
    ck_assert_int_eq(write(fd, "text\n", 5), 5);
    ck_assert_ok(source_load(&ss, path, &index, &err), &err);
    ck_assert_uint_eq(index, 0);
    ck_assert_strs(source_at(&ss, 0)->text, STR("text\n"));
    ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
    ck_assert_int_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    ck_assert_ok(source_load(&ss, "-", &index, &err), &err);
    ck_assert_uint_eq(index, 1);
    ck_assert_strs(source_at(&ss, 1)->text, STR("text\n"));
    ck_assert_strs(source_at(&ss, 1)->path, STR("-"));
    ck_assert_int_ge(fcntl(STDIN_FILENO, F_GETFD), 0); /* still open */
    close(fd);
    unlink(path);
    ck_assert_int_eq(source_load(&ss, path, &index, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "can't open \"/tmp/obkit-check."));
    ck_assert_int_eq(source_load(&ss, "/tmp", &index, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "can't read \"/tmp\""));
    arena_free(&arena);
}
END_TEST

START_TEST(joined_spans_cover_both)
{
    struct span s = span_join(span_of(3, 10, 5), span_of(3, 2, 4));
    ck_assert_uint_eq(s.source, 3);
    ck_assert_uint_eq(s.off, 2);
    ck_assert_uint_eq(span_end(s), 15);
    s = span_join(span_of(0, 2, 20), span_of(0, 5, 1));
    ck_assert_uint_eq(s.off, 2);
    ck_assert_uint_eq(s.len, 20);
}
END_TEST

UNIT_MAIN("source", an_empty_file_has_one_place, lines_end_behind_their_newline,
          the_end_of_a_file_with_a_last_newline_is_a_new_line,
          carriage_returns_are_part_of_the_line_end,
          columns_count_characters_and_byte_columns_bytes, a_stray_byte_is_one_column,
          many_lines_are_found_by_their_offsets, a_source_is_a_copy_with_a_nul_behind_it,
          files_and_standard_input_are_loaded, joined_spans_cover_both)
