/* SPDX-License-Identifier: Apache-2.0 */
/* Store conformance: whatever a tree holds survives, over generations, moves and long chains. */
#include <config.h>

#include "tests/conform/store.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/userns.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

/* Describes what is committed under key. */
static char *describe_result(struct store *s, const char *key)
{
    struct buf text = BUF_INIT;
    struct rootfs r;
    open_result(s, key, &r);
    describe_tree(r.fd, &text);
    rootfs_close(&r);
    return buf_take(&text);
}

/* For descriptions that must be the same; shows the first line that is not. */
static void check_same(const char *got, const char *want)
{
    while (*got && *got == *want) {
        size_t n = strcspn(got, "\n");
        if (strncmp(got, want, n + 1) != 0)
            break;
        got += n + 1;
        want += n + 1;
    }
    if (*got || *want)
        fail_test(__FILE__, __LINE__, "got  %.*s\n  want %.*s", (int)strcspn(got, "\n"), got,
                  (int)strcspn(want, "\n"), want);
}

static void set_xattr(int dir, const char *name, const char *xattr, const void *p, size_t n)
{
    char path[300];
    snprintf(path, sizeof path, "/proc/self/fd/%d/%s", dir, name);
    CHECK_SYS(lsetxattr(path, xattr, p, n, 0));
}

static void set_owner(int dir, const char *name, uid_t uid, gid_t gid, mode_t mode)
{
    CHECK_SYS(fchownat(dir, name, uid, gid, AT_SYMLINK_NOFOLLOW));
    CHECK_SYS(fchmodat(dir, name, mode, 0));
}

/* cap_net_raw+ep, as the kernel stores it. */
static const unsigned char CAPABILITY[20] = {1, 0, 0, 2, 0, 32};
static const unsigned char ACL[28] = {2,    0,    0, 0, 1,    0,    6,    0,    0xff, 0xff,
                                      0xff, 0xff, 4, 0, 4,    0,    0xff, 0xff, 0xff, 0xff,
                                      32,   0,    4, 0, 0xff, 0xff, 0xff, 0xff};

static void put_plain_files(int dir)
{
    char longest[256];
    memset(longest, 'n', 255);
    longest[255] = '\0';
    put_file(dir, longest, "a name of 255 bytes");
    put_file(dir, "\xff\xfe bad\n\x01", "a name that is not text");
    put_file(dir, "setuid", "x");
    set_owner(dir, "setuid", 1000, 1001, 06755);
    put_file(dir, "secret", "mode 0000");
    set_owner(dir, "secret", 5, 6, 0);
    put_file(dir, "capable", "x");
    set_owner(dir, "capable", 7, 8, 0755);
    set_xattr(dir, "capable", "security.capability", CAPABILITY, sizeof CAPABILITY);
    if (userns_is_initial())
        set_xattr(dir, "capable", "trusted.note", "t", 1);
    put_file(dir, "acl", "x");
    set_xattr(dir, "acl", "system.posix_acl_access", ACL, sizeof ACL);
    const struct timespec old[] = {{.tv_sec = 1}, {.tv_sec = -5, .tv_nsec = 123456789}};
    CHECK_SYS(utimensat(dir, "acl", old, 0));
}

static void put_other_files(int dir)
{
    CHECK_SYS(symlinkat("/etc/passwd", dir, "link"));
    CHECK_SYS(symlinkat("../../../..", dir, "up"));
    CHECK_SYS(fchownat(dir, "up", 33, 44, AT_SYMLINK_NOFOLLOW));
    CHECK_SYS(mknodat(dir, "fifo", S_IFIFO | 0640, 0));
    CHECK_SYS(mknodat(dir, "socket", S_IFSOCK | 0700, 0));
    if (userns_is_initial()) {
        CHECK_SYS(mknodat(dir, "null", S_IFCHR | 0666, makedev(1, 3)));
        CHECK_SYS(mknodat(dir, "disk", S_IFBLK | 0660, makedev(7, 250)));
    }
    CHECK_SYS(mkdirat(dir, "hard", 0755));
    put_file(dir, "hard/a", "one file, three names");
    CHECK_SYS(linkat(dir, "hard/a", dir, "hard/b", 0));
    CHECK_SYS(linkat(dir, "hard/a", dir, "another", 0));
    CHECK_SYS(linkat(dir, "link", dir, "hard/link", 0));
    CHECK_SYS(mkdirat(dir, "sticky", 0755));
    set_owner(dir, "sticky", 0, 100, 03777);
    CHECK_SYS(mkdirat(dir, "closed", 0755));
    put_file(dir, "closed/file", "in a directory of mode 0000");
    set_owner(dir, "closed", 9, 9, 0);
}

static void every_kind_of_file_survives(void)
{
    struct store *s = open_store("store");
    struct rootfs r;
    struct buf text = BUF_INIT;
    struct store_txn *txn = begin(s, key_of(1), NULL, &r);
    put_plain_files(r.fd);
    put_other_files(r.fd);
    set_owner(r.fd, ".", 11, 12, 0711); /* the root directory has attributes too */
    if (userns_is_initial())
        set_xattr(r.fd, ".", "trusted.root", "r", 1);
    const struct timespec then[] = {{.tv_sec = 1000}, {.tv_sec = 2000}};
    CHECK_SYS(utimensat(r.fd, ".", then, 0));
    describe_tree(r.fd, &text);
    commit(txn, &r);
    for (unsigned n = 2; n <= 4; n++) {
        txn = begin(s, key_of(n), key_of(n - 1), &r);
        commit(txn, &r);
    }
    for (unsigned n = 1; n <= 4; n++) {
        cleanup_free char *got = describe_result(s, key_of(n));
        check_same(got, text.p);
    }
    buf_free(&text);
    store_close(s);
}

static void put_dir(int dir, const char *name, const char *file)
{
    CHECK_SYS(mkdirat(dir, name, 0755));
    cleanup_close int sub = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK_SYS(sub);
    put_file(sub, file, file);
}

static void remove_tree(int dir, const char *name)
{
    CHECK_OK(fs_remove_tree_at(dir, name, &the_err));
}

static void deleted_things_stay_deleted(void)
{
    struct store *s = open_store("store");
    struct rootfs r;
    struct store_txn *txn = begin(s, key_of(1), NULL, &r);
    put_dir(r.fd, "gone", "old");
    put_dir(r.fd, "again", "old");
    put_dir(r.fd, "file", "old");
    put_file(r.fd, "dir", "a file");
    put_file(r.fd, "back", "first");
    commit(txn, &r);
    txn = begin(s, key_of(2), key_of(1), &r);
    remove_tree(r.fd, "gone");
    remove_tree(r.fd, "again");
    put_dir(r.fd, "again", "new");
    remove_tree(r.fd, "file");
    put_file(r.fd, "file", "was a directory");
    remove_tree(r.fd, "dir");
    put_dir(r.fd, "dir", "inside");
    remove_tree(r.fd, "back");
    commit(txn, &r);
    txn = begin(s, key_of(3), key_of(2), &r);
    put_file(r.fd, "again/newer", "newer");
    put_file(r.fd, "back", "second");
    commit(txn, &r);
    open_result(s, key_of(3), &r);
    CHECK(faccessat(r.fd, "gone", F_OK, 0) < 0);
    CHECK(has_file(r.fd, "again/new", "new") && has_file(r.fd, "again/newer", "newer"));
    CHECK(!has_file(r.fd, "again/old", "old") && has_file(r.fd, "file", "was a directory"));
    CHECK(has_file(r.fd, "dir/inside", "inside") && has_file(r.fd, "back", "second"));
    rootfs_close(&r);
    store_close(s);
}

static void rename_dir(int dir, const char *from, const char *to)
{
    if (renameat(dir, from, dir, to) < 0 && errno == EXDEV && !userns_is_initial())
        skip_test("an overlay in a user namespace does not rename its lower directories");
    CHECK_SYS(faccessat(dir, to, F_OK, 0));
}

/* Renames directories of the base, within a parent and to another, twice. */
static void make_renames(struct store *s)
{
    struct rootfs r;
    struct store_txn *txn = begin(s, key_of(1), NULL, &r);
    put_dir(r.fd, "a", "in a");
    put_dir(r.fd, "a/b", "in b");
    put_dir(r.fd, "c", "in c");
    commit(txn, &r);
    txn = begin(s, key_of(2), key_of(1), &r);
    rename_dir(r.fd, "a/b", "c/b");
    rename_dir(r.fd, "a", "z");
    commit(txn, &r);
    txn = begin(s, key_of(3), key_of(2), &r);
    rename_dir(r.fd, "c", "z/c");
    put_dir(r.fd, "a", "another a");
    put_file(r.fd, "z/c/b/more", "more");
    commit(txn, &r);
    txn = begin(s, key_of(4), key_of(3), &r);
    rename_dir(r.fd, "z/c/b", "top");
    commit(txn, &r);
}

static void check_renames(struct store *s)
{
    struct rootfs r;
    open_result(s, key_of(4), &r);
    CHECK(has_file(r.fd, "top/in b", "in b") && has_file(r.fd, "top/more", "more"));
    CHECK(has_file(r.fd, "z/in a", "in a") && has_file(r.fd, "z/c/in c", "in c"));
    CHECK(has_file(r.fd, "a/another a", "another a") && !has_file(r.fd, "a/in a", "in a"));
    CHECK(faccessat(r.fd, "c", F_OK, 0) < 0 && faccessat(r.fd, "z/c/b", F_OK, 0) < 0);
    rootfs_close(&r);
    open_result(s, key_of(2), &r);
    CHECK(has_file(r.fd, "c/b/in b", "in b") && has_file(r.fd, "z/in a", "in a"));
    CHECK(faccessat(r.fd, "z/b", F_OK, 0) < 0);
    rootfs_close(&r);
}

static void directories_can_be_renamed(void)
{
    struct store *s = open_store("store");
    make_renames(s);
    check_renames(s);
    store_close(s);
}

static void store_can_be_moved(void)
{
    struct store *s = open_store("store");
    make_renames(s);
    store_close(s);
    CHECK_SYS(mkdir("elsewhere", 0755));
    CHECK_SYS(rename("store", "elsewhere/moved"));
    s = open_store("elsewhere/moved");
    check_renames(s);
    make_result(s, key_of(5), key_of(4), "after the move");
    check_present(s, key_of(5));
    store_close(s);
}

static void directory_with_thousands_of_names(void)
{
    enum { N = 3000 };
    struct store *s = open_store("store");
    struct rootfs r;
    char name[16];
    struct store_txn *txn = begin(s, key_of(1), NULL, &r);
    for (int i = 0; i < N; i++) {
        snprintf(name, sizeof name, "%d", i);
        put_file(r.fd, name, "");
    }
    commit(txn, &r);
    txn = begin(s, key_of(2), key_of(1), &r);
    for (int i = 0; i < N; i += 2) {
        snprintf(name, sizeof name, "%d", i);
        CHECK_SYS(unlinkat(r.fd, name, 0));
    }
    commit(txn, &r);
    open_result(s, key_of(2), &r);
    char path[40];
    int fd = openat(r.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    CHECK(count_entries(path) == N / 2);
    close(fd);
    rootfs_close(&r);
    store_close(s);
}

static void tree_may_be_deep(void)
{
    enum { DEPTH = 3000 };
    struct store *s = open_store("store");
    struct rootfs r;
    struct store_txn *txn = begin(s, key_of(1), NULL, &r);
    int dir = openat(r.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < DEPTH; i++) {
        CHECK_SYS(mkdirat(dir, "d", 0755));
        int next = openat(dir, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        CHECK_SYS(next);
        close(dir);
        dir = next;
    }
    put_file(dir, "a", "bottom");
    CHECK_SYS(linkat(dir, "a", dir, "b", 0));
    close(dir);
    commit(txn, &r);
    make_result(s, key_of(2), key_of(1), "top");
    open_result(s, key_of(2), &r);
    dir = openat(r.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < DEPTH; i++) {
        int next = openat(dir, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        CHECK_SYS(next);
        close(dir);
        dir = next;
    }
    struct stat st;
    CHECK(has_file(dir, "a", "bottom"));
    CHECK_SYS(fstatat(dir, "b", &st, 0));
    CHECK(st.st_nlink == 2);
    close(dir);
    rootfs_close(&r);
    store_close(s);
}

static void holes_stay_cheap(void)
{
    struct store *s = open_store("store");
    struct rootfs r;
    struct stat st;
    struct store_txn *txn = begin(s, key_of(1), NULL, &r);
    int fd = openat(r.fd, "sparse", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    CHECK_SYS(fd);
    CHECK(pwrite(fd, "middle", 6, 500 << 20) == 6);
    CHECK_SYS(ftruncate(fd, 1LL << 30));
    close(fd);
    commit(txn, &r);
    make_result(s, key_of(2), key_of(1), "x");
    open_result(s, key_of(2), &r);
    CHECK_SYS(fstatat(r.fd, "sparse", &st, 0));
    CHECK(st.st_size == 1LL << 30 && st.st_blocks < (4 << 20) / 512);
    fd = openat(r.fd, "sparse", O_RDONLY | O_CLOEXEC);
    char text[7] = "";
    CHECK(pread(fd, text, 6, 500 << 20) == 6 && strcmp(text, "middle") == 0);
    close(fd);
    rootfs_close(&r);
    store_close(s);
}

/* Step n removes what step n-1 made, so each layer has a say in the result. */
static void run_chain(unsigned length)
{
    struct store *s = open_store("store");
    struct rootfs r;
    char name[16];
    make_result(s, key_of(0), NULL, "0");
    for (unsigned n = 1; n < length; n++) {
        struct store_txn *txn = begin(s, key_of(n), key_of(n - 1), &r);
        snprintf(name, sizeof name, "%u", n - 1);
        CHECK_SYS(unlinkat(r.fd, name, 0));
        snprintf(name, sizeof name, "%u", n);
        put_file(r.fd, name, name);
        put_file(r.fd, "count", name);
        commit(txn, &r);
    }
    open_result(s, key_of(length - 1), &r);
    CHECK(has_file(r.fd, "count", name) && has_file(r.fd, name, name));
    int fd = openat(r.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    CHECK(count_entries(path) == 2);
    close(fd);
    rootfs_close(&r);
    CHECK_OK(store_settle(s, &the_err));
    CHECK(count_entries("store/tmp") == 0);
    store_close(s);
}

static void chain_of_60(void)
{
    run_chain(60);
}

static void chain_of_600(void)
{
    run_chain(600);
}

const struct test tree_tests[] = {
    {"every kind of file survives three generations", every_kind_of_file_survives},
    {"deleted things stay deleted, and can be made again", deleted_things_stay_deleted},
    {"directories of a base can be renamed, again and again", directories_can_be_renamed},
    {"a store can be moved", store_can_be_moved},
    {"a directory may have thousands of names", directory_with_thousands_of_names},
    {"a tree may be deep", tree_may_be_deep},
    {"holes stay cheap", holes_stay_cheap},
    {"a chain of 60 results works", chain_of_60},
    {"a chain of 600 results works", chain_of_600},
    {0},
};
