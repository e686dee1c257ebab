/* SPDX-License-Identifier: Apache-2.0 */
/* What words of a Dockerfile become: as the value of an ENV, in scratch and on an image. */
#include <config.h>

#include "tests/unit/df_run.h"

struct row {
    const char *word, *want;
};

/* A=x, E is empty, U is set nowhere. */
static void check_rows(const char *from, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct run r;
        char text[1000];
        snprintf(text, sizeof text, "FROM %s\nENV A=x E=\nENV V=%s\n", from, rows[i].word);
        compile(&r, text);
        const struct text *v = env_get(&last_config(&r)->env, STR("V"));
        struct str got = shown(&r.a, *v);
        ck_assert_msg(str_eq(got, str_from(rows[i].want)), "%s: got \"%.*s\", want \"%s\"",
                      rows[i].word, STR_ARG(got), rows[i].want);
        arena_free(&r.a);
    }
}

#define CHECK_ROWS(from, rows) check_rows(from, rows, sizeof(rows) / sizeof((rows)[0]))

START_TEST(what_the_file_sets_is_replaced)
{
    static const struct row rows[] = {
        {"$A", "x"},
        {"${A}", "x"},
        {"a$A.b", "ax.b"},
        {"$AB", ""},
        {"${A}B", "xB"},
        {"$E", ""},
        {"$A$A", "xx"},
        {"pre${A}post", "prexpost"},
        {"$PATH", "/usr/local/sbin:/usr/local/bin:"
                  "/usr/sbin:/usr/bin:/sbin:/bin"},
    };
    CHECK_ROWS("scratch", rows);
}
END_TEST

START_TEST(modifiers_choose_between_value_and_word)
{
    static const struct row rows[] = {
        {"${A:-w}", "x"},         {"${A-w}", "x"},         {"${A:+w}", "w"},
        {"${A+w}", "w"},          {"${E:-w}", "w"},        {"${E-w}", ""},
        {"${E:+w}", ""},          {"${E+w}", "w"},         {"${U:-w}", "w"},
        {"${U-w}", "w"},          {"${U:+w}", ""},         {"${U+w}", ""},
        {"${U:-}", ""},           {"${U:-a${A}b}", "axb"}, {"${U:-${U:-${A}}}", "x"},
        {"${U:-\"a }\"}", "a }"}, {"${U:-\\}}", "}"},      {"${U:-'$A'}", "$A"},
        {"${U:-a:-b}", "a:-b"},
    };
    CHECK_ROWS("scratch", rows);
}
END_TEST

START_TEST(quotes_and_escapes_go)
{
    static const struct row rows[] = {
        {"'$A'", "$A"},       {"\"$A\"", "x"},        {"\\$A", "$A"},
        {"\"\\$A\"", "$A"},   {"a\\ b", "a b"},       {"'a b'\"c d\"e", "a bc de"},
        {"\"a\\b\"", "a\\b"}, {"\"a\\\\b\"", "a\\b"}, {"a\\b", "ab"},
        {"'a\\'", "a\\"},     {"\"'\"", "'"},         {"'\"'", "\""},
        {"\\\"", "\""},       {"\"\"", ""},
    };
    CHECK_ROWS("scratch", rows);
}
END_TEST

START_TEST(odd_dollars_are_as_in_buildkit)
{
    static const struct row rows[] = {
        {"$", "$"},   {"$.", "$."}, {"a$", "a$"},     {"$1a", "a"},   {"$10", ""},    {"$@x", "x"},
        {"$$A", "A"}, {"$?", ""},   {"${1:-w}", "w"}, {"\"$\"", "$"}, {"$'A'", "$A"},
    };
    CHECK_ROWS("scratch", rows);
    CHECK_ROWS("debian", rows);
}
END_TEST

START_TEST(what_only_the_image_can_set_stays_a_reference)
{
    static const struct row rows[] = {
        {"$U", "<U>"},           {"a${U}b", "a<U>b"},
        {"$A$U$E$U", "x<U><U>"}, {"/x:$PATH", "/x:<PATH>"},
        {"${U:-w}", "<<U>:-w>"}, {"${U+$A$W}", "<<U>+x<W>>"},
        {"${A:-$U}", "x"},       {"${E:-$U}", "<U>"},
        {"\"${U}\"", "<U>"},
    };
    CHECK_ROWS("debian", rows);
}
END_TEST

START_TEST(a_variable_that_holds_a_reference_is_set_all_the_same)
{
    struct run r;
    compile(&r, "FROM a\nENV A=$HOME\nENV B=${A-w} C=${A+w} D=${A:-w} E=$A/x\n");
    const struct name_value_vec *env = &last_config(&r)->env;
    ck_assert_text(&r, *env_get(env, STR("B")), "<HOME>");
    ck_assert_text(&r, *env_get(env, STR("C")), "w");
    ck_assert_text(&r, *env_get(env, STR("D")), "<<HOME>:-w>");
    ck_assert_text(&r, *env_get(env, STR("E")), "<HOME>/x");
    arena_free(&r.a);
}
END_TEST

START_TEST(the_escape_directive_counts_in_words)
{
    struct run r;
    compile(&r, "# escape=`\nFROM scratch\nENV A=C:\\x B=`$A C=\"`\"\"\n");
    const struct name_value_vec *env = &last_config(&r)->env;
    ck_assert_text(&r, *env_get(env, STR("A")), "C:\\x");
    ck_assert_text(&r, *env_get(env, STR("B")), "$A");
    ck_assert_text(&r, *env_get(env, STR("C")), "\"");
    arena_free(&r.a);
}
END_TEST

START_TEST(values_that_double_themselves_meet_a_limit)
{
    static const char *const lines[] = {"ENV A=$A$A\n", "ENV A=${U:-$A}${W:-$A}\n"};
    for (size_t i = 0; i < 2; i++) {
        struct run r;
        struct buf b = BUF_INIT;
        buf_puts(&b, "FROM a\nENV A=0123456789\n");
        for (int k = 0; k < 100; k++)
            buf_puts(&b, lines[i]);
        struct str why = compile_error(&r, b.p);
        ck_assert_msg(str_starts(why, STR("the values in this file grow")), "%s", why.p);
        buf_free(&b);
        arena_free(&r.a);
    }
}
END_TEST

UNIT_MAIN("df_expand", what_the_file_sets_is_replaced, modifiers_choose_between_value_and_word,
          quotes_and_escapes_go, odd_dollars_are_as_in_buildkit,
          what_only_the_image_can_set_stays_a_reference,
          a_variable_that_holds_a_reference_is_set_all_the_same,
          the_escape_directive_counts_in_words, values_that_double_themselves_meet_a_limit)
