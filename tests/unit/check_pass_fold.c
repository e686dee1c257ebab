/* SPDX-License-Identifier: Apache-2.0 */
/* Late values that are known: on scratch to the pass, on an image to who has its configuration. */
#include <config.h>

#include "ir/fold.h"
#include "tests/unit/ir_sample.h"
#include "tests/unit/pass_plan.h"

static struct text env(const char *name)
{
    return text_env(&a, str_from(name));
}

static struct text joined(struct text x, const char *s)
{
    return text_join(&a, x, lit(s));
}

/* As the first step of a plan. */
static bool folds(struct step *s, const struct base_config *base)
{
    struct fold f = FOLD_INIT(&a);
    return fold_step(&f, s, base);
}

static struct step late_run(uint32_t parent)
{
    struct step s = run_step(parent, "true");
    struct name_value path = {STR("PATH"), joined(env("PATH"), ":/x")};
    vec_push(&a, &s.op.run.env, path);
    s.op.run.cwd = joined(text_ref(&a, TEXT_WORKDIR), "x");
    return s;
}

START_TEST(on_scratch_there_is_no_environment_directory_or_user)
{
    start();
    uint32_t base = add_scratch();
    struct step dir = mkdir_step(base, "/x", "");
    dir.op.mkdir.owner = text_ref(&a, TEXT_USER);
    add_target(add(late_run(add(dir, "dir")), "run"), NO_STEP);
    run_pass(pass_fold);
    ck_assert_uint_eq(p.steps.at[1].op.mkdir.owner.n, 0);
    const struct op_run *op = &last_step()->op.run;
    ck_assert_strs(text_str(op->cwd), STR("/x"));
    ck_assert_strs(text_str(op->env.at[0].value), str_concat(&a, TEXT_DEFAULT_PATH, STR(":/x")));
    expect_explained("fold: one:2 stands on scratch, so its late values are known: dir\n"
                     "fold: one:3 stands on scratch, so its late values are known: run\n");
}
END_TEST

START_TEST(on_an_image_all_stays_late)
{
    start();
    add_target(add(late_run(add_from(0, 1, "x")), "run"), NO_STEP);
    run_pass(pass_fold);
    ck_assert(!text_is_literal(last_step()->op.run.cwd));
    expect_explained("");
}
END_TEST

START_TEST(every_text_of_every_kind_is_folded)
{
    static const struct base_config scratch;
    for (enum step_kind kind = 0; kind < N_STEP_KINDS; kind++) {
        struct step s = step_of_kind(kind), again;
        sample_fields(&a, op_fields(kind), &s.op);
        if (kind == STEP_COPY)
            s.op.copy.context = STR("");
        bool has_texts = kind != STEP_FROM && kind != STEP_SCRATCH;
        ck_assert_int_eq(folds(&s, &scratch), has_texts);
        again = s;
        ck_assert(!folds(&again, &scratch));
    }
}
END_TEST

/* Steps share vectors, so folding one must not fold the other. */
START_TEST(another_step_with_the_same_environment_stays_late)
{
    start();
    struct step s = late_run(add_scratch());
    uint32_t on_scratch = add(s, "run");
    s.parent = add_from(0, 3, "x");
    add_target(add(s, "run"), NO_STEP);
    add_target(on_scratch, NO_STEP);
    run_pass(pass_fold);
    ck_assert(text_is_literal(p.steps.at[1].op.run.env.at[0].value));
    ck_assert(!text_is_literal(p.steps.at[3].op.run.env.at[0].value));
}
END_TEST

START_TEST(the_configuration_of_a_stage_on_scratch_is_folded)
{
    start();
    uint32_t base = add_scratch();
    add_target(base, add_stage(base, "s"));
    p.stages.at[0].config.workdir = text_ref(&a, TEXT_WORKDIR);
    run_pass(pass_fold);
    ck_assert_strs(text_str(p.stages.at[0].config.workdir), STR("/"));
}
END_TEST

static void expect_stays(struct step s)
{
    static const struct base_config scratch;
    struct digest before = ir_op_digest(&s), after;
    ck_assert(!folds(&s, &scratch));
    after = ir_op_digest(&s);
    ck_assert(digest_eq(&after, &before));
}

START_TEST(what_fails_when_evaluated_stays_to_fail)
{
    struct step s = run_step(0, "true");
    s.op.run.user = text_expand(&a, TEXT_OP_REQUIRE, env("X"), lit("no X"));
    expect_stays(s);
    s = copy_step(0, "x", "/x");
    s.op.copy.chmod = joined(env("X"), "rubbish");
    expect_stays(s);
    s = mkdir_step(0, "/", "");
    s.op.mkdir.path = joined(env("X"), "not/absolute");
    expect_stays(s);
}
END_TEST

START_TEST(an_empty_user_stays_root_and_does_not_become_the_images)
{
    const struct base_config image = {.user = STR("me")};
    struct step s = run_step(0, "true");
    s.op.run.user = env("X");
    expect_stays(s);
    ck_assert(!folds(&s, &image));
}
END_TEST

START_TEST(an_empty_target_of_a_secret_stays_wrong)
{
    struct step s = run_step(0, "true");
    struct ir_mount m = {.type = MOUNT_SECRET, .env = STR("S"), .target = env("X")};
    vec_push(&a, &s.op.run.mounts, m);
    expect_stays(s);
}
END_TEST

static struct step step_with(struct text value)
{
    struct step s = run_step(0, "true");
    struct name_value v = {STR("V"), value};
    vec_push(&a, &s.op.run.env, v);
    return s;
}

static struct text value_in(const struct step *s)
{
    return s->op.run.env.at[0].value;
}

START_TEST(a_huge_value_stays_late)
{
    char *big = arena_alloc(&a, FOLD_VALUE_MAX);
    memset(big, 'x', FOLD_VALUE_MAX);
    struct text t = text_join(&a, text_lit(&a, str_of(big, FOLD_VALUE_MAX)), env("X"));
    expect_stays(step_with(joined(t, "y")));
}
END_TEST

START_TEST(what_is_put_into_a_plan_has_a_limit)
{
    enum { SIZE = FOLD_VALUE_MAX / 2 };
    static const struct base_config scratch;
    struct fold f = FOLD_INIT(&a);
    struct text big = text_join(&a, text_lit(&a, str_of(arena_alloc(&a, SIZE), SIZE)), env("X"));
    size_t n = 0;
    struct step s;
    while (s = step_with(big), fold_step(&f, &s, &scratch)) {
        ck_assert_uint_eq(text_str(value_in(&s)).n, SIZE);
        ck_assert_uint_le(++n * SIZE, FOLD_PLAN_MAX);
    }
    ck_assert_uint_ge(n * SIZE, FOLD_PLAN_MAX / 2);
    ck_assert(text_eq(value_in(&s), big));
}
END_TEST

/* What fails has been made so far. */
START_TEST(values_that_are_not_put_in_count_too)
{
    static const struct base_config scratch;
    struct fold f = FOLD_INIT(&a);
    struct text big = text_lit(&a, str_of(arena_alloc(&a, FOLD_VALUE_MAX), FOLD_VALUE_MAX));
    struct step s = step_with(text_join(&a, env("X"), text_join(&a, big, env("Y"))));
    struct text failing = text_expand(&a, TEXT_OP_REQUIRE, env("X"), lit(""));
    vec_push(&a, &s.op.run.env, ((struct name_value){STR("W"), text_join(&a, big, failing)}));
    ck_assert(fold_step(&f, &s, &scratch));
    ck_assert_uint_eq(f.left, FOLD_PLAN_MAX - 2 * FOLD_VALUE_MAX);
}
END_TEST

START_TEST(a_text_that_steps_share_is_decided_once)
{
    struct fold f = FOLD_INIT(&a);
    struct text t = joined(text_expand(&a, TEXT_OP_DEFAULT, env("PATH"), lit("w")), "x");
    struct step one = step_with(t), other = step_with(t);
    ck_assert(fold_step(&f, &one, NULL));
    ck_assert(fold_step(&f, &other, NULL));
    ck_assert(text_eq(value_in(&one), joined(env("PATH"), "x")));
    ck_assert_ptr_eq(value_in(&one).part, value_in(&other).part);
}
END_TEST

START_TEST(texts_within_each_other_are_looked_at_once)
{
    struct fold f = FOLD_INIT(&a);
    struct text t = env("X");
    for (int i = 0; i < 64; i++)
        t = text_expand(&a, TEXT_OP_DEFAULT_IF_EMPTY, t, t);
    struct step s = step_with(t);
    ck_assert(!fold_step(&f, &s, NULL));
}
END_TEST

START_TEST(what_is_decided_does_not_grow_without_end)
{
    struct fold f = FOLD_INIT(&a);
    struct text t = env("X");
    for (int i = 0; i < 64; i++)
        t = text_expand(&a, TEXT_OP_ALT, env("PATH"), text_join(&a, t, t));
    struct step s = step_with(t);
    ck_assert(fold_step(&f, &s, NULL));
    ck_assert_uint_le(value_in(&s).n, FOLD_PLAN_MAX / sizeof(struct text_part));
}
END_TEST

START_TEST(a_match_that_takes_too_long_is_left_to_obexec)
{
    enum { SIZE = 64 << 10 };
    struct fold f = FOLD_INIT(&a);
    struct text big = text_lit(&a, str_of(arena_alloc(&a, SIZE), SIZE));
    struct text of = text_expand(&a, TEXT_OP_ALT, env("PATH"), big);
    struct step s = step_with(text_expand(&a, TEXT_OP_CUT_PREFIX, of, big));
    ck_assert(!fold_step(&f, &s, NULL));
    s = step_with(text_expand(&a, TEXT_OP_CUT_PREFIX, of, lit("x")));
    ck_assert(fold_step(&f, &s, NULL));
}
END_TEST

START_TEST(an_image_gives_its_own_values)
{
    static const struct str vars[] = {STR_INIT("PATH=/bin")};
    const struct base_config image = {vars, 1, STR("/w/"), STR("me")};
    struct step s = late_run(0);
    s.op.run.user = text_ref(&a, TEXT_USER);
    ck_assert(folds(&s, &image));
    ck_assert_strs(text_str(s.op.run.env.at[0].value), STR("/bin:/x"));
    ck_assert_strs(text_str(s.op.run.cwd), STR("/w/x"));
    ck_assert_strs(text_str(s.op.run.user), STR("me"));
}
END_TEST

START_TEST(what_a_command_leaves_to_the_image_is_filled_in)
{
    const struct base_config image = {NULL, 0, STR("/w"), STR("me")},
                             relative = {.workdir = STR("w")};
    struct step s = run_step(0, "true"), other = run_step(0, "true");
    ck_assert(folds(&s, &image));
    ck_assert_strs(text_str(s.op.run.cwd), STR("/w"));
    ck_assert_strs(text_str(s.op.run.user), STR("me"));
    ck_assert(!folds(&other, &relative)); /* which fails, and must */
    ck_assert_uint_eq(other.op.run.cwd.n, 0);
}
END_TEST

/* What becomes of a variable's value on an image that is not known. */
static struct text on_unknown(struct text value)
{
    start();
    struct step s = step_with(value);
    s.parent = add_from(0, 1, "x");
    add_target(add(s, "run"), NO_STEP);
    buf_clear(&explain);
    run_pass(pass_fold);
    return value_in(last_step());
}

START_TEST(path_counts_as_set_on_every_image)
{
    struct text path = env("PATH"), w = lit("w"), t;
    t = on_unknown(text_expand(&a, TEXT_OP_DEFAULT, path, w));
    ck_assert(text_eq(t, path));
    expect_explained("fold: one:2 asks whether PATH is set, and it always is: run\n");
    t = on_unknown(joined(text_expand(&a, TEXT_OP_ALT, path, w), "x"));
    ck_assert_strs(text_str(t), STR("wx"));
    ck_assert(text_eq(on_unknown(text_expand(&a, TEXT_OP_REQUIRE, path, w)), path));
    t = text_expand(&a, TEXT_OP_DEFAULT_IF_EMPTY, env("X"), text_expand(&a, TEXT_OP_ALT, path, w));
    ck_assert(text_eq(on_unknown(t), text_expand(&a, TEXT_OP_DEFAULT_IF_EMPTY, env("X"), w)));
    t = text_replace(&a, TEXT_OP_REPLACE, text_expand(&a, TEXT_OP_DEFAULT, path, w), lit("a"), w);
    ck_assert(text_eq(on_unknown(t), text_replace(&a, TEXT_OP_REPLACE, path, lit("a"), w)));
}
END_TEST

START_TEST(path_may_be_empty_and_others_not_set)
{
    struct text path = env("PATH"), w = lit("w"), t;
    for (enum text_op op = TEXT_OP_DEFAULT_IF_EMPTY; op <= TEXT_OP_REQUIRE; op++) {
        t = text_expand(&a, op, env("X"), w);
        ck_assert(text_eq(on_unknown(t), t));
    }
    t = text_expand(&a, TEXT_OP_DEFAULT_IF_EMPTY, path, w);
    ck_assert(text_eq(on_unknown(t), t));
    t = text_expand(&a, TEXT_OP_DEFAULT, text_expand(&a, TEXT_OP_ALT_IF_NONEMPTY, path, w), w);
    ck_assert(text_eq(on_unknown(t), t));
    expect_explained("");
}
END_TEST

START_TEST(folded_steps_are_shared_with_literal_ones)
{
    start();
    uint32_t base = add_scratch();
    struct step s = run_step(base, "true");
    s.op.run.cwd = joined(text_ref(&a, TEXT_WORKDIR), "x");
    add_target(add(s, "late"), NO_STEP);
    s.op.run.cwd = lit("/x");
    add_target(add(s, "known"), NO_STEP);
    optimize(1);
    ck_assert_uint_eq(p.steps.n, 2);
    ck_assert_uint_eq(p.targets.at[0].step, p.targets.at[1].step);
    ck_assert_uint_eq(stats.passes.at[1].n_changed, 1);
}
END_TEST

UNIT_MAIN("pass_fold", on_scratch_there_is_no_environment_directory_or_user,
          on_an_image_all_stays_late, every_text_of_every_kind_is_folded,
          another_step_with_the_same_environment_stays_late,
          the_configuration_of_a_stage_on_scratch_is_folded,
          what_fails_when_evaluated_stays_to_fail,
          an_empty_user_stays_root_and_does_not_become_the_images,
          an_empty_target_of_a_secret_stays_wrong, a_huge_value_stays_late,
          what_is_put_into_a_plan_has_a_limit, values_that_are_not_put_in_count_too,
          a_text_that_steps_share_is_decided_once, texts_within_each_other_are_looked_at_once,
          what_is_decided_does_not_grow_without_end, a_match_that_takes_too_long_is_left_to_obexec,
          an_image_gives_its_own_values, what_a_command_leaves_to_the_image_is_filled_in,
          path_counts_as_set_on_every_image, path_may_be_empty_and_others_not_set,
          folded_steps_are_shared_with_literal_ones)
