/* SPDX-License-Identifier: Apache-2.0 */
/* Where a copy's files go, and what becomes of what is there. */
#include <config.h>

#include "exec/copy.h"
#include "tests/unit/fixture.h"
#include "tests/unit/scratch_dir.h"

static struct arena a; /* each test runs in a process of its own */
static struct scratch_dir from, to;
static struct copy_request request;
static struct copy_target target;
static struct str_vec exclude;
static struct manifest m;
static char target_name[64];

/* from: f, dir/{x, sub/y} */
static void start(void)
{
    scratch_start(&from);
    scratch_start(&to);
    scratch_mkdir(&from, "dir");
    scratch_mkdir(&from, "dir/sub");
    scratch_text(&from, "f", "file f");
    scratch_text(&from, "dir/x", "file x");
    scratch_text(&from, "dir/sub/y", "file y");
    request = (struct copy_request){.root = from.fd, .exclude = &exclude, .keep_owner = true};
    target = (struct copy_target){.root = to.fd, .look.keep_owner = true};
}

static void stop(void)
{
    scratch_end(&from);
    scratch_end(&to);
}

static int try_copy(const char *src, const char *also, const char *dst, struct ob_err *err)
{
    request.src.n = 0;
    vec_push(&a, &request.src, str_from(src));
    if (also)
        vec_push(&a, &request.src, str_from(also));
    target.many_sources = also != NULL;
    request.style = target.style;
    target.dst = str_from(dst);
    ck_assert_ok(manifest_build(&a, &request, &m, err), err);
    return copy_apply(&m, from.fd, &target, err);
}

static void copy(const char *src, const char *also, const char *dst)
{
    struct ob_err err = OB_ERR_INIT;
    ck_assert_ok(try_copy(src, also, dst, &err), &err);
}

static void refused(const char *src, const char *dst, const char *want)
{
    struct ob_err err = OB_ERR_INIT;
    ck_assert_int_eq(try_copy(src, NULL, dst, &err), -1);
    ck_assert_str_eq(err.text, want);
}

static struct stat stat_of(const char *path)
{
    struct stat st;
    ck_assert_msg(fstatat(to.fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0, "no %s", path);
    return st;
}

static void holds(const char *path, const char *want)
{
    struct buf b = BUF_INIT;
    struct ob_err err = OB_ERR_INIT;
    ck_assert_msg(fs_read_file_at(to.fd, path, &b, 1000, &err) == 1, "no %s", path);
    ck_assert_strs(buf_str(&b), str_from(want));
    buf_free(&b);
}

static void is_missing(const char *path)
{
    struct stat st;
    ck_assert_msg(fstatat(to.fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0, "%s is there", path);
}

START_TEST(dockerfile_a_file_becomes_the_destination_or_goes_into_it)
{
    copy("f", NULL, "/new/name");
    holds("new/name", "file f");
    copy("f", NULL, "/slash/");
    holds("slash/f", "file f");
    copy("f", NULL, "/new");
    holds("new/f", "file f");
    copy("f", "dir/x", "/both");
    holds("both/f", "file f");
    holds("both/x", "file x");
}
END_TEST

START_TEST(dockerfile_a_directory_gives_its_contents)
{
    copy("dir", NULL, "/d/");
    holds("d/x", "file x");
    holds("d/sub/y", "file y");
    is_missing("d/dir");
}
END_TEST

START_TEST(spec_a_slash_means_into)
{
    target.style = COPY_SPEC;
    copy("dir", NULL, "/as");
    holds("as/x", "file x");
    copy("dir", "f", "/in/");
    holds("in/dir/x", "file x");
    holds("in/f", "file f");
    scratch_mkdir(&to, "there");
    refused("f", "/there", "\"/there\" is a directory, which a file can't replace");
}
END_TEST

START_TEST(what_exists_on_the_way_keeps_its_mode)
{
    scratch_mkdir(&to, "d");
    ck_assert_int_eq(fchmodat(to.fd, "d", 0700, 0), 0);
    copy("dir", NULL, "/d/");
    ck_assert_uint_eq(stat_of("d").st_mode & 07777, 0700);
    ck_assert_int_eq(fchmodat(from.fd, "dir/sub", 0711, 0), 0);
    copy("dir", NULL, "/d/");
    ck_assert_uint_eq(stat_of("d/sub").st_mode & 07777, 0711);
}
END_TEST

START_TEST(files_and_links_are_replaced_and_never_written_through)
{
    scratch_text(&to, "victim", "untouched");
    scratch_symlink(&to, "victim", "f");
    copy("f", NULL, "/f");
    ck_assert(S_ISREG(stat_of("f").st_mode));
    holds("victim", "untouched");
}
END_TEST

START_TEST(links_to_directories_are_followed_inside_the_root)
{
    scratch_mkdir(&to, "real");
    scratch_symlink(&to, "/real", "d");
    scratch_symlink(&to, "/../../../tmp", "out");
    copy("f", NULL, "/d/f");
    holds("real/f", "file f");
    ck_assert(S_ISLNK(stat_of("d").st_mode));
}
END_TEST

START_TEST(modes_owners_and_times_are_set)
{
    struct timespec t[2] = {{.tv_sec = 5}, {.tv_sec = 6, .tv_nsec = 7}};
    ck_assert_int_eq(fchmodat(from.fd, "f", 04750, 0), 0);
    ck_assert_int_eq(utimensat(from.fd, "f", t, 0), 0);
    ck_assert_int_eq(utimensat(from.fd, "dir/sub", t, 0), 0);
    copy("f", "dir", "/d/");
    ck_assert_uint_eq(stat_of("d/f").st_mode & 07777, 04750);
    ck_assert_int_eq(stat_of("d/f").st_mtim.tv_nsec, 7);
    ck_assert_int_eq(stat_of("d/sub").st_mtim.tv_sec, 6);
    target.look.chmod = STR("640");
    copy("f", NULL, "/m");
    ck_assert_uint_eq(stat_of("m").st_mode & 07777, 0640);
    target.look.keep_owner = false;
    target.look.uid = 12;
    target.look.gid = 34;
    copy("f", NULL, "/made/o");
    ck_assert_uint_eq(stat_of("made/o").st_uid, 12);
    ck_assert_uint_eq(stat_of("made/o").st_gid, 34);
    ck_assert_uint_eq(stat_of("made").st_uid, 12);
}
END_TEST

START_TEST(hard_links_stay_together)
{
    ck_assert_int_eq(linkat(from.fd, "dir/x", from.fd, "dir/sub/z", 0), 0);
    copy("dir", NULL, "/d");
    ck_assert_uint_eq(stat_of("d/x").st_ino, stat_of("d/sub/z").st_ino);
    holds("d/sub/z", "file x");
}
END_TEST

/* The first name of b/g is a/f; b/f, which lies where a/f would if it were of the same item, is
 * another file. */
START_TEST(hard_links_across_sources_keep_their_content)
{
    scratch_mkdir(&from, "a");
    scratch_mkdir(&from, "b");
    scratch_text(&from, "a/f", "of a");
    scratch_text(&from, "b/f", "of b");
    ck_assert_int_eq(linkat(from.fd, "a/f", from.fd, "b/g", 0), 0);
    target.style = COPY_SPEC;
    copy("a", "b", "/in/");
    holds("in/b/f", "of b");
    holds("in/b/g", "of a");
    target.style = COPY_DOCKERFILE;
    copy("a", "b", "/one/");
    holds("one/f", "of b");
    holds("one/g", "of a");
}
END_TEST

START_TEST(a_directory_is_not_replaced_by_a_file)
{
    scratch_mkdir(&to, "x");
    refused("dir", "/", "\"/x\" is a directory, which a file can't replace");
}
END_TEST

START_TEST(a_file_on_the_way_is_an_error)
{
    struct ob_err err = OB_ERR_INIT;
    scratch_text(&to, "d", "a file");
    ck_assert_int_eq(try_copy("f", NULL, "/d/e/f", &err), -1);
    holds("d", "a file");
}
END_TEST

/* As it would be if they were copied by two steps: see merge-copies. */
START_TEST(a_source_may_bar_the_way_of_the_next)
{
    struct ob_err err = OB_ERR_INIT;
    scratch_mkdir(&to, "a");
    scratch_symlink(&to, ".", "a/x");
    ck_assert_int_eq(try_copy("dir/x", "f", "/a/x/", &err), -1);
    ck_assert_str_eq(err.text, "can't make directory \"a/x\": Not a directory");
    holds("a/x", "file x");
    is_missing("a/f");
}
END_TEST

START_TEST(times_of_directories_are_set_before_the_next_source_comes)
{
    static const struct timespec old[2] = {{.tv_sec = 5}, {.tv_sec = 6}};
    ck_assert_int_eq(utimensat(from.fd, "dir/sub", old, 0), 0);
    copy("dir", NULL, "/d/");
    ck_assert_int_eq(stat_of("d/sub").st_mtim.tv_sec, 6);
    scratch_mkdir(&to, "e");
    scratch_symlink(&to, ".", "e/sub"); /* so that f goes into what is dir/sub's */
    copy("dir", "f", "/e/");
    ck_assert_int_ne(stat_of("e").st_mtim.tv_sec, 6);
}
END_TEST

/* As many files that several threads make them: many/{0…N}/{f…, link -> f0}, with hard links. */
enum { DIRS = 10, FILES = 50 };

static void make_many(void)
{
    char name[64], first[64];
    scratch_mkdir(&from, "many");
    for (int d = 0; d < DIRS; d++) {
        snprintf(name, sizeof name, "many/%d", d);
        scratch_mkdir(&from, name);
        for (int f = 0; f < FILES; f++) {
            snprintf(name, sizeof name, "many/%d/f%d", d, f);
            scratch_text(&from, name, name);
        }
        snprintf(name, sizeof name, "many/%d/link", d);
        scratch_symlink(&from, "f0", name);
        snprintf(name, sizeof name, "many/%d/a-hard", d);
        snprintf(first, sizeof first, "many/%d/f0", d);
        ck_assert_int_eq(linkat(from.fd, first, from.fd, name, 0), 0);
    }
}

START_TEST(many_files_come_out_as_few_do)
{
    static const struct timespec old[2] = {{.tv_sec = 5}, {.tv_sec = 6}};
    char name[64], want[64];
    make_many();
    ck_assert_int_eq(utimensat(from.fd, "many/3", old, 0), 0);
    copy("many", NULL, "/m");
    for (int d = 0; d < DIRS; d++) {
        for (int f = 0; f < FILES; f++) {
            snprintf(name, sizeof name, "m/%d/f%d", d, f);
            snprintf(want, sizeof want, "many/%d/f%d", d, f);
            holds(name, want);
        }
        snprintf(name, sizeof name, "m/%d/link", d);
        ck_assert(S_ISLNK(stat_of(name).st_mode));
        snprintf(name, sizeof name, "m/%d/a-hard", d);
        snprintf(want, sizeof want, "m/%d/f0", d);
        ck_assert_uint_eq(stat_of(name).st_ino, stat_of(want).st_ino);
    }
    ck_assert_int_eq(stat_of("m/3").st_mtim.tv_sec, 6);
}
END_TEST

START_TEST(where_links_lead_many_files_to_one_place_the_last_one_wins)
{
    make_many();
    static char large[8 << 20]; /* so that who copies it comes late to what follows */
    scratch_write(&from, "many/0/f0", large, sizeof large);
    for (int again = 0; again < 12; again++) {
        snprintf(target_name, sizeof target_name, "/n%d", again);
        scratch_mkdir(&to, target_name + 1);
        snprintf(target_name, sizeof target_name, "n%d/same", again);
        scratch_mkdir(&to, target_name);
        for (int d = 0; d < DIRS; d++) {
            snprintf(target_name, sizeof target_name, "n%d/%d", again, d);
            scratch_symlink(&to, "same", target_name);
        }
        snprintf(target_name, sizeof target_name, "/n%d", again);
        copy("many", NULL, target_name);
        for (int f = 0; f < FILES; f++) {
            char name[64], want[64];
            snprintf(name, sizeof name, "n%d/same/f%d", again, f);
            snprintf(want, sizeof want, "many/%d/f%d", DIRS - 1, f);
            holds(name, want);
        }
    }
}
END_TEST

START_TEST(of_many_files_one_that_changes_is_found)
{
    struct ob_err err = OB_ERR_INIT;
    make_many();
    copy("many", NULL, "/m");
    scratch_text(&from, "many/7/f7", "other");
    target.dst = STR("/changed");
    ck_assert_int_eq(copy_apply(&m, from.fd, &target, &err), -1);
    ck_assert_str_eq(err.text, "\"many/7/f7\" changed while it was copied");
}
END_TEST

START_TEST(a_file_that_changes_meanwhile_is_found)
{
    struct ob_err err = OB_ERR_INIT;
    struct timespec t[2] = {{.tv_sec = 5}, {.tv_sec = 6}};
    copy("f", NULL, "/before");
    target.dst = STR("/grown");
    scratch_text(&from, "f", "file f, longer");
    ck_assert_int_eq(copy_apply(&m, from.fd, &target, &err), -1);
    ck_assert_str_eq(err.text, "\"f\" changed while it was copied");
    scratch_text(&from, "f", "six by");
    ck_assert_int_eq(utimensat(from.fd, "f", t, 0), 0);
    target.dst = STR("/same-size");
    ck_assert_int_eq(copy_apply(&m, from.fd, &target, &err), -1);
    ck_assert_str_eq(err.text, "\"f\" changed while it was copied");
    scratch_text(&from, "f", "x");
    ck_assert_int_eq(copy_apply(&m, from.fd, &target, &err), -1);
    ck_assert_int_eq(unlinkat(from.fd, "f", 0), 0);
    ck_assert_int_eq(copy_apply(&m, from.fd, &target, &err), -1);
    ck_assert_str_eq(err.text, "can't open \"f\": No such file or directory");
}
END_TEST

UNIT_MAIN_AS_ROOT("copy", start, stop, dockerfile_a_file_becomes_the_destination_or_goes_into_it,
                  dockerfile_a_directory_gives_its_contents, spec_a_slash_means_into,
                  what_exists_on_the_way_keeps_its_mode,
                  files_and_links_are_replaced_and_never_written_through,
                  links_to_directories_are_followed_inside_the_root, modes_owners_and_times_are_set,
                  hard_links_stay_together, hard_links_across_sources_keep_their_content,
                  a_directory_is_not_replaced_by_a_file, a_file_on_the_way_is_an_error,
                  a_source_may_bar_the_way_of_the_next,
                  times_of_directories_are_set_before_the_next_source_comes,
                  many_files_come_out_as_few_do,
                  where_links_lead_many_files_to_one_place_the_last_one_wins,
                  of_many_files_one_that_changes_is_found, a_file_that_changes_meanwhile_is_found)
