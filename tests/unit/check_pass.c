/* SPDX-License-Identifier: Apache-2.0 */
/* The passes: what goes, what stays, and that everything still points where it did. */
#include <config.h>

#include "ir/pass.h"
#include "ir/identify.h"
#include "ir/verify.h"
#include "ir/write.h"
#include "tests/unit/fixture.h"

static struct arena a; /* each test runs in a process of its own */
static struct plan p;
static struct buf explain;

static void start(void)
{
    struct plan_source one = {STR("one"), {{0}}}, two = {STR("two"), {{0}}};
    p = PLAN_INIT(&a);
    vec_push(&a, &p.sources, one);
    vec_push(&a, &p.sources, two);
}

static uint32_t add(struct step s, uint32_t source, uint32_t line, const char *heading)
{
    s.meta = (struct step_meta){.source = source, .line = line, .heading = str_from(heading)};
    return plan_add_step(&p, &s);
}

static uint32_t from(uint32_t source, uint32_t line, const char *image)
{
    struct step s = step_of_kind(STEP_FROM);
    s.op.from.image = str_from(image);
    return add(s, source, line, image);
}

static uint32_t run(uint32_t parent, uint32_t source, uint32_t line, const char *command)
{
    struct step s = step_of_kind(STEP_RUN);
    s.parent = parent;
    s.op.run.command = (struct command){
        .form = COMMAND_SHELL, .shell_kind = SHELL_BASE, .line = str_from(command)};
    return add(s, source, line, command);
}

static uint32_t copy(uint32_t parent, uint32_t of, uint32_t line)
{
    struct step s = step_of_kind(STEP_COPY);
    s.parent = parent;
    s.op.copy.source = COPY_FROM_STEP;
    vec_push(&a, &s.op.copy.src, text_lit(&a, STR("/x")));
    s.op.copy.dst = text_lit(&a, STR("/x"));
    vec_push(&a, &s.reads, of);
    return add(s, 0, line, "copy");
}

static uint32_t stage(uint32_t step, const char *name)
{
    struct stage s = {.name = str_from(name), .step = step};
    vec_push(&a, &p.stages, s);
    return (uint32_t)p.stages.n - 1;
}

static void target(uint32_t step, uint32_t at_stage)
{
    struct target t = {STR("t"), step, at_stage};
    vec_push(&a, &p.targets, t);
}

static void optimize(int level)
{
    struct ob_err err = OB_ERR_INIT;
    ir_identify(&p);
    ir_optimize(&p, level, &explain);
    ck_assert_ok(ir_verify(&p, &err), &err);
}

static struct str explained(void)
{
    return explain.n ? buf_str(&explain) : STR("");
}

/* 0 from, 1 from (not needed), 2 run on 0, 3 run on 1 (not needed), 4 run on 2 */
static void two_stages(void)
{
    start();
    uint32_t x = from(0, 1, "x"), y = from(0, 2, "y");
    uint32_t rx = run(x, 0, 3, "rx"), ry = run(y, 1, 4, "ry");
    uint32_t end = run(rx, 0, 5, "end");
    stage(ry, "y");
    uint32_t s = stage(end, "x");
    target(end, s);
}

START_TEST(reach_drops_what_no_target_needs)
{
    two_stages();
    optimize(1);
    ck_assert_uint_eq(p.steps.n, 3);
    ck_assert_strs(p.steps.at[1].meta.heading, STR("rx"));
    ck_assert_uint_eq(p.steps.at[1].parent, 0);
    ck_assert_strs(p.steps.at[2].meta.heading, STR("end"));
    ck_assert_uint_eq(p.steps.at[2].parent, 1);
    ck_assert_strs(explained(), STR("reach: no target needs one:2: y\n"
                                    "reach: no target needs two:4: ry\n"));
}
END_TEST

START_TEST(stages_and_targets_are_renumbered)
{
    two_stages();
    optimize(1);
    ck_assert_uint_eq(p.stages.n, 1);
    ck_assert_strs(p.stages.at[0].name, STR("x"));
    ck_assert_uint_eq(p.stages.at[0].step, 2);
    ck_assert_uint_eq(p.targets.at[0].step, 2);
    ck_assert_uint_eq(p.targets.at[0].stage, 0);
}
END_TEST

START_TEST(steps_that_are_only_read_are_needed)
{
    start();
    uint32_t x = from(0, 1, "x"), y = from(0, 2, "y");
    uint32_t ry = run(y, 0, 3, "ry");
    uint32_t end = copy(x, ry, 4);
    target(end, NO_STEP);
    optimize(1);
    ck_assert_uint_eq(p.steps.n, 4);
    ck_assert_uint_eq(p.steps.at[3].reads.at[0], 2);
    ck_assert_uint_eq(explain.n, 0);
}
END_TEST

START_TEST(share_merges_chains_across_sources)
{
    start();
    uint32_t ends[2];
    for (uint32_t source = 0; source < 2; source++) {
        uint32_t x = from(source, 1, "x");
        uint32_t r = run(x, source, 2, "same");
        ends[source] = run(r, source, 3, source ? "other" : "one");
        uint32_t s = stage(ends[source], source ? "b" : "a");
        target(ends[source], s);
    }
    optimize(1);
    ck_assert_uint_eq(p.steps.n, 4);
    ck_assert_uint_eq(p.steps.at[1].meta.source, 0); /* the first of equal steps stays */
    ck_assert_uint_eq(p.steps.at[2].parent, 1);
    ck_assert_uint_eq(p.steps.at[3].parent, 1);
    ck_assert_uint_eq(p.stages.n, 2);
    ck_assert_uint_eq(p.stages.at[1].step, 3);
    ck_assert_uint_eq(p.targets.at[1].step, 3);
    ck_assert_uint_eq(p.targets.at[1].stage, 1);
    ck_assert_strs(explained(), STR("share: one:1 and two:1 are the same step: x\n"
                                    "share: one:2 and two:2 are the same step: same\n"));
}
END_TEST

START_TEST(copies_read_the_step_that_stayed)
{
    start();
    uint32_t x = from(0, 1, "x"), again = from(0, 2, "x"), y = from(0, 3, "y");
    uint32_t c = copy(y, again, 4);
    target(copy(c, x, 5), NO_STEP);
    optimize(1);
    ck_assert_uint_eq(p.steps.n, 4);
    ck_assert_uint_eq(p.steps.at[2].reads.at[0], 0);
    ck_assert_uint_eq(p.steps.at[2].parent, 1);
    ck_assert_uint_eq(p.steps.at[3].reads.at[0], 0);
}
END_TEST

START_TEST(equal_stages_both_keep_their_names)
{
    start();
    uint32_t x = from(0, 1, "x"), again = from(0, 2, "x");
    stage(x, "a");
    target(again, stage(again, "b"));
    target(x, 0);
    optimize(1);
    ck_assert_uint_eq(p.steps.n, 1);
    ck_assert_uint_eq(p.stages.n, 2);
    ck_assert_uint_eq(p.stages.at[1].step, 0);
    ck_assert_strs(p.stages.at[1].name, STR("b"));
    ck_assert_uint_eq(p.targets.at[0].stage, 1);
}
END_TEST

START_TEST(the_same_command_on_another_parent_is_another_step)
{
    start();
    uint32_t x = from(0, 1, "x"), y = from(0, 2, "y");
    target(run(x, 0, 3, "same"), NO_STEP);
    target(run(y, 0, 4, "same"), NO_STEP);
    optimize(1);
    ck_assert_uint_eq(p.steps.n, 4);
}
END_TEST

START_TEST(level_0_changes_nothing)
{
    two_stages();
    from(0, 9, "x");
    ir_identify(&p);
    struct buf before = BUF_INIT, after = BUF_INIT;
    ir_write_json(&p, &before);
    optimize(0);
    ir_write_json(&p, &after);
    ck_assert_strs(buf_str(&after), buf_str(&before));
    ck_assert_uint_eq(explain.n, 0);
    buf_free(&before);
    buf_free(&after);
}
END_TEST

START_TEST(a_second_run_finds_nothing_to_do)
{
    two_stages();
    target(run(from(1, 6, "x"), 1, 7, "rx"), NO_STEP);
    optimize(2);
    struct buf before = BUF_INIT, after = BUF_INIT;
    ir_write_json(&p, &before);
    buf_clear(&explain);
    optimize(2);
    ir_write_json(&p, &after);
    ck_assert_strs(buf_str(&after), buf_str(&before));
    ck_assert_uint_eq(explain.n, 0);
    buf_free(&before);
    buf_free(&after);
}
END_TEST

START_TEST(ids_do_not_change)
{
    two_stages();
    ir_identify(&p);
    struct digest end = p.steps.at[4].id;
    optimize(2);
    ck_assert(digest_eq(&p.steps.at[2].id, &end));
}
END_TEST

START_TEST(a_step_without_a_place_is_explained_without_one)
{
    start();
    from(0, 0, "unknown");
    target(from(0, 2, "x"), NO_STEP);
    optimize(1);
    ck_assert_strs(explained(), STR("reach: no target needs ?: unknown\n"));
}
END_TEST

UNIT_MAIN("pass", reach_drops_what_no_target_needs, stages_and_targets_are_renumbered,
          steps_that_are_only_read_are_needed, share_merges_chains_across_sources,
          copies_read_the_step_that_stayed, equal_stages_both_keep_their_names,
          the_same_command_on_another_parent_is_another_step, level_0_changes_nothing,
          a_second_run_finds_nothing_to_do, ids_do_not_change,
          a_step_without_a_place_is_explained_without_one)
