/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "base/spawn.h"

#include "base/buf.h"
#include "base/fs.h"
#include "tests/unit/fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static struct ob_err err;

static int run(const char *script, const struct spawn_io *io)
{
    char *argv[] = {(char *)"sh", (char *)"-c", (char *)script, NULL};
    pid_t pid;
    int status = -1;
    ck_assert_ok(spawn(argv, io, &pid, &err), &err);
    ck_assert_int_gt(pid, 0);
    ck_assert_ok(spawn_wait(pid, &status, &err), &err);
    return status;
}

START_TEST(the_exit_status_comes_back)
{
    ck_assert_int_eq(run("exit 0", &SPAWN_IO_INHERIT), 0);
    ck_assert_int_eq(run("exit 77", &SPAWN_IO_INHERIT), 77);
}
END_TEST

START_TEST(death_by_a_signal_is_128_and_its_number)
{
    ck_assert_int_eq(run("kill -TERM $$", &SPAWN_IO_INHERIT), 128 + SIGTERM);
    ck_assert_int_eq(run("kill -KILL $$", &SPAWN_IO_INHERIT), 128 + SIGKILL);
}
END_TEST

START_TEST(descriptors_are_put_in_place)
{
    int in[2], out[2];
    struct buf text = BUF_INIT;
    ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
    ck_assert_int_eq(write(in[1], "given\n", 6), 6);
    close(in[1]);
    ck_assert_int_eq(
        run("read x; echo \"<$x>\"; echo err >&2", &(struct spawn_io){in[0], out[1], out[1]}), 0);
    close(out[1]);
    ck_assert_ok(fs_read_all(out[0], &text, 1000, &err), &err);
    ck_assert_str_eq(text.p, "<given>\nerr\n");
    buf_free(&text);
}
END_TEST

START_TEST(a_descriptor_that_is_in_place_already_is_passed_on)
{
    int out[2];
    struct buf text = BUF_INIT;
    ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
    int saved = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
    dup3(out[1], STDOUT_FILENO, O_CLOEXEC); /* is 1, and would be closed by exec */
    close(out[1]);
    int status = run("echo here", &(struct spawn_io){-1, STDOUT_FILENO, -1});
    dup2(saved, STDOUT_FILENO);
    ck_assert_int_eq(status, 0);
    ck_assert_ok(fs_read_all(out[0], &text, 1000, &err), &err);
    ck_assert_str_eq(text.p, "here\n");
    buf_free(&text);
}
END_TEST

START_TEST(outputs_may_be_swapped)
{
    int out[2], errors[2];
    struct buf text = BUF_INIT;
    ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(errors, O_CLOEXEC), 0);
    int saved1 = fcntl(1, F_DUPFD_CLOEXEC, 10), saved2 = fcntl(2, F_DUPFD_CLOEXEC, 10);
    dup2(out[1], 1);
    dup2(errors[1], 2);
    int status = run("echo o; echo e >&2", &(struct spawn_io){-1, 2, 1});
    dup2(saved1, 1);
    dup2(saved2, 2);
    close(out[1]);
    close(errors[1]);
    ck_assert_int_eq(status, 0);
    ck_assert_ok(fs_read_all(out[0], &text, 1000, &err), &err);
    ck_assert_str_eq(text.p, "e\n");
    buf_free(&text);
}
END_TEST

START_TEST(the_child_starts_with_default_signals)
{
    sigset_t set;
    sigfillset(&set);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    ck_assert_int_eq(sigprocmask(SIG_BLOCK, &set, NULL), 0);
    ck_assert_int_eq(run("kill -TERM $$; exit 3", &SPAWN_IO_INHERIT), 128 + SIGTERM);
    ck_assert_int_eq(run("kill -PIPE $$; exit 3", &SPAWN_IO_INHERIT), 128 + SIGPIPE);
}
END_TEST

START_TEST(a_program_that_is_not_there_is_an_error)
{
    char *argv[] = {(char *)"/nonexistent/program", NULL};
    pid_t pid;
    ck_assert_int_eq(spawn(argv, &SPAWN_IO_INHERIT, &pid, &err), -1);
    ck_assert_int_eq(err.errnum, ENOENT);
    ck_assert_str_eq(err.text, "can't run \"/nonexistent/program\": No such file or directory");
    int status;
    ck_assert_int_eq(spawn_wait(1, &status, &err), -1);
    ck_assert_int_eq(err.errnum, ECHILD);
}
END_TEST

START_TEST(programs_are_looked_for_in_path)
{
    ck_assert_int_eq(setenv("PATH", "/nonexistent:/bin", 1), 0);
    ck_assert(spawn_finds("sh") && !spawn_finds("no-such-program"));
    ck_assert_int_eq(setenv("PATH", "/nonexistent", 1), 0);
    ck_assert(!spawn_finds("sh"));
    ck_assert_int_eq(chdir("/bin"), 0);
    ck_assert_int_eq(setenv("PATH", "/nonexistent:", 1), 0);
    ck_assert(spawn_finds("sh"));
    ck_assert_int_eq(unsetenv("PATH"), 0);
    ck_assert(spawn_finds("sh"));
}
END_TEST

UNIT_MAIN("spawn", the_exit_status_comes_back, death_by_a_signal_is_128_and_its_number,
          descriptors_are_put_in_place, a_descriptor_that_is_in_place_already_is_passed_on,
          outputs_may_be_swapped, the_child_starts_with_default_signals,
          a_program_that_is_not_there_is_an_error, programs_are_looked_for_in_path)
