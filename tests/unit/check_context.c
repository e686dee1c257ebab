/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "frontend/context.h"
#include "tests/unit/fixture.h"
#include "tests/unit/scratch_dir.h"

static struct arena arena;
static struct context context;

static struct scratch_dir dir;

static void setup(void)
{
    struct ob_err err;
    scratch_start(&dir);
    scratch_mkdir(&dir, "dir");
    scratch_mkdir(&dir, "dir/sub");
    scratch_mkdir(&dir, "skipped");
    scratch_text(&dir, "a.c", "");
    scratch_text(&dir, "b.c", "");
    scratch_text(&dir, "dir/c.c", "");
    scratch_text(&dir, "dir/sub/x", "");
    scratch_text(&dir, "a.log", "");
    scratch_text(&dir, "packed", "\x1f\x8b");
    scratch_text(&dir, ".dockerignore", "skipped\n*.log\n!**/keep.log\n");
    scratch_symlink(&dir, "dir", "link");
    scratch_symlink(&dir, "a.c", "dir/up");
    scratch_symlink(&dir, "/etc/passwd", "out");
    scratch_symlink(&dir, "../a.c", "dir/back");
    ck_assert_ok(context_open(&context, &arena, dir.path, &err), &err);
}

static void teardown(void)
{
    context_close(&context);
    arena_free(&arena);
    scratch_end(&dir);
}

static void check_kind(struct str path, enum context_kind kind, struct str real)
{
    struct str got;
    ck_assert_msg(context_kind(&context, path, &got) == kind, "kind of " STR_FMT, STR_ARG(path));
    if (kind != CONTEXT_MISSING)
        ck_assert_strs(got, real);
}

START_TEST(a_source_is_what_its_links_lead_to)
{
    check_kind(STR("a.c"), CONTEXT_FILE, STR("a.c"));
    check_kind(STR("dir"), CONTEXT_DIRECTORY, STR("dir"));
    check_kind(STR("link"), CONTEXT_DIRECTORY, STR("dir"));
    check_kind(STR("link/c.c"), CONTEXT_FILE, STR("dir/c.c"));
    check_kind(STR("dir/back"), CONTEXT_FILE, STR("a.c"));
    check_kind(STR("."), CONTEXT_DIRECTORY, STR("."));
}
END_TEST

START_TEST(nothing_outside_is_looked_at)
{
    check_kind(STR("out"), CONTEXT_MISSING, STR(""));
    check_kind(STR("dir/up"), CONTEXT_MISSING, STR(""));
    check_kind(STR("../../../etc"), CONTEXT_MISSING, STR(""));
}
END_TEST

static void glob(struct str pattern, struct str_vec *names)
{
    struct ob_err err;
    ck_assert_ok(context_glob(&context, pattern, names, &err), &err);
}

START_TEST(what_is_ignored_is_not_there)
{
    struct str_vec names = {0};
    check_kind(STR("a.log"), CONTEXT_MISSING, STR(""));
    check_kind(STR("skipped"), CONTEXT_DIRECTORY, STR("skipped"));
    glob(STR("*.log"), &names);
    glob(STR("ski*"), &names);
    ck_assert_uint_eq(names.n, 0);
}
END_TEST

static struct str found(const char *path, const char *except)
{
    struct str_vec names = {0};
    struct str path_found;
    struct ob_err err;
    vec_push(&arena, &names, str_from(except));
    ck_assert_ok(context_find_ignored(&context, str_from(path), &names, &path_found, &err), &err);
    return path_found;
}

START_TEST(the_first_that_is_ignored_is_found)
{
    ck_assert_strs(found("", "none"), STR("a.log"));
    ck_assert_strs(found(".", "a.log"), STR("skipped"));
    ck_assert_strs(found("a.log", "a.log"), STR("a.log"));
    ck_assert_ptr_null(found("dir", "none").p);
    ck_assert_ptr_null(found("none", "none").p);
}
END_TEST

START_TEST(an_ignored_directory_may_hold_what_is_kept)
{
    scratch_mkdir(&dir, "half.log");
    scratch_text(&dir, "half.log/keep.log", "");
    ck_assert_ptr_null(found("half.log", "none").p);
    scratch_text(&dir, "half.log/other", "");
    ck_assert_strs(found("half.log", "none"), STR("half.log/other"));
}
END_TEST

START_TEST(patterns_match_component_by_component)
{
    struct str_vec names = {0};
    glob(STR("*.c"), &names);
    glob(STR("d*/?.c"), &names);
    glob(STR("dir/*/[xyz]"), &names);
    ck_assert_uint_eq(names.n, 4);
    ck_assert_strs(names.at[0], STR("a.c"));
    ck_assert_strs(names.at[1], STR("b.c"));
    ck_assert_strs(names.at[2], STR("dir/c.c"));
    ck_assert_strs(names.at[3], STR("dir/sub/x"));
}
END_TEST

START_TEST(archives_are_known_by_what_they_begin_with)
{
    ck_assert(context_is_archive(&context, STR("packed")));
    ck_assert(!context_is_archive(&context, STR("a.c")));
    ck_assert(!context_is_archive(&context, STR("none")));
}
END_TEST

UNIT_MAIN_WITH("context", setup, teardown, a_source_is_what_its_links_lead_to,
               nothing_outside_is_looked_at, what_is_ignored_is_not_there,
               the_first_that_is_ignored_is_found, an_ignored_directory_may_hold_what_is_kept,
               patterns_match_component_by_component, archives_are_known_by_what_they_begin_with)
