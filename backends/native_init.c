/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pid 1 of a sandbox: builds the place, starts the command as pid 2, collects orphans, and hands
 * the command's status to the worker. The command is not pid 1 itself because there signals
 * without a handler do nothing (an abort would not end it) and orphans would stay zombies. It is a
 * copy of the worker, so the sandbox must not look into it: it is not dumpable, which closes
 * ptrace and /proc/1 to everybody without CAP_SYS_PTRACE. That it goes on executing this program's
 * file also keeps a command that got hold of the file (by being "/proc/self/exe") from writing it.
 */
#include <config.h>

#include "backends/native.h"
#include "backends/native_sys.h"

#include "base/cleanup.h"
#include "base/fs.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* The worker may have died before the kernel knew that this is to end us; getppid says nothing
 * across pid namespaces. */
static int tie_to_worker(const struct native_step *s, struct ob_err *err)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
        return ob_err_set(err, errno, "prctl");
    struct pollfd worker = {.fd = s->worker, .events = POLLIN};
    if (poll(&worker, 1, 0) != 0)
        return ob_err_set(err, ESRCH, "the worker is gone");
    return 0;
}

/* The command line is readable for everybody, as /proc/1/cmdline: that of the host is not for the
 * sandbox, not even while its command starts. */
static void wipe_arguments(const struct native *native)
{
    if (native->argv_size > 0)
        memset(native->argv_start, 0, native->argv_size);
}

static int loopback_up(struct ob_err *err)
{
    struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    cleanup_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo) < 0)
        return ob_err_set(err, errno, "can't bring up the loopback interface");
    return 0;
}

/* Not by chdir(2): through /proc/self/fd a working directory would be one that the worker has
 * open, and from there ".." leads through the host. */
static int enter_cwd(const struct native_step *s, struct ob_err *err)
{
    const char *cwd = s->cfg->cwd;
    cleanup_close int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    cleanup_close int fd = fs_mkdirs_in(root, cwd, 0755, 0, 0, err);
    if (fd < 0) {
        s->shared->is_step_fault = native_target_is_fault(cwd, err->errnum);
        return ob_err_wrap(err, "working directory");
    }
    if (fchdir(fd) < 0)
        return ob_err_set(err, errno, "can't enter the working directory \"%s\"", cwd);
    return 0;
}

/* The namespace after the group: its root is what the step takes for the top. */
static int enter_cgroup(const struct native_step *s, struct ob_err *err)
{
    if (!s->cgroup)
        return 0;
    if (cgroup_enter(s->cgroup, err) < 0)
        return -1;
    if (unshare(CLONE_NEWCGROUP) < 0)
        return ob_err_set(err, errno, "can't make the namespace of control groups");
    return 0;
}

/* A loopback of its own it has in any network but the host's. */
static int set_up_network(const struct native_step *s, struct ob_err *err)
{
    if (s->cfg->network == STEP_NETWORK_HOST)
        return 0;
    if (loopback_up(err) < 0)
        return -1;
    return s->net ? net_helper_wait(s->net, err) : 0;
}

static int build(const struct native_step *s, struct ob_err *err)
{
    if (tie_to_worker(s, err) < 0 || enter_cgroup(s, err) < 0)
        return -1;
    prctl(PR_SET_NAME, "init");
    setsid();
    umask(0);
    if (native_mounts_make(s, err) < 0)
        return -1;
    if (sethostname(s->cfg->hostname, strlen(s->cfg->hostname)) < 0)
        return ob_err_set(err, errno, "can't set the host name \"%s\"", s->cfg->hostname);
    if (set_up_network(s, err) < 0)
        return -1;
    if (enter_cwd(s, err) < 0)
        return -1;
    /* Not before: in a user namespace, who sets up the network must look into /proc/PID/ns. */
    return prctl(PR_SET_DUMPABLE, 0) < 0 ? ob_err_set(err, errno, "prctl") : 0;
}

static void hand_on_term(int sig)
{
    kill(-1, sig);
}

/* Only now, when the command is there to get it: it is blocked until then. */
static void take_term(void)
{
    struct sigaction sa = {.sa_handler = hand_on_term, .sa_flags = SA_RESTART};
    sigset_t none;
    sigaction(SIGTERM, &sa, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void fail(struct native_shared *shared, const struct ob_err *err)
{
    shared->err = *err;
    shared->state = NATIVE_FAILED;
    _exit(1);
}

static void end_orphans(void)
{
    kill(-1, SIGKILL);
    while (waitpid(-1, NULL, __WALL) > 0 || errno == EINTR)
        ;
}

static _Noreturn void end(const struct native_step *s, int status)
{
    struct ob_err err;
    if (status == 0 && s->is_root_ours && s->shared->state == NATIVE_STARTED) {
        end_orphans();
        if (native_seal_mount(s->shared, &err) < 0)
            fail(s->shared, &err);
    }
    s->shared->wait_status = status;
    if (s->shared->state == NATIVE_STARTED)
        s->shared->state = NATIVE_ENDED;
    _exit(0);
}

/* The command is pid 2; every other child is an orphan that was handed to us. */
static _Noreturn void wait_for(pid_t command, const struct native_step *s)
{
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, __WALL);
        if (pid == command)
            end(s, status);
        if (pid < 0 && errno != EINTR)
            _exit(1);
    }
}

_Noreturn void native_init(const struct native_step *s)
{
    struct ob_err err = OB_ERR_INIT;
    wipe_arguments(s->native);
    if (build(s, &err) < 0)
        fail(s->shared, &err);
    pid_t command = vfork();
    if (command == 0)
        native_exec(s);
    if (command < 0) {
        ob_err_set(&err, errno, "can't start the command's process");
        fail(s->shared, &err);
    }
    native_caps_keep_kill();
    sys_close_range(0);
    take_term();
    wait_for(command, s);
}
