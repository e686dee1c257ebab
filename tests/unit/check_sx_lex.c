/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of specs, one by one; what users see of it is in tests/golden/spec/lex-*. */
#include <config.h>

#include "frontend/sx_lex.h"
#include "tests/unit/fixture.h"

struct scan {
    struct arena a;
    struct sources sources;
    struct diag_sink diags;
    struct sx_reader rd;
    union SX_STYPE value;
    struct span place;
};

static void scan_start(struct scan *s, struct str text)
{
    *s = (struct scan){0};
    s->sources = SOURCES_INIT(&s->a);
    s->diags = DIAG_SINK_INIT(&s->a);
    uint32_t index = source_add(&s->sources, STR("spec"), text);
    struct str copy = source_at(&s->sources, index)->text;
    s->rd = (struct sx_reader){
        .arena = &s->a,
        .diags = &s->diags,
        .source = index,
        .text = copy.p,
        .cursor = copy.p,
        .limit = copy.p + copy.n,
    };
}

static int scan_next(struct scan *s)
{
    return sx_lex(&s->value, &s->place, &s->rd);
}

static void scan_end(struct scan *s)
{
    ck_assert_int_eq(scan_next(s), TOK_SX_END);
    arena_free(&s->a);
}

/* The value of the only token of a text, an atom. */
static struct str only_atom(struct scan *s, struct str text)
{
    scan_start(s, text);
    ck_assert_int_eq(scan_next(s), TOK_SX_ATOM);
    ck_assert_uint_eq(s->diags.n_errors, 0);
    return s->value.TOK_SX_ATOM->text;
}

START_TEST(every_token_knows_its_place)
{
    struct scan s;
    scan_start(&s, STR(" (ab \"c\\n\")#;; end"));
    static const struct {
        int token;
        uint32_t off, len;
    } want[] = {
        {TOK_SX_OPEN, 1, 1},   {TOK_SX_ATOM, 2, 2},  {TOK_SX_ATOM, 5, 5},
        {TOK_SX_CLOSE, 10, 1}, {TOK_SX_SKIP, 11, 2},
    };
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        ck_assert_int_eq(scan_next(&s), want[i].token);
        ck_assert_uint_eq(s.place.off, want[i].off);
        ck_assert_uint_eq(s.place.len, want[i].len);
    }
    ck_assert_int_eq(scan_next(&s), TOK_SX_END);
    ck_assert_uint_eq(s.place.off, 18);
    ck_assert_uint_eq(s.place.len, 0);
    scan_end(&s);
}
END_TEST

START_TEST(strings_mean_what_sexplib_says)
{
    static const struct {
        struct str source, value;
    } table[] = {
        {STR_INIT("\"\""), STR_INIT("")},
        {STR_INIT("\"a\\n\\t\\b\\r\\ \\'\\\"\\\\\""), STR_INIT("a\n\t\b\r '\"\\")},
        {STR_INIT("\"\\065\\x42\\o103\""), STR_INIT("ABC")},
        {STR_INIT("\"\\0651\""), STR_INIT("A1")},
        {STR_INIT("\"a\nb\r\nc\""), STR_INIT("a\nb\r\nc")},
        {STR_INIT("\"a \\\n \t b\""), STR_INIT("a b")},
        {STR_INIT("\"a\\\r\n b\""), STR_INIT("ab")},
        {STR_INIT("\"a\\\n\n b\""), STR_INIT("a\n b")},
        {STR_INIT("\"C:\\opam\\\\\""), STR_INIT("C:\\opam\\")},
        {STR_INIT("\"\\o9\\$\\o12\""), STR_INIT("\\o9\\$\\o12")},
        {STR_INIT("\"; #| ( )\""), STR_INIT("; #| ( )")},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct scan s;
        ck_assert_strs(only_atom(&s, table[i].source), table[i].value);
        ck_assert(s.value.TOK_SX_ATOM->is_quoted);
        scan_end(&s);
    }
}
END_TEST

START_TEST(atoms_end_at_blanks_parentheses_quotes_and_semicolons)
{
    static const char *const ends[] = {" ", "\t", "\f", "\n", "\r\n", "(", ")", "\"\"", ";x"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct scan s;
        struct arena a = ARENA_INIT;
        scan_start(&s, str_concat(&a, STR("a#b|c\v'"), str_from(ends[i])));
        arena_free(&a);
        ck_assert_int_eq(scan_next(&s), TOK_SX_ATOM);
        ck_assert_strs(s.value.TOK_SX_ATOM->text, STR("a#b|c\v'"));
        ck_assert(!s.value.TOK_SX_ATOM->is_quoted);
        arena_free(&s.a);
    }
}
END_TEST

START_TEST(a_broken_token_is_an_atom_with_one_error)
{
    static const char *const texts[] = {
        "a#|b", "##|", "||#", "\"\\256\"", "\"\\1\"", "\"\\xq\"", "\"\\000\"", "\"\\255\"", "\"a",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct scan s;
        scan_start(&s, str_from(texts[i]));
        ck_assert_int_eq(scan_next(&s), TOK_SX_ATOM);
        ck_assert(s.value.TOK_SX_ATOM->is_broken);
        ck_assert_uint_eq(s.diags.n_errors, 1);
        scan_end(&s);
    }
}
END_TEST

START_TEST(comments_nest_and_are_no_tokens)
{
    struct scan s;
    scan_start(&s, STR("; x\n#| #| |# ##|| \"|#\" |# |#; y"));
    ck_assert_int_eq(scan_next(&s), TOK_SX_END);
    ck_assert_uint_eq(s.diags.n_errors, 0);
    scan_end(&s);
}
END_TEST

START_TEST(an_unclosed_comment_is_one_error_at_its_opener)
{
    struct scan s;
    scan_start(&s, STR("a #| b #| c"));
    ck_assert_int_eq(scan_next(&s), TOK_SX_ATOM);
    ck_assert_int_eq(scan_next(&s), TOK_SX_END);
    ck_assert_uint_eq(s.diags.list.n, 1);
    ck_assert_uint_eq(s.diags.list.at[0]->span.off, 2);
    ck_assert_uint_eq(s.diags.list.at[0]->span.len, 2);
    ck_assert(s.rd.is_cut);
    scan_end(&s);
}
END_TEST

START_TEST(scanning_stops_when_there_are_too_many_errors)
{
    struct arena a = ARENA_INIT;
    char *text = arena_alloc(&a, 3 * (SX_ERRORS_MAX + 100));
    for (size_t i = 0; i < SX_ERRORS_MAX + 100; i++)
        memcpy(text + 3 * i, "|# ", 3);
    struct scan s;
    scan_start(&s, str_of(text, 3 * (SX_ERRORS_MAX + 100)));
    ck_assert_int_eq(scan_next(&s), TOK_SX_END);
    ck_assert_uint_eq(s.diags.n_errors, SX_ERRORS_MAX);
    scan_end(&s);
    arena_free(&a);
}
END_TEST

UNIT_MAIN("sx_lex", every_token_knows_its_place, strings_mean_what_sexplib_says,
          atoms_end_at_blanks_parentheses_quotes_and_semicolons,
          a_broken_token_is_an_atom_with_one_error, comments_nest_and_are_no_tokens,
          an_unclosed_comment_is_one_error_at_its_opener,
          scanning_stops_when_there_are_too_many_errors)
