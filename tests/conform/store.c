/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store contract, run against one kind of store: conform-store [--trace] KIND:DIR. DIR is a
 * directory on the filesystem to test; each test gets a new one in it. Needs root and a mount
 * namespace of its own, so that mounts can be counted (run-stores.sh).
 */
#include <config.h>

#include "tests/conform/store.h"

#include "backends/backends.h"
#include "backends/store_trace.h"

#include "base/cleanup.h"
#include "base/fs.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { SKIPPED = 77 };

struct ob_err the_err;
static const struct store_ops *kind;
static bool is_traced;

/* The fixture. */

void fail_test(const char *file, int line, const char *fmt, ...)
{
    va_list ap;
    fprintf(stderr, "  %s:%d: ", file, line);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    _exit(1);
}

void skip_test(const char *why)
{
    printf("  skipped: %s\n", why);
    fflush(stdout);
    _exit(SKIPPED);
}

const char *key_of(unsigned n)
{
    static char keys[8][65];
    static unsigned next;
    char *key = keys[next++ % 8];
    snprintf(key, sizeof keys[0], "%064x", n);
    return key;
}

const struct store_ops *store_kind(void)
{
    return kind;
}

struct store *open_store(const char *path)
{
    struct store *s;
    CHECK_OK(store_open(kind, path, &s, &the_err));
    return is_traced ? store_trace_new(s, stdout) : s;
}

struct store_txn *begin(struct store *s, const char *key, const char *base, struct rootfs *r)
{
    struct store_txn *txn;
    CHECK_OK(store_begin(s, key, base, &txn, r, &the_err));
    return txn;
}

void commit(struct store_txn *txn, struct rootfs *r)
{
    rootfs_close(r);
    CHECK_OK(store_commit(txn, &the_err));
}

void check_present(struct store *s, const char *key)
{
    CHECK_IS(store_lookup(s, key, NULL, &the_err), 1);
}

void check_absent(struct store *s, const char *key)
{
    struct rootfs r;
    CHECK_IS(store_lookup(s, key, NULL, &the_err), 0);
    CHECK_IS(store_lookup(s, key, &r, &the_err), 0);
    CHECK(r.fd == -1);
}

void open_result(struct store *s, const char *key, struct rootfs *r)
{
    CHECK_IS(store_lookup(s, key, r, &the_err), 1);
}

void put_file(int dir, const char *name, const char *text)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    CHECK_SYS(fd);
    CHECK_OK(fs_write_all(fd, text, strlen(text), &the_err));
    close(fd);
}

bool has_file(int dir, const char *name, const char *text)
{
    cleanup_buf struct buf b = BUF_INIT;
    int rc = fs_read_file_at(dir, name, &b, 1 << 20, &the_err);
    return rc == 1 && str_eq(buf_str(&b), str_from(text));
}

unsigned count_entries(const char *path)
{
    cleanup_dir DIR *d = opendir(path);
    unsigned n = 0;
    CHECK(d);
    while (readdir(d))
        n++;
    return n - 2;
}

void make_result(struct store *s, const char *key, const char *base, const char *name)
{
    struct rootfs r;
    struct store_txn *txn = begin(s, key, base, &r);
    put_file(r.fd, name, name);
    commit(txn, &r);
}

/* The tests. */

static void begins_empty_without_base(void)
{
    struct store *s = open_store("store");
    struct rootfs r;
    struct stat st;
    struct store_txn *txn = begin(s, key_of(1), NULL, &r);
    cleanup_buf struct buf text = BUF_INIT;
    CHECK_SYS(fstat(r.fd, &st));
    CHECK(st.st_mode == (S_IFDIR | 0755));
    describe_tree(r.fd, &text);
    CHECK(str_find(buf_str(&text), '\n') == (ptrdiff_t)text.n - 1);
    commit(txn, &r);
    check_present(s, key_of(1));
    store_close(s);
}

static void result_holds_its_own_and_its_bases_files(void)
{
    struct store *s = open_store("store");
    struct rootfs r;
    make_result(s, key_of(1), NULL, "one");
    make_result(s, key_of(2), key_of(1), "two");
    make_result(s, key_of(3), key_of(2), "three");
    open_result(s, key_of(3), &r);
    CHECK(has_file(r.fd, "one", "one") && has_file(r.fd, "two", "two") &&
          has_file(r.fd, "three", "three"));
    rootfs_close(&r);
    open_result(s, key_of(1), &r);
    CHECK(has_file(r.fd, "one", "one") && !has_file(r.fd, "two", "two"));
    rootfs_close(&r);
    store_close(s);
}

static void base_does_not_change(void)
{
    struct store *s = open_store("store");
    struct rootfs r;
    make_result(s, key_of(1), NULL, "file");
    struct store_txn *txn = begin(s, key_of(2), key_of(1), &r);
    put_file(r.fd, "file", "changed");
    CHECK_SYS(fchmodat(r.fd, "file", 0600, 0));
    commit(txn, &r);
    txn = begin(s, key_of(3), key_of(1), &r);
    CHECK_SYS(unlinkat(r.fd, "file", 0));
    commit(txn, &r);
    open_result(s, key_of(1), &r);
    CHECK(has_file(r.fd, "file", "file"));
    rootfs_close(&r);
    open_result(s, key_of(2), &r);
    CHECK(has_file(r.fd, "file", "changed"));
    rootfs_close(&r);
    open_result(s, key_of(3), &r);
    CHECK(!has_file(r.fd, "file", "file"));
    rootfs_close(&r);
    store_close(s);
}

static void uncommitted_does_not_exist(void)
{
    struct store *s = open_store("store"), *other = open_store("store");
    struct rootfs r;
    struct store_txn *txn = begin(s, key_of(1), NULL, &r);
    check_absent(s, key_of(1));
    check_absent(other, key_of(1));
    commit(txn, &r);
    check_present(other, key_of(1));
    store_close(other);
    store_close(s);
}

static void abort_leaves_nothing(void)
{
    struct store *s = open_store("store");
    struct rootfs r;
    make_result(s, key_of(1), NULL, "one");
    for (int i = 0; i < 2; i++) {
        struct store_txn *txn = begin(s, key_of(2), i == 0 ? NULL : key_of(1), &r);
        put_file(r.fd, "file", "text");
        rootfs_close(&r);
        CHECK_OK(store_abort(txn, &the_err));
        check_absent(s, key_of(2));
    }
    CHECK_OK(store_settle(s, &the_err));
    CHECK(count_entries("store/tmp") == 0);
    make_result(s, key_of(2), key_of(1), "again");
    store_close(s);
}

static void missing_base_is_an_error(void)
{
    struct store *s = open_store("store");
    struct store_txn *txn;
    struct rootfs r;
    CHECK_FAILS(store_begin(s, key_of(1), key_of(2), &txn, &r, &the_err), key_of(2));
    check_absent(s, key_of(1));
    store_close(s);
}

static int note_key(void *arg, const char *key, struct ob_err *err)
{
    unsigned *seen = arg;
    (void)err;
    for (unsigned i = 0; i < 4; i++)
        if (strcmp(key, key_of(i)) == 0)
            *seen += 1u << (8 * i);
    return 0;
}

static int stop_at_once(void *arg, const char *key, struct ob_err *err)
{
    ++*(unsigned *)arg;
    return ob_err_set(err, 0, "enough at %.4s", key);
}

static void each_gives_every_result_once(void)
{
    struct store *s = open_store("store");
    struct rootfs r;
    unsigned seen = 0, calls = 0;
    CHECK_OK(store_each(s, note_key, &seen, &the_err));
    CHECK(seen == 0);
    make_result(s, key_of(0), NULL, "a");
    make_result(s, key_of(2), key_of(0), "b");
    make_result(s, key_of(3), NULL, "c");
    struct store_txn *txn = begin(s, key_of(1), NULL, &r);
    CHECK_OK(store_each(s, note_key, &seen, &the_err));
    CHECK(seen == 0x01010001);
    CHECK_FAILS(store_each(s, stop_at_once, &calls, &the_err), "enough at 0000");
    CHECK(calls == 1);
    commit(txn, &r);
    store_close(s);
}

static void remove_removes_one(void)
{
    struct store *s = open_store("store");
    struct rootfs r;
    make_result(s, key_of(1), NULL, "one");
    make_result(s, key_of(2), key_of(1), "two");
    CHECK_OK(store_remove(s, key_of(2), &the_err));
    check_absent(s, key_of(2));
    CHECK_OK(store_remove(s, key_of(2), &the_err));
    open_result(s, key_of(1), &r);
    CHECK(has_file(r.fd, "one", "one"));
    rootfs_close(&r);
    CHECK_OK(store_settle(s, &the_err));
    CHECK(count_entries("store/tmp") == 0);
    make_result(s, key_of(2), NULL, "new");
    open_result(s, key_of(2), &r);
    CHECK(has_file(r.fd, "new", "new") && !has_file(r.fd, "two", "two"));
    rootfs_close(&r);
    store_close(s);
}

static void usage_is_of_the_filesystem(void)
{
    struct store *s = open_store("store");
    struct store_usage u;
    CHECK_OK(store_usage(s, &u, &the_err));
    CHECK(u.bytes_total > 0 && u.bytes_free <= u.bytes_total);
    store_close(s);
}

static void size_is_of_one_result(void)
{
    struct store *s = open_store("store");
    struct rootfs r;
    uint64_t one, two, three;
    static char large[256 << 10];
    memset(large, 'x', sizeof large - 1);
    struct store_txn *txn = begin(s, key_of(1), NULL, &r);
    put_file(r.fd, "large", large);
    commit(txn, &r);
    make_result(s, key_of(2), key_of(1), "two");
    CHECK_OK(store_size(s, key_of(1), &one, &the_err));
    CHECK_OK(store_size(s, key_of(2), &two, &the_err));
    CHECK_OK(store_size(s, key_of(3), &three, &the_err));
    CHECK(one >= sizeof large / 2 && one < 2 * sizeof large);
    CHECK((store_kind()->caps & STORE_CAP_LAYER) ? two < one / 2 : two >= one);
    CHECK(three == 0);
    store_close(s);
}

static void odd_key_is_our_own_mistake(void)
{
    static const char *const odd[] = {
        "",
        "..",
        "000000000000000000000000000000000000000000000000000000000000000",
        "00000000000000000000000000000000000000000000000000000000000000000",
        "000000000000000000000000000000000000000000000000000000000000000F",
        "../../0000000000000000000000000000000000000000000000000000000000",
    };
    struct store *s = open_store("store");
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            close(2);
            signal(SIGABRT, SIG_DFL);
            store_lookup(s, odd[i], NULL, &the_err);
            _exit(0);
        }
        int status;
        CHECK_SYS(waitpid(pid, &status, 0));
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    }
    store_close(s);
}

static void only_an_unused_directory_becomes_a_store(void)
{
    struct store *s;
    CHECK_SYS(mkdir("full", 0755));
    CHECK_SYS(mkdir("full/tmp", 0755));
    CHECK_FAILS(store_open(kind, "full", &s, &the_err), "\"full\" is not a store and not empty");
    CHECK(count_entries("full") == 1);
    put_file(AT_FDCWD, "file", "");
    CHECK_FAILS(store_open(kind, "file", &s, &the_err), "\"file\"");
    CHECK_FAILS(store_open(kind, "file/below", &s, &the_err), "\"file/below\"");
    CHECK_FAILS(store_open(kind, "", &s, &the_err), "PATH");
    CHECK_SYS(mkdir("fresh", 0755));
    CHECK_SYS(mkdir("fresh/lost+found", 0755));
    store_close(open_store("fresh"));
    store_close(open_store("deep/er"));
}

static void stores_of_other_kinds_and_versions_are_refused(void)
{
    struct store *s;
    store_close(open_store("store"));
    put_file(AT_FDCWD, "store/obkit-store", "obkit-store 1 other\n");
    CHECK_FAILS(store_open(kind, "store", &s, &the_err), "use --store=other:store");
    put_file(AT_FDCWD, "store/obkit-store", "obkit-store 99 copy\n");
    CHECK_FAILS(store_open(kind, "store", &s, &the_err), "version 99");
    put_file(AT_FDCWD, "store/obkit-store", "");
    CHECK_FAILS(store_open(kind, "store", &s, &the_err), "not a mark");
}

static void results_of_another_user_are_refused(void)
{
    struct store *s;
    if (geteuid() != 0)
        skip_test("only root can give a directory away");
    store_close(open_store("store"));
    CHECK_SYS(chown("store", 1, 1)); /* whoever made the directory: what is in it is ours */
    store_close(open_store("store"));
    CHECK_SYS(chown("store/result", 1, 1));
    CHECK_FAILS(store_open(kind, "store", &s, &the_err), "belongs to another user");
}

/* What a kind without layers can't answer, nobody asks it for. */
static void difference_names_what_differs(void)
{
    struct store *s = open_store("store");
    struct stat st;
    struct rootfs r;
    bool has_layers = kind->caps & STORE_CAP_LAYER;
    int fd;
    make_result(s, key_of(1), NULL, "old");
    make_result(s, key_of(2), NULL, "other");
    struct store_txn *txn = begin(s, key_of(3), key_of(1), &r);
    put_file(r.fd, "new", "new");
    CHECK_SYS(unlinkat(r.fd, "old", 0));
    commit(txn, &r);
    CHECK_IS(store_difference(s, key_of(3), key_of(2), &fd, &the_err), 0);
    CHECK_IS(store_difference(s, key_of(1), key_of(2), &fd, &the_err), 0);
    CHECK_IS(store_difference(s, key_of(3), key_of(1), &fd, &the_err), has_layers);
    if (has_layers) {
        CHECK_SYS(fstatat(fd, "new", &st, AT_SYMLINK_NOFOLLOW));
        CHECK_SYS(fstatat(fd, "old", &st, AT_SYMLINK_NOFOLLOW));
        close(fd);
    }
    store_close(s);
}

const struct test store_tests[] = {
    {"a transaction without a base begins empty", begins_empty_without_base},
    {"a result holds its own files and its base's", result_holds_its_own_and_its_bases_files},
    {"a base does not change", base_does_not_change},
    {"what is not committed does not exist", uncommitted_does_not_exist},
    {"abort leaves nothing", abort_leaves_nothing},
    {"a missing base is an error that names it", missing_base_is_an_error},
    {"each gives every result once, and stops when told", each_gives_every_result_once},
    {"remove removes one result, and a missing one is fine", remove_removes_one},
    {"size is of one result", size_is_of_one_result},
    {"usage is that of the filesystem", usage_is_of_the_filesystem},
    {"a difference names what differs", difference_names_what_differs},
    {"an odd key is our own mistake", odd_key_is_our_own_mistake},
    {"only an unused directory becomes a store", only_an_unused_directory_becomes_a_store},
    {"stores of other kinds and versions are refused",
     stores_of_other_kinds_and_versions_are_refused},
    {"results that belong to another user are refused", results_of_another_user_are_refused},
    {0},
};

/* Running them. */

static unsigned count_lines(const char *path)
{
    cleanup_buf struct buf b = BUF_INIT;
    unsigned n = 0;
    CHECK_IS(fs_read_file_at(AT_FDCWD, path, &b, 64 << 20, &the_err), 1);
    for (size_t i = 0; i < b.n; i++)
        n += b.p[i] == '\n';
    return n;
}

/* In a process of its own: the test, and that it has left no descriptor and no mount. */
static void run_here(const struct test *t)
{
    alarm(300); /* a test that hangs is one that fails */
    unsigned fds = count_entries("/proc/self/fd"), mounts = count_lines("/proc/self/mountinfo");
    t->run();
    CHECK(count_entries("/proc/self/fd") == fds);
    CHECK(count_lines("/proc/self/mountinfo") == mounts);
    exit(0); /* not _exit: a leak checker runs at exit */
}

static int run_one(const struct test *t, unsigned n)
{
    char dir[16];
    int status;
    snprintf(dir, sizeof dir, "%u", n);
    CHECK_SYS(mkdir(dir, 0700));
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        CHECK_SYS(chdir(dir));
        run_here(t);
    }
    CHECK_SYS(waitpid(pid, &status, 0));
    bool is_skipped = WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED;
    printf("%s %s\n", status == 0 ? "ok  " : is_skipped ? "skip" : "FAIL", t->name);
    fs_remove_tree_at(AT_FDCWD, dir, &the_err);
    return status != 0 && !is_skipped;
}

static const char *choose_kind(const char *arg)
{
    static const struct store_ops *const kinds[] = {&store_copy_ops, &store_overlayfs_ops};
    const char *colon = strchr(arg, ':');
    for (size_t i = 0; colon && i < sizeof kinds / sizeof kinds[0]; i++)
        if (str_eq(str_from(kinds[i]->name), str_of(arg, (size_t)(colon - arg))))
            kind = kinds[i];
    return kind ? colon + 1 : NULL;
}

int main(int argc, char **argv)
{
    static const struct test *const lists[] = {store_tests, tree_tests, crash_tests};
    unsigned n = 0;
    int failed = 0;
    is_traced = argc == 3 && strcmp(argv[1], "--trace") == 0;
    const char *dir = argc == 2 + is_traced ? choose_kind(argv[argc - 1]) : NULL;
    if (!dir) {
        fputs("usage: conform-store [--trace] KIND:DIR\n", stderr);
        return 2;
    }
    umask(0077); /* which no result may depend on */
    CHECK_OK(fs_mkdir_p(dir, 0755, &the_err));
    CHECK_SYS(chdir(dir));
    for (size_t l = 0; l < sizeof lists / sizeof lists[0]; l++)
        for (const struct test *t = lists[l]; t->name; t++)
            failed += run_one(t, n++);
    return failed ? 1 : 0;
}
