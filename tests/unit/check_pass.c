/* SPDX-License-Identifier: Apache-2.0 */
/* reach and share: what goes, what stays, that everything still points where it did, and what is
 * said of it. The other passes have programs of their own. */
#include <config.h>

#include "ir/write.h"
#include "tests/unit/pass_plan.h"

static uint32_t run_at(uint32_t parent, uint32_t source, uint32_t line, const char *command)
{
    return add_at(run_step(parent, command), source, line, command);
}

static uint32_t copy_at(uint32_t parent, uint32_t of, uint32_t line)
{
    return add_at(copy_from(parent, of, "/x", "/x"), 0, line, "copy");
}

/* 0 from, 1 from (not needed), 2 run on 0, 3 run on 1 (not needed), 4 run on 2 */
static void two_stages(void)
{
    start();
    uint32_t x = add_from(0, 1, "x"), y = add_from(0, 2, "y");
    uint32_t rx = run_at(x, 0, 3, "rx"), ry = run_at(y, 1, 4, "ry");
    uint32_t end = run_at(rx, 0, 5, "end");
    add_stage(ry, "y");
    uint32_t s = add_stage(end, "x");
    add_target(end, s);
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
    expect_explained("reach: no target needs one:2: y\n"
                     "reach: no target needs two:4: ry\n");
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
    uint32_t x = add_from(0, 1, "x"), y = add_from(0, 2, "y");
    uint32_t ry = run_at(y, 0, 3, "ry");
    uint32_t end = copy_at(x, ry, 4);
    add_target(end, NO_STEP);
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
        uint32_t x = add_from(source, 1, "x");
        uint32_t r = run_at(x, source, 2, "same");
        ends[source] = run_at(r, source, 3, source ? "other" : "one");
        uint32_t s = add_stage(ends[source], source ? "b" : "a");
        add_target(ends[source], s);
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
    expect_explained("share: one:1 and two:1 are the same step: x\n"
                     "share: one:2 and two:2 are the same step: same\n");
}
END_TEST

START_TEST(copies_read_the_step_that_stayed)
{
    start();
    uint32_t x = add_from(0, 1, "x"), again = add_from(0, 2, "x"), y = add_from(0, 3, "y");
    uint32_t c = copy_at(y, again, 4);
    add_target(copy_at(c, x, 5), NO_STEP);
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
    uint32_t x = add_from(0, 1, "x"), again = add_from(0, 2, "x");
    add_stage(x, "a");
    add_target(again, add_stage(again, "b"));
    add_target(x, 0);
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
    uint32_t x = add_from(0, 1, "x"), y = add_from(0, 2, "y");
    add_target(run_at(x, 0, 3, "same"), NO_STEP);
    add_target(run_at(y, 0, 4, "same"), NO_STEP);
    optimize(1);
    ck_assert_uint_eq(p.steps.n, 4);
}
END_TEST

START_TEST(level_0_changes_nothing)
{
    two_stages();
    add_from(0, 9, "x");
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
    add_target(run_at(add_from(1, 6, "x"), 1, 7, "rx"), NO_STEP);
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

START_TEST(reach_and_share_change_no_id)
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
    add_from(0, 0, "unknown");
    add_target(add_from(0, 2, "x"), NO_STEP);
    optimize(1);
    expect_explained("reach: no target needs ?: unknown\n");
}
END_TEST

static void expect_stats(int level, const char *want)
{
    struct buf b = BUF_INIT;
    stats_print(&stats, &p, level, &b);
    ck_assert_strs(buf_str(&b), str_from(want));
    buf_free(&b);
}

START_TEST(stats_count_steps_around_each_pass)
{
    two_stages();
    optimize(1);
    expect_stats(1, "steps: 5 compiled, 3 left after -O1; stages: 1; targets: 1\n"
                    "reach: 5 -> 3 steps\n"
                    "fold: 3 steps\n"
                    "share: 3 steps\n"
                    "one: 4 steps\n"
                    "two: 1 step\n");
}
END_TEST

START_TEST(stats_tell_what_is_common_to_files_and_stages)
{
    start();
    uint32_t ends[3];
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t x = add_from(i / 2, i + 1, "x");
        ends[i] = run_at(run_at(x, i / 2, i + 4, "same"), i / 2, i + 7, i ? "b" : "a");
        add_stage(ends[i], "s");
        add_target(ends[i], i);
    }
    optimize(1);
    expect_stats(1, "steps: 9 compiled, 4 left after -O1; stages: 3; targets: 3\n"
                    "reach: 9 steps\n"
                    "fold: 9 steps\n"
                    "share: 9 -> 4 steps, 3 of them common to 2 files and 3 stages\n"
                    "one: 6 steps\n"
                    "two: 3 steps, 3 of them in other files too\n");
}
END_TEST

START_TEST(stats_without_optimization_have_no_passes)
{
    two_stages();
    optimize(0);
    expect_stats(0, "steps: 5 compiled, 5 left after -O0; stages: 2; targets: 1\n"
                    "one: 4 steps\n"
                    "two: 1 step\n");
}
END_TEST

UNIT_MAIN("pass", reach_drops_what_no_target_needs, stages_and_targets_are_renumbered,
          steps_that_are_only_read_are_needed, share_merges_chains_across_sources,
          copies_read_the_step_that_stayed, equal_stages_both_keep_their_names,
          the_same_command_on_another_parent_is_another_step, level_0_changes_nothing,
          a_second_run_finds_nothing_to_do, reach_and_share_change_no_id,
          a_step_without_a_place_is_explained_without_one, stats_count_steps_around_each_pass,
          stats_tell_what_is_common_to_files_and_stages, stats_without_optimization_have_no_passes)
