/* SPDX-License-Identifier: Apache-2.0 */
/* Texts with late parts: their normal form, what is folded, and their values. */
#include <config.h>

#include "base/err.h"
#include "ir/text_pattern.h"
#include "tests/unit/fixture.h"

static struct arena a; /* each test runs in a process of its own */

static struct text lit(const char *s)
{
    return text_lit(&a, str_from(s));
}

static struct text env(const char *name)
{
    return text_env(&a, str_from(name));
}

static struct text join3(struct text x, struct text y, struct text z)
{
    return text_join(&a, text_join(&a, x, y), z);
}

/* A base image with SET, EMPTY and a variable that has "=" in its value. */
static struct base_config base_image(void)
{
    static const struct str vars[] = {
        STR_INIT("SET=value"), STR_INIT("EMPTY="),           STR_INIT("EQ=a=b"),
        STR_INIT("no equals"), STR_INIT("SET=a second one"),
    };
    return (struct base_config){
        .env = vars,
        .n_env = sizeof vars / sizeof vars[0],
        .workdir = STR("/home/me"),
        .user = STR("me:us"),
    };
}

static struct str value_on(struct text t, const struct base_config *base)
{
    struct str s;
    struct ob_err err;
    if (text_value(&a, t, base, &s, &err) < 0)
        ck_abort_msg("%s", err.text);
    return s;
}

static struct str value(struct text t)
{
    struct base_config base = base_image();
    return value_on(t, &base);
}

START_TEST(an_empty_literal_has_no_parts)
{
    struct text t = text_lit(&a, STR(""));
    ck_assert_uint_eq(t.n, 0);
    ck_assert(text_is_empty(t) && text_is_literal(t));
    ck_assert_strs(text_str(t), STR(""));
}
END_TEST

START_TEST(literals_that_meet_become_one)
{
    struct text t = join3(lit("a"), lit("b"), lit("c"));
    ck_assert_uint_eq(t.n, 1);
    ck_assert_strs(text_str(t), STR("abc"));
    t = text_join(&a, text_join(&a, env("X"), lit("a")), text_join(&a, lit("b"), env("Y")));
    ck_assert_uint_eq(t.n, 3);
    ck_assert_strs(t.part[1].s, STR("ab"));
    ck_assert_int_eq(t.part[2].kind, TEXT_ENV);
}
END_TEST

START_TEST(joining_with_the_empty_text_changes_nothing)
{
    struct text x = env("X");
    ck_assert(text_eq(text_join(&a, TEXT_EMPTY, x), x));
    ck_assert(text_eq(text_join(&a, x, lit("")), x));
    ck_assert_uint_eq(text_join(&a, TEXT_EMPTY, TEXT_EMPTY).n, 0);
}
END_TEST

START_TEST(joining_does_not_depend_on_the_order)
{
    struct text p[] = {lit("a"), env("X"), lit("b"), lit("c"), text_ref(&a, TEXT_USER), lit("d")};
    struct text left = TEXT_EMPTY, right = TEXT_EMPTY;
    for (size_t i = 0; i < 6; i++) {
        left = text_join(&a, left, p[i]);
        right = text_join(&a, p[5 - i], right);
    }
    ck_assert(text_eq(left, right));
    ck_assert(text_eq(left, text_join_all(&a, p, 6)));
    ck_assert_uint_eq(left.n, 5);
    ck_assert_uint_eq(text_join_all(&a, p, 0).n, 0);
}
END_TEST

START_TEST(texts_are_equal_part_by_part)
{
    struct text x = text_expand(&a, TEXT_OP_DEFAULT, env("A"), lit("w"));
    ck_assert(text_eq(x, text_expand(&a, TEXT_OP_DEFAULT, env("A"), lit("w"))));
    ck_assert(!text_eq(x, text_expand(&a, TEXT_OP_ALT, env("A"), lit("w"))));
    ck_assert(!text_eq(x, text_expand(&a, TEXT_OP_DEFAULT, env("B"), lit("w"))));
    ck_assert(!text_eq(x, text_expand(&a, TEXT_OP_DEFAULT, env("A"), lit("v"))));
    ck_assert(!text_eq(env("A"), lit("A")));
    ck_assert(!text_eq(text_ref(&a, TEXT_USER), text_ref(&a, TEXT_WORKDIR)));
    ck_assert(!text_eq(env("A"), text_join(&a, env("A"), env("A"))));
}
END_TEST

START_TEST(the_tail_is_the_literal_at_the_end)
{
    ck_assert_strs(text_tail(text_join(&a, env("A"), lit("x/"))), STR("x/"));
    ck_assert_strs(text_tail(lit("x")), STR("x"));
    ck_assert_uint_eq(text_tail(text_join(&a, lit("x/"), env("A"))).n, 0);
    ck_assert_uint_eq(text_tail(TEXT_EMPTY).n, 0);
}
END_TEST

START_TEST(the_head_is_the_literal_in_front)
{
    ck_assert_strs(text_head(text_join(&a, lit("/x"), env("A"))), STR("/x"));
    ck_assert_uint_eq(text_head(text_join(&a, env("A"), lit("/x"))).n, 0);
    ck_assert_uint_eq(text_head(TEXT_EMPTY).n, 0);
}
END_TEST

/* Every operator over an `of` that is known: "" counts as set. */
START_TEST(expansions_of_known_values_are_folded)
{
    struct text word = lit("w"), full = lit("f");
    ck_assert(text_eq(text_expand(&a, TEXT_OP_DEFAULT_IF_EMPTY, full, word), full));
    ck_assert(text_eq(text_expand(&a, TEXT_OP_DEFAULT_IF_EMPTY, TEXT_EMPTY, word), word));
    ck_assert(text_eq(text_expand(&a, TEXT_OP_DEFAULT, full, word), full));
    ck_assert(text_eq(text_expand(&a, TEXT_OP_DEFAULT, TEXT_EMPTY, word), TEXT_EMPTY));
    ck_assert(text_eq(text_expand(&a, TEXT_OP_ALT_IF_NONEMPTY, full, word), word));
    ck_assert(text_eq(text_expand(&a, TEXT_OP_ALT_IF_NONEMPTY, TEXT_EMPTY, word), TEXT_EMPTY));
    ck_assert(text_eq(text_expand(&a, TEXT_OP_ALT, full, word), word));
    ck_assert(text_eq(text_expand(&a, TEXT_OP_ALT, TEXT_EMPTY, word), word));
}
END_TEST

START_TEST(what_cant_be_empty_is_folded_even_if_it_is_late)
{
    struct text workdir = text_ref(&a, TEXT_WORKDIR), word = lit("w");
    struct text path = text_join(&a, env("PATH"), lit(":/x"));
    ck_assert(text_eq(text_expand(&a, TEXT_OP_DEFAULT_IF_EMPTY, path, word), path));
    ck_assert(text_eq(text_expand(&a, TEXT_OP_ALT_IF_NONEMPTY, workdir, word), word));
    /* Set, but perhaps empty. */
    struct text two = text_join(&a, env("A"), env("B"));
    ck_assert(text_eq(text_expand(&a, TEXT_OP_ALT, two, word), word));
    ck_assert(!text_eq(text_expand(&a, TEXT_OP_ALT_IF_NONEMPTY, two, word), word));
}
END_TEST

START_TEST(an_expansion_of_a_base_variable_stays)
{
    for (enum text_op op = TEXT_OP_DEFAULT_IF_EMPTY; op <= TEXT_OP_ALT; op++) {
        struct text t = text_expand(&a, op, env("A"), lit("w"));
        ck_assert_uint_eq(t.n, 1);
        ck_assert_int_eq(t.part[0].kind, TEXT_EXPAND);
        ck_assert_int_eq(t.part[0].x->op, op);
    }
}
END_TEST

START_TEST(references_take_their_value_from_the_base_image)
{
    ck_assert_strs(value(env("SET")), STR("value"));
    ck_assert_strs(value(env("EQ")), STR("a=b"));
    ck_assert_strs(value(env("EMPTY")), STR(""));
    ck_assert_strs(value(env("UNSET")), STR(""));
    ck_assert_strs(value(env("no equals")), STR(""));
    ck_assert_strs(value(text_ref(&a, TEXT_WORKDIR)), STR("/home/me"));
    ck_assert_strs(value(text_ref(&a, TEXT_USER)), STR("me:us"));
    ck_assert_strs(value(join3(lit("<"), env("SET"), lit(">"))), STR("<value>"));
    ck_assert_strs(value(TEXT_EMPTY), STR(""));
}
END_TEST

START_TEST(a_base_image_without_configuration_has_the_root_as_workdir)
{
    struct base_config none = {0};
    ck_assert_strs(value_on(text_ref(&a, TEXT_WORKDIR), &none), STR("/"));
    ck_assert_strs(value_on(text_ref(&a, TEXT_USER), &none), STR(""));
    ck_assert_strs(value_on(env("SET"), &none), STR(""));
}
END_TEST

/* The shell's table of ${of:-word}, ${of-word}, ${of:+word} and ${of+word}. */
START_TEST(expansions_tell_set_unset_and_empty_apart)
{
    static const struct {
        const char *name;
        const char *want[4];
    } rows[] = {
        {"SET", {"value", "value", "w", "w"}},
        {"EMPTY", {"w", "", "", "w"}},
        {"UNSET", {"w", "w", "", ""}},
    };
    for (size_t i = 0; i < 3; i++)
        for (enum text_op op = TEXT_OP_DEFAULT_IF_EMPTY; op <= TEXT_OP_ALT; op++)
            ck_assert_strs(value(text_expand(&a, op, env(rows[i].name), lit("w"))),
                           str_from(rows[i].want[op]));
}
END_TEST

START_TEST(expansions_nest_on_both_sides)
{
    struct text inner = text_expand(&a, TEXT_OP_DEFAULT_IF_EMPTY, env("UNSET"), env("SET"));
    struct text outer =
        text_expand(&a, TEXT_OP_ALT_IF_NONEMPTY, inner, join3(lit("["), inner, lit("]")));
    ck_assert_strs(value(outer), STR("[value]"));
    struct text empty = text_expand(&a, TEXT_OP_ALT, env("UNSET"), lit("x"));
    ck_assert_strs(value(text_expand(&a, TEXT_OP_DEFAULT_IF_EMPTY, empty, lit("y"))), STR("y"));
}
END_TEST

static struct text expand(enum text_op op, struct text of, const char *word)
{
    return text_expand(&a, op, of, lit(word));
}

static const char *failure(struct text t)
{
    static struct ob_err err;
    struct base_config base = base_image();
    struct str s;
    ck_assert_int_eq(text_value(&a, t, &base, &s, &err), -1);
    return err.text;
}

START_TEST(a_required_value_is_the_value_or_an_error)
{
    ck_assert_strs(value(expand(TEXT_OP_REQUIRE_NONEMPTY, env("SET"), "m")), STR("value"));
    ck_assert_strs(value(expand(TEXT_OP_REQUIRE, env("EMPTY"), "m")), STR(""));
    ck_assert_str_eq(failure(expand(TEXT_OP_REQUIRE, env("UNSET"), "give it")),
                     "required variable \"UNSET\" is not set: give it");
    ck_assert_str_eq(failure(expand(TEXT_OP_REQUIRE_NONEMPTY, env("EMPTY"), "")),
                     "required variable \"EMPTY\" is empty");
    struct text two = text_join(&a, env("EMPTY"), env("UNSET"));
    ck_assert_str_eq(failure(expand(TEXT_OP_REQUIRE_NONEMPTY, two, "m")),
                     "a required value is empty: m");
    ck_assert(text_eq(expand(TEXT_OP_REQUIRE, two, "m"), two));
    ck_assert(text_eq(expand(TEXT_OP_REQUIRE_NONEMPTY, lit("f"), "m"), lit("f")));
}
END_TEST

START_TEST(what_can_only_fail_fails_when_it_is_evaluated)
{
    ck_assert_str_eq(failure(expand(TEXT_OP_REQUIRE_NONEMPTY, TEXT_EMPTY, "m")),
                     "a required value is empty: m");
    ck_assert_str_eq(failure(expand(TEXT_OP_CUT_PREFIX, lit("abc"), "\\a")),
                     "invalid escape \"\\a\" in pattern \"\\a\"");
    ck_assert_str_eq(failure(expand(TEXT_OP_CUT_SUFFIX, env("SET"), "a\\")),
                     "invalid escape \"\\\" in pattern \"a\\\"");
}
END_TEST

/* What is not needed is not looked at. */
START_TEST(a_word_that_is_not_taken_can_not_fail)
{
    struct text fails = expand(TEXT_OP_REQUIRE, env("UNSET"), "m");
    ck_assert_strs(value(text_expand(&a, TEXT_OP_DEFAULT, env("SET"), fails)), STR("value"));
    ck_assert_strs(value(text_expand(&a, TEXT_OP_ALT, env("UNSET"), fails)), STR(""));
}
END_TEST

START_TEST(patterns_are_matched_at_once_if_all_is_known)
{
    ck_assert(text_eq(expand(TEXT_OP_CUT_LONGEST_PREFIX, lit("a/b/c"), "*/"), lit("c")));
    ck_assert(text_eq(expand(TEXT_OP_CUT_LONGEST_PREFIX, lit("abc"), "*"), TEXT_EMPTY));
    ck_assert(text_eq(expand(TEXT_OP_CUT_SUFFIX, env("A"), ""), env("A")));
    ck_assert(
        text_eq(text_replace(&a, TEXT_OP_REPLACE, lit("abcb"), lit("b"), lit("x")), lit("axcb")));
    ck_assert(text_eq(text_replace(&a, TEXT_OP_REPLACE_ALL, lit("abcb"), lit("b"), lit("x")),
                      lit("axcx")));
    /* Only what comes instead is late. */
    ck_assert(text_eq(text_replace(&a, TEXT_OP_REPLACE, lit("abc"), lit("b"), env("A")),
                      join3(lit("a"), env("A"), lit("c"))));
    ck_assert(text_eq(text_replace(&a, TEXT_OP_REPLACE, env("B"), TEXT_EMPTY, env("A")),
                      text_join(&a, env("A"), env("B"))));
    ck_assert(
        text_eq(text_replace(&a, TEXT_OP_REPLACE_ALL, lit("abc"), lit("x"), env("A")), lit("abc")));
}
END_TEST

START_TEST(late_patterns_and_replacements_stay)
{
    for (enum text_op op = TEXT_OP_CUT_PREFIX; op <= TEXT_OP_CUT_LONGEST_SUFFIX; op++) {
        ck_assert_int_eq(expand(op, env("A"), "x").part[0].kind, TEXT_EXPAND);
        ck_assert_int_eq(text_expand(&a, op, lit("x"), env("A")).part[0].kind, TEXT_EXPAND);
    }
    struct text x = text_replace(&a, TEXT_OP_REPLACE_ALL, lit("abc"), lit("b"), env("A"));
    ck_assert_int_eq(x.part[0].kind, TEXT_EXPAND);
    ck_assert(!text_eq(x, text_replace(&a, TEXT_OP_REPLACE_ALL, lit("abc"), lit("b"), env("B"))));
    x = text_replace(&a, TEXT_OP_REPLACE_ALL, env("SET"), lit("?"), env("EQ"));
    ck_assert_strs(value(x), STR("a=ba=ba=ba=ba=b"));
    x = text_replace(&a, TEXT_OP_REPLACE, env("SET"), lit("l*"), env("EMPTY"));
    ck_assert_strs(value(x), STR("va"));
}
END_TEST

/* Each level is as long as what was matched, twice. */
START_TEST(values_that_grow_without_end_meet_a_limit)
{
    struct text x = env("SET");
    for (int i = 0; i < 20; i++)
        x = text_replace(&a, TEXT_OP_REPLACE_ALL, x, lit("?"), lit("$0$0$0"));
    ck_assert_str_eq(failure(x), "a value would become too large, more than 64 MiB");
    struct text y = env("SET");
    for (int i = 0; i < 40; i++)
        y = text_expand(&a, TEXT_OP_ALT, env("SET"), text_join(&a, y, y));
    ck_assert_str_eq(failure(y), "a value would become too large, more than 64 MiB");
}
END_TEST

START_TEST(a_match_that_takes_too_long_is_given_up)
{
    size_t n = 100000;
    char *p = arena_alloc(&a, n);
    memset(p, 'a', n);
    struct text s = text_lit(&a, str_of(p, n)), half = text_lit(&a, str_of(p, n / 2));
    struct text hard = text_replace(&a, TEXT_OP_REPLACE_ALL, s, text_join(&a, half, lit("b")), s);
    ck_assert_str_eq(failure(hard), "a pattern takes too long to match");
    struct text many = text_replace(&a, TEXT_OP_REPLACE_ALL, s, lit("*a*a*a*a*b"), lit("x"));
    ck_assert(text_eq(many, s));
    ck_assert(text_eq(expand(TEXT_OP_CUT_LONGEST_SUFFIX, s, "b*a*a*a*"), s));
}
END_TEST

START_TEST(operators_are_named_as_in_the_shell)
{
    ck_assert_str_eq(text_op_name(TEXT_OP_DEFAULT_IF_EMPTY), ":-");
    ck_assert_str_eq(text_op_name(TEXT_OP_DEFAULT), "-");
    ck_assert_str_eq(text_op_name(TEXT_OP_ALT_IF_NONEMPTY), ":+");
    ck_assert_str_eq(text_op_name(TEXT_OP_ALT), "+");
    ck_assert_str_eq(text_op_name(TEXT_OP_REQUIRE_NONEMPTY), ":?");
    ck_assert_str_eq(text_op_name(TEXT_OP_CUT_LONGEST_SUFFIX), "%%");
    ck_assert_str_eq(text_op_name(TEXT_OP_REPLACE_ALL), "//");
}
END_TEST

UNIT_MAIN("text", an_empty_literal_has_no_parts, literals_that_meet_become_one,
          joining_with_the_empty_text_changes_nothing, joining_does_not_depend_on_the_order,
          texts_are_equal_part_by_part, the_head_is_the_literal_in_front,
          the_tail_is_the_literal_at_the_end, expansions_of_known_values_are_folded,
          what_cant_be_empty_is_folded_even_if_it_is_late, an_expansion_of_a_base_variable_stays,
          references_take_their_value_from_the_base_image,
          a_base_image_without_configuration_has_the_root_as_workdir,
          expansions_tell_set_unset_and_empty_apart, expansions_nest_on_both_sides,
          a_required_value_is_the_value_or_an_error, what_can_only_fail_fails_when_it_is_evaluated,
          a_word_that_is_not_taken_can_not_fail, patterns_are_matched_at_once_if_all_is_known,
          late_patterns_and_replacements_stay, values_that_grow_without_end_meet_a_limit,
          a_match_that_takes_too_long_is_given_up, operators_are_named_as_in_the_shell)
