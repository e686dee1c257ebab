/* SPDX-License-Identifier: Apache-2.0 */
/* Diagnostics as a program reads them. */
#include <config.h>

#include "base/diag_json.h"

#include "tests/unit/fixture.h"

static struct arena arena; /* each test runs in a process of its own */
static struct sources sources;
static struct diag_sink sink;

static const struct diag_rule lost = {"CmdLost", DIAG_LOSS};
static const struct diag_rule casing = {"ConsistentCasing", DIAG_WARNING};

static void begin(void)
{
    sources = SOURCES_INIT(&arena);
    sink = DIAG_SINK_INIT(&arena);
    source_add(&sources, STR("a \"file\""), STR("FROM x\nCMD [\"\xc3\xa9\", \\\n  \"y\"]\n"));
}

static void end(void)
{
    arena_free(&arena);
}

static void expect(enum diag_level level, const char *want)
{
    struct buf out = BUF_INIT;
    diag_json(&sink, &sources, level, &out);
    ck_assert_str_eq(out.p, want);
    buf_free(&out);
}

START_TEST(nothing_is_an_empty_array)
{
    expect(DIAG_LOSS, "[]\n");
}
END_TEST

START_TEST(places_are_lines_and_columns_of_characters)
{
    diag_rule(&sink, &lost, span_of(0, 13, 2), "the \"\xc3\xa9\" is lost");
    expect(DIAG_LOSS, "[\n{\"file\":\"a \\\"file\\\"\",\"line\":2,\"column\":7,\"endLine\":2,"
                      "\"endColumn\":8,\"severity\":\"warning\",\"rule\":\"CmdLost\","
                      "\"message\":\"the \\\"\xc3\xa9\\\" is lost\",\"notes\":[]}]\n");
}
END_TEST

START_TEST(a_span_over_lines_has_an_end_of_its_own)
{
    struct diag *d = diag_rule(&sink, &lost, span_of(0, 7, 18), "m");
    diag_note(d, "one");
    diag_note_at(d, span_of(0, 0, 1), "two");
    expect(DIAG_LOSS, "[\n{\"file\":\"a \\\"file\\\"\",\"line\":2,\"column\":1,\"endLine\":3,"
                      "\"endColumn\":6,\"severity\":\"warning\",\"rule\":\"CmdLost\","
                      "\"message\":\"m\",\"notes\":[\"one\",\"two\"]}]\n");
}
END_TEST

#define AT_THE_BEGINNING                                                                           \
    "\n{\"file\":\"a \\\"file\\\"\",\"line\":1,\"column\":1,\"endLine\":1,\"endColumn\":2,"

START_TEST(errors_need_no_rule)
{
    diag_error(&sink, span_of(0, 0, 1), "no");
    expect(DIAG_ERROR, "[" AT_THE_BEGINNING
                       "\"severity\":\"error\",\"rule\":\"\",\"message\":\"no\",\"notes\":[]}]\n");
}
END_TEST

START_TEST(one_level_is_listed_in_the_order_of_places_and_once)
{
    diag_rule(&sink, &lost, span_of(0, 0, 1), "second");
    diag_error(&sink, span_of(0, 0, 1), "another level");
    diag_rule(&sink, &casing, span_of(0, 0, 1), "and another");
    diag_rule(&sink, &lost, span_of(0, 0, 1), "third");
    diag_rule(&sink, &lost, span_of(0, 0, 1), "second");
    diag_skip(diag_rule(&sink, &casing, span_of(0, 0, 1), "skipped"));
    expect(DIAG_LOSS,
           "[" AT_THE_BEGINNING "\"severity\":\"warning\",\"rule\":\"CmdLost\","
           "\"message\":\"second\",\"notes\":[]}," AT_THE_BEGINNING
           "\"severity\":\"warning\",\"rule\":\"CmdLost\",\"message\":\"third\",\"notes\":[]}]\n");
    expect(DIAG_WARNING,
           "[" AT_THE_BEGINNING "\"severity\":\"warning\","
           "\"rule\":\"ConsistentCasing\",\"message\":\"and another\",\"notes\":[]}]\n");
}
END_TEST

UNIT_MAIN_WITH("diag_json", begin, end, nothing_is_an_empty_array,
               places_are_lines_and_columns_of_characters, a_span_over_lines_has_an_end_of_its_own,
               errors_need_no_rule, one_level_is_listed_in_the_order_of_places_and_once)
