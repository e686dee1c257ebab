/* SPDX-License-Identifier: Apache-2.0 */
/* Owners and modes; as root of the machine, and where root is the only user. */
#include <config.h>

#include "base/owner.h"
#include "base/userns.h"
#include "tests/unit/scratch_dir.h"

#include <errno.h>
#include <grp.h>
#include <sys/prctl.h>

enum { ORDINARY = 54321 };

static struct scratch_dir sd;

static void before(void)
{
    scratch_start(&sd);
    scratch_text(&sd, "file", "");
    scratch_symlink(&sd, "file", "link");
    scratch_mkdir(&sd, "dir");
}

static void after(void)
{
    scratch_end(&sd);
}

/* Becomes an ordinary user's root, in this test's process; false where the machine lets nobody. */
static bool become_only_user(void)
{
    struct ob_err why, err = OB_ERR_INIT;
    static const char *const names[] = {".", "file", "link", "dir"};
    for (size_t i = 0; geteuid() == 0 && i < sizeof names / sizeof names[0]; i++)
        ck_assert_int_eq(fchownat(sd.fd, names[i], ORDINARY, ORDINARY, AT_SYMLINK_NOFOLLOW), 0);
    if (geteuid() == 0) {
        ck_assert_int_eq(setgroups(0, NULL), 0);
        ck_assert_int_eq(setresgid(ORDINARY, ORDINARY, ORDINARY), 0);
        ck_assert_int_eq(setresuid(ORDINARY, ORDINARY, ORDINARY), 0);
        ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1), 0); /* as after exec: /proc/self is its own */
    }
    ck_assert(userns_is_needed());
    int rc = userns_enter(&why, &err);
    if (rc < 0)
        printf("skipped: %s\n", err.text);
    return rc == 1;
}

static void is(const char *name, uid_t uid, gid_t gid, mode_t mode)
{
    struct stat st;
    ck_assert_int_eq(fstatat(sd.fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
    ck_assert_uint_eq(st.st_uid, uid);
    ck_assert_uint_eq(st.st_gid, gid);
    ck_assert_uint_eq(st.st_mode, mode);
}

static int open_file(void)
{
    int fd = openat(sd.fd, "file", O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    return fd;
}

START_TEST(root_gives_files_away_and_keeps_their_modes)
{
    if (geteuid() != 0)
        return;
    int fd = open_file();
    ck_assert_int_eq(owner_set(fd, 5, 6, S_IFREG | 04755), 0);
    is("file", 5, 6, S_IFREG | 04755);
    ck_assert_int_eq(owner_set_at(sd.fd, "link", 7, 8, S_IFLNK | 0777), 0);
    is("link", 7, 8, S_IFLNK | 0777);
    is("file", 5, 6, S_IFREG | 04755);
    ck_assert_int_eq(owner_set_at(sd.fd, "dir", 0, 8, S_IFDIR | 03775), 0);
    is("dir", 0, 8, S_IFDIR | 03775);
    close(fd);
}
END_TEST

START_TEST(files_of_others_become_those_of_the_only_user_without_set_id_bits)
{
    if (!become_only_user())
        return;
    ck_assert(userns_has_one_user() && !userns_is_initial() && !userns_is_needed());
    int fd = open_file();
    ck_assert_int_eq(owner_set(fd, 5, 0, 04755), 0);
    is("file", 0, 0, S_IFREG | 0755);
    ck_assert_int_eq(owner_set(fd, 0, 0, 04755), 0);
    is("file", 0, 0, S_IFREG | 04755);
    ck_assert_int_eq(owner_set_at(sd.fd, "dir", 0, 50, S_IFDIR | 03775), 0);
    is("dir", 0, 0, S_IFDIR | 01775);
    ck_assert_int_eq(owner_set_at(sd.fd, "link", 5, 5, S_IFLNK | 0777), 0);
    is("link", 0, 0, S_IFLNK | 0777);
    close(fd);
}
END_TEST

START_TEST(other_failures_stay)
{
    ck_assert_int_eq(owner_set_at(sd.fd, "missing", 0, 0, S_IFREG | 0644), -1);
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_int_eq(owner_set(-1, 0, 0, 0644), -1);
    ck_assert_int_eq(errno, EBADF);
}
END_TEST

UNIT_MAIN_WITH("owner", before, after, root_gives_files_away_and_keeps_their_modes,
               files_of_others_become_those_of_the_only_user_without_set_id_bits,
               other_failures_stay)
