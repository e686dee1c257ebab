/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only program of an image. `swap DIR` makes a file there and a device of zeros, and exchanges
 * their names until somebody makes DIR/stop.
 */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    char text[4096];
    memset(text, 'x', sizeof text);
    if (argc < 2 || chdir(argv[1]) < 0)
        return 2;
    int fd = open("file", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (write(fd, text, sizeof text) != sizeof text ||
        mknod("device", S_IFCHR | 0644, makedev(1, 5)) < 0) {
        perror("swap");
        return 1;
    }
    puts("swapping");
    fflush(stdout);
    while (access("stop", F_OK) < 0)
        for (int i = 0; i < 1000; i++)
            if (renameat2(AT_FDCWD, "file", AT_FDCWD, "device", RENAME_EXCHANGE) < 0)
                return 1;
    return 0;
}
