/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "exec/run_cfg.h"

#include "base/cleanup.h"
#include "ir/text.h"
#include "tests/unit/fixture.h"

#include <fcntl.h>

/* What becomes of a step `true` with this working directory, and mount target if it is not "", on
 * an image with this working directory and user. */
struct trial {
    const char *cwd, *target, *image_workdir, *image_user;
    const char *required;   /* a variable that the environment asks of the image, or NULL */
    const char *user;       /* what the step says of its user; NULL = nothing */
    const char *proxies[3]; /* values of HTTP_PROXY, in their order */
    const char *own_proxy;  /* what the step sets itself, or NULL */
    struct step_cfg cfg;
    struct ob_err err;
};

static void add_env(struct op_run *op, struct arena *a, const char *name, struct text value)
{
    struct name_value v = {str_from(name), value};
    vec_push(a, &op->env, v);
}

static void fill_op(const struct trial *t, struct op_run *op, struct arena *a)
{
    struct ir_mount mount = {.type = MOUNT_TMPFS, .target = text_lit(a, str_from(t->target))};
    *op = (struct op_run){.command.form = COMMAND_ARGV, .cwd = text_lit(a, str_from(t->cwd))};
    vec_push(a, &op->command.argv, STR("true"));
    if (t->target[0])
        vec_push(a, &op->mounts, mount);
    if (t->required)
        add_env(op, a, "V",
                text_expand(a, TEXT_OP_REQUIRE, text_env(a, str_from(t->required)),
                            text_lit(a, STR("give it"))));
    if (t->user)
        op->user = t->user[0] ? text_lit(a, str_from(t->user)) : text_env(a, STR("NONE"));
    if (t->own_proxy)
        add_env(op, a, "HTTP_PROXY", text_lit(a, str_from(t->own_proxy)));
}

static int try_cfg(struct trial *t, struct arena *a)
{
    struct build_options options = {0};
    struct plan plan = PLAN_INIT(a);
    struct build b = {.arena = a, .plan = &plan, .options = &options};
    struct image_info image = {.workdir = str_from(t->image_workdir),
                               .user = str_from(t->image_user ? t->image_user : "")};
    struct op_run op;
    cleanup_close int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct rootfs root = {.kind = ROOTFS_DIR, .fd = fd, .plain = -1};
    for (size_t i = 0; i < 3 && t->proxies[i]; i++) {
        struct name_str p = {STR("HTTP_PROXY"), str_from(t->proxies[i])};
        vec_push(a, &plan.proxies, p);
    }
    fill_op(t, &op, a);
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
    struct trial t = {"/", "", "", "", .required = "NEEDED"};
    ck_assert_int_eq(try_cfg(&t, &a), -1);
    ck_assert_str_eq(t.err.text,
                     "variable \"V\": required variable \"NEEDED\" is not set: give it");
    arena_free(&a);
}
END_TEST

START_TEST(a_user_that_turns_out_to_be_empty_is_root_and_none_is_the_images)
{
    static const struct {
        const char *user, *image;
        uid_t want;
    } rows[] = {{NULL, "1234", 1234}, {"", "1234", 0}, {"77", "1234", 77}, {NULL, "", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena a = ARENA_INIT;
        struct trial t = {"/", "", "", rows[i].image, .user = rows[i].user};
        ck_assert_ok(try_cfg(&t, &a), &t.err);
        ck_assert_uint_eq(t.cfg.uid, rows[i].want);
        arena_free(&a);
    }
}
END_TEST

START_TEST(of_proxies_with_one_name_the_last_counts_unless_the_step_has_its_own)
{
    static const struct {
        const char *own, *want;
    } rows[] = {{NULL, "HTTP_PROXY=c"}, {"mine", "HTTP_PROXY=mine"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena a = ARENA_INIT;
        struct trial t = {"/", "", "", "", .proxies = {"a", "b", "c"}, .own_proxy = rows[i].own};
        ck_assert_ok(try_cfg(&t, &a), &t.err);
        ck_assert_str_eq(t.cfg.env[0], rows[i].want);
        ck_assert_ptr_nonnull(t.cfg.env[1]);
        ck_assert(strncmp(t.cfg.env[1], "HTTP_PROXY=", 11) != 0);
        arena_free(&a);
    }
}
END_TEST

UNIT_MAIN("run_cfg", the_working_directory_is_the_steps_or_the_images_or_the_root,
          a_path_that_is_not_absolute_in_the_sandbox_is_the_steps_fault,
          a_required_variable_that_the_image_lacks_is_the_steps_fault,
          a_user_that_turns_out_to_be_empty_is_root_and_none_is_the_images,
          of_proxies_with_one_name_the_last_counts_unless_the_step_has_its_own)
