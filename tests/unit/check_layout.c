/* SPDX-License-Identifier: Apache-2.0 */
/* Logs and locks of a store, and what becomes of those of processes that died. */
#include <config.h>

#include "exec/layout.h"

#include "base/cleanup.h"
#include "tests/unit/fixture.h"
#include "tests/unit/store_dir.h"

#include <signal.h>
#include <sys/wait.h>

static struct store_dir sd;
static struct ob_err err;
static char key[SHA256_HEX + 1];

static void start(void)
{
    struct digest d = digest_filled(0xcd);
    store_dir_start(&sd);
    digest_hex(&d, key);
}

static void stop(void)
{
    store_dir_end(&sd);
}

static bool is_there(const char *suffix)
{
    char name[LOG_NAME_MAX + 32];
    struct stat st;
    snprintf(name, sizeof name, "state/log/%s%s", key, suffix);
    return fstatat(sd.dir.fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void count(void *arg)
{
    (*(int *)arg)++;
}

/* A process that takes the lock of d, says so, and holds it until it is killed. */
static pid_t hold_lock(const struct digest *d)
{
    int p[2], waited = 0;
    char byte = 0;
    ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        bool ok = layout_lock(&sd.layout, d, count, &waited, &err) >= 0 && waited == 0;
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

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

START_TEST(directories_are_made_once)
{
    struct layout again;
    ck_assert_ok(layout_open(&again, sd.store, &err), &err);
    layout_close(&again);
    layout_close(&again);
    struct stat st;
    ck_assert_int_eq(fstatat(sd.dir.fd, "state", &st, 0), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0700);
}
END_TEST

START_TEST(state_that_is_a_link_is_refused)
{
    struct scratch_dir other;
    struct layout l;
    scratch_start(&other);
    scratch_symlink(&other, sd.dir.path, "state");
    struct store s = {.root = other.fd};
    ck_assert_int_eq(layout_open(&l, &s, &err), -1);
    ck_assert_int_eq(l.state, -1);
    scratch_end(&other);
}
END_TEST

START_TEST(a_log_gets_the_name_of_how_it_ended)
{
    int fd = layout_new_log(&sd.layout, key, &err);
    ck_assert_ok(fd, &err);
    ck_assert(is_there(".part"));
    ck_assert_ok(layout_end_log(&sd.layout, key, true, &err), &err);
    close(fd);
    ck_assert(is_there(".failed") && !is_there(".part") && !is_there(""));
    fd = layout_new_log(&sd.layout, key, &err);
    ck_assert_ok(layout_end_log(&sd.layout, key, false, &err), &err);
    close(fd);
    ck_assert(is_there("") && !is_there(".part"));
}
END_TEST

START_TEST(the_log_of_an_earlier_builder_gives_way)
{
    struct stat old_log, new_log;
    int old_fd = layout_new_log(&sd.layout, key, &err);
    int new_fd = layout_new_log(&sd.layout, key, &err);
    ck_assert_ok(new_fd, &err);
    ck_assert_int_eq(fstat(old_fd, &old_log), 0);
    ck_assert_int_eq(fstat(new_fd, &new_log), 0);
    ck_assert(old_log.st_ino != new_log.st_ino && new_log.st_size == 0 && new_log.st_nlink == 1);
    close(old_fd);
    close(new_fd);
}
END_TEST

START_TEST(settle_turns_logs_of_the_dead_into_failed_ones)
{
    int alive = layout_new_log(&sd.layout, key, &err);
    ck_assert_ok(layout_settle_logs(&sd.layout, &err), &err);
    ck_assert(is_there(".part"));
    close(alive);
    scratch_text(&sd.dir, "state/log/short.part", "not ours");
    ck_assert_ok(layout_settle_logs(&sd.layout, &err), &err);
    ck_assert(is_there(".failed") && !is_there(".part"));
    struct stat st;
    ck_assert_int_eq(fstatat(sd.dir.fd, "state/log/short.part", &st, 0), 0);
}
END_TEST

#define Z16 "0000000000000000"
#define Z64 Z16 Z16 Z16 Z16

/* It may just be making a log of its own under that name. */
START_TEST(settle_leaves_logs_of_keys_that_somebody_has_locked)
{
    struct digest digest;
    close(layout_new_log(&sd.layout, key, &err));
    digest_from_hex(str_from(key), &digest);
    int lock = layout_try_lock(&sd.layout, &digest);
    ck_assert_int_ge(lock, 0);
    ck_assert_ok(layout_settle_logs(&sd.layout, &err), &err);
    ck_assert(is_there(".part") && !is_there(".failed"));
    close(lock);
    ck_assert_ok(layout_settle_log(&sd.layout, key, &err), &err);
    ck_assert(!is_there(".part") && is_there(".failed"));
}
END_TEST

START_TEST(files_that_were_never_finished_are_removed_where_replaced_ones_are)
{
    static const char *const left[] = {"state/boot.1.new", "state/image/x.2.new",
                                       "state/failed/x.3.new", "state/cache/" Z64 "/about.4.new"};
    static const char *const dirs[] = {"state/failed", "state/cache", "state/cache/" Z64,
                                       "state/cache/" Z64 "/fs"};
    static const char users[] = "state/cache/" Z64 "/fs/about.4.new";
    const struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    struct stat st;
    for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++)
        ck_assert_int_eq(mkdirat(sd.dir.fd, dirs[i], 0700), 0);
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++) {
        scratch_text(&sd.dir, left[i], "");
        ck_assert_int_eq(utimensat(sd.dir.fd, left[i], old, 0), 0);
    }
    scratch_text(&sd.dir, users, "");
    ck_assert_int_eq(utimensat(sd.dir.fd, users, old, 0), 0);
    layout_settle_replaced(&sd.layout);
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++)
        ck_assert_msg(fstatat(sd.dir.fd, left[i], &st, 0) < 0, "%s is there", left[i]);
    ck_assert_int_eq(fstatat(sd.dir.fd, users, &st, 0), 0);
}
END_TEST

START_TEST(scratch_directories_end_with_their_locks)
{
    struct digest mine = digest_filled(3);
    char name[SHA256_HEX + 1], path[100];
    struct stat st;
    digest_hex(&mine, name);
    snprintf(path, sizeof path, "state/scratch/%s/file", name);
    pid_t holder = hold_lock(&mine);
    for (int i = 0; i < 2; i++) { /* the second finds what the first has left */
        cleanup_close int fd = layout_new_scratch(&sd.layout, name, &err);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_lt(fstatat(fd, "file", &st, 0), 0);
        scratch_text(&sd.dir, path, "");
    }
    ck_assert_ok(layout_settle_scratch(&sd.layout, &err), &err);
    ck_assert_int_eq(fstatat(sd.dir.fd, path, &st, 0), 0);
    kill(holder, SIGKILL);
    waitpid(holder, NULL, 0);
    ck_assert_ok(layout_settle_scratch(&sd.layout, &err), &err);
    path[strlen(path) - strlen("/file")] = '\0';
    ck_assert_int_lt(fstatat(sd.dir.fd, path, &st, 0), 0);
    ck_assert_ok(layout_end_scratch(&sd.layout, name, &err), &err);
}
END_TEST

START_TEST(images_are_known_by_name_and_platform)
{
    struct digest one = digest_filled(1), two = digest_filled(2), found;
    const struct layout *l = &sd.layout;
    ck_assert_int_eq(layout_find_image(l, STR("a"), STR(""), &found, &err), 0);
    ck_assert_ok(layout_set_image(l, STR("a"), STR(""), &one, &err), &err);
    ck_assert_ok(layout_set_image(l, STR("a"), STR("linux/arm64"), &two, &err), &err);
    ck_assert_int_eq(layout_find_image(l, STR("a"), STR(""), &found, &err), 1);
    ck_assert(digest_eq(&found, &one));
    ck_assert_ok(layout_set_image(l, STR("a"), STR(""), &two, &err), &err);
    ck_assert_int_eq(layout_find_image(l, STR("a"), STR(""), &found, &err), 1);
    ck_assert(digest_eq(&found, &two));
}
END_TEST

START_TEST(locks_of_other_keys_do_not_wait)
{
    struct digest one = digest_filled(1), two = digest_filled(2);
    int waited = 0;
    pid_t pid = hold_lock(&one);
    int fd = layout_lock(&sd.layout, &two, count, &waited, &err);
    ck_assert_ok(fd, &err);
    ck_assert_int_eq(waited, 0);
    close(fd);
    end(pid);
}
END_TEST

START_TEST(a_lock_dies_with_its_holder)
{
    struct digest d = digest_filled(1);
    int waited = 0;
    pid_t pid = hold_lock(&d);
    pid_t killer = fork();
    if (killer == 0) {
        usleep(100000);
        kill(pid, SIGKILL);
        _exit(0);
    }
    int fd = layout_lock(&sd.layout, &d, count, &waited, &err);
    ck_assert_ok(fd, &err);
    ck_assert_int_eq(waited, 1);
    waitpid(pid, NULL, 0);
    waitpid(killer, NULL, 0);
    close(fd);
    fd = layout_lock(&sd.layout, &d, count, &waited, &err);
    ck_assert_int_eq(waited, 1);
    close(fd);
}
END_TEST

UNIT_MAIN_WITH("layout", start, stop, directories_are_made_once, state_that_is_a_link_is_refused,
               a_log_gets_the_name_of_how_it_ended, the_log_of_an_earlier_builder_gives_way,
               settle_turns_logs_of_the_dead_into_failed_ones,
               settle_leaves_logs_of_keys_that_somebody_has_locked,
               files_that_were_never_finished_are_removed_where_replaced_ones_are,
               scratch_directories_end_with_their_locks, images_are_known_by_name_and_platform,
               locks_of_other_keys_do_not_wait, a_lock_dies_with_its_holder)
