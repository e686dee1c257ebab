/* SPDX-License-Identifier: Apache-2.0 */
/* merge-copies: every condition of its proof, once where it holds and once where it does not. */
#include <config.h>

#include "tests/unit/pass_plan.h"

/* Two copies on one base, after `change` has made the second, or both, different. */
static void expect_merged(bool want, void (*change)(struct step *first, struct step *second))
{
    start();
    uint32_t x = add_from(0, 1, "x");
    struct step first = copy_step(x, "a", "/d/"), second = copy_step(x, "b", "/d/");
    if (change)
        change(&first, &second);
    second.parent = add(first, "a");
    add_target(add(second, "b"), NO_STEP);
    run_pass(pass_merge_copies);
    ck_assert_uint_eq(p.steps.n, want ? 2 : 3);
    if (!want)
        expect_explained("");
    buf_clear(&explain);
}

START_TEST(copies_that_differ_in_their_sources_become_one)
{
    expect_merged(true, NULL);
    const struct step *s = last_step();
    ck_assert_uint_eq(s->op.copy.src.n, 2);
    ck_assert_strs(text_str(s->op.copy.src.at[0]), STR("a"));
    ck_assert_strs(text_str(s->op.copy.src.at[1]), STR("b"));
    ck_assert_uint_eq(p.targets.at[0].step, 1);
}
END_TEST

START_TEST(the_heading_names_what_was_merged)
{
    start();
    uint32_t at = add_from(0, 1, "x");
    for (int i = 0; i < 4; i++)
        at = add_copy(at, (const char *[]){"a", "b", "c", "d"}[i], "/d/");
    add_target(at, NO_STEP);
    run_pass(pass_merge_copies);
    ck_assert_uint_eq(p.steps.n, 2);
    ck_assert_strs(last_step()->meta.heading, STR("a, b and 2 more"));
    ck_assert_uint_eq(last_step()->meta.line, 2);
    ck_assert_uint_eq(last_step()->meta.end_line, 5);
    expect_explained("merge-copies: one:3 becomes a part of one:2: b\n"
                     "merge-copies: one:4 becomes a part of one:2: c\n"
                     "merge-copies: one:5 becomes a part of one:2: d\n");
    expect_merged(true, NULL);
    ck_assert_strs(last_step()->meta.heading, STR("a and b"));
}
END_TEST

static void no_slash(struct step *first, struct step *second)
{
    first->op.copy.dst = second->op.copy.dst = lit("/d");
}

static void late_slash(struct step *first, struct step *second)
{
    struct text late = text_ref(&a, TEXT_WORKDIR);
    first->op.copy.dst = text_join(&a, late, lit("/"));
    second->op.copy.dst = text_join(&a, late, lit("/"));
}

static void late_end(struct step *first, struct step *second)
{
    first->op.copy.dst = second->op.copy.dst = text_join(&a, lit("/"), text_env(&a, STR("X")));
}

static void other_dst(struct step *first, struct step *second)
{
    (void)first;
    second->op.copy.dst = lit("/e/");
}

START_TEST(the_destination_must_be_the_same_and_end_in_a_slash)
{
    expect_merged(false, no_slash);
    expect_merged(false, other_dst);
    expect_merged(true, late_slash);
    expect_merged(false, late_end);
}
END_TEST

static void numeric_owner(struct step *first, struct step *second)
{
    first->op.copy.owner = second->op.copy.owner = lit("1:2");
}

static void named_owner(struct step *first, struct step *second)
{
    first->op.copy.owner = second->op.copy.owner = lit("me");
}

static void late_owner(struct step *first, struct step *second)
{
    first->op.copy.owner = second->op.copy.owner = text_ref(&a, TEXT_USER);
}

static void other_owner(struct step *first, struct step *second)
{
    (void)first;
    second->op.copy.owner = lit("3");
}

START_TEST(the_owner_must_be_the_same_and_no_name)
{
    expect_merged(true, numeric_owner);
    expect_merged(false, named_owner);
    expect_merged(false, late_owner);
    expect_merged(false, other_owner);
}
END_TEST

static void same_look(struct step *first, struct step *second)
{
    vec_push(&a, &first->op.copy.exclude, STR("x"));
    vec_push(&a, &second->op.copy.exclude, STR("x"));
    first->op.copy.chmod = second->op.copy.chmod = lit("u=rw");
}

static void other_chmod(struct step *first, struct step *second)
{
    (void)first;
    second->op.copy.chmod = lit("644");
}

static void other_exclude(struct step *first, struct step *second)
{
    (void)first;
    vec_push(&a, &second->op.copy.exclude, STR("x"));
}

static void other_ignore(struct step *first, struct step *second)
{
    (void)first;
    second->op.copy.has_ignore = true;
}

static void other_style(struct step *first, struct step *second)
{
    (void)first;
    second->op.copy.style = COPY_SPEC;
}

static void spec_style(struct step *first, struct step *second)
{
    first->op.copy.style = second->op.copy.style = COPY_SPEC;
}

static void other_context(struct step *first, struct step *second)
{
    (void)first;
    second->op.copy.context = STR("c");
}

START_TEST(all_else_must_be_the_same)
{
    expect_merged(true, same_look);
    expect_merged(true, spec_style);
    expect_merged(false, other_chmod);
    expect_merged(false, other_exclude);
    expect_merged(false, other_ignore);
    expect_merged(false, other_style);
    expect_merged(false, other_context);
}
END_TEST

static void with_parents(struct step *first, struct step *second)
{
    first->op.copy.parents = second->op.copy.parents = true;
}

static void with_epoch(struct step *first, struct step *second)
{
    first->op.copy.epoch = second->op.copy.epoch = STR("0");
}

START_TEST(kept_parents_and_fixed_times_are_not_merged)
{
    expect_merged(false, with_parents);
    expect_merged(false, with_epoch);
}
END_TEST

/* Copies of two other steps, which are the same or not. */
static void expect_merged_from(bool want, bool same_step)
{
    start();
    uint32_t x = add_from(0, 1, "x"), y = add_from(0, 2, "y"), z = add_from(0, 3, "z");
    uint32_t first = add(copy_from(x, y, "/a", "/d/"), "a");
    add_target(add(copy_from(first, same_step ? y : z, "/b", "/d/"), "b"), NO_STEP);
    add_target(z, NO_STEP);
    run_pass(pass_merge_copies);
    ck_assert_uint_eq(p.steps.n, want ? 4 : 5);
}

START_TEST(copies_of_a_step_must_read_the_same_one)
{
    expect_merged_from(true, true);
    expect_merged_from(false, false);
}
END_TEST

/* Who else asks for what is between two copies. */
enum asks { NOBODY, A_STAGE, A_TARGET, A_READ, A_CHILD };

static void expect_merged_if(bool want, enum asks who)
{
    start();
    uint32_t x = add_from(0, 1, "x"), first = add_copy(x, "a", "/d/");
    if (who == A_STAGE)
        add_stage(first, "s");
    if (who == A_TARGET)
        add_target(first, NO_STEP);
    if (who == A_READ)
        add_target(add(copy_from(x, first, "/c", "/e"), "c"), NO_STEP);
    if (who == A_CHILD)
        add_target(add_run(first, "true"), NO_STEP);
    add_target(add_copy(first, "b", "/d/"), NO_STEP);
    uint32_t before = p.steps.n;
    run_pass(pass_merge_copies);
    ck_assert_uint_eq(p.steps.n, before - want);
}

START_TEST(what_is_between_stays_if_somebody_asks_for_it)
{
    expect_merged_if(true, NOBODY);
    for (enum asks who = A_STAGE; who <= A_CHILD; who++)
        expect_merged_if(false, who);
}
END_TEST

START_TEST(what_stands_between_keeps_copies_apart)
{
    start();
    uint32_t at = add_copy(add_from(0, 1, "x"), "a", "/d/");
    add_target(add_copy(add_run(at, "true"), "b", "/d/"), NO_STEP);
    run_pass(pass_merge_copies);
    ck_assert_uint_eq(p.steps.n, 4);
}
END_TEST

/* The vectors of the front end may be shared: a copy on another base must keep its one source. */
START_TEST(sources_of_other_steps_do_not_change)
{
    start();
    struct step s = copy_step(add_from(0, 1, "x"), "a", "/d/");
    struct text more = lit("b");
    vec_push(&a, &s.op.copy.src, more);
    s.op.copy.src.n = 1; /* room for one more */
    uint32_t first = add(s, "a");
    s.parent = add_from(0, 3, "y");
    add_target(add(s, "a"), NO_STEP);
    add_target(add_copy(first, "c", "/d/"), NO_STEP);
    run_pass(pass_merge_copies);
    ck_assert_uint_eq(p.steps.at[3].op.copy.src.n, 1);
    ck_assert_strs(text_str(s.op.copy.src.at[1]), STR("b"));
}
END_TEST

START_TEST(a_shared_beginning_stays_shared_and_equal_ends_become_so)
{
    start();
    uint32_t ends[2];
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t at = add_mkdir(add_from(i, 1, "x"), "/");
        ends[i] = add_copy(add_copy(at, "a", "/d/"), "b", i ? "/d/" : "/e/");
        add_target(ends[i], NO_STEP);
    }
    optimize(2);
    ck_assert_uint_eq(p.steps.n, 4); /* the first copy is both's */
}
END_TEST

UNIT_MAIN("pass_merge_copies", copies_that_differ_in_their_sources_become_one,
          the_heading_names_what_was_merged, the_destination_must_be_the_same_and_end_in_a_slash,
          the_owner_must_be_the_same_and_no_name, all_else_must_be_the_same,
          kept_parents_and_fixed_times_are_not_merged, copies_of_a_step_must_read_the_same_one,
          what_is_between_stays_if_somebody_asks_for_it, what_stands_between_keeps_copies_apart,
          sources_of_other_steps_do_not_change,
          a_shared_beginning_stays_shared_and_equal_ends_become_so)
