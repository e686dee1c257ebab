/* SPDX-License-Identifier: Apache-2.0 */
/* The styles of progress by name, and how they write. */
#include <config.h>

#include "exec/event.h"

#include "base/cli.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
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

/* Waits until somebody reads. The scheduler has the signals that end a build blocked, to take them
 * in its loop, which it does not come to now: here they end the process at once. */
static void wait_for_reader(int fd)
{
    sigset_t ends, mask;
    struct pollfd p = {fd, POLLOUT, 0};
    if (poll(&p, 1, 0) != 0)
        return;
    cli_signals(&ends);
    sigprocmask(SIG_SETMASK, NULL, &mask);
    for (int sig = 1; sig < NSIG; sig++)
        if (sigismember(&ends, sig) == 1)
            sigdelset(&mask, sig);
    ppoll(&p, 1, NULL, &mask);
}

/* No more at a time than a pipe takes without blocking once it takes anything. */
void progress_write(int fd, struct str text)
{
    while (text.n > 0) {
        wait_for_reader(fd);
        ssize_t n = write(fd, text.p, text.n < PIPE_BUF ? text.n : PIPE_BUF);
        if (n > 0)
            text = str_skip(text, (size_t)n);
        else if (n == 0 || (errno != EINTR && errno != EAGAIN))
            return; /* nobody reads: the build goes on */
    }
}
