/* SPDX-License-Identifier: Apache-2.0 */
/* The user's side of a shell: the worker, and what is passed between two terminals. */
#include <config.h>

#include "exec/shell.h"

#include "base/cleanup.h"
#include "base/cli.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>

static bool has_terminal(void)
{
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

struct relay {
    int master; /* of the shell's terminal; -1: the shell has our own streams */
    int report; /* of the worker */
    int signals;
    pid_t worker;
    struct termios saved;
    struct {
        char p[4096];
        size_t n;
    } typed; /* what the shell's terminal has no room for yet */
};

static void copy_size(int master)
{
    struct winsize size;
    if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
        ioctl(master, TIOCSWINSZ, &size);
}

static int set_raw(struct relay *r, struct ob_err *err)
{
    struct termios raw;
    if (tcgetattr(STDIN_FILENO, &r->saved) < 0)
        return ob_err_set(err, errno, "can't ask for the terminal's settings");
    raw = r->saved;
    cfmakeraw(&raw);
    return tcsetattr(STDIN_FILENO, TCSANOW, &raw) < 0
               ? ob_err_set(err, errno, "can't change the terminal's settings")
               : 0;
}

/* Makes a terminal for the shell; gives its side of it. */
static int open_terminal(struct relay *r, struct ob_err *err)
{
    char name[PATH_MAX];
    r->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (r->master < 0 || grantpt(r->master) < 0 || unlockpt(r->master) < 0 ||
        ptsname_r(r->master, name, sizeof name) != 0)
        return ob_err_set(err, errno, "can't make a terminal");
    int slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0)
        return ob_err_set(err, errno, "can't open \"%s\"", name);
    copy_size(r->master);
    return slave;
}

/* False at the end of what was read. A terminal whose other side is closed gives EIO. */
static bool goes_on(ssize_t n)
{
    return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

static bool show(struct relay *r)
{
    char chunk[4096];
    struct ob_err ignored; /* nobody looks any more */
    ssize_t n = read(r->master, chunk, sizeof chunk);
    if (n > 0)
        fs_write_all(STDOUT_FILENO, chunk, (size_t)n, &ignored);
    return goes_on(n);
}

static bool take_typed(struct relay *r)
{
    ssize_t n = read(STDIN_FILENO, r->typed.p, sizeof r->typed.p);
    if (n > 0)
        r->typed.n = (size_t)n;
    return goes_on(n);
}

/* As much as there is room for: who waited for more would not see what the shell writes, and the
 * shell would wait for that. */
static bool pass_typed(struct relay *r)
{
    ssize_t n = write(r->master, r->typed.p, r->typed.n);
    if (n > 0) {
        r->typed.n -= (size_t)n;
        memmove(r->typed.p, r->typed.p + n, r->typed.n);
    }
    return goes_on(n);
}

static void on_signal(struct relay *r)
{
    struct signalfd_siginfo info;
    if (read(r->signals, &info, sizeof info) != sizeof info)
        return;
    if (info.ssi_signo != SIGWINCH)
        kill(r->worker, SIGTERM);
    else if (r->master >= 0)
        copy_size(r->master);
}

/* Until the worker has said how it ended, or died. */
static void relay(struct relay *r)
{
    enum { REPORT, SIGNALS, INPUT, SHELL, N };
    bool has_master = r->master >= 0, has_input = has_master;
    struct pollfd p[N] = {
        [REPORT] = {r->report, POLLIN, 0},
        [SIGNALS] = {r->signals, POLLIN, 0},
        [INPUT] = {-1, POLLIN, 0},
        [SHELL] = {r->master, POLLIN, 0},
    };
    while (!p[REPORT].revents) {
        p[INPUT].fd = has_input && !r->typed.n ? STDIN_FILENO : -1;
        p[SHELL].events = r->typed.n ? POLLIN | POLLOUT : POLLIN;
        if (poll(p, N, -1) < 0)
            continue;
        if (p[SIGNALS].revents)
            on_signal(r);
        if (p[INPUT].revents)
            has_input = take_typed(r);
        if (((p[SHELL].revents & POLLOUT) && !pass_typed(r)) ||
            ((p[SHELL].revents & ~POLLOUT) && !show(r)))
            p[SHELL].fd = -1;
    }
    while (has_master && poll(&p[SHELL], 1, 0) > 0 && (p[SHELL].revents & ~POLLOUT) && show(r))
        ;
}

/* Who is not in the foreground of its terminal would be stopped by asking for its input. */
static bool is_in_background(void)
{
    pid_t foreground = tcgetpgrp(STDIN_FILENO);
    return foreground >= 0 && foreground != getpgrp();
}

bool shell_can_run(struct ob_err *err)
{
    if (!has_terminal() || !is_in_background())
        return true;
    ob_err_set(err, 0, "no shell: this process is in the background of its terminal");
    return false;
}

static int read_report(const struct relay *r, struct ob_err *err)
{
    struct worker_report report;
    int status;
    if (read(r->report, &report, sizeof report) != (ssize_t)sizeof report)
        report.kind = REPORT_WAITING; /* not a final one: it died */
    while (waitpid(r->worker, &status, 0) < 0 && errno == EINTR)
        ;
    if (report.kind == REPORT_BUILT)
        return report.exit_code;
    if (report.kind == REPORT_WAITING)
        return ob_err_set(err, 0, "the shell's worker process was killed");
    *err = report.err;
    return -1;
}

static int run_worker(struct build *b, struct worker_job *job, struct relay *r, struct ob_err *err)
{
    int p[2];
    if (pipe2(p, O_CLOEXEC) < 0)
        return ob_err_set(err, errno, "can't make a pipe");
    r->report = p[0];
    job->report_fd = p[1];
    bool is_raw = r->master >= 0 && set_raw(r, err) == 0;
    int rc = r->master >= 0 && !is_raw ? -1 : worker_start(b, job, &r->worker, err);
    close(p[1]);
    if (rc == 0)
        relay(r);
    if (is_raw && !is_in_background()) /* where they are those of another */
        tcsetattr(STDIN_FILENO, TCSANOW, &r->saved);
    return rc < 0 ? -1 : read_report(r, err);
}

/* Blocks signals, and gives a descriptor of those that are listened to. What stops a process that
 * has come to the background would also keep it from ending. */
static int open_signals(sigset_t *old, struct ob_err *err)
{
    sigset_t set, blocked;
    cli_signals(&set);
    sigaddset(&set, SIGWINCH);
    blocked = set;
    sigaddset(&blocked, SIGTTIN);
    sigaddset(&blocked, SIGTTOU);
    sigprocmask(SIG_BLOCK, &blocked, old);
    int fd = signalfd(-1, &set, SFD_CLOEXEC);
    return fd < 0 ? ob_err_set(err, errno, "can't wait for signals") : fd;
}

int shell_run(struct build *b, struct worker_job job, struct ob_err *err)
{
    struct relay r = {.master = -1, .report = -1};
    struct step step = *job.step;
    sigset_t old;
    bool is_terminal = has_terminal();
    if (!shell_can_run(err))
        return -1;
    cleanup_close int slave = is_terminal ? open_terminal(&r, err) : -1;
    if (is_terminal && slave < 0)
        return -1;
    r.signals = open_signals(&old, err);
    if (step.kind != STEP_RUN) { /* it has no environment of its own */
        step.kind = STEP_RUN;
        step.op.run = (struct op_run){.command = {.form = COMMAND_ARGV}};
        job.step = &step;
    }
    job.is_shell = true;
    job.has_terminal = is_terminal;
    job.input_fd = is_terminal ? slave : STDIN_FILENO;
    job.output_fd = is_terminal ? slave : STDOUT_FILENO;
    int rc = r.signals < 0 ? -1 : run_worker(b, &job, &r, err);
    const int fds[] = {r.master, r.report, r.signals};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    sigprocmask(SIG_SETMASK, &old, NULL);
    return rc;
}
