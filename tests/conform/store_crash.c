/* SPDX-License-Identifier: Apache-2.0 */
/* Store conformance: processes that are killed, disks that are full, calls that fail. */
#include <config.h>

#include "tests/conform/store.h"

#include "backends/store_fail.h"

#include "base/cleanup.h"
#include "base/fs.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* Another process with a transaction for `key` under way. */
struct other {
    pid_t pid;
    int go; /* what is written here makes it commit and end */
};

static void run_other(const char *key, const char *base, int ready, int go)
{
    struct store *s = open_store("store");
    struct rootfs r;
    char c = 0;
    struct store_txn *txn = begin(s, key, base, &r);
    put_file(r.fd, "from", "the other process");
    CHECK(write(ready, &c, 1) == 1);
    CHECK(read(go, &c, 1) == 1);
    commit(txn, &r);
    store_close(s);
    _exit(0);
}

static struct other start_other(const char *key, const char *base)
{
    int ready[2], go[2];
    char c;
    CHECK_SYS(pipe2(ready, O_CLOEXEC));
    CHECK_SYS(pipe2(go, O_CLOEXEC));
    pid_t pid = fork();
    CHECK_SYS(pid);
    if (pid == 0)
        run_other(key, base, ready[1], go[0]);
    close(ready[1]);
    close(go[0]);
    CHECK(read(ready[0], &c, 1) == 1);
    close(ready[0]);
    return (struct other){pid, go[1]};
}

static void end_other(struct other o, bool by_kill)
{
    int status;
    if (by_kill)
        CHECK_SYS(kill(o.pid, SIGKILL));
    else
        CHECK(write(o.go, "", 1) == 1);
    close(o.go);
    CHECK_SYS(waitpid(o.pid, &status, 0));
    CHECK(by_kill ? WIFSIGNALED(status) : status == 0);
}

static void killed_transactions_leave_nothing(void)
{
    struct store *s = open_store("store");
    make_result(s, key_of(1), NULL, "one");
    end_other(start_other(key_of(2), key_of(1)), true);
    end_other(start_other(key_of(3), NULL), true);
    check_absent(s, key_of(2));
    store_close(s);
    s = open_store("store");
    check_absent(s, key_of(2));
    check_absent(s, key_of(3));
    CHECK_OK(store_settle(s, &the_err));
    CHECK(count_entries("store/tmp") == 0);
    check_present(s, key_of(1));
    make_result(s, key_of(2), key_of(1), "two");
    store_close(s);
}

static void settle_spares_live_processes(void)
{
    struct store *s = open_store("store");
    struct rootfs r;
    make_result(s, key_of(1), NULL, "one");
    struct other based = start_other(key_of(2), key_of(1)), empty = start_other(key_of(3), NULL);
    struct store_txn *own = begin(s, key_of(4), key_of(1), &r);
    CHECK_OK(store_settle(s, &the_err));
    end_other(based, false);
    end_other(empty, false);
    put_file(r.fd, "own", "own");
    commit(own, &r);
    for (unsigned n = 2; n <= 3; n++) {
        open_result(s, key_of(n), &r);
        CHECK(has_file(r.fd, "from", "the other process"));
        rootfs_close(&r);
    }
    open_result(s, key_of(4), &r);
    CHECK(has_file(r.fd, "own", "own"));
    rootfs_close(&r);
    store_close(s);
}

static void settle_spares_what_is_not_its_own(void)
{
    struct store *s = open_store("store");
    CHECK_SYS(mkdir("store-other", 0755));
    CHECK_SYS(mount("tmpfs", "store-other", "tmpfs", 0, NULL));
    put_file(AT_FDCWD, "store-other/file", "mounted");
    CHECK_SYS(mkdir("store/mine", 0755));
    put_file(AT_FDCWD, "store/mine/file", "the user's");
    put_file(AT_FDCWD, "store/tmp/file", "the user's");
    CHECK_OK(store_settle(s, &the_err));
    CHECK(has_file(AT_FDCWD, "store-other/file", "mounted"));
    CHECK(has_file(AT_FDCWD, "store/mine/file", "the user's"));
    CHECK(has_file(AT_FDCWD, "store/tmp/file", "the user's"));
    CHECK_SYS(umount("store-other"));
    store_close(s);
}

/* Something that is mounted inside what a dead process left is an error, and is left alone. */
static void settle_spares_foreign_mounts(void)
{
    struct store *s = open_store("store");
    CHECK_SYS(mkdir("store/tmp/txn-1-1", 0755));
    CHECK_SYS(mkdir("store/tmp/txn-1-1/mnt", 0755));
    CHECK_SYS(mount("tmpfs", "store/tmp/txn-1-1/mnt", "tmpfs", 0, NULL));
    put_file(AT_FDCWD, "store/tmp/txn-1-1/mnt/file", "mounted");
    end_other(start_other(key_of(1), NULL), true);
    CHECK_FAILS(store_settle(s, &the_err), "txn-1-1");
    CHECK(has_file(AT_FDCWD, "store/tmp/txn-1-1/mnt/file", "mounted"));
    CHECK(count_entries("store/tmp") == 1);
    CHECK_SYS(umount("store/tmp/txn-1-1/mnt"));
    CHECK_OK(store_settle(s, &the_err));
    CHECK(count_entries("store/tmp") == 0);
    store_close(s);
}

enum { N_PROCESSES = 8, N_ROUNDS = 25 };

/* Runs fn in several processes at once, and `meanwhile` here until they have ended. */
static void run_together(void (*fn)(unsigned process), void (*meanwhile)(void))
{
    int status;
    for (unsigned i = 0; i < N_PROCESSES; i++) {
        pid_t pid = fork();
        CHECK_SYS(pid);
        if (pid == 0) {
            fn(i);
            _exit(0);
        }
    }
    for (unsigned ended = 0; ended < N_PROCESSES;) {
        pid_t pid = waitpid(-1, &status, meanwhile ? WNOHANG : 0);
        CHECK_SYS(pid);
        CHECK(pid == 0 || status == 0);
        ended += pid > 0;
        if (meanwhile)
            meanwhile();
    }
}

static void open_and_use(unsigned process)
{
    struct store *s = open_store("store");
    make_result(s, key_of(process), NULL, "file");
    store_close(s);
}

static void processes_make_a_store_together(void)
{
    for (int i = 0; i < N_ROUNDS; i++) {
        run_together(open_and_use, NULL);
        CHECK(count_entries("store/result") == N_PROCESSES);
        CHECK_OK(fs_remove_tree_at(AT_FDCWD, "store", &the_err));
    }
}

static void commit_and_abort(unsigned process)
{
    struct store *s = open_store("store");
    struct rootfs r;
    for (unsigned i = 0; i < N_ROUNDS; i++) {
        unsigned n = 1 + process * N_ROUNDS + i;
        make_result(s, key_of(n), i % 2 ? key_of(0) : NULL, "file");
        struct store_txn *txn = begin(s, key_of(n + 1), key_of(n), &r);
        CHECK(has_file(r.fd, "file", "file"));
        rootfs_close(&r);
        CHECK_OK(store_abort(txn, &the_err));
        if (i % 3 == 0)
            CHECK_OK(store_remove(s, key_of(n), &the_err));
    }
    store_close(s);
}

static void settle_again(void)
{
    struct store *s = open_store("store");
    CHECK_OK(store_settle(s, &the_err));
    store_close(s);
}

static void settle_disturbs_nobody(void)
{
    struct store *s = open_store("store");
    make_result(s, key_of(0), NULL, "base");
    run_together(commit_and_abort, settle_again);
    CHECK_OK(store_settle(s, &the_err));
    CHECK(count_entries("store/tmp") == 0);
    CHECK(count_entries("store/result") == 1 + N_PROCESSES * (N_ROUNDS - (N_ROUNDS + 2) / 3));
    store_close(s);
}

static bool try_result(struct store *s, unsigned n)
{
    struct store_txn *txn;
    struct rootfs r;
    if (store_begin(s, key_of(n), n ? key_of(n - 1) : NULL, &txn, &r, &the_err) < 0)
        return false;
    char name[16], block[4000] = "";
    snprintf(name, sizeof name, "%u", n);
    int fd = openat(r.fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    bool is_written = fd >= 0 && write(fd, block, sizeof block) == sizeof block;
    if (fd >= 0)
        close(fd);
    rootfs_close(&r);
    struct ob_err ignored;
    if (is_written)
        return store_commit(txn, &the_err) == 0;
    ob_err_set(&the_err, ENOSPC, "\"small\"");
    CHECK_OK(store_abort(txn, &ignored));
    return false;
}

static void full_disk_leaves_whole_results(void)
{
    CHECK_SYS(mkdir("small", 0755));
    CHECK_SYS(mount("tmpfs", "small", "tmpfs", 0, "size=256k,nr_inodes=80"));
    struct store *s = open_store("small/store");
    unsigned n = 0;
    while (try_result(s, n))
        n++;
    CHECK(n > 1 && n < 80);
    CHECK(strstr(the_err.text, "No space left"));
    CHECK(strstr(the_err.text, "small"));
    check_absent(s, key_of(n));
    for (unsigned i = 0; i < n; i++) {
        struct rootfs r;
        char name[16];
        struct stat st;
        snprintf(name, sizeof name, "%u", i);
        open_result(s, key_of(i), &r);
        CHECK_SYS(fstatat(r.fd, name, &st, 0));
        CHECK(st.st_size == 4000);
        rootfs_close(&r);
    }
    CHECK_OK(store_remove(s, key_of(n - 1), &the_err));
    CHECK_OK(store_settle(s, &the_err));
    CHECK(try_result(s, n - 1));
    store_close(s);
    CHECK_SYS(umount("small"));
}

static void read_only_disk_is_an_error(void)
{
    struct store_txn *txn;
    struct rootfs r;
    struct store *s, *fresh;
    CHECK_SYS(mkdir("disk", 0755));
    CHECK_SYS(mount("tmpfs", "disk", "tmpfs", 0, NULL));
    s = open_store("disk/store");
    make_result(s, key_of(1), NULL, "one");
    make_result(s, key_of(2), key_of(1), "two");
    CHECK_SYS(mount(NULL, "disk", NULL, MS_REMOUNT | MS_RDONLY, NULL));
    CHECK_FAILS(store_begin(s, key_of(3), NULL, &txn, &r, &the_err), "is read-only");
    CHECK_FAILS(store_begin(s, key_of(3), key_of(1), &txn, &r, &the_err), "disk/store");
    CHECK_FAILS(store_remove(s, key_of(2), &the_err), "Read-only");
    open_result(s, key_of(2), &r);
    CHECK(has_file(r.fd, "one", "one") && has_file(r.fd, "two", "two"));
    rootfs_close(&r);
    CHECK_FAILS(store_open(store_kind(), "disk/fresh", &fresh, &the_err), "Read-only");
    store_close(s);
    CHECK_SYS(umount("disk"));
}

/* The scratch directory is an overlay here, which can't be the upper layer of another one. */
static void unfit_filesystem_is_an_error_with_a_way_out(void)
{
    struct store *s;
    CHECK_SYS(mkdir("low", 0755));
    CHECK_SYS(mkdir("high", 0755));
    CHECK_SYS(mkdir("work", 0755));
    CHECK_SYS(mkdir("merged", 0755));
    CHECK_SYS(mount("overlay", "merged", "overlay", 0, "lowerdir=low,upperdir=high,workdir=work"));
    if (store_kind()->caps & STORE_CAP_LAYER) {
        CHECK_FAILS(store_open(store_kind(), "merged/store", &s, &the_err),
                    "on \"merged/store\" (use --store=copy:PATH)");
        CHECK(count_entries("merged/store") == 0); /* so that the way out is open */
    } else {
        s = open_store("merged/store");
        make_result(s, key_of(1), NULL, "one");
        store_close(s);
    }
    CHECK_SYS(umount("merged"));
}

static int accept_key(void *arg, const char *key, struct ob_err *err)
{
    (void)arg, (void)key, (void)err;
    return 0;
}

/* Makes and removes a result with each of the calls. False = one has failed, and the_err says
 * why. */
static bool use_once(struct store *s)
{
    struct store_txn *txn;
    struct store_usage u;
    struct rootfs r;
    uint64_t bytes;
    if (store_settle(s, &the_err) < 0 ||
        store_begin(s, key_of(2), key_of(1), &txn, &r, &the_err) < 0)
        return false;
    put_file(r.fd, "two", "two");
    rootfs_close(&r);
    if (store_abort(txn, &the_err) < 0 ||
        store_begin(s, key_of(2), key_of(1), &txn, &r, &the_err) < 0)
        return false;
    put_file(r.fd, "two", "two");
    rootfs_close(&r);
    if (store_commit(txn, &the_err) < 0 || store_lookup(s, key_of(2), &r, &the_err) < 0)
        return false;
    rootfs_close(&r);
    return store_usage(s, &u, &the_err) == 0 && store_size(s, key_of(2), &bytes, &the_err) == 0 &&
           store_each(s, accept_key, NULL, &the_err) == 0 &&
           store_remove(s, key_of(2), &the_err) == 0;
}

static void use_after_any_failure(void)
{
    unsigned n = 0;
    struct store *s = open_store("store");
    make_result(s, key_of(1), NULL, "one");
    store_close(s);
    for (bool all_passed = false; !all_passed; n++) {
        unsigned fds = count_entries("/proc/self/fd");
        s = store_fail_new(open_store("store"), n + 1);
        all_passed = use_once(s);
        CHECK(all_passed != store_fail_happened(s));
        if (!all_passed) {
            CHECK(strstr(the_err.text, "of a test"));
            CHECK_OK(store_remove(s, key_of(2), &the_err));
            CHECK(use_once(s));
        }
        store_close(s);
        CHECK(count_entries("/proc/self/fd") == fds);
        s = open_store("store");
        check_absent(s, key_of(2));
        check_present(s, key_of(1));
        store_close(s);
    }
    CHECK(n == 11);
}

const struct test crash_tests[] = {
    {"a killed process leaves no result, and settle cleans up", killed_transactions_leave_nothing},
    {"settle spares the transactions of live processes", settle_spares_live_processes},
    {"settle spares what the store has not made", settle_spares_what_is_not_its_own},
    {"settle spares foreign mounts, and says so", settle_spares_foreign_mounts},
    {"several processes make a store together", processes_make_a_store_together},
    {"transactions of many processes and settle do not disturb each other", settle_disturbs_nobody},
    {"a full disk is an error and leaves whole results", full_disk_leaves_whole_results},
    {"a read-only disk is an error", read_only_disk_is_an_error},
    {"a filesystem that is unfit is an error with a way out",
     unfit_filesystem_is_an_error_with_a_way_out},
    {"after any call has failed the store is as before", use_after_any_failure},
    {0},
};
