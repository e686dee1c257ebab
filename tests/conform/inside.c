/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small questions to a sandbox that busybox can't ask, each an exit status:
 *
 *     inside fsync          0 = syncing a pipe, which can't be synced, succeeded
 *     inside euid           the effective user
 *     inside memory MIB     0 = so much could be used
 *     inside processes N    0 = so many children could be had at a time
 *     inside spin MS        after so much time of busy waiting, prints how much of it it had
 */
#include <config.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static int memory(size_t mib)
{
    char *p = mmap(NULL, mib << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return 1;
    for (size_t i = 0; i < mib << 20; i += 4096)
        p[i] = 1;
    return 0;
}

/* They end with the sandbox. */
static int processes(int n)
{
    for (int i = 0; i < n; i++) {
        pid_t pid = fork();
        if (pid < 0)
            return 1;
        if (pid == 0)
            for (;;)
                pause();
    }
    return 0;
}

static long milliseconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int spin(long ms)
{
    long end = milliseconds(CLOCK_MONOTONIC) + ms;
    while (milliseconds(CLOCK_MONOTONIC) < end)
        ;
    printf("%ld\n", milliseconds(CLOCK_PROCESS_CPUTIME_ID));
    return 0;
}

int main(int argc, char *argv[])
{
    int ends[2];
    const char *what = argc > 1 ? argv[1] : "";
    int n = argc > 2 ? atoi(argv[2]) : 0;
    if (strcmp(what, "fsync") == 0)
        return pipe(ends) == 0 && fsync(ends[1]) == 0 ? 0 : 1;
    if (strcmp(what, "memory") == 0)
        return memory((size_t)n);
    if (strcmp(what, "processes") == 0)
        return processes(n);
    if (strcmp(what, "spin") == 0)
        return spin(n);
    return (int)geteuid();
}
