/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor: what a sandboxed step costs the kernel, whoever runs it. Per round: clone3 with new
 * mount, pid, ipc, uts and network namespaces, a volatile overlay, proc, pivot_root, exec of a
 * static program that does nothing, wait. Uses nothing of obkit.
 *
 *     floor [-n ROUNDS] DIR
 *
 * DIR must be a directory on the filesystem to measure on; what the probe makes in it, it removes.
 * Prints two lines, medians in microseconds: "spawn N" (posix_spawn and wait) and "step N".
 */
#include <config.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Beside this program; built by the makefile from true.c, linked statically. */
#define TRUE_NAME "true-static"

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void wait_for(pid_t pid)
{
    int status;
    if (waitpid(pid, &status, 0) < 0 || status != 0)
        errx(3, "a round failed with status %#x", (unsigned)status);
}

static void spawn_round(const char *program)
{
    pid_t pid;
    char *const argv[] = {(char *)(uintptr_t)program, NULL};
    int e = posix_spawn(&pid, program, NULL, NULL, argv, argv + 1);
    if (e != 0)
        errx(3, "posix_spawn: %s", strerror(e));
    wait_for(pid);
}

static _Noreturn void inside(void)
{
    char name[] = "/true", *const argv[] = {name, NULL};
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("overlay", "merged", "overlay", 0,
              "lowerdir=lower,upperdir=upper,workdir=work,volatile") < 0 ||
        chdir("merged") < 0 || mount("proc", "proc", "proc", 0, NULL) < 0 ||
        syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0)
        _exit(1);
    execve("/true", argv, argv + 1);
    _exit(1);
}

/* A volatile overlay can't be mounted again until this is gone. */
static void forget_volatile(void)
{
    unlink("work/work/incompat/volatile/dirty");
    rmdir("work/work/incompat/volatile");
    rmdir("work/work/incompat");
}

static void step_round(const char *program)
{
    (void)program;
    struct clone_args args = {
        .flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET,
        .exit_signal = SIGCHLD,
    };
    long pid = syscall(SYS_clone3, &args, sizeof args);
    if (pid < 0)
        err(3, "clone3");
    if (pid == 0)
        inside();
    wait_for((pid_t)pid);
    forget_volatile();
}

static double median(void (*round)(const char *), const char *program, int rounds)
{
    double *took = calloc((size_t)rounds, sizeof *took);
    if (!took)
        err(3, "calloc");
    for (int i = -5; i < rounds; i++) { /* a few to warm up */
        double start = now();
        round(program);
        if (i >= 0)
            took[i] = now() - start;
    }
    qsort(took, (size_t)rounds, sizeof *took, by_value);
    double m = took[rounds / 2];
    free(took);
    return m;
}

static void copy_program(const char *from, const char *to)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    ssize_t n = in < 0 || out < 0 ? -1 : 1;
    while (n > 0)
        n = sendfile(out, in, NULL, 1 << 20);
    if (n < 0)
        err(3, "can't copy \"%s\" to \"%s\"", from, to);
    close(in);
    close(out);
}

static const char *const DIRS[] = {"lower", "lower/proc", "upper", "work", "merged"};

static void clean(void)
{
    unlink("lower/true");
    rmdir("work/work");
    rmdir("work/index");
    for (size_t i = sizeof DIRS / sizeof DIRS[0]; i-- > 0;)
        rmdir(DIRS[i]);
    if (chdir("..") == 0)
        rmdir("obkit-floor");
}

static void usage(void)
{
    fputs("usage: floor [-n ROUNDS] DIR\n", stderr);
    exit(2);
}

int main(int argc, char *argv[])
{
    int rounds = 300;
    for (int c; (c = getopt(argc, argv, "n:")) != -1;)
        if (c != 'n' || (rounds = atoi(optarg)) <= 0)
            usage();
    if (optind + 1 != argc)
        usage();
    char program[4096], *slash = strrchr(argv[0], '/');
    if (!slash)
        errx(2, "call this program by its path");
    snprintf(program, sizeof program, "%.*s/" TRUE_NAME, (int)(slash - argv[0]), argv[0]);
    char *true_path = realpath(program, NULL);
    if (!true_path)
        err(3, "\"%s\"", program);
    if (chdir(argv[optind]) < 0 || (mkdir("obkit-floor", 0755) < 0 && errno != EEXIST) ||
        chdir("obkit-floor") < 0)
        err(3, "\"%s\"", argv[optind]);
    for (size_t i = 0; i < sizeof DIRS / sizeof DIRS[0]; i++)
        mkdir(DIRS[i], 0755);
    copy_program(true_path, "lower/true");
    forget_volatile();
    printf("spawn %.0f\n", median(spawn_round, "lower/true", rounds));
    printf("step %.0f\n", geteuid() == 0 ? median(step_round, NULL, rounds) : 0.0);
    clean();
    free(true_path);
    return 0;
}
