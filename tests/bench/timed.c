/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a command some times, its output thrown away, and prints the median of the wall-clock times
 * in microseconds, from before the spawn to after the wait. The command must succeed each time.
 *
 *     timed [-m] [-n ROUNDS] COMMAND [ARGUMENT]...
 *
 * -m prints the most memory that it or one of its processes had at a time instead, in KiB.
 */
#include <config.h>

#include <err.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

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

static double run_once(char **argv)
{
    posix_spawn_file_actions_t fa;
    pid_t pid;
    int status;
    posix_spawn_file_actions_init(&fa);
    posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&fa, 2, "/dev/null", O_WRONLY, 0);
    double start = now();
    int e = posix_spawnp(&pid, argv[0], &fa, NULL, argv, environ);
    if (e != 0)
        errx(3, "can't run %s: %s", argv[0], strerror(e));
    if (waitpid(pid, &status, 0) < 0 || status != 0)
        errx(3, "%s failed with status %#x", argv[0], (unsigned)status);
    double time = now() - start;
    posix_spawn_file_actions_destroy(&fa);
    return time;
}

int main(int argc, char **argv)
{
    int rounds = 1, opt;
    bool is_memory = false;
    while ((opt = getopt(argc, argv, "+mn:")) != -1) {
        if (opt == 'm')
            is_memory = true;
        else if (opt == 'n')
            rounds = atoi(optarg);
        else
            return 2;
    }
    if (optind == argc || rounds < 1)
        errx(2, "usage: timed [-m] [-n ROUNDS] COMMAND [ARGUMENT]...");
    double *times = calloc((size_t)rounds, sizeof *times);
    for (int i = 0; times && i < rounds; i++)
        times[i] = run_once(argv + optind);
    if (!times)
        err(3, "calloc");
    qsort(times, (size_t)rounds, sizeof *times, by_value);
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    if (is_memory)
        printf("%ld\n", usage.ru_maxrss);
    else
        printf("%.0f\n", times[rounds / 2]);
    free(times);
    return 0;
}
