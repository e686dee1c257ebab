/* SPDX-License-Identifier: Apache-2.0 */
/* Carries bytes between a sandbox and an ssh agent, one process for each connection. */
#include <config.h>

#include "exec/ssh_relay.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/owner.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/* The processes are none of the step's, so no limit of its holds for them. */
enum { LISTENER = 3, AGENT = 4, CHUNK = 16 << 10, CONNECTIONS_MAX = 32 };

/* The path of a file by descriptors, as those of sockets may be no longer than 107 bytes. */
static struct sockaddr_un address(int fd, const char *name)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "/proc/self/fd/%d%s%s", fd, name ? "/" : "",
             name ? name : "");
    return a;
}

/* Takes what has come, or says that nothing will any more. False when a direction is over. */
static bool carry(int from, int to)
{
    char chunk[CHUNK];
    struct ob_err ignored;
    ssize_t n = read(from, chunk, sizeof chunk);
    if (n < 0 && errno == EINTR)
        return true;
    if (n > 0 && fs_write_all(to, chunk, (size_t)n, &ignored) == 0)
        return true;
    shutdown(to, SHUT_WR);
    return false;
}

static void join_ends(int a, int b)
{
    struct pollfd p[2] = {{a, POLLIN, 0}, {b, POLLIN, 0}};
    while (p[0].fd >= 0 || p[1].fd >= 0) {
        if (poll(p, 2, -1) < 0 && errno != EINTR)
            return;
        if (p[0].fd >= 0 && p[0].revents && !carry(a, b))
            p[0].fd = -1;
        if (p[1].fd >= 0 && p[1].revents && !carry(b, a))
            p[1].fd = -1;
    }
}

/* Ends with the process that has forked it. */
static void follow(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
}

static _Noreturn void serve(int client)
{
    struct sockaddr_un a = address(AGENT, NULL);
    int agent = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (agent >= 0 && connect(agent, (struct sockaddr *)&a, sizeof a) == 0)
        join_ends(client, agent);
    _exit(0);
}

/* Those that have ended; with as many as may be, the first to end is waited for. */
static unsigned reap(unsigned n)
{
    while (n > 0 && waitpid(-1, NULL, n < CONNECTIONS_MAX ? WNOHANG : 0) > 0)
        n--;
    return n;
}

static _Noreturn void listen_for_ever(void)
{
    pid_t self = getpid();
    for (unsigned n = 0;;) {
        n = reap(n);
        int client = accept4(LISTENER, NULL, NULL, SOCK_CLOEXEC);
        if (client < 0 && errno != EINTR && errno != ECONNABORTED)
            _exit(1);
        if (client < 0)
            continue;
        pid_t pid = fork();
        if (pid == 0) {
            follow(self);
            serve(client);
        }
        n += pid > 0;
        close(client);
    }
}

/* Has nothing of the worker's but the two sockets: no lock, and no end of a pipe. */
static _Noreturn void become_relay(pid_t parent, int listener, int agent)
{
    sigset_t none;
    follow(parent);
    sigemptyset(&none);
    signal(SIGTERM, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int high[2] = {fcntl(listener, F_DUPFD, AGENT + 1), fcntl(agent, F_DUPFD, AGENT + 1)};
    if (high[0] < 0 || high[1] < 0 || dup2(high[0], LISTENER) < 0 || dup2(high[1], AGENT) < 0 ||
        syscall(SYS_close_range, AGENT + 1, ~0U, 0) < 0)
        _exit(1);
    listen_for_ever();
}

static int make_socket(int dir, const char *name, mode_t mode, uid_t uid, gid_t gid,
                       struct ob_err *err)
{
    struct sockaddr_un a = address(dir, name);
    cleanup_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0 ||
        owner_set_at(dir, name, uid, gid, S_IFSOCK | mode) < 0 || listen(fd, SOMAXCONN) < 0)
        return ob_err_set(err, errno, "can't make a socket");
    return take_fd(&fd);
}

int ssh_agent_open(const struct build_ssh *s, struct arena *a, struct ob_err *err)
{
    const char *path = s->socket.n ? arena_cstr(a, s->socket) : getenv("SSH_AUTH_SOCK");
    struct stat st;
    if (!path || !path[0])
        return ob_err_set(err, 0,
                          "ssh agent \"" STR_FMT "\": SSH_AUTH_SOCK is not set: give --ssh " STR_FMT
                          "=SOCKET",
                          STR_ARG(s->id), STR_ARG(s->id));
    cleanup_close int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        return ob_err_set(err, errno, "ssh agent \"" STR_FMT "\": \"%s\"", STR_ARG(s->id), path);
    if (!S_ISSOCK(st.st_mode))
        return ob_err_set(err, 0, "ssh agent \"" STR_FMT "\": \"%s\" is no socket", STR_ARG(s->id),
                          path);
    return take_fd(&fd);
}

int ssh_relay_start(int dir, const char *name, int agent, mode_t mode, uid_t uid, gid_t gid,
                    struct ssh_relay *out, struct ob_err *err)
{
    pid_t self = getpid();
    *out = (struct ssh_relay){.pid = -1, .fd = -1};
    cleanup_close int listener = make_socket(dir, name, mode, uid, gid, err);
    cleanup_close int file = listener < 0 ? -1 : openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0)
        return listener < 0 ? -1 : ob_err_set(err, errno, "can't open a socket");
    out->pid = fork();
    if (out->pid == 0)
        become_relay(self, listener, agent);
    if (out->pid < 0)
        return ob_err_set(err, errno, "can't start a process");
    out->fd = take_fd(&file);
    return 0;
}

void ssh_relay_end(struct ssh_relay *r)
{
    if (r->pid > 0) {
        kill(r->pid, SIGKILL);
        while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    if (r->fd >= 0)
        close(r->fd);
}
