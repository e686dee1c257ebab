/* SPDX-License-Identifier: Apache-2.0 */
/* The styles of progress by name, and how they write. */
#include <config.h>

#include "exec/event.h"

#include "base/cleanup.h"
#include "base/cli.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
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

/* Readable when the scheduler's clock (sched_cancel.c) has run out, whose signal it has blocked and
 * which stays pending. */
static int open_clock(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Waits until somebody reads; false if there was no time for that. The scheduler has the signals
 * that end a build blocked, to take them in its loop, which it does not come to now: here they end
 * the process at once. */
static bool wait_for_reader(int fd)
{
    enum { PATIENCE = 100 }; /* with a reader who is only slow, in milliseconds */
    sigset_t ends, mask;
    cleanup_close int clock = -1;
    if (poll(&(struct pollfd){fd, POLLOUT, 0}, 1, 0) != 0)
        return true;
    clock = open_clock();
    struct pollfd p[2] = {{fd, POLLOUT, 0}, {clock, POLLIN, 0}};
    cli_signals(&ends);
    sigprocmask(SIG_SETMASK, NULL, &mask);
    for (int sig = 1; sig < NSIG; sig++)
        if (sigismember(&ends, sig) == 1)
            sigdelset(&mask, sig);
    ppoll(p, 2, NULL, &mask);
    return p[0].revents || !p[1].revents || poll(p, 1, PATIENCE) != 0;
}

/* No more at a time than a pipe takes without blocking once it takes anything. */
void progress_write(int fd, struct str text)
{
    while (text.n > 0) {
        if (!wait_for_reader(fd))
            return;
        ssize_t n = write(fd, text.p, text.n < PIPE_BUF ? text.n : PIPE_BUF);
        if (n > 0)
            text = str_skip(text, (size_t)n);
        else if (n == 0 || (errno != EINTR && errno != EAGAIN))
            return; /* nobody reads: the build goes on */
    }
}
