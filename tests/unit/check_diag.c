/* SPDX-License-Identifier: Apache-2.0 */
/* Diagnostics as people see them. The caret must stand under the character in every terminal. */
#include <config.h>

#include "base/diag_print.h"
#include "tests/unit/fixture.h"

static struct arena arena;
static struct sources sources;
static struct diag_sink sink;
static struct buf out;

static void begin(struct str text)
{
    arena = ARENA_INIT;
    sources = SOURCES_INIT(&arena);
    sink = DIAG_SINK_INIT(&arena);
    out = BUF_INIT;
    source_add(&sources, STR("Dockerfile"), text);
}

static void expect(const char *want)
{
    buf_clear(&out);
    diag_print(&sink, &sources, false, &out);
    ck_assert_str_eq(out.p, want);
}

static void end(void)
{
    buf_free(&out);
    arena_free(&arena);
}

static const struct diag_rule casing = {"ConsistentCasing", DIAG_WARNING};
static const struct diag_rule broken = {"Broken", DIAG_ERROR};

START_TEST(nothing_to_say_is_nothing)
{
    begin(STR("x"));
    diag_print(&sink, &sources, true, &out);
    ck_assert_uint_eq(out.n, 0);
    end();
}
END_TEST

START_TEST(a_message_has_place_line_caret_and_tildes)
{
    begin(STR("FROM x\nRNU true\n"));
    diag_error(&sink, span_of(0, 7, 3), "unknown instruction \"%s\"", "RNU");
    expect("Dockerfile:2:1: error: unknown instruction \"RNU\"\n"
           "    2 | RNU true\n"
           "      | ^~~\n");
    end();
}
END_TEST

START_TEST(rules_name_themselves_and_set_the_level)
{
    begin(STR("from x\n"));
    diag_rule(&sink, &casing, span_of(0, 0, 4), "write it in capitals");
    ck_assert_uint_eq(sink.n_errors, 0);
    diag_rule(&sink, &broken, span_of(0, 5, 1), "no");
    ck_assert_uint_eq(sink.n_errors, 1);
    expect("Dockerfile:1:1: warning: write it in capitals [ConsistentCasing]\n"
           "    1 | from x\n"
           "      | ^~~~\n"
           "Dockerfile:1:6: error: no [Broken]\n"
           "    1 | from x\n"
           "      |      ^\n");
    end();
}
END_TEST

START_TEST(a_skipped_warning_is_not_printed_and_a_raised_one_is_an_error)
{
    begin(STR("from x\n"));
    diag_skip(diag_rule(&sink, &casing, span_of(0, 0, 4), "write it in capitals"));
    diag_raise(diag_rule(&sink, &casing, span_of(0, 5, 1), "no"));
    diag_skip(diag_rule(&sink, &broken, span_of(0, 5, 1), "never skipped"));
    ck_assert_uint_eq(sink.n_errors, 2);
    expect("Dockerfile:1:6: error: no [ConsistentCasing]\n"
           "    1 | from x\n"
           "      |      ^\n"
           "Dockerfile:1:6: error: never skipped [Broken]\n"
           "    1 | from x\n"
           "      |      ^\n");
    end();
}
END_TEST

START_TEST(messages_are_sorted_by_place_then_errors_first_then_as_reported)
{
    begin(STR("a\nb\n"));
    source_add(&sources, STR("second"), STR("z\n"));
    diag_error(&sink, span_of(1, 0, 1), "sixth");
    diag_error(&sink, span_of(0, 2, 1), "fifth");
    diag_rule(&sink, &casing, span_of(0, 0, 1), "third");
    diag_error(&sink, span_of(0, 0, 1), "first");
    diag_error(&sink, span_of(0, 0, 1), "second");
    diag_rule(&sink, &casing, span_of(0, 0, 1), "fourth");
    diag_print(&sink, &sources, false, &out);
    const char *at = out.p;
    const char *const order[] = {"first", "second", "third", "fourth", "fifth", "sixth"};
    for (size_t i = 0; i < 6; i++) {
        const char *next = strstr(at, order[i]);
        ck_assert_msg(next != NULL, "\"%s\" is not in its place in:\n%s", order[i], out.p);
        at = next;
    }
    end();
}
END_TEST

START_TEST(many_messages_of_one_place_stay_in_order)
{
    begin(STR("a\n"));
    for (int i = 0; i < 40; i++)
        diag_error(&sink, span_of(0, 0, 1), "m%02d", i);
    diag_print(&sink, &sources, false, &out);
    const char *at = out.p;
    for (int i = 0; i < 40; i++) {
        at = strstr(at, arena_printf(&arena, "error: m%02d\n", i).p);
        ck_assert_msg(at != NULL, "m%02d is not in its place", i);
    }
    end();
}
END_TEST

START_TEST(notes_have_their_own_place_or_that_of_the_message)
{
    begin(STR("FROM a AS x\nFROM b AS x\n"));
    struct diag *d = diag_error(&sink, span_of(0, 22, 1), "stage \"x\" is there already");
    diag_note_at(d, span_of(0, 10, 1), "it is here");
    diag_note(d, "choose another name");
    expect("Dockerfile:2:11: error: stage \"x\" is there already\n"
           "    2 | FROM b AS x\n"
           "      |           ^\n"
           "Dockerfile:1:11: note: it is here\n"
           "    1 | FROM a AS x\n"
           "      |           ^\n"
           "Dockerfile:2:11: note: choose another name\n");
    end();
}
END_TEST

START_TEST(tabs_before_the_caret_stay_tabs)
{
    begin(STR("\tRUN\tx y\n"));
    diag_error(&sink, span_of(0, 5, 1), "here");
    expect("Dockerfile:1:6: error: here\n"
           "    1 | \tRUN\tx y\n"
           "      | \t   \t^\n");
    end();
}
END_TEST

START_TEST(the_caret_counts_characters_not_bytes)
{
    begin(STR("\xc3\xa4\xe2\x82\xac=\xc3\xb6\xc3\xb6 z\n"));
    diag_error(&sink, span_of(0, 6, 4), "here");
    expect("Dockerfile:1:4: error: here\n"
           "    1 | \xc3\xa4\xe2\x82\xac=\xc3\xb6\xc3\xb6 z\n"
           "      |    ^~\n");
    end();
}
END_TEST

START_TEST(wide_characters_take_two_columns_and_marks_none)
{
    /* two ideographs, an emoji, an e with a combining accent, a wide letter */
    begin(STR("\xe6\xbc\xa2\xe5\xad\x97\xf0\x9f\x98\x80"
              "e\xcc\x81"
              "\xef\xbc\xa1=\xe6\xbc\xa2\xe6\xbc\xa2.\n"));
    diag_error(&sink, span_of(0, 16, 7), "here");
    expect("Dockerfile:1:7: error: here\n"
           "    1 | \xe6\xbc\xa2\xe5\xad\x97\xf0\x9f\x98\x80"
           "e\xcc\x81"
           "\xef\xbc\xa1=\xe6\xbc\xa2\xe6\xbc\xa2.\n"
           "      |          ^~~~~\n");
    end();
}
END_TEST

START_TEST(a_wide_character_is_underlined_whole)
{
    begin(STR("\xe6\xbc\xa2\xe5\xad\x97.\n"));
    diag_error(&sink, span_of(0, 0, 6), "here");
    expect("Dockerfile:1:1: error: here\n"
           "    1 | \xe6\xbc\xa2\xe5\xad\x97.\n"
           "      | ^~~~\n");
    end();
}
END_TEST

START_TEST(stray_bytes_are_shown_as_replacements_of_one_column)
{
    begin(STR("\xff\x80\xc3\xa4x\xc3 y\n"));
    diag_error(&sink, span_of(0, 4, 2), "here");
    expect("Dockerfile:1:4: error: here\n"
           "    1 | \xef\xbf\xbd\xef\xbf\xbd\xc3\xa4x\xef\xbf\xbd y\n"
           "      |    ^~\n");
    end();
}
END_TEST

START_TEST(control_characters_do_not_reach_the_terminal)
{
    begin(STR("\x1b[31mred\x7f\x00\xc2\x9bz\r\n"));
    diag_error(&sink, span_of(0, 12, 1), "at \"%s\"", "\x1b]0;title\x07\n");
    expect("Dockerfile:1:12: error: at \"\xef\xbf\xbd]0;title\xef\xbf\xbd\xef\xbf\xbd\"\n"
           "    1 | \xef\xbf\xbd[31mred\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\n"
           "      |            ^\n");
    end();
}
END_TEST

START_TEST(characters_that_turn_text_around_are_not_shown)
{
    begin(STR("a\xe2\x80\xae"
              "b\xe2\x81\xa6"
              "c\n"));
    diag_error(&sink, span_of(0, 8, 1), "here");
    expect("Dockerfile:1:5: error: here\n"
           "    1 | a\xef\xbf\xbd"
           "b\xef\xbf\xbd"
           "c\n"
           "      |     ^\n");
    end();
}
END_TEST

START_TEST(names_of_files_do_not_reach_the_terminal_either)
{
    begin(STR("x"));
    uint32_t s = source_add(&sources, STR("a\x1b[2J\nb"), STR("x\n"));
    diag_error(&sink, span_of(s, 0, 1), "here");
    expect("a\xef\xbf\xbd[2J\xef\xbf\xbd"
           "b:1:1: error: here\n"
           "    1 | x\n"
           "      | ^\n");
    end();
}
END_TEST

START_TEST(the_end_of_the_file_can_be_pointed_at)
{
    begin(STR("RUN <<E"));
    diag_error(&sink, span_of(0, 7, 0), "no end");
    expect("Dockerfile:1:8: error: no end\n"
           "    1 | RUN <<E\n"
           "      |        ^\n");
    end();
    begin(STR("a\r\n"));
    diag_error(&sink, span_of(0, 3, 0), "at the end");
    diag_error(&sink, span_of(0, 2, 1), "at the newline");
    expect("Dockerfile:1:3: error: at the newline\n"
           "    1 | a\n"
           "      |  ^\n"
           "Dockerfile:2:1: error: at the end\n"
           "    2 | \n"
           "      | ^\n");
    end();
    begin(STR(""));
    diag_error(&sink, span_of(0, 0, 0), "empty");
    expect("Dockerfile:1:1: error: empty\n"
           "    1 | \n"
           "      | ^\n");
    end();
}
END_TEST

START_TEST(a_span_over_lines_is_underlined_to_the_end_of_its_first)
{
    begin(STR("abc def\nghi\n"));
    diag_error(&sink, span_of(0, 4, 7), "here");
    expect("Dockerfile:1:5: error: here\n"
           "    1 | abc def\n"
           "      |     ^~~\n");
    end();
}
END_TEST

START_TEST(long_lines_are_cut_around_the_caret)
{
    struct arena a = ARENA_INIT;
    char line[1001];
    for (int i = 0; i < 1000; i++)
        line[i] = (char)('a' + i % 26);
    line[1000] = '\n';
    begin(str_of(line, sizeof line));
    diag_error(&sink, span_of(0, 500, 3), "middle");
    expect(arena_printf(&a,
                        "Dockerfile:1:501: error: middle\n"
                        "    1 | ...%.160s...\n"
                        "      |    %60s^~~\n",
                        line + 440, "")
               .p);
    sink = DIAG_SINK_INIT(&arena);
    diag_error(&sink, span_of(0, 10, 900), "start");
    struct str tildes = STR("");
    for (int i = 11; i < 160; i++)
        tildes = str_concat(&a, tildes, STR("~"));
    expect(arena_printf(&a,
                        "Dockerfile:1:11: error: start\n"
                        "    1 | %.160s...\n"
                        "      | %10s^%s\n",
                        line, "", tildes.p)
               .p);
    sink = DIAG_SINK_INIT(&arena);
    diag_error(&sink, span_of(0, 1000, 1), "end");
    expect(arena_printf(&a,
                        "Dockerfile:1:1001: error: end\n"
                        "    1 | ...%.60s\n"
                        "      |    %60s^\n",
                        line + 940, "")
               .p);
    end();
    arena_free(&a);
}
END_TEST

START_TEST(a_cut_does_not_split_characters)
{
    struct str text = STR("");
    struct arena a = ARENA_INIT;
    for (int i = 0; i < 300; i++)
        text = str_concat(&a, text, STR("\xe2\x82\xac"));
    begin(text);
    for (uint32_t off = 0; off < text.n; off += 3)
        diag_error(&sink, span_of(0, off, 3), "x");
    diag_print(&sink, &sources, false, &out);
    ck_assert(str_is_utf8(buf_str(&out), NULL));
    ck_assert_ptr_null(strstr(out.p, "\xef\xbf\xbd"));
    end();
    arena_free(&a);
}
END_TEST

START_TEST(colours_mark_the_level_and_the_caret)
{
    begin(STR("ab\n"));
    diag_error(&sink, span_of(0, 0, 2), "e");
    diag_rule(&sink, &casing, span_of(0, 1, 1), "w");
    diag_print(&sink, &sources, true, &out);
    ck_assert_str_eq(out.p, "Dockerfile:1:1: \033[1;31merror:\033[0m e\n"
                            "    1 | ab\n"
                            "      | \033[1;31m^~\033[0m\n"
                            "Dockerfile:1:2: \033[1;35mwarning:\033[0m w [ConsistentCasing]\n"
                            "    1 | ab\n"
                            "      |  \033[1;35m^\033[0m\n");
    end();
}
END_TEST

START_TEST(more_than_fifty_are_counted)
{
    begin(STR("x\n"));
    for (int i = 0; i < 53; i++)
        diag_error(&sink, span_of(0, 0, 1), "m %d", i);
    diag_print(&sink, &sources, false, &out);
    size_t n = 0;
    for (const char *p = out.p; (p = strstr(p, "error: m")); p++)
        n++;
    ck_assert_uint_eq(n, DIAG_PRINT_MAX);
    ck_assert(str_ends(buf_str(&out), STR("\n3 more messages are not shown\n")));
    ck_assert_uint_eq(sink.n_errors, 53);
    end();
}
END_TEST

START_TEST(an_error_is_shown_however_many_warnings_there_are)
{
    begin(STR("x\ny\n"));
    for (int i = 0; i < 60; i++)
        diag_rule(&sink, &casing, span_of(0, 0, 1), "m %d", i);
    diag_error(&sink, span_of(0, 2, 1), "the last");
    diag_print(&sink, &sources, false, &out);
    ck_assert_ptr_nonnull(strstr(out.p, "m 48 "));
    ck_assert_ptr_null(strstr(out.p, "m 49 "));
    ck_assert_ptr_nonnull(strstr(out.p, "2:1: error: the last"));
    ck_assert(str_ends(buf_str(&out), STR("\n11 more messages are not shown\n")));
    end();
}
END_TEST

START_TEST(what_was_said_is_not_said_again)
{
    begin(STR("xy\n"));
    for (int i = 0; i < 60; i++)
        diag_error(&sink, span_of(0, 0, 1), "m");
    diag_error(&sink, span_of(0, 1, 1), "m");
    diag_print(&sink, &sources, false, &out);
    ck_assert_str_eq(out.p, "Dockerfile:1:1: error: m\n"
                            "    1 | xy\n"
                            "      | ^\n"
                            "Dockerfile:1:2: error: m\n"
                            "    1 | xy\n"
                            "      |  ^\n");
    end();
}
END_TEST

UNIT_MAIN("diag", nothing_to_say_is_nothing, a_message_has_place_line_caret_and_tildes,
          rules_name_themselves_and_set_the_level,
          a_skipped_warning_is_not_printed_and_a_raised_one_is_an_error,
          messages_are_sorted_by_place_then_errors_first_then_as_reported,
          many_messages_of_one_place_stay_in_order,
          notes_have_their_own_place_or_that_of_the_message, tabs_before_the_caret_stay_tabs,
          the_caret_counts_characters_not_bytes, wide_characters_take_two_columns_and_marks_none,
          a_wide_character_is_underlined_whole, stray_bytes_are_shown_as_replacements_of_one_column,
          control_characters_do_not_reach_the_terminal,
          characters_that_turn_text_around_are_not_shown,
          names_of_files_do_not_reach_the_terminal_either, the_end_of_the_file_can_be_pointed_at,
          a_span_over_lines_is_underlined_to_the_end_of_its_first,
          long_lines_are_cut_around_the_caret, a_cut_does_not_split_characters,
          colours_mark_the_level_and_the_caret, more_than_fifty_are_counted,
          an_error_is_shown_however_many_warnings_there_are, what_was_said_is_not_said_again)
