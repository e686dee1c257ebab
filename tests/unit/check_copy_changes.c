/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "exec/copy.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "tests/unit/fixture.h"

#include <fcntl.h>
#include <sys/stat.h>

static int write_at(int dir, const char *name, const char *text)
{
    cleanup_close int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    struct ob_err err;
    return fd < 0 ? -1 : fs_write_all(fd, text, strlen(text), &err);
}

/* Changes a file as a careful forger would: same size, same inode, same modification time. */
static void forge(int dir, const char *name)
{
    struct stat st;
    ck_assert_int_eq(fstatat(dir, name, &st, 0), 0);
    usleep(20000); /* more than the grain of the kernel's clock for files */
    ck_assert_int_eq(write_at(dir, name, "FORGED"), 0);
    const struct timespec times[2] = {st.st_atim, st.st_mtim};
    ck_assert_int_eq(utimensat(dir, name, times, 0), 0);
}

START_TEST(a_file_that_changes_after_it_was_hashed_is_not_copied)
{
    char path[] = "/tmp/check_copy_changes-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(path));
    cleanup_close int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_eq(mkdirat(dir, "from", 0755), 0);
    ck_assert_int_eq(mkdirat(dir, "to", 0755), 0);
    cleanup_close int from = openat(dir, "from", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cleanup_close int to = openat(dir, "to", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_eq(write_at(from, "file", "hashed"), 0);
    struct arena a = ARENA_INIT;
    struct str_vec none = {0};
    struct copy_request q = {.root = from, .exclude = &none};
    struct manifest m;
    struct ob_err err;
    vec_push(&a, &q.src, STR("file"));
    ck_assert_ok(manifest_build(&a, &q, &m, &err), &err);
    forge(from, "file");
    struct copy_target t = {
        .root = to, .plain = -1, .dst = STR("/file"), .look = {.uid = getuid(), .gid = getgid()}};
    ck_assert_int_eq(copy_apply(&m, from, &t, &err), -1);
    ck_assert_str_eq(err.text, "\"file\" changed while it was copied");
    arena_free(&a);
    cleanup_close int tmp = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_ok(fs_remove_tree_at(tmp, path + strlen("/tmp/"), &err), &err);
}
END_TEST

UNIT_MAIN("copy_changes", a_file_that_changes_after_it_was_hashed_is_not_copied)
