/* SPDX-License-Identifier: Apache-2.0 */
/* Users of images, whose passwd and group files may hold anything. */
#include <config.h>

#include "base/fs.h"
#include "exec/user.h"
#include "tests/unit/fixture.h"
#include "tests/unit/scratch_dir.h"

#include <sys/inotify.h>

static struct arena a; /* each test runs in a process of its own */
static struct scratch_dir root;

static void start(void)
{
    scratch_start(&root);
    scratch_mkdir(&root, "etc");
}

static void stop(void)
{
    scratch_end(&root);
}

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
                             "# a comment\n"
                             "me:x:1000:100:Me:/home/me:/bin/sh\n"
                             "1000:x:7:8::/seven:\n"
                             "short:x:9\n"
                             "nohome:x:10:10::\n"
                             "bad:x:-1:4\n"
                             "large:x:4294967295:1\n"
                             "last:x:4294967294:0";
static const char group[] = "root:x:0:\nusers:x:100:me,other\nwheel:x:10:root,me\nbad:x:y:me\n"
                            "almost:x:11:mee,m\n2000:x:12:\nshort:x\n";

static void with_files(void)
{
    scratch_write(&root, "etc/passwd", passwd, sizeof passwd - 1);
    scratch_write(&root, "etc/group", group, sizeof group - 1);
}

static struct user resolve(const char *spec, enum user_purpose purpose)
{
    struct user u;
    struct ob_err err = OB_ERR_INIT;
    ck_assert_ok(user_resolve(&a, root.fd, str_from(spec), purpose, &u, &err), &err);
    return u;
}

static void is(const char *spec, uid_t uid, gid_t gid, const char *home)
{
    struct user u = resolve(spec, USER_RUN);
    ck_assert_msg(u.uid == uid && u.gid == gid, "\"%s\" is %u:%u", spec, u.uid, u.gid);
    ck_assert_strs(u.home, str_from(home));
}

static void refused(const char *spec, const char *want)
{
    struct user u;
    struct ob_err err = OB_ERR_INIT;
    ck_assert_int_eq(user_resolve(&a, root.fd, str_from(spec), USER_RUN, &u, &err), -1);
    ck_assert_str_eq(err.text, want);
}

START_TEST(names_and_numbers_are_found)
{
    with_files();
    is("", 0, 0, "/root");
    is("root", 0, 0, "/root");
    is("me", 1000, 100, "/home/me");
    is("me:", 1000, 100, "/home/me");
    is("me:wheel", 1000, 10, "/home/me");
    is("me:33", 1000, 33, "/home/me");
    is("0:users", 0, 100, "/root");
    is(":users", 0, 100, "/root");
    is("last", 4294967294, 0, "/");
    is("nohome", 10, 10, "/");
}
END_TEST

START_TEST(a_name_of_digits_comes_before_the_number)
{
    with_files();
    is("1000", 7, 8, "/seven");
    is("0:2000", 0, 12, "/root");
}
END_TEST

START_TEST(unknown_numbers_are_taken_as_they_are)
{
    with_files();
    is("5", 5, 0, "/");
    is("5:6", 5, 6, "/");
    struct user u = resolve("5", USER_OWNER);
    ck_assert_uint_eq(u.gid, 5);
    u = resolve("me", USER_OWNER);
    ck_assert_uint_eq(u.gid, 100);
}
END_TEST

/* BuildKit looks up names alone; so what was copied before can't change what a number means. */
START_TEST(owners_of_numbers_are_not_looked_up)
{
    with_files();
    struct user u = resolve("1000", USER_OWNER);
    ck_assert_msg(u.uid == 1000 && u.gid == 1000, "%u:%u", u.uid, u.gid);
    u = resolve("1000:2000", USER_OWNER);
    ck_assert_msg(u.uid == 1000 && u.gid == 2000, "%u:%u", u.uid, u.gid);
    u = resolve("1000:users", USER_OWNER);
    ck_assert_msg(u.uid == 1000 && u.gid == 100, "%u:%u", u.uid, u.gid);
    u = resolve("me:2000", USER_OWNER);
    ck_assert_msg(u.uid == 1000 && u.gid == 2000, "%u:%u", u.uid, u.gid);
    scratch_write(&root, "etc/passwd", "zero:x:0:5::/:\n", 15);
    u = resolve("", USER_OWNER);
    ck_assert_msg(u.uid == 0 && u.gid == 0, "%u:%u", u.uid, u.gid);
}
END_TEST

START_TEST(unknown_names_are_refused)
{
    with_files();
    refused("nobody", "the image has no user \"nobody\"");
    refused("me:nobody", "the image has no group \"nobody\"");
    refused("short", "the image has no user \"short\"");
    refused("bad", "the image has no user \"bad\"");
    refused("large", "the image has no user \"large\"");
    refused("4294967295", "the image has no user \"4294967295\"");
    refused("-1", "the image has no user \"-1\"");
    refused("me:-1", "the image has no group \"-1\"");
    refused("0:short", "the image has no group \"short\"");
    refused("99999999999999999999", "the image has no user \"99999999999999999999\"");
}
END_TEST

START_TEST(supplementary_groups_are_whole_names)
{
    with_files();
    struct user u = resolve("me", USER_RUN);
    ck_assert_uint_eq(u.groups.n, 2);
    ck_assert_uint_eq(u.groups.at[0], 100);
    ck_assert_uint_eq(u.groups.at[1], 10);
    u = resolve("me:root", USER_RUN);
    ck_assert_uint_eq(u.groups.n, 0);
    u = resolve("5", USER_RUN);
    ck_assert_uint_eq(u.groups.n, 0);
}
END_TEST

START_TEST(an_image_need_not_have_users)
{
    is("", 0, 0, "/root");
    is("7:8", 7, 8, "/");
    refused("root", "the image has no user \"root\"");
}
END_TEST

START_TEST(links_do_not_lead_out_of_the_image)
{
    scratch_symlink(&root, "/proc/self/environ", "etc/group");
    scratch_symlink(&root, "../../../../etc/passwd", "etc/passwd");
    refused("root", "the image has no user \"root\"");
}
END_TEST

START_TEST(what_is_no_file_is_not_waited_for)
{
    ck_assert_int_eq(mkfifoat(root.fd, "etc/passwd", 0600), 0);
    scratch_mkdir(&root, "etc/group");
    is("3", 3, 0, "/");
}
END_TEST

/* To open a device can be enough to start or to wind it. */
START_TEST(what_is_no_file_is_not_opened)
{
    char event[4096], path[80];
    snprintf(path, sizeof path, "%s/etc", root.path);
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    ck_assert_int_eq(mkfifoat(root.fd, "etc/passwd", 0600), 0);
    ck_assert_int_ge(inotify_add_watch(watch, path, IN_OPEN), 0);
    is("3", 3, 0, "/");
    ck_assert_int_eq(read(watch, event, sizeof event), -1);
    scratch_text(&root, "etc/group", "");
    is("3", 3, 0, "/");
    ck_assert_int_gt(read(watch, event, sizeof event), 0);
    close(watch);
}
END_TEST

START_TEST(binary_files_are_read_over)
{
    static const char noise[] = "\0\xff:\0:x:\n::::::::\n:x:1:1\nme\0:x:5:5\nme:x:6:6::/h\0me:\n";
    scratch_write(&root, "etc/passwd", noise, sizeof noise - 1);
    struct user u = resolve("me", USER_RUN);
    ck_assert_uint_eq(u.uid, 6);
}
END_TEST

START_TEST(huge_files_are_refused)
{
    struct user u;
    struct ob_err err = OB_ERR_INIT;
    scratch_write(&root, "etc/passwd", "", 0);
    int fd = openat(root.fd, "etc/passwd", O_WRONLY);
    ck_assert_int_eq(ftruncate(fd, (16 << 20) + 1), 0);
    close(fd);
    ck_assert_int_eq(user_resolve(&a, root.fd, STR("0"), USER_RUN, &u, &err), -1);
    ck_assert(str_starts(str_from(err.text), STR("the image's /etc/passwd: ")));
}
END_TEST

START_TEST(many_groups_are_cut)
{
    struct buf b = BUF_INIT;
    for (int i = 0; i < 2000; i++)
        buf_printf(&b, "g%d:x:%d:me\n", i, i);
    with_files();
    scratch_write(&root, "etc/group", b.p, b.n);
    ck_assert_uint_eq(resolve("me", USER_RUN).groups.n, 1000);
    buf_free(&b);
}
END_TEST

UNIT_MAIN_WITH("user", start, stop, names_and_numbers_are_found,
               a_name_of_digits_comes_before_the_number, unknown_numbers_are_taken_as_they_are,
               owners_of_numbers_are_not_looked_up, unknown_names_are_refused,
               supplementary_groups_are_whole_names, an_image_need_not_have_users,
               links_do_not_lead_out_of_the_image, what_is_no_file_is_not_waited_for,
               what_is_no_file_is_not_opened, binary_files_are_read_over, huge_files_are_refused,
               many_groups_are_cut)
