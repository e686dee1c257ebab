/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a program so that one of its system calls fails: the n-th of those that can fail in real
 * life, counted over the program and all that it forks. What others do that it executes (the
 * commands of a build) is neither counted nor touched.
 *
 *     inject N ERRNO REPORT PROGRAM [ARGUMENT]...
 *
 * ERRNO is a number. The file REPORT gets the name of the call that failed, or how many there were
 * if N is 0. Exit status: the program's, 128 + the signal that ended it, or 125 if this can't be
 * done here. A seccomp filter hands the calls to us before they are made; so each costs two
 * switches and no ptrace, which would change who is whose parent.
 */
#include <config.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANNOT = 125 };

/* Not close(2), whose errors free the descriptor all the same, nor waiting and exiting. */
static const char *const failing[] = {
    "chdir",         "clone",       "clone3",          "copy_file_range", "dup3",
    "execve",        "execveat",    "fchdir",          "fchmod",          "fchmodat",
    "fchown",        "fchownat",    "fcntl",           "fdatasync",       "flock",
    "fork",          "fsconfig",    "fsetxattr",       "fsmount",         "fsopen",
    "fstat",         "fstatfs",     "fsync",           "ftruncate",       "getdents64",
    "getxattr",      "ioctl",       "lgetxattr",       "linkat",          "listxattr",
    "llistxattr",    "lsetxattr",   "mkdirat",         "mknodat",         "mount",
    "mount_setattr", "move_mount",  "newfstatat",      "open_tree",       "openat",
    "openat2",       "pidfd_open",  "pipe2",           "pivot_root",      "poll",
    "ppoll",         "prctl",       "pread64",         "pwrite64",        "read",
    "readlink",      "readlinkat",  "renameat",        "renameat2",       "sendfile",
    "setgroups",     "sethostname", "setns",           "setresgid",       "setresuid",
    "setsid",        "setxattr",    "signalfd4",       "socketpair",      "statfs",
    "statx",         "symlinkat",   "sync_file_range", "syncfs",          "umount2",
    "unlinkat",      "unshare",     "utimensat",       "write",           "writev",
};

static scmp_filter_ctx make_filter(void)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
    if (!f || seccomp_attr_set(f, SCMP_FLTATR_CTL_NNP, 0) != 0)
        errx(CANNOT, "no seccomp filter can be made");
    for (size_t i = 0; i < sizeof failing / sizeof failing[0]; i++) {
        int nr = seccomp_syscall_resolve_name(failing[i]);
        if (nr != __NR_SCMP_ERROR) /* libseccomp knows it; the machine may not have it */
            seccomp_rule_add(f, SCMP_ACT_NOTIFY, nr, 0);
    }
    return f;
}

/* With the filter, each of those calls waits for the parent; send(2) is none of them. */
static _Noreturn void become(char **argv, int socket)
{
    scmp_filter_ctx f = make_filter();
    if (seccomp_load(f) != 0)
        errx(CANNOT, "seccomp can't notify here");
    int listener = seccomp_notify_fd(f);
    if (send(socket, &listener, sizeof listener, 0) != sizeof listener)
        _exit(CANNOT);
    execvp(argv[0], argv);
    _exit(CANNOT);
}

struct injection {
    unsigned long calls, at;
    int error;
    struct stat program;
    FILE *report;
};

static int is_program(const struct injection *in, pid_t pid)
{
    char exe[64];
    struct stat st;
    snprintf(exe, sizeof exe, "/proc/%d/exe", (int)pid);
    return stat(exe, &st) == 0 && st.st_dev == in->program.st_dev &&
           st.st_ino == in->program.st_ino;
}

/* Answers one call. */
static void answer(struct injection *in, int listener, struct seccomp_notif *req,
                   struct seccomp_notif_resp *resp)
{
    memset(req, 0, sizeof *req);
    memset(resp, 0, sizeof *resp);
    if (seccomp_notify_receive(listener, req) != 0)
        return; /* it was killed meanwhile */
    resp->id = req->id;
    if (is_program(in, (pid_t)req->pid) && ++in->calls == in->at) {
        char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, req->data.nr);
        fprintf(in->report, "%s\n", name);
        free(name);
        resp->error = -in->error;
    } else {
        resp->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    }
    seccomp_notify_respond(listener, resp);
}

static void serve(struct injection *in, int listener)
{
    struct seccomp_notif *req;
    struct seccomp_notif_resp *resp;
    struct pollfd p = {listener, POLLIN, 0};
    if (seccomp_notify_alloc(&req, &resp) != 0)
        errx(CANNOT, "no memory");
    for (;;) {
        if (poll(&p, 1, -1) < 0 && errno != EINTR)
            err(CANNOT, "poll");
        if (p.revents & POLLIN)
            answer(in, listener, req, resp);
        else if (p.revents & POLLHUP)
            break; /* the last process with the filter is dead */
    }
    seccomp_notify_free(req, resp);
}

/* The child's listener, whose number it sends. */
static int take_listener(pid_t child, int socket)
{
    int number, pidfd = (int)syscall(SYS_pidfd_open, child, 0), listener = -1;
    if (recv(socket, &number, sizeof number, 0) != sizeof number)
        exit(CANNOT);
    listener = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
    if (listener < 0)
        err(CANNOT, "pidfd_getfd");
    close(pidfd);
    return listener;
}

int main(int argc, char **argv)
{
    int sockets[2], status;
    if (argc < 5)
        errx(2, "usage: inject N ERRNO REPORT PROGRAM [ARGUMENT]...");
    struct injection in = {
        .at = strtoul(argv[1], NULL, 10),
        .error = atoi(argv[2]),
        .report = fopen(argv[3], "we"),
    };
    if (!in.report || stat(argv[4], &in.program) < 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
        err(CANNOT, "%s", argv[3]);
    pid_t child = fork();
    if (child == 0)
        become(argv + 4, sockets[1]);
    close(sockets[1]);
    serve(&in, take_listener(child, sockets[0]));
    if (waitpid(child, &status, 0) < 0)
        err(CANNOT, "waitpid");
    if (in.at == 0)
        fprintf(in.report, "%lu\n", in.calls);
    fclose(in.report);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
