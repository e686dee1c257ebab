/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `ask SOCKET` sends what is on standard input, says that this is all, and prints the answer. `ask
 * SOCKET N` says nothing of an end, and prints the first N bytes of the answer.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int copy(int from, int to, size_t max)
{
    char chunk[65536];
    ssize_t n = 0;
    for (; max > 0; max -= (size_t)n) {
        n = read(from, chunk, max < sizeof chunk ? max : sizeof chunk);
        if (n <= 0 || write(to, chunk, (size_t)n) != n)
            return n == 0 ? 0 : -1;
    }
    return 0;
}

int main(int argc, char *argv[])
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    if (argc < 2)
        return 2;
    snprintf(a.sun_path, sizeof a.sun_path, "%s", argv[1]);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) < 0) {
        perror(argv[1]);
        return 1;
    }
    size_t max = argc > 2 ? strtoul(argv[2], NULL, 10) : (size_t)-1;
    if (copy(0, fd, (size_t)-1) < 0 || (argc == 2 && shutdown(fd, SHUT_WR) < 0))
        return 1;
    return copy(fd, 1, max) < 0;
}
