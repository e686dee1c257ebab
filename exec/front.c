/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for the child that builds. */
#include <config.h>

#include "exec/front.h"

#include "base/cleanup.h"
#include "base/cli.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

/* A signal of the terminal has reached the child as well. */
static void hand_on(int signals, pid_t child)
{
    struct signalfd_siginfo info;
    if (read(signals, &info, sizeof info) == sizeof info && info.ssi_code != SI_KERNEL)
        kill(child, (int)info.ssi_signo);
}

static _Noreturn void end_as(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status))
        _exit(WEXITSTATUS(status));
    log_error("the process that builds was killed by signal %d (%s)", WTERMSIG(status),
              strsignal(WTERMSIG(status)));
    _exit(OB_EXIT_ENVIRONMENT);
}

/* The child says a word to let us go; if it ends it says nothing. */
static _Noreturn void wait_for(pid_t child, int from_child)
{
    char word;
    sigset_t set;
    cli_signals(&set);
    int signals = signalfd(-1, &set, SFD_CLOEXEC);
    struct pollfd p[2] = {{from_child, POLLIN, 0}, {signals, POLLIN, 0}};
    for (;;) {
        if (poll(p, 2, -1) < 0)
            continue;
        if (p[1].revents)
            hand_on(signals, child);
        if (p[0].revents && read(from_child, &word, 1) == 1)
            _exit(OB_EXIT_INTERRUPTED);
        if (p[0].revents)
            end_as(child);
    }
}

int front_split(struct front *f, struct ob_err *err)
{
    int p[2];
    pid_t front = getpid();
    if (pipe2(p, O_CLOEXEC) < 0)
        return ob_err_set(err, errno, "can't make a pipe");
    pid_t child = fork();
    if (child > 0) {
        close(p[1]);
        wait_for(child, p[0]);
    }
    close(p[0]);
    if (child < 0) {
        ob_err_set(err, errno, "can't start a process for the build");
        close(p[1]);
        return -1;
    }
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != front) /* it was killed just now */
        _exit(OB_EXIT_INTERRUPTED);
    f->to_front = p[1];
    return 0;
}

void front_leave(struct front *f)
{
    cleanup_close int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    prctl(PR_SET_PDEATHSIG, 0);
    setsid();
    for (int fd = 0; fd < 3; fd++)
        dup2(null, fd);
    if (write(f->to_front, "", 1) != 1)
        log_warning("can't tell the waiting process to go");
    close(f->to_front);
    f->to_front = -1;
}
