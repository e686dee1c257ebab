/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small questions to a sandbox that busybox can't ask, each an exit status: `inside fsync` (0 =
 * syncing a pipe, which can't be synced, succeeded), `inside euid` (the effective user).
 */
#include <config.h>

#include <string.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    int ends[2];
    if (argc != 2)
        return 2;
    if (strcmp(argv[1], "fsync") == 0)
        return pipe(ends) == 0 && fsync(ends[1]) == 0 ? 0 : 1;
    return (int)geteuid();
}
