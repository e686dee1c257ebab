/* SPDX-License-Identifier: Apache-2.0 */
/* drop-noops: each case of its proof, and what is next to it and must stay. */
#include <config.h>

#include "tests/unit/pass_plan.h"

/* What is left of the chain whose last step is `last`, besides its base. */
static void expect_left(uint32_t last, uint32_t want)
{
    add_target(last, NO_STEP);
    run_pass(pass_drop_noops);
    ck_assert_uint_eq(p.steps.n - 1, want);
}

static uint32_t start_on_image(void)
{
    start();
    return add_from(0, 1, "x");
}

static uint32_t start_on_scratch(void)
{
    start();
    return add_scratch();
}

static uint32_t add_owned(uint32_t parent, const char *path, const char *owner)
{
    return add(mkdir_step(parent, path, owner), path);
}

START_TEST(the_root_directory_is_there)
{
    expect_left(add_mkdir(start_on_image(), "/"), 0);
    expect_explained("drop-noops: one:2 makes the root directory, which is there: /\n");
    expect_left(add_mkdir(start_on_image(), "/a/../."), 0);
    expect_left(add_owned(start_on_image(), "/", "1:2"), 0);
}
END_TEST

START_TEST(a_name_of_an_owner_may_be_unknown_and_stays)
{
    expect_left(add_owned(start_on_image(), "/", "me"), 1);
    struct step s = mkdir_step(start_on_image(), "/", "");
    s.op.mkdir.owner = text_ref(&a, TEXT_USER);
    expect_left(add(s, "late"), 1);
}
END_TEST

START_TEST(a_time_that_must_be_fetched_may_not_be_there_and_stays)
{
    struct step s = mkdir_step(start_on_image(), "/", "");
    s.op.mkdir.epoch = STR("source:https://example.com/x");
    expect_left(add(s, "/"), 1);
    s = mkdir_step(add_mkdir(start_on_image(), "/a"), "/a", "");
    s.op.mkdir.epoch = STR("source:https://example.com/x");
    expect_left(add(s, "/a"), 2);
    s.parent = add(mkdir_step(start_on_image(), "/b", ""), "/b");
    p.steps.at[1].op.mkdir.epoch = s.op.mkdir.epoch;
    s.op.mkdir.path = lit("/b");
    expect_left(add(s, "/b"), 1);
}
END_TEST

START_TEST(a_directory_that_was_made_is_there)
{
    uint32_t made = add_mkdir(start_on_image(), "/a/b");
    expect_left(add_mkdir(made, "/a/"), 1);
    expect_explained("drop-noops: one:3 makes a directory that is there since one:2: /a/\n");
    ck_assert_strs(last_step()->meta.heading, STR("/a/b"));
    expect_left(add_mkdir(add_mkdir(start_on_image(), "/a/b"), "/a/c/../b"), 1);
}
END_TEST

START_TEST(a_directory_of_which_only_the_name_begins_alike_is_not)
{
    expect_left(add_mkdir(add_mkdir(start_on_image(), "/ab"), "/a"), 2);
    expect_left(add_mkdir(add_mkdir(start_on_image(), "/b/a"), "/a"), 2);
}
END_TEST

START_TEST(a_command_may_have_removed_it)
{
    uint32_t made = add_mkdir(start_on_image(), "/a");
    expect_left(add_mkdir(add_run(made, "rmdir /a"), "/a"), 3);
    made = add_mkdir(start_on_scratch(), "/a");
    expect_left(add_mkdir(add_run(made, "rmdir /a"), "/a"), 3);
}
END_TEST

START_TEST(a_copy_may_have_replaced_a_link_on_its_path)
{
    uint32_t made = add_mkdir(start_on_image(), "/a");
    expect_left(add_mkdir(add_copy(made, "x", "/b"), "/a"), 3);
}
END_TEST

START_TEST(no_link_is_on_its_path_if_all_from_scratch_on_were_directories)
{
    uint32_t made = add_mkdir(start_on_scratch(), "/a");
    expect_left(add_mkdir(add_copy(made, "x", "/b"), "/a"), 2);
    made = add_mkdir(add_copy(start_on_scratch(), "y", "/c"), "/a"); /* may go through links */
    expect_left(add_mkdir(add_copy(made, "x", "/b"), "/a"), 4);
}
END_TEST

START_TEST(an_archive_may_hold_anything)
{
    struct step s = step_on(STEP_ADD, add_mkdir(start_on_scratch(), "/a"));
    vec_push(&a, &s.op.add.src, lit("x.tar"));
    s.op.add.dst = lit("/");
    expect_left(add_mkdir(add(s, "add"), "/a"), 3);
}
END_TEST

START_TEST(an_owner_that_was_found_is_found_again_if_only_directories_came)
{
    uint32_t made = add_owned(start_on_image(), "/a", "me");
    expect_left(add_owned(made, "/a", "me"), 1);
    made = add_owned(start_on_image(), "/a", "me");
    expect_left(add_owned(made, "/a", "you"), 2);
    made = add_owned(start_on_scratch(), "/a", "me");
    expect_left(add_owned(add_copy(made, "passwd", "/etc/"), "/a", "me"), 3);
}
END_TEST

START_TEST(a_late_directory_is_there_if_it_is_the_same_text)
{
    struct step s = mkdir_step(start_on_image(), "/", "");
    s.op.mkdir.path = text_ref(&a, TEXT_WORKDIR);
    s.parent = add(s, "first");
    expect_left(add(s, "second"), 1);
}
END_TEST

START_TEST(a_stage_that_ends_in_it_gets_the_step_before_and_keeps_its_configuration)
{
    uint32_t made = add_mkdir(start_on_image(), "/a"), again = add_mkdir(made, "/a");
    add_stage(made, "first");
    uint32_t s = add_stage(again, "second");
    p.stages.at[s].config.workdir = lit("/a");
    add_target(again, s);
    add_target(add_run(again, "true"), NO_STEP);
    run_pass(pass_drop_noops);
    ck_assert_uint_eq(p.steps.n, 3);
    ck_assert_uint_eq(p.stages.at[1].step, 1);
    ck_assert_strs(text_str(p.stages.at[1].config.workdir), STR("/a"));
    ck_assert_uint_eq(p.targets.at[0].step, 1);
    ck_assert_uint_eq(last_step()->parent, 1);
}
END_TEST

START_TEST(the_next_step_makes_the_directory_too)
{
    uint32_t made = add_mkdir(start_on_image(), "/a");
    expect_left(add_mkdir(made, "/a/b"), 1);
    expect_explained("drop-noops: one:2 is a part of one:3: /a\n");
    ck_assert_strs(last_step()->meta.heading, STR("/a/b"));
    expect_left(add_copy(add_mkdir(start_on_image(), "/a"), "x", "/a/"), 1);
    expect_left(add_copy(add_mkdir(start_on_image(), "/a"), "x", "/a/b/"), 1);
    struct step s = step_on(STEP_FILE, add_mkdir(start_on_image(), "/a"));
    struct ir_file f = {STR("f"), TEXT_EMPTY};
    vec_push(&a, &s.op.file.files, f);
    s.op.file.dst = lit("/a/");
    expect_left(add(s, "file"), 1);
}
END_TEST

/* Made in front of a copy to the same text. */
static uint32_t late_dir_and_copy(const char *end)
{
    struct text dir = text_join(&a, text_ref(&a, TEXT_WORKDIR), lit(end));
    struct step made = mkdir_step(start_on_image(), "", "");
    made.op.mkdir.path = dir;
    struct step s = copy_step(add(made, "dir"), "x", "");
    s.op.copy.dst = dir;
    return add(s, "copy");
}

START_TEST(a_late_destination_with_a_slash_is_made_too)
{
    expect_left(late_dir_and_copy("/d/"), 1);
    expect_left(late_dir_and_copy("/d"), 2);
}
END_TEST

START_TEST(a_chain_of_directories_becomes_its_last)
{
    uint32_t at = start_on_image();
    at = add_mkdir(add_mkdir(add_mkdir(at, "/a"), "/a/b"), "/a/b/c");
    expect_left(add_copy(at, "x", "/a/b/c/"), 1);
    at = start_on_image();
    at = add_mkdir(add_mkdir(add_mkdir(at, "/a"), "/a"), "/a");
    expect_left(at, 1);
}
END_TEST

START_TEST(the_next_step_must_have_the_same_owner)
{
    uint32_t made = add_owned(start_on_image(), "/a", "me");
    expect_left(add_owned(made, "/a/b", "you"), 2);
    made = add_owned(start_on_image(), "/a", "me");
    expect_left(add_owned(made, "/a/b", "me"), 1);
    made = add_owned(start_on_image(), "/a", "1");
    expect_left(add_copy(made, "x", "/a/"), 2);
}
END_TEST

START_TEST(the_next_step_must_make_it_whatever_it_copies)
{
    expect_left(add_copy(add_mkdir(start_on_image(), "/a"), "x", "/a"), 2);
    expect_left(add_copy(add_mkdir(start_on_image(), "/a"), "*.c", "/a/"), 2);
    struct step s = copy_step(add_mkdir(start_on_image(), "/a"), "*.c", "/a/");
    vec_push(&a, &s.op.copy.src, lit("x"));
    expect_left(add(s, "both"), 1);
    s = copy_step(add_mkdir(start_on_image(), "/a"), "*.c", "/a/");
    s.op.copy.style = COPY_SPEC; /* it has no patterns */
    expect_left(add(s, "spec"), 1);
    expect_left(add_copy(add_mkdir(start_on_image(), "/a"), "x", "/b/"), 2);
    expect_left(add_run(add_mkdir(start_on_image(), "/a"), "true"), 2);
}
END_TEST

START_TEST(with_a_time_both_steps_stay)
{
    struct step s = mkdir_step(start_on_image(), "/a", "");
    s.op.mkdir.epoch = STR("0");
    s.parent = add(s, "first");
    s.op.mkdir.path = lit("/a/b");
    expect_left(add(s, "second"), 2);
}
END_TEST

START_TEST(a_directory_that_somebody_asks_for_stays)
{
    uint32_t made = add_mkdir(start_on_image(), "/a");
    add_stage(made, "s");
    expect_left(add_mkdir(made, "/a/b"), 2);
    made = add_mkdir(start_on_image(), "/a");
    add_target(add_run(made, "true"), NO_STEP);
    expect_left(add_mkdir(made, "/a/b"), 3);
}
END_TEST

UNIT_MAIN("pass_drop_noops", the_root_directory_is_there,
          a_name_of_an_owner_may_be_unknown_and_stays,
          a_time_that_must_be_fetched_may_not_be_there_and_stays,
          a_directory_that_was_made_is_there,
          a_directory_of_which_only_the_name_begins_alike_is_not, a_command_may_have_removed_it,
          a_copy_may_have_replaced_a_link_on_its_path,
          no_link_is_on_its_path_if_all_from_scratch_on_were_directories,
          an_archive_may_hold_anything,
          an_owner_that_was_found_is_found_again_if_only_directories_came,
          a_late_directory_is_there_if_it_is_the_same_text,
          a_stage_that_ends_in_it_gets_the_step_before_and_keeps_its_configuration,
          the_next_step_makes_the_directory_too, a_late_destination_with_a_slash_is_made_too,
          a_chain_of_directories_becomes_its_last, the_next_step_must_have_the_same_owner,
          the_next_step_must_make_it_whatever_it_copies, with_a_time_both_steps_stay,
          a_directory_that_somebody_asks_for_stays)
