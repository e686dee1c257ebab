/* SPDX-License-Identifier: Apache-2.0 */
/* What words of a Dockerfile become: as the value of an ENV, in scratch and on an image. */
#include <config.h>

#include "frontend/df_lower.h"
#include "tests/unit/df_run.h"

struct row {
    const char *word, *want;
};

/* A=x, E is empty, U is set nowhere. */
static void check_word(const char *head, const char *word, const char *want)
{
    struct run r;
    char text[1000];
    snprintf(text, sizeof text, "%s\nENV V %s\n", head, word);
    compile(&r, text);
    const struct text *v = env_get(&last_config(&r)->env, STR("V"));
    struct str got = shown(&r.a, *v);
    ck_assert_msg(str_eq(got, str_from(want)), "%s: got \"%.*s\", want \"%s\"", word, STR_ARG(got),
                  want);
    arena_free(&r.a);
}

static void check_rows(const char *from, const struct row *rows, size_t n)
{
    char head[100];
    snprintf(head, sizeof head, "FROM %s\nENV A=x E=", from);
    for (size_t i = 0; i < n; i++)
        check_word(head, rows[i].word, rows[i].want);
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

/* What the rows below are about. */
static const struct row settings[] = {
    {"X", "aXbXc"},
    {"P", "/usr/lib/libx.so.1.2"},
    {"E", ""},
    {"K", "한국어"},
    {"S", "a*b?c\\d"},
    {"G", "*/"},
    {"T", "$0-$x-${y}-$$-"},
    {"L", "one\ntwo"},
    {"H", "#a"},
    {"B", "#ab"},
    {"N", "[a](b){c}^d+|$."},
};

static const struct row patterns[] = {
    {"${X#a}", "XbXc"},
    {"${X#b}", "aXbXc"},
    {"${X#}", "aXbXc"},
    {"${X#*X}", "bXc"},
    {"${X##*X}", "c"},
    {"${X#*}", "aXbXc"},
    {"${X##*}", ""},
    {"${X#a*X}", "bXc"},
    {"${X##a*X}", "c"},
    {"${X#?}", "XbXc"},
    {"${X#??b}", "Xc"},
    {"${X##}", "aXbXc"},
    {"${X%c}", "aXbX"},
    {"${X%X*}", "aXb"},
    {"${X%%X*}", "a"},
    {"${X%}", "aXbXc"},
    {"${X%%}", "aXbXc"},
    {"${X%*}", "aXbXc"},
    {"${X%%*}", ""},
    {"${X%a}", "aXbXc"},
    {"${X%b*c}", "aX"},
    {"${P##*/}", "libx.so.1.2"},
    {"${P%/*}", "/usr/lib"},
    {"${P%.*}", "/usr/lib/libx.so.1"},
    {"${P%%.*}", "/usr/lib/libx"},
    {"${P#/}", "usr/lib/libx.so.1.2"},
    {"${P/lib/LIB}", "/usr/LIB/libx.so.1.2"},
    {"${P//lib/LIB}", "/usr/LIB/LIBx.so.1.2"},
    {"${P/\\/usr/}", "/lib/libx.so.1.2"},
    {"${P//\\//-}", "-usr-lib-libx.so.1.2"},
    {"${P//\\//\\/}", "\\/usr\\/lib\\/libx.so.1.2"},
    {"${P//.?/_}", "/usr/lib/libx_o__"},
    {"${P/l*b/_}", "/usr/_x.so.1.2"},
    {"${P/*/_}", "_"},
    {"${P//*/_}", "_"},
    {"${P/no/_}", "/usr/lib/libx.so.1.2"},
    {"${K#?}", "국어"},
    {"${K%?}", "한국"},
    {"${K#한}", "국어"},
    {"${K/국/-}", "한-어"},
    {"${K//?/x}", "xxx"},
    {"${K##*국}", "어"},
    {"${S#a\\*}", "b?c\\d"},
    {"${S%\\\\d}", "a*b?c"},
    {"${S/b\\?c/-}", "a*-\\d"},
    {"${S//\\*/+}", "a+b?c\\d"},
    {"${S#'a\\*b'}", "?c\\d"},
    {"${S#\"a\\*b\"}", "a*b?c\\d"},
    {"${S//?/-}", "-------"},
    {"${X#$A}", "aXbXc"},
    {"${S#*$A?}", "*b?c\\d"},
    {"${P//$G/-}", "-libx.so.1.2"},
    {"${P/$E/^}", "^/usr/lib/libx.so.1.2"},
    {"${X//$E/-}", "-a-X-b-X-c-"},
    {"${X//$E/}", "aXbXc"},
    {"${E/$E/w}", "w"},
    {"${E//$E/w}", "w"},
    {"${E//a/w}", ""},
    {"${E#a}", ""},
    {"${X///}", "aXbXc"},
    {"${X//X/$T}", "aX---$-bX---$-c"},
    {"${X/X/$T}", "a$0-$x-${y}-$$-bXc"},
    {"${X//X/'<$0>'}", "a<X>b<X>c"},
    {"${X/X/'$0'}", "a$0bXc"},
    {"${X//X/\\$0}", "a\\Xb\\Xc"},
    {"${X//X/'${0}1$01'}", "aX1bX1c"},
    {"${X//X/'$.$'}", "a$.$b$.$c"},
    {"${X//X/'${0'}", "a${0b${0c"},
    {"${L#*}", "one\ntwo"},
    {"${L##*}", "\ntwo"},
    {"${L%%*}", "one\n"},
    {"${L##*two}", "one\ntwo"},
    {"${L%%n*}", "one\ntwo"},
    {"${L//o*/-}", "-\ntw-"},
    {"${L//?/-}", "---\n---"},
    {"${B#'#'a}", "#ab"},
    {"${B##a}", "#ab"},
    {"${B###a}", "b"},
    {"${X#$H}", "XbXc"},
    {"${N#[a](b){c\\}^d+|$.}", ""},
    {"${N//./-}", "[a](b){c}^d+|$-"},
    {"${N//[ab]/-}", "[a](b){c}^d+|$."},
    {"${X/a\\}/-}", "aXbXc"},
    {"${X/a}/-}", "aXbXc"},
    {"${X/a/}}", "XbXc}"},
    {"${X:?no}", "aXbXc"},
    {"${X?no}", "aXbXc"},
    {"${E?no}", ""},
    {"${X:-${P##*/}}", "aXbXc"},
    {"${E:-${P##*/}}", "libx.so.1.2"},
    {"${P#${X:+*/usr}}", "/lib/libx.so.1.2"},
    {"${P#${X:+/usr\\}}}", "/usr/lib/libx.so.1.2"},
    {"\"${P##*/}\"", "libx.so.1.2"},
    {"<${X#a}|${X%c}>", "<XbXc|aXbX>"},
};

/* As the value of a variable, all of whose characters stand for themselves. */
static void add_setting(struct buf *b, const struct row *r)
{
    buf_printf(b, "ENV %s=", r->word);
    for (const char *p = r->want; *p; p++)
        buf_printf(b, strchr("\\$", *p) ? "\\%c" : "%c", *p);
    buf_putc(b, '\n');
}

static void set_up(struct buf *b, const char *word)
{
    buf_puts(b, "FROM scratch\n");
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        if (!strchr(settings[i].want, '\n'))
            add_setting(b, &settings[i]);
    buf_printf(b, "ENV V %s\n", word);
}

static bool needs_newline(const char *word)
{
    return strstr(word, "${L");
}

/* In a file that sets everything: a value that the file knows can't have a newline. */
START_TEST(patterns_are_those_of_buildkit)
{
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        struct run r;
        struct buf b = BUF_INIT;
        if (needs_newline(patterns[i].word))
            continue;
        set_up(&b, patterns[i].word);
        compile(&r, b.p);
        const struct text *v = env_get(&last_config(&r)->env, STR("V"));
        ck_assert_msg(text_is_literal(*v), "%s is late", patterns[i].word);
        ck_assert_msg(str_eq(text_str(*v), str_from(patterns[i].want)),
                      "%s: got \"%.*s\", want \"%s\"", patterns[i].word, STR_ARG(text_str(*v)),
                      patterns[i].want);
        buf_free(&b);
        arena_free(&r.a);
    }
}
END_TEST

static struct base_config base_image(struct arena *a)
{
    size_t n = sizeof settings / sizeof settings[0];
    struct str *env = arena_new_n(a, struct str, n);
    for (size_t i = 0; i < n; i++)
        env[i] = arena_printf(a, "%s=%s", settings[i].word, settings[i].want);
    return (struct base_config){.env = env, .n_env = n};
}

/* On an image that sets everything: what is late comes to the same in the end. */
START_TEST(what_is_late_comes_to_the_same)
{
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        struct run r;
        char text[1000];
        struct str got;
        struct ob_err err = OB_ERR_INIT;
        const char *word = patterns[i].word;
        if (strstr(word, "$H"))
            continue; /* "#" in front of a late pattern is part of it */
        snprintf(text, sizeof text, "FROM debian\nENV V %s\n", word);
        compile(&r, text);
        struct base_config base = base_image(&r.a);
        const struct text *v = env_get(&last_config(&r)->env, STR("V"));
        ck_assert_msg(text_value(&r.a, *v, &base, &got, &err) == 0, "%s: %s", word, err.text);
        ck_assert_msg(str_eq(got, str_from(patterns[i].want)), "%s: got \"%.*s\", want \"%s\"",
                      word, STR_ARG(got), patterns[i].want);
        arena_free(&r.a);
    }
}
END_TEST

START_TEST(what_is_wrong_is_said_once)
{
    static const struct row rows[] = {
        {"${", "\"${\" without its \"}\""},
        {"${}", "\"${\" must be followed by the name of a variable"},
        {"${:-x}", "\"${\" must be followed by the name of a variable"},
        {"${X", "\"${\" without its \"}\""},
        {"${X#a", "\"${\" without its \"}\""},
        {"${X/a/b", "\"${\" without its \"}\""},
        {"${X/a}", "pattern without the \"/\" that ends it"},
        {"${X//}", "pattern without the \"/\" that ends it"},
        {"${X:#a}", "unknown modifier \":#\" of a variable"},
        {"${X:/a/b}", "unknown modifier \":/\" of a variable"},
        {"${X=a}", "unknown modifier \"=\" of a variable"},
        {"${X,,}", "unknown modifier \",\" of a variable"},
        {"${#X}", "unknown modifier \"X\" of a variable"},
        {"${X#\\a}", "invalid escape \"\\a\" in a pattern"},
        {"${X%\\#}", "invalid escape \"\\#\" in a pattern"},
        {"${X/\\é/}", "invalid escape \"\\é\" in a pattern"},
        {"${X#'\\'}", "invalid escape \"\\\" in a pattern"},
        {"${X#\"\\$\"}", "invalid escape \"\\$\" in a pattern"},
        {"${U?}", "required variable \"U\" is not set"},
        {"${U:?give $X}", "required variable \"U\" is not set: give aXbXc"},
        {"${E:?give it}", "required variable \"E\" is empty: give it"},
        {"${X:-${U?inner}}", "required variable \"U\" is not set: inner"},
        {"${X", "\"${\" without its \"}\""},
        {"${X#'a}", "single quote without its other half"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct run r;
        struct buf b = BUF_INIT;
        set_up(&b, rows[i].word);
        ck_assert_strs(compile_error(&r, b.p), str_from(rows[i].want));
        buf_free(&b);
        arena_free(&r.a);
    }
}
END_TEST

START_TEST(names_have_letters_of_every_script)
{
    static const struct row rows[] = {
        {"$A—x", "x—x"},
        {"$A。", "x。"},
        {"$Aé", ""},
        {"${U:-$Aé}", ""},
        {"$A_", ""},
        {"$한국어", "ko"},
        {"<$한국어>", "<ko>"},
        {"${한국어#k}", "o"},
        {"$A\xc2\xa0"
         "b",
         "x\xc2\xa0"
         "b"},
        {"$—", "$—"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_word("FROM scratch\nENV A=x 한국어=ko", rows[i].word, rows[i].want);
}
END_TEST

START_TEST(a_backtick_escapes_in_patterns_as_a_character)
{
    static const struct row rows[] = {
        {"${A#a\\*}", "b`}c"}, {"${A#a`*}", "a*b`}c"}, {"${A%`}c}", "a*b"},
        {"`${A}", "${A}"},     {"${U:-`}}", "}"},      {"${U:-\\}}", "\\}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_word("# escape=`\nFROM scratch\nENV A='a*b`}c'", rows[i].word, rows[i].want);
}
END_TEST

/* The expansion of a text as if it were the body of a heredoc. */
static struct str expand_raw(struct run *r, const char *text)
{
    struct df_file file = {.directives.escape_char = '`'};
    struct df_stage stage = {.is_scratch = true};
    static const struct df_segment start;
    struct df_line line = {.text = str_from(text), .n_segments = 1, .segment = &start};
    run_start(r);
    struct df_lower lo = {.c = &r->c, .file = &file, .stage = &stage};
    struct value v = {text_lit(&r->a, STR("x")), 1};
    vars_set(&r->a, &stage.run_env, STR("A"), v);
    struct df_word word = df_word_of(&line, str_from(text));
    ck_assert(df_expand_raw(&lo, &word, &v));
    return text_str(v.text);
}

START_TEST(a_body_keeps_its_quotes)
{
    static const struct row rows[] = {
        {"'$A' \"$A\"", "'x' \"x\""},
        {"\\$A `$A", "$A `x"},
        {"a\\nb\\\\", "anb\\"},
        {"it's\n$A\n", "it's\nx\n"},
        {"end\\", "end"},
        {"${A:-'}'}", "x'}"},
        {"${A#\"x\"}", "x"},
        {"\\", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct run r;
        ck_assert_strs(expand_raw(&r, rows[i].word), str_from(rows[i].want));
        arena_free(&r.a);
    }
}
END_TEST

static size_t warnings_of(const char *text, struct run *r)
{
    compile(r, text);
    return r->diags.list.n;
}

START_TEST(a_variable_that_is_probably_misspelt_is_told_once)
{
    struct run r;
    ck_assert_uint_eq(warnings_of("FROM a\nENV FOOBAR=1\nENV X=$FOOBA Y=${FOOBA}\n", &r), 1);
    const struct diag *d = r.diags.list.at[0];
    ck_assert_strs(d->text, STR("variable \"FOOBA\" is not set in this file"));
    ck_assert_strs(d->notes.at[0].text, STR("did you mean \"FOOBAR\"?"));
    arena_free(&r.a);
    ck_assert_uint_eq(warnings_of("FROM scratch\nENV X=$ANY\n", &r), 1);
    ck_assert_uint_eq(r.diags.list.at[0]->notes.n, 0);
    arena_free(&r.a);
    ck_assert_uint_eq(warnings_of("ARG V=1\nFROM a\nENV X=$V\nFROM b\nENV X=$V\n", &r), 2);
    arena_free(&r.a);
}
END_TEST

START_TEST(what_the_image_may_set_or_the_file_expects_to_be_unset_is_not_told)
{
    static const char *const texts[] = {
        "FROM a\nENV FOOBAR=1 X=$SOMETHING\n",
        "FROM a\nENV FOOBAR=1\nENV X=${FOOBA:-w}${FOOBA-w}${FOOBA:+w}${FOOBA+w}\n",
        "FROM scratch\nENV X=$PATH$HOME$http_proxy$1$@\n",
        "FROM scratch\nARG FOO\nENV X=$FOO\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct run r;
        ck_assert_msg(warnings_of(texts[i], &r) == 0, "%s: %s", texts[i],
                      r.diags.list.at[0]->text.p);
        arena_free(&r.a);
    }
}
END_TEST

START_TEST(matches_that_would_take_long_meet_a_limit)
{
    struct run r;
    struct buf b = BUF_INIT;
    buf_puts(&b, "FROM scratch\nENV A=");
    for (int i = 0; i < 60000; i++)
        buf_putc(&b, 'a');
    buf_puts(&b, "\nENV B=${A//*a*a*a*a*b/x} C=${A##*a*a*a*a*b} D=${A%%b*a*a*a*a*a*}\n");
    compile(&r, b.p);
    arena_free(&r.a);
    buf_puts(&b, "ENV E=${A#$A$A$A$A$A$A$A$A$A$A}${A#$A$A$A$A$A$A$A$A$A$A}\n");
    struct str why = compile_error(&r, b.p);
    ck_assert_msg(str_starts(why, STR("the values in this file grow")), "%s", why.p);
    buf_free(&b);
    arena_free(&r.a);
}
END_TEST

START_TEST(late_values_nest_only_as_deep_as_a_plan_can_be_read)
{
    struct run r;
    struct buf b = BUF_INIT;
    buf_puts(&b, "FROM a\nENV A=x\n");
    for (int i = 0; i < TEXT_DEPTH_MAX; i++)
        buf_puts(&b, "ENV A=${U:-y$A}\n");
    compile(&r, b.p);
    arena_free(&r.a);
    buf_puts(&b, "ENV A=${A%x}\n");
    struct str why = compile_error(&r, b.p);
    ck_assert_msg(str_starts(why, STR("late expansions are nested too deeply")), "%s", why.p);
    buf_free(&b);
    arena_free(&r.a);
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
          quotes_and_escapes_go, odd_dollars_are_as_in_buildkit, patterns_are_those_of_buildkit,
          what_is_late_comes_to_the_same, what_is_wrong_is_said_once,
          names_have_letters_of_every_script, a_backtick_escapes_in_patterns_as_a_character,
          a_body_keeps_its_quotes, a_variable_that_is_probably_misspelt_is_told_once,
          what_the_image_may_set_or_the_file_expects_to_be_unset_is_not_told,
          matches_that_would_take_long_meet_a_limit,
          late_values_nest_only_as_deep_as_a_plan_can_be_read,
          what_only_the_image_can_set_stays_a_reference,
          a_variable_that_holds_a_reference_is_set_all_the_same,
          the_escape_directive_counts_in_words, values_that_double_themselves_meet_a_limit)
