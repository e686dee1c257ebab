/* SPDX-License-Identifier: Apache-2.0 */
/* The invariants of a plan: each is broken once. */
#include <config.h>

#include "ir/verify.h"
#include "tests/unit/fixture.h"
#include "tests/unit/ir_sample.h"

static struct arena a; /* each test runs in a process of its own */
static struct plan p;

enum {
    SCRATCH,
    FROM,
    RUN,
    MKDIR,
    COPY_STEP,
    COPY_CONTEXT,
    ADD,
    FILES
}; /* the steps of sample_plan */

static void start(void)
{
    sample_plan(&a, &p);
}

static void refused(const char *want)
{
    struct ob_err err = OB_ERR_INIT;
    ir_identify(&p);
    ck_assert_int_eq(ir_verify(&p, &err), -1);
    ck_assert_str_eq(err.text, want);
    start();
}

START_TEST(a_sound_plan_passes)
{
    start();
    struct ob_err err = OB_ERR_INIT;
    ck_assert_ok(ir_verify(&p, &err), &err);
}
END_TEST

START_TEST(edges_point_backwards)
{
    start();
    p.steps.at[SCRATCH].parent = 0;
    refused("$.steps[0].parent: a base has no parent");
    p.steps.at[FROM].parent = 0;
    refused("$.steps[1].parent: a base has no parent");
    p.steps.at[RUN].parent = NO_STEP;
    struct ob_err err = OB_ERR_INIT;
    ck_assert_int_eq(ir_verify(&p, &err), -1);
    ck_assert_str_eq(err.text, "$.steps[2]: \"parent\" is missing");
    start();
    p.steps.at[RUN].parent = RUN;
    ck_assert_int_eq(ir_verify(&p, &err), -1);
    ck_assert_str_eq(err.text, "$.steps[2].parent: not an earlier step");
    start();
    p.steps.at[COPY_STEP].reads.at[0] = COPY_CONTEXT;
    ck_assert_int_eq(ir_verify(&p, &err), -1);
    ck_assert_str_eq(err.text, "$.steps[4].reads: not an earlier step");
}
END_TEST

START_TEST(only_a_copy_from_a_step_reads)
{
    start();
    p.steps.at[COPY_STEP].reads.n = 0;
    refused("$.steps[4].reads: a copy from a step reads exactly one");
    vec_push(&a, &p.steps.at[COPY_STEP].reads, 0);
    refused("$.steps[4].reads: a copy from a step reads exactly one");
    vec_push(&a, &p.steps.at[RUN].reads, 0);
    refused("$.steps[2].reads: not as many steps as mounts from steps");
    vec_push(&a, &p.steps.at[COPY_CONTEXT].reads, 0);
    refused("$.steps[5].reads: reads nothing");
}
END_TEST

START_TEST(paths_are_absolute)
{
    start();
    p.steps.at[RUN].op.run.cwd = text_lit(&a, STR("src"));
    refused("$.steps[2].op.cwd: not an absolute path");
    p.steps.at[RUN].op.run.mounts.at[1].target = text_lit(&a, STR("x"));
    refused("$.steps[2].op.mounts: a target is not an absolute path");
    p.steps.at[MKDIR].op.mkdir.path = TEXT_EMPTY;
    refused("$.steps[3].op.path: not an absolute path");
    p.steps.at[COPY_STEP].op.copy.dst = text_lit(&a, STR("./"));
    refused("$.steps[4].op.dst: not an absolute path");
}
END_TEST

START_TEST(drives_and_late_values_count_as_absolute)
{
    start();
    struct ob_err err = OB_ERR_INIT;
    struct text paths[] = {text_lit(&a, STR("C:/x")), text_lit(&a, STR("\\x")),
                           text_ref(&a, TEXT_WORKDIR), text_env(&a, STR("HOME")), TEXT_EMPTY};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        p.steps.at[RUN].op.run.cwd = paths[i];
        ir_identify(&p);
        ck_assert_ok(ir_verify(&p, &err), &err);
    }
}
END_TEST

START_TEST(ops_are_whole)
{
    start();
    p.steps.at[FROM].op.from.image = STR("");
    refused("$.steps[1].op.image: is empty");
    p.steps.at[RUN].op.run.command = (struct command){.form = COMMAND_ARGV};
    refused("$.steps[2].op.argv: is empty");
    p.steps.at[RUN].op.run.command =
        (struct command){.form = COMMAND_SHELL, .shell_kind = SHELL_LIST};
    refused("$.steps[2].op.shell: is empty");
    p.steps.at[RUN].op.run.env.at[0].name = STR("A=B");
    refused("$.steps[2].op.env: a name is empty or has a \"=\"");
    p.steps.at[RUN].op.run.env.at[1].name = STR("");
    refused("$.steps[2].op.env: a name is empty or has a \"=\"");
    p.steps.at[COPY_STEP].op.copy.src.n = 0;
    refused("$.steps[4].op.src: is empty");
    p.steps.at[COPY_STEP].op.copy.context = STR("x");
    refused("$.steps[4].op.context: a copy from a step has no context");
    static const char *const modes[] = {"0888", "007777", "17777", "u", "u+y", "u+x,"};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        p.steps.at[COPY_STEP].op.copy.chmod = text_lit(&a, str_from(modes[i]));
        refused("$.steps[4].op.chmod: neither an octal nor a symbolic mode");
    }
    p.steps.at[ADD].op.add.src.n = 0;
    refused("$.steps[6].op.src: is empty");
    p.steps.at[ADD].op.add.dst = TEXT_EMPTY;
    refused("$.steps[6].op.dst: not an absolute path");
    p.steps.at[FILES].op.file.files.n = 0;
    refused("$.steps[7].op.files: is empty");
}
END_TEST

START_TEST(names_of_inline_files_are_names)
{
    static const char *const names[] = {"", ".", "..", "a/b"};
    start();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        p.steps.at[FILES].op.file.files.at[0].name = str_from(names[i]);
        refused("$.steps[7].op.files: a name is not that of a file");
        p.steps.at[RUN].op.run.scripts.at[0].name = str_from(names[i]);
        refused("$.steps[2].op.scripts: a name is not that of a file");
    }
}
END_TEST

START_TEST(mounts_are_whole)
{
    start();
    struct ir_mount *m = &p.steps.at[RUN].op.run.mounts.at[0];
    *m = (struct ir_mount){.type = MOUNT_BIND, .target = text_lit(&a, STR("/x"))};
    refused("$.steps[2].op.mounts: a bind mount is from nothing");
    m = &p.steps.at[RUN].op.run.mounts.at[0];
    m->context = STR("c");
    refused("$.steps[2].op.mounts: a mount that is not from a context names one");
    m = &p.steps.at[RUN].op.run.mounts.at[0];
    m->env = STR("A=B");
    refused("$.steps[2].op.mounts: the name of a variable has a \"=\"");
    m = &p.steps.at[RUN].op.run.mounts.at[0];
    m->mode = STR("u+x");
    refused("$.steps[2].op.mounts: not an octal mode");
    m = &p.steps.at[RUN].op.run.mounts.at[0];
    *m = (struct ir_mount){.type = MOUNT_SECRET, .env = STR("TOKEN")};
    struct ob_err err = OB_ERR_INIT;
    ir_identify(&p);
    ck_assert_ok(ir_verify(&p, &err), &err);
}
END_TEST

START_TEST(ids_are_what_the_steps_hash_to)
{
    start();
    struct ob_err err = OB_ERR_INIT;
    char hex[SHA256_HEX + 1];
    digest_hex(&p.steps.at[MKDIR].id, hex);
    p.steps.at[MKDIR].id.b[31] ^= 1;
    ck_assert_int_eq(ir_verify(&p, &err), -1);
    ck_assert_strs(str_from(err.text),
                   arena_printf(&a, "$.steps[3].id: the step hashes to %s", hex));
}
END_TEST

START_TEST(what_is_built_is_there)
{
    start();
    p.stages.at[1].step = 8;
    refused("$.stages[1].step: no such step");
    p.targets.at[1].step = 8;
    refused("$.targets[1].step: no such step");
    p.targets.at[0].stage = 2;
    refused("$.targets[0].stage: no such stage");
    p.targets.n = 0;
    refused("$.targets: is empty: there is nothing to build");
    p.steps.at[RUN].meta.source = 2;
    refused("$.steps[2].meta.source: no such source");
    p.targets.at[0].step = 2;
    refused("$.targets[0].step: not the stage's step");
}
END_TEST

UNIT_MAIN("verify", a_sound_plan_passes, edges_point_backwards, only_a_copy_from_a_step_reads,
          paths_are_absolute, drives_and_late_values_count_as_absolute, ops_are_whole,
          names_of_inline_files_are_names, mounts_are_whole, ids_are_what_the_steps_hash_to,
          what_is_built_is_there)
