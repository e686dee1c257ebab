/* SPDX-License-Identifier: Apache-2.0 */
/* Caches without a sandbox: who waits for whom, what is published, and what a crash leaves. */
#include <config.h>

#include "exec/cache.h"

#include "base/cleanup.h"
#include "backends/backends.h"
#include "tests/unit/fixture.h"
#include "tests/unit/scratch_dir.h"

#include <signal.h>
#include <sys/wait.h>

static struct scratch_dir dir;
static struct store *store;
static struct layout layout;
static struct caches caches;
static struct ob_err err;
static int n_waited;

static void start(void)
{
    scratch_start(&dir);
    ck_assert_ok(store_open(&store_copy_ops, dir.path, &store, &err), &err);
    ck_assert_ok(layout_open(&layout, store, &err), &err);
    ck_assert_int_eq(caches_open(&caches, &layout, store, dir.path, CACHES_LOOK, &err), 0);
    ck_assert_int_eq(caches_open(&caches, &layout, store, dir.path, CACHES_MAKE, &err), 1);
    n_waited = 0;
}

static void stop(void)
{
    caches_close(&caches);
    layout_close(&layout);
    store_close(store);
    scratch_end(&dir);
}

static void count_waiting(void *arg, struct str id)
{
    (void)arg;
    (void)id;
    n_waited++;
}

static struct cache_ask ask_for(enum cache_kind kind, enum sharing sharing)
{
    return (struct cache_ask){
        .kind = kind,
        .id = STR("id"),
        .sharing = sharing,
        .start = {.mode = 0755, .uid = geteuid(), .gid = getegid()},
        .waiting = {.fn = count_waiting},
    };
}

static struct cache take(enum cache_kind kind, enum sharing sharing)
{
    struct cache_ask ask = ask_for(kind, sharing);
    struct cache c;
    ck_assert_ok(cache_take(&caches, &ask, &c, &err), &err);
    return c;
}

static void end(struct cache *c, bool succeeded)
{
    ck_assert_ok(cache_end(&caches, c, succeeded, &err), &err);
}

static void put(const struct cache *c, const char *name)
{
    int fd = openat(c->fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static bool has(const struct cache *c, const char *name)
{
    return faccessat(c->fd, name, F_OK, 0) == 0;
}

static struct cache_info only_cache(void)
{
    static struct arena arena;
    struct cache_info_vec all = {0};
    ck_assert_ok(cache_list(&caches, &arena, true, &all, &err), &err);
    ck_assert_uint_eq(all.n, 1);
    return all.at[0];
}

/* A process that has a cache until it is killed. */
static pid_t hold(enum cache_kind kind, enum sharing sharing)
{
    int p[2];
    char byte = 0;
    ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct cache_ask ask = ask_for(kind, sharing);
        struct cache c;
        bool ok = cache_take(&caches, &ask, &c, &err) == 0;
        if (ok)
            put(&c, "held");
        if (write(p[1], ok ? "y" : "n", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(p[1]);
    ck_assert_int_eq(read(p[0], &byte, 1), 1);
    ck_assert_int_eq(byte, 'y');
    close(p[0]);
    return pid;
}

static void kill_and_wait(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

START_TEST(a_shared_cache_is_one_directory_for_all)
{
    struct cache a = take(CACHE_DIR, SHARING_SHARED), b = take(CACHE_DIR, SHARING_SHARED);
    put(&a, "x");
    ck_assert(has(&b, "x"));
    ck_assert_int_eq(n_waited, 0);
    end(&a, false);
    end(&b, true);
    a = take(CACHE_DIR, SHARING_LOCKED);
    ck_assert(has(&a, "x"));
    end(&a, true);
}
END_TEST

START_TEST(a_locked_cache_is_waited_for_until_its_holder_dies)
{
    pid_t holder = hold(CACHE_DIR, SHARING_LOCKED), killer = fork();
    if (killer == 0) {
        usleep(50000);
        kill(holder, SIGKILL);
        _exit(0);
    }
    struct cache c = take(CACHE_DIR, SHARING_LOCKED);
    ck_assert_int_eq(n_waited, 1);
    ck_assert(has(&c, "held"));
    end(&c, true);
    waitpid(killer, NULL, 0);
    waitpid(holder, NULL, 0);
}
END_TEST

START_TEST(private_caches_are_found_again_in_their_order)
{
    struct cache a = take(CACHE_DIR, SHARING_PRIVATE), b = take(CACHE_DIR, SHARING_PRIVATE);
    put(&a, "a");
    put(&b, "b");
    ck_assert(!has(&a, "b") && !has(&b, "a"));
    end(&b, true);
    b = take(CACHE_DIR, SHARING_PRIVATE);
    ck_assert(has(&b, "b"));
    end(&a, true);
    end(&b, true);
    a = take(CACHE_DIR, SHARING_PRIVATE);
    ck_assert(has(&a, "a"));
    end(&a, true);
    ck_assert_int_eq(n_waited, 0);
}
END_TEST

START_TEST(of_two_copies_the_first_to_end_counts)
{
    struct cache a = take(CACHE_COPY, SHARING_SHARED), b = take(CACHE_COPY, SHARING_SHARED);
    put(&a, "a");
    put(&b, "b");
    ck_assert(!has(&b, "a"));
    end(&b, true);
    end(&a, true);
    a = take(CACHE_COPY, SHARING_SHARED);
    ck_assert(has(&a, "b") && !has(&a, "a"));
    end(&a, true);
    ck_assert_uint_eq(only_cache().generation, 3); /* numbers are given out once */
}
END_TEST

START_TEST(a_copy_of_a_step_that_failed_or_died_is_dropped)
{
    struct cache c = take(CACHE_COPY, SHARING_SHARED);
    put(&c, "kept");
    end(&c, true);
    c = take(CACHE_COPY, SHARING_SHARED);
    put(&c, "failed");
    end(&c, false);
    kill_and_wait(hold(CACHE_COPY, SHARING_SHARED));
    c = take(CACHE_COPY, SHARING_SHARED);
    ck_assert(has(&c, "kept") && !has(&c, "failed") && !has(&c, "held"));
    end(&c, false);
    ck_assert_ok(cache_settle(&layout, store, dir.path, &err), &err);
    cleanup_close int tmp = openat(caches.dir, "trees/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat st;
    ck_assert_int_eq(fstat(tmp, &st), 0);
    ck_assert_uint_eq(st.st_nlink, 2); /* no directory is left in it */
}
END_TEST

static void publish_one(void)
{
    struct cache c = take(CACHE_COPY, SHARING_SHARED);
    end(&c, true);
}

static unsigned count_trees(void)
{
    unsigned n = 0;
    cleanup_close int trees =
        openat(caches.dir, "trees/result", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cleanup_dir DIR *d = fs_opendir(trees);
    ck_assert_ptr_nonnull(d);
    for (struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.';
    return n;
}

START_TEST(an_older_generation_stays_while_a_copy_of_it_is_used)
{
    publish_one();
    struct cache first = take(CACHE_COPY, SHARING_SHARED);
    publish_one();
    struct cache second = take(CACHE_COPY, SHARING_SHARED);
    publish_one();
    ck_assert_uint_eq(count_trees(), 3);
    end(&first, false);
    publish_one();
    ck_assert_uint_eq(count_trees(), 3); /* the first is gone, and the second not what follows it */
    end(&second, false);
    publish_one();
    ck_assert_uint_eq(count_trees(), 1);
}
END_TEST

START_TEST(numbers_that_were_forgotten_are_not_given_out_again)
{
    struct cache_ask ask = ask_for(CACHE_COPY, SHARING_SHARED);
    struct cache_name name = cache_name(&ask);
    char file[SHA256_HEX + 32];
    publish_one();
    snprintf(file, sizeof file, "%s/generations", name.hex);
    close(openat(caches.dir, file, O_WRONLY | O_TRUNC | O_CLOEXEC));
    struct cache c = take(CACHE_COPY, SHARING_SHARED);
    put(&c, "new");
    end(&c, true);
    c = take(CACHE_COPY, SHARING_SHARED);
    ck_assert(has(&c, "new"));
    end(&c, true);
}
END_TEST

START_TEST(a_cache_in_use_is_not_removed)
{
    pid_t holder = hold(CACHE_COPY, SHARING_SHARED);
    struct cache_info info = only_cache();
    ck_assert(info.in_use);
    ck_assert_int_eq(cache_remove(&caches, &info.name, false, &err), 0);
    kill_and_wait(holder);
    ck_assert(!only_cache().in_use);
    ck_assert_int_eq(cache_remove(&caches, &info.name, false, &err), 1);
    ck_assert_int_eq(cache_remove(&caches, &info.name, false, &err), 1);
    struct cache c = take(CACHE_COPY, SHARING_SHARED);
    ck_assert(!has(&c, "held"));
    end(&c, true);
}
END_TEST

START_TEST(what_a_killed_remover_left_goes_and_a_new_cache_stays)
{
    struct cache_ask ask = ask_for(CACHE_DIR, SHARING_SHARED);
    struct cache_name name = cache_name(&ask);
    char old[SHA256_HEX + 8];
    struct cache c = take(CACHE_DIR, SHARING_SHARED);
    put(&c, "x");
    end(&c, true);
    snprintf(old, sizeof old, "old-%s", name.hex);
    ck_assert_int_eq(renameat(caches.dir, name.hex, caches.dir, old), 0);
    c = take(CACHE_DIR, SHARING_SHARED);
    put(&c, "y");
    end(&c, true);
    ck_assert_ok(cache_settle(&layout, store, dir.path, &err), &err);
    ck_assert_int_lt(faccessat(caches.dir, old, F_OK, 0), 0);
    c = take(CACHE_DIR, SHARING_SHARED);
    ck_assert(has(&c, "y") && !has(&c, "x"));
    end(&c, true);
}
END_TEST

START_TEST(caches_are_told_apart)
{
    struct cache_ask a = ask_for(CACHE_DIR, SHARING_SHARED), b = a;
    struct cache_name first = cache_name(&a), other;
    b.sharing = SHARING_LOCKED;
    other = cache_name(&b);
    ck_assert_str_eq(first.hex, other.hex);
    b = a;
    b.start.uid++;
    other = cache_name(&b);
    ck_assert_str_ne(first.hex, other.hex);
    b = a;
    b.origin.b[5] = 1;
    other = cache_name(&b);
    ck_assert_str_ne(first.hex, other.hex);
    b.kind = CACHE_COPY;
    a.kind = CACHE_COPY;
    a.start.uid++;
    first = cache_name(&a);
    other = cache_name(&b);
    ck_assert_str_eq(first.hex, other.hex);
}
END_TEST

START_TEST(all_go_at_once)
{
    unsigned n;
    uint64_t bytes;
    struct cache a = take(CACHE_DIR, SHARING_PRIVATE), b = take(CACHE_COPY, SHARING_SHARED);
    end(&a, true);
    end(&b, true);
    ck_assert_ok(cache_remove_all(&layout, store, dir.path, &n, &err), &err);
    ck_assert_uint_eq(n, 2);
    ck_assert_ok(cache_remove_all(&layout, store, dir.path, &n, &err), &err);
    ck_assert_uint_eq(n, 0);
    ck_assert_ok(cache_disk_bytes(&layout, &bytes, &err), &err);
}
END_TEST

UNIT_MAIN_WITH("cache", start, stop, a_shared_cache_is_one_directory_for_all,
               a_locked_cache_is_waited_for_until_its_holder_dies,
               private_caches_are_found_again_in_their_order, of_two_copies_the_first_to_end_counts,
               a_copy_of_a_step_that_failed_or_died_is_dropped,
               an_older_generation_stays_while_a_copy_of_it_is_used,
               numbers_that_were_forgotten_are_not_given_out_again, a_cache_in_use_is_not_removed,
               what_a_killed_remover_left_goes_and_a_new_cache_stays, caches_are_told_apart,
               all_go_at_once)
