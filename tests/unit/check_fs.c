/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "tests/unit/fixture.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sched.h>
#include <time.h>

static char path[] = "/tmp/check-fs.XXXXXX"; /* its template is filled in once for each process */
static int dir;

/* A new directory, as `dir` and `path`; Check runs each test in a process of its own. */
static void set_up(void)
{
    umask(0022);
    ck_assert_ptr_nonnull(mkdtemp(path));
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(dir, 0);
}

static void tear_down(void)
{
    struct ob_err err;
    cleanup_close int tmp = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_ok(fs_remove_tree_at(tmp, path + strlen("/tmp/"), &err), &err);
    close(dir);
}

static void put_file(int at, const char *name, const char *text)
{
    struct ob_err err;
    cleanup_close int fd = openat(at, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    ck_assert_int_ge(fd, 0);
    ck_assert_ok(fs_write_all(fd, text, strlen(text), &err), &err);
}

static void ck_assert_file(int at, const char *name, const char *text)
{
    struct ob_err err = OB_ERR_INIT;
    cleanup_buf struct buf b = BUF_INIT;
    int rc = fs_read_file_at(at, name, &b, 1 << 20, &err);
    ck_assert_msg(rc == 1, "%s: %s", name, rc < 0 ? err.text : "missing");
    ck_assert_strs(buf_str(&b), str_from(text));
}

static bool exists(int at, const char *name)
{
    return faccessat(at, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* "root" in dir, with links that try to lead out, and "outside" beside it. */
static int make_hostile_root(void)
{
    put_file(dir, "outside", "outside");
    ck_assert_int_eq(mkdirat(dir, "root", 0755), 0);
    int root = openat(dir, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(root, 0);
    ck_assert_int_eq(symlinkat("../outside", root, "relative"), 0);
    ck_assert_int_eq(symlinkat("/etc", root, "absolute"), 0);
    ck_assert_int_eq(symlinkat("loop", root, "loop"), 0);
    ck_assert_int_eq(symlinkat("../../../../../..", root, "up"), 0);
    return root;
}

START_TEST(a_lookup_in_a_root_never_leaves_it)
{
    set_up();
    cleanup_close int root = make_hostile_root();
    ck_assert_int_eq(fs_open_in(root, "../outside", O_RDONLY, 0), -1);
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_int_eq(fs_open_in(root, "relative", O_RDONLY, 0), -1);
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_int_eq(fs_open_in(root, "absolute/passwd", O_RDONLY, 0), -1);
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_int_eq(fs_open_in(root, "up/etc/passwd", O_RDONLY, 0), -1);
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_int_eq(fs_open_in(root, "loop", O_RDONLY, 0), -1);
    ck_assert_int_eq(errno, ELOOP);
    tear_down();
}
END_TEST

START_TEST(a_link_in_a_root_is_followed_as_after_chroot)
{
    set_up();
    cleanup_close int root = make_hostile_root();
    ck_assert_int_eq(mkdirat(root, "etc", 0755), 0);
    put_file(root, "etc/passwd", "inside");
    put_file(root, "outside", "the root's own");
    cleanup_close int passwd = fs_open_in(root, "absolute/passwd", O_RDONLY, 0);
    cleanup_close int up = fs_open_in(root, "up/etc/passwd", O_RDONLY, 0);
    cleanup_close int relative = fs_open_in(root, "relative", O_RDONLY, 0);
    char text[32] = "";
    ck_assert_int_eq(read(passwd, text, sizeof text), 6);
    ck_assert_int_eq(read(up, text, sizeof text), 6);
    ck_assert_str_eq(text, "inside");
    ck_assert_int_eq(read(relative, text, sizeof text), 14);
    ck_assert_int_eq(fcntl(up, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    tear_down();
}
END_TEST

START_TEST(magic_links_are_refused)
{
    cleanup_close int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_eq(fs_open_in(root, "proc/self/root", O_RDONLY, 0), -1);
    ck_assert_int_eq(errno, ELOOP);
}
END_TEST

START_TEST(new_directories_get_mode_and_owner_and_old_ones_keep_theirs)
{
    set_up();
    struct ob_err err;
    struct stat st;
    bool is_root = geteuid() == 0;
    uid_t uid = is_root ? 12 : geteuid();
    gid_t gid = is_root ? 34 : getegid();
    ck_assert_int_eq(mkdirat(dir, "old", 0700), 0);
    umask(0077);
    cleanup_close int made = fs_mkdirs_in(dir, "/old/a//b/", 01777, uid, gid, &err);
    ck_assert_ok(made, &err);
    ck_assert_int_eq(fstatat(dir, "old", &st, 0), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0700);
    ck_assert_uint_eq(st.st_uid, geteuid());
    ck_assert_int_eq(fstatat(dir, "old/a", &st, 0), 0);
    ck_assert_int_eq(st.st_mode & 07777, 01777);
    ck_assert_uint_eq(st.st_uid, uid);
    ck_assert_int_eq(fstat(made, &st), 0);
    ck_assert_uint_eq(st.st_gid, gid);
    tear_down();
}
END_TEST

START_TEST(directories_are_made_where_links_lead_inside)
{
    set_up();
    struct ob_err err;
    cleanup_close int root = make_hostile_root();
    ck_assert_int_eq(mkdirat(root, "etc", 0755), 0);
    cleanup_close int a = fs_mkdirs_in(root, "absolute/x", 0755, geteuid(), getegid(), &err);
    ck_assert_ok(a, &err);
    ck_assert(exists(root, "etc/x"));
    cleanup_close int b = fs_mkdirs_in(root, "up/../y", 0755, geteuid(), getegid(), &err);
    ck_assert_ok(b, &err);
    ck_assert(exists(root, "y") && !exists(dir, "y"));
    ck_assert_int_eq(fs_mkdirs_in(root, "loop/x", 0755, 0, 0, &err), -1);
    put_file(root, "file", "");
    ck_assert_int_eq(fs_mkdirs_in(root, "file/x", 0755, 0, 0, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "\"file/x\": Not a directory"));
    tear_down();
}
END_TEST

START_TEST(missing_parents_are_made)
{
    set_up();
    struct ob_err err;
    char deep[100];
    snprintf(deep, sizeof deep, "%s//a/b/c", path);
    ck_assert_ok(fs_mkdir_p(deep, 0755, &err), &err);
    ck_assert_ok(fs_mkdir_p(deep, 0755, &err), &err);
    ck_assert(exists(dir, "a/b/c"));
    put_file(dir, "a/file", "");
    snprintf(deep, sizeof deep, "%s/a/file", path);
    ck_assert_int_eq(fs_mkdir_p(deep, 0755, &err), -1);
    ck_assert_int_eq(err.errnum, ENOTDIR);
    tear_down();
}
END_TEST

START_TEST(a_tree_of_5000_levels_is_removed)
{
    set_up();
    struct ob_err err;
    cleanup_close int at = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < 5000; i++) {
        ck_assert_int_eq(mkdirat(at, "d", 0755), 0);
        put_file(at, "file", "");
        int next = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_ge(next, 0);
        close(at);
        at = next;
    }
    ck_assert_ok(fs_remove_tree_at(dir, "d", &err), &err);
    ck_assert(!exists(dir, "d") && exists(dir, "file"));
    tear_down();
}
END_TEST

START_TEST(removing_follows_no_link_and_spares_nothing_else)
{
    set_up();
    struct ob_err err;
    ck_assert_int_eq(mkdirat(dir, "kept", 0755), 0);
    put_file(dir, "kept/file", "kept");
    ck_assert_int_eq(mkdirat(dir, "tree", 0755), 0);
    ck_assert_int_eq(mkdirat(dir, "tree/closed", 0755), 0);
    put_file(dir, "tree/closed/\xff", "");
    ck_assert_int_eq(symlinkat("../kept", dir, "tree/link"), 0);
    ck_assert_int_eq(symlinkat("/nowhere", dir, "tree/dangling"), 0);
    ck_assert_int_eq(mknodat(dir, "tree/fifo", S_IFIFO | 0600, 0), 0);
    ck_assert_int_eq(fchmodat(dir, "tree/closed", 0, 0), 0);
    ck_assert_ok(fs_remove_tree_at(dir, "tree", &err), &err);
    ck_assert(!exists(dir, "tree"));
    ck_assert_file(dir, "kept/file", "kept");
    ck_assert_int_eq(symlinkat("kept", dir, "top"), 0);
    ck_assert_ok(fs_remove_tree_at(dir, "top", &err), &err);
    ck_assert(!exists(dir, "top") && exists(dir, "kept/file"));
    ck_assert_ok(fs_remove_tree_at(dir, "missing", &err), &err);
    tear_down();
}
END_TEST

START_TEST(removing_stops_at_a_mount_point)
{
    if (unshare(CLONE_NEWNS) < 0) { /* the other tests of this program do not need it */
        printf("skipped: no mount namespace can be made here: %s\n", strerror(errno));
        return;
    }
    set_up();
    struct ob_err err;
    ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
    ck_assert_int_eq(mkdirat(dir, "tree", 0755), 0);
    ck_assert_int_eq(mkdirat(dir, "tree/mnt", 0755), 0);
    char mnt[100];
    snprintf(mnt, sizeof mnt, "%s/tree/mnt", path);
    ck_assert_int_eq(mount("tmpfs", mnt, "tmpfs", 0, NULL), 0);
    put_file(dir, "tree/mnt/file", "mounted");
    ck_assert_int_eq(fs_remove_tree_at(dir, "tree", &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "\"tree\""));
    ck_assert_file(dir, "tree/mnt/file", "mounted");
    cleanup_close int tree = openat(dir, "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_eq(fs_remove_tree_at(tree, "mnt", &err), -1);
    ck_assert_file(dir, "tree/mnt/file", "mounted");
    ck_assert_int_eq(umount(mnt), 0);
    tear_down();
}
END_TEST

START_TEST(data_is_copied_whole)
{
    set_up();
    struct ob_err err;
    static char data[300000];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)(i * 7 + i / 256);
    cleanup_close int from = openat(dir, "from", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    cleanup_close int to = openat(dir, "to", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    ck_assert_ok(fs_write_all(from, data, sizeof data, &err), &err);
    ck_assert_int_eq(lseek(from, 0, SEEK_SET), 0);
    ck_assert_ok(fs_copy_data(from, to, sizeof data, &err), &err);
    cleanup_buf struct buf got = BUF_INIT;
    ck_assert_int_eq(fs_read_file_at(dir, "to", &got, 1 << 20, &err), 1);
    ck_assert(str_eq(buf_str(&got), str_of(data, sizeof data)));
    tear_down();
}
END_TEST

START_TEST(holes_stay_holes)
{
    set_up();
    struct ob_err err;
    struct stat st;
    enum { SIZE = 64 << 20, AT = 32 << 20 };
    cleanup_close int from = openat(dir, "from", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    cleanup_close int to = openat(dir, "to", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    ck_assert_int_eq(ftruncate(from, SIZE), 0);
    ck_assert_int_eq(pwrite(from, "begin", 5, 0), 5);
    ck_assert_int_eq(pwrite(from, "middle", 6, AT), 6);
    ck_assert_ok(fs_copy_data(from, to, SIZE, &err), &err);
    char got[6];
    ck_assert_int_eq(pread(to, got, 5, 0), 5);
    ck_assert(memcmp(got, "begin", 5) == 0);
    ck_assert_int_eq(pread(to, got, 6, AT), 6);
    ck_assert(memcmp(got, "middle", 6) == 0);
    ck_assert_int_eq(fstat(to, &st), 0);
    ck_assert_int_eq(st.st_size, SIZE);
    ck_assert_int_lt(st.st_blocks, SIZE / 512 / 2);
    tear_down();
}
END_TEST

START_TEST(a_path_may_be_longer_than_path_max)
{
    set_up();
    static char long_path[40 * 200];
    char name[201] = "";
    memset(name, 'n', 200);
    int at = dup(dir);
    for (int i = 0; i < 39; i++) {
        ck_assert_int_eq(mkdirat(at, name, 0755), 0);
        int next = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        close(at);
        at = next;
        snprintf(long_path + strlen(long_path), sizeof long_path - strlen(long_path), "%s/", name);
    }
    put_file(at, "f", "deep");
    ck_assert_int_eq(
        symlinkat("../../../../../../../../../../../../../../../../../../../../../../../"
                  "../../../../../../../../../../../../../../../../../../../etc",
                  at, "out"),
        0);
    close(at);
    char *end = long_path + strlen(long_path);
    ck_assert_uint_gt(strlen(long_path), 4096);
    strncpy(end, "f", 10);
    cleanup_close int fd = fs_open_in(dir, long_path, O_RDONLY, 0);
    ck_assert_int_ge(fd, 0);
    strncpy(end, "out/passwd", 20);
    ck_assert_int_eq(fs_open_in(dir, long_path, O_RDONLY, 0), -1);
    tear_down();
}
END_TEST

START_TEST(a_file_that_ends_early_is_an_error)
{
    set_up();
    struct ob_err err = OB_ERR_INIT;
    put_file(dir, "from", "short");
    cleanup_close int from = openat(dir, "from", O_RDONLY | O_CLOEXEC);
    cleanup_close int to = openat(dir, "to", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    int rc = fs_copy_data(from, to, 100, &err);
    ck_assert_msg(rc == -1 && strstr(err.text, "shorter"), "%d %s", rc, err.text);
    tear_down();
}
END_TEST

START_TEST(data_is_copied_from_files_of_proc)
{
    set_up();
    struct ob_err err;
    cleanup_close int from = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    cleanup_close int to = openat(dir, "to", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    ck_assert_ok(fs_copy_data(from, to, 20, &err), &err);
    struct stat st;
    ck_assert_int_eq(fstat(to, &st), 0);
    ck_assert_int_eq(st.st_size, 20);
    tear_down();
}
END_TEST

static void put_old_file(const char *name)
{
    const struct timespec old[2] = {{.tv_sec = time(NULL) - 4000}, {.tv_sec = time(NULL) - 4000}};
    put_file(dir, name, "");
    ck_assert_int_eq(utimensat(dir, name, old, 0), 0);
}

START_TEST(what_a_killed_writer_left_is_removed_when_it_is_old)
{
    static const char *const others[] = {"file", "file.new", "file.x.new", ".1.new",
                                         "file.1.newer"};
    set_up();
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        put_old_file(others[i]);
    put_old_file("file.1.new");
    put_old_file("index.db.123456.new");
    put_file(dir, "file.2.new", "being written");
    ck_assert_int_eq(mkdirat(dir, "dir.1.new", 0755), 0);
    fs_settle_replaced(dir);
    ck_assert(!exists(dir, "file.1.new") && !exists(dir, "index.db.123456.new"));
    ck_assert(exists(dir, "file.2.new") && exists(dir, "dir.1.new"));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        ck_assert_msg(exists(dir, others[i]), "%s is gone", others[i]);
    tear_down();
}
END_TEST

START_TEST(a_replaced_file_is_new_and_whole)
{
    set_up();
    struct ob_err err;
    put_file(dir, "other", "other");
    ck_assert_int_eq(symlinkat("other", dir, "file"), 0);
    ck_assert_ok(fs_replace_file_at(dir, "file", "new", 3, 0600, &err), &err);
    ck_assert_file(dir, "file", "new");
    ck_assert_file(dir, "other", "other");
    struct stat st;
    ck_assert_int_eq(fstatat(dir, "file", &st, AT_SYMLINK_NOFOLLOW), 0);
    ck_assert_int_eq(st.st_mode, S_IFREG | 0600);
    ck_assert_int_eq(fs_replace_file_at(dir, "missing/file", "x", 1, 0600, &err), -1);
    ck_assert_int_eq(err.errnum, ENOENT);
    ck_assert_int_eq(mkdirat(dir, "dir", 0755), 0);
    ck_assert_int_eq(fs_replace_file_at(dir, "dir", "x", 1, 0600, &err), -1);
    char left[64];
    snprintf(left, sizeof left, "dir.%ld.new", (long)getpid());
    ck_assert(!exists(dir, left));
    tear_down();
}
END_TEST

static int count_entries(void)
{
    int n = 0;
    cleanup_dir DIR *d = fs_opendir(dir);
    while (readdir(d))
        n++;
    return n - 2;
}

START_TEST(a_rewritten_file_keeps_mode_owner_and_links_to_it)
{
    set_up();
    struct ob_err err;
    struct stat st;
    char link[64], missing[64];
    snprintf(link, sizeof link, "%s/link", path);
    snprintf(missing, sizeof missing, "%s/missing", path);
    put_file(dir, "file", "old and longer");
    ck_assert_int_eq(fchmodat(dir, "file", 0640, 0), 0);
    bool is_root = fchownat(dir, "file", 12, 34, 0) == 0;
    ck_assert_int_eq(symlinkat("file", dir, "link"), 0);
    ck_assert_ok(fs_rewrite_file(link, "new", 3, &err), &err);
    ck_assert_file(dir, "file", "new");
    ck_assert_int_eq(fstatat(dir, "link", &st, AT_SYMLINK_NOFOLLOW), 0);
    ck_assert(S_ISLNK(st.st_mode));
    ck_assert_int_eq(fstatat(dir, "file", &st, AT_SYMLINK_NOFOLLOW), 0);
    ck_assert_int_eq(st.st_mode, S_IFREG | 0640);
    ck_assert(!is_root || (st.st_uid == 12 && st.st_gid == 34));
    ck_assert_int_eq(fs_rewrite_file(missing, "x", 1, &err), -1);
    ck_assert_int_eq(err.errnum, ENOENT);
    ck_assert_int_eq(fs_rewrite_file(path, "x", 1, &err), -1);
    ck_assert_int_eq(count_entries(), 2);
    tear_down();
}
END_TEST

START_TEST(reading_says_absent_too_large_and_unreadable)
{
    set_up();
    struct ob_err err;
    cleanup_buf struct buf b = BUF_INIT;
    put_file(dir, "file", "12345");
    ck_assert_int_eq(fs_read_file_at(dir, "missing", &b, 100, &err), 0);
    ck_assert_int_eq(fs_read_file_at(dir, "file", &b, 5, &err), 1);
    buf_clear(&b);
    ck_assert_int_eq(fs_read_file_at(dir, "file", &b, 4, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "larger than 4 bytes"));
    ck_assert_int_eq(fs_read_file_at(AT_FDCWD, path, &b, 100, &err), -1);
    ck_assert_int_eq(err.errnum, EISDIR);
    tear_down();
}
END_TEST

static int open_found(const char *name, const struct stat *st)
{
    cleanup_close int at = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    ck_assert_int_ge(at, 0);
    return fs_open_found(at, st->st_dev, st->st_ino);
}

START_TEST(what_was_found_is_opened_and_nothing_in_its_place)
{
    struct stat st;
    char c;
    set_up();
    put_file(dir, "file", "x");
    ck_assert_int_eq(fstatat(dir, "file", &st, 0), 0);
    cleanup_close int fd = open_found("file", &st);
    ck_assert_int_eq(read(fd, &c, 1), 1);
    ck_assert_int_eq(renameat(dir, "file", dir, "old"), 0);
    put_file(dir, "file", "y");
    ck_assert_int_eq(open_found("file", &st), -1);
    ck_assert_int_eq(errno, ESTALE);
    ck_assert_int_eq(mkfifoat(dir, "fifo", 0600), 0);
    ck_assert_int_eq(fstatat(dir, "fifo", &st, 0), 0);
    ck_assert_int_eq(open_found("fifo", &st), -1);
    ck_assert_int_eq(errno, ESTALE);
    tear_down();
}
END_TEST

UNIT_MAIN("fs", a_lookup_in_a_root_never_leaves_it, a_link_in_a_root_is_followed_as_after_chroot,
          magic_links_are_refused, new_directories_get_mode_and_owner_and_old_ones_keep_theirs,
          directories_are_made_where_links_lead_inside, missing_parents_are_made,
          a_tree_of_5000_levels_is_removed, removing_follows_no_link_and_spares_nothing_else,
          removing_stops_at_a_mount_point, data_is_copied_whole, holes_stay_holes,
          a_path_may_be_longer_than_path_max, a_file_that_ends_early_is_an_error,
          data_is_copied_from_files_of_proc, a_replaced_file_is_new_and_whole,
          what_a_killed_writer_left_is_removed_when_it_is_old,
          a_rewritten_file_keeps_mode_owner_and_links_to_it,
          reading_says_absent_too_large_and_unreadable,
          what_was_found_is_opened_and_nothing_in_its_place)
