/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "exec/run_cfg.h"

#include "base/cleanup.h"
#include "ir/text.h"
#include "tests/unit/fixture.h"

#include <fcntl.h>

/* What becomes of a step `true` with this working directory, and mount target if it is not "", on
 * an image with this working directory. */
struct trial {
    const char *cwd, *target, *image_workdir;
    const char *required; /* a variable that the environment asks of the image, or NULL */
    struct step_cfg cfg;
    struct ob_err err;
};

static int try_cfg(struct trial *t, struct arena *a)
{
    struct build_options options = {0};
    struct plan plan = PLAN_INIT(a);
    struct build b = {.arena = a, .plan = &plan, .options = &options};
    struct image_info image = {.workdir = str_from(t->image_workdir)};
    struct op_run op = {.command.form = COMMAND_ARGV, .cwd = text_lit(a, str_from(t->cwd))};
    struct ir_mount mount = {.type = MOUNT_TMPFS, .target = text_lit(a, str_from(t->target))};
    cleanup_close int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct rootfs root = {.kind = ROOTFS_DIR, .fd = fd};
    vec_push(a, &op.command.argv, STR("true"));
    if (t->target[0])
        vec_push(a, &op.mounts, mount);
    if (t->required) {
        struct text of = text_env(a, str_from(t->required)), why = text_lit(a, STR("give it"));
        struct name_value v = {STR("V"), text_expand(a, TEXT_OP_REQUIRE, of, why)};
        vec_push(a, &op.env, v);
    }
    return run_cfg_make(&b, &op, &image, &root, NULL, &t->cfg, &t->err);
}

START_TEST(the_working_directory_is_the_steps_or_the_images_or_the_root)
{
    static const struct {
        const char *cwd, *image, *want;
    } rows[] = {{"/a", "/b", "/a"}, {"", "/b", "/b"}, {"", "", "/"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena a = ARENA_INIT;
        struct trial t = {.cwd = rows[i].cwd, .target = "", .image_workdir = rows[i].image};
        ck_assert_ok(try_cfg(&t, &a), &t.err);
        ck_assert_str_eq(t.cfg.cwd, rows[i].want);
        arena_free(&a);
    }
}
END_TEST

START_TEST(a_path_that_is_not_absolute_in_the_sandbox_is_the_steps_fault)
{
    static const struct trial rows[] = {
        {.cwd = "C:\\src", .target = "", .image_workdir = ""},
        {.cwd = "", .target = "", .image_workdir = "relative"},
        {.cwd = "/", .target = "\\cache", .image_workdir = ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena a = ARENA_INIT;
        struct trial t = rows[i];
        ck_assert_int_eq(try_cfg(&t, &a), -1);
        ck_assert_ptr_nonnull(strstr(t.err.text, "is not an absolute path"));
        arena_free(&a);
    }
}
END_TEST

START_TEST(a_required_variable_that_the_image_lacks_is_the_steps_fault)
{
    struct arena a = ARENA_INIT;
    struct trial t = {"/", "", "", .required = "NEEDED"};
    ck_assert_int_eq(try_cfg(&t, &a), -1);
    ck_assert_str_eq(t.err.text,
                     "variable \"V\": required variable \"NEEDED\" is not set: give it");
    arena_free(&a);
}
END_TEST

UNIT_MAIN("run_cfg", the_working_directory_is_the_steps_or_the_images_or_the_root,
          a_path_that_is_not_absolute_in_the_sandbox_is_the_steps_fault,
          a_required_variable_that_the_image_lacks_is_the_steps_fault)
