/* SPDX-License-Identifier: Apache-2.0 */
/* What is in use is not removed, and what is being removed is not used. */
#include <config.h>

#include "exec/uses.h"

#include "base/cleanup.h"
#include "tests/unit/fixture.h"
#include "tests/unit/store_dir.h"

#include <signal.h>
#include <sys/wait.h>

static struct arena a; /* each test runs in a process of its own */
static struct store_dir sd;
static struct uses_gate gate;
static struct ob_err err;

static void start(void)
{
    store_dir_start(&sd);
    gate = USES_GATE_INIT(&sd.layout, &a);
}

static void stop(void)
{
    store_dir_end(&sd);
}

static void hold(unsigned char byte)
{
    struct digest key = digest_filled(byte);
    ck_assert_ok(uses_hold(&sd.layout, &key, &err), &err);
}

/* Whether the gate can be had; it is let go at once. */
static bool is_free(unsigned char byte)
{
    struct digest key = digest_filled(byte);
    int rc = uses_gate_take(&gate, &key, &err);
    ck_assert_ok(rc, &err);
    uses_gate_release(&gate);
    return rc > 0;
}

static unsigned count_files(void)
{
    unsigned n = 0;
    cleanup_dir DIR *d = fs_opendir(sd.layout.uses_dir);
    while (readdir(d))
        n++;
    return n - 2; /* . and .. */
}

/* A process with the store open that holds a key, says so, and waits to be killed. */
static pid_t holder(unsigned char byte)
{
    int p[2];
    char c;
    ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        store_dir_open(&sd);
        hold(byte);
        if (write(p[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    close(p[1]);
    ck_assert_int_eq(read(p[0], &c, 1), 1);
    close(p[0]);
    return pid;
}

static void kill_holder(pid_t pid)
{
    kill(pid, SIGKILL);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

START_TEST(what_is_held_is_in_use)
{
    ck_assert(is_free(1));
    hold(1);
    ck_assert(!is_free(1));
    ck_assert(is_free(2));
    hold(2); /* after the gate has read the file once */
    ck_assert(!is_free(2));
}
END_TEST

START_TEST(what_another_process_holds_is_in_use)
{
    pid_t one = holder(1), two = holder(2);
    ck_assert(!is_free(1) && !is_free(2) && is_free(3));
    kill_holder(one);
    kill_holder(two);
}
END_TEST

START_TEST(a_file_goes_with_its_layout)
{
    hold(1);
    ck_assert_uint_eq(count_files(), 1);
    store_dir_close(&sd);
    store_dir_open(&sd);
    ck_assert_uint_eq(count_files(), 0);
    ck_assert(is_free(1));
}
END_TEST

START_TEST(an_abandoned_file_stays)
{
    hold(1);
    uses_abandon(&sd.layout);
    store_dir_close(&sd);
    store_dir_open(&sd);
    ck_assert(!is_free(1));
}
END_TEST

START_TEST(the_dead_hold_on_until_they_are_removed)
{
    struct str_vec dead = {0};
    kill_holder(holder(1));
    pid_t alive = holder(2);
    ck_assert(!is_free(1));
    ck_assert_ok(uses_list_dead(&sd.layout, &a, &dead, &err), &err);
    ck_assert_uint_eq(dead.n, 1);
    uses_remove_dead(&sd.layout, &dead);
    gate = USES_GATE_INIT(&sd.layout, &a);
    ck_assert(is_free(1));
    ck_assert(!is_free(2));
    kill_holder(alive);
}
END_TEST

START_TEST(who_wants_to_hold_waits_for_the_gate)
{
    struct digest key = digest_filled(1);
    ck_assert_int_eq(uses_gate_take(&gate, &key, &err), 1);
    pid_t pid = fork();
    if (pid == 0) {
        close(gate.lock);
        hold(1);
        _exit(0);
    }
    usleep(50000);
    ck_assert_int_eq(waitpid(pid, NULL, WNOHANG), 0);
    uses_gate_release(&gate);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

UNIT_MAIN_WITH("uses", start, stop, what_is_held_is_in_use, what_another_process_holds_is_in_use,
               a_file_goes_with_its_layout, an_abandoned_file_stays,
               the_dead_hold_on_until_they_are_removed, who_wants_to_hold_waits_for_the_gate)
