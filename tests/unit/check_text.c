/* SPDX-License-Identifier: Apache-2.0 */
/* Texts with late parts: their normal form, what is folded, and their values. */
#include <config.h>

#include "ir/text.h"
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

static struct str value(struct text t)
{
    struct base_config base = base_image();
    return text_value(&a, t, &base);
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
    ck_assert_uint_eq(left.n, 5);
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
    ck_assert_strs(text_value(&a, text_ref(&a, TEXT_WORKDIR), &none), STR("/"));
    ck_assert_strs(text_value(&a, text_ref(&a, TEXT_USER), &none), STR(""));
    ck_assert_strs(text_value(&a, env("SET"), &none), STR(""));
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

START_TEST(operators_are_named_as_in_the_shell)
{
    ck_assert_str_eq(text_op_name(TEXT_OP_DEFAULT_IF_EMPTY), ":-");
    ck_assert_str_eq(text_op_name(TEXT_OP_DEFAULT), "-");
    ck_assert_str_eq(text_op_name(TEXT_OP_ALT_IF_NONEMPTY), ":+");
    ck_assert_str_eq(text_op_name(TEXT_OP_ALT), "+");
}
END_TEST

UNIT_MAIN("text", an_empty_literal_has_no_parts, literals_that_meet_become_one,
          joining_with_the_empty_text_changes_nothing, joining_does_not_depend_on_the_order,
          texts_are_equal_part_by_part, the_head_is_the_literal_in_front,
          expansions_of_known_values_are_folded, what_cant_be_empty_is_folded_even_if_it_is_late,
          an_expansion_of_a_base_variable_stays, references_take_their_value_from_the_base_image,
          a_base_image_without_configuration_has_the_root_as_workdir,
          expansions_tell_set_unset_and_empty_apart, expansions_nest_on_both_sides,
          operators_are_named_as_in_the_shell)
