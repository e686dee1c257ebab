/* SPDX-License-Identifier: Apache-2.0 */
/* The styles of progress by name, and how they write. */
#include <config.h>

#include "exec/event.h"

#include "base/cli.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

struct progress *progress_open(const char *style, int fd)
{
    if (strcmp(style, "auto") == 0)
        return cli_terminal(fd) ? progress_tty_open(fd) : progress_plain_open(fd);
    if (strcmp(style, "tty") == 0)
        return progress_tty_open(fd);
    if (strcmp(style, "plain") == 0)
        return progress_plain_open(fd);
    if (strcmp(style, "json") == 0)
        return progress_json_open(fd);
    return strcmp(style, "quiet") == 0 ? progress_quiet_open(fd) : NULL;
}

void progress_write(int fd, struct str text)
{
    while (text.n > 0) {
        ssize_t n = write(fd, text.p, text.n);
        struct pollfd p = {fd, POLLOUT, 0};
        if (n > 0)
            text = str_skip(text, (size_t)n);
        else if (n < 0 &&
                 errno == EAGAIN) /* a terminal or pipe that is shared with such a reader */
            poll(&p, 1, -1);
        else if (n == 0 || errno != EINTR)
            return; /* nobody reads: the build goes on */
    }
}
