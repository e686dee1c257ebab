/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From pid 1's vfork child to the command. Memory is pid 1's until the exec, so nothing here may
 * return, allocate or leave anything behind but the report of a failure. The order matters: the
 * filter needs CAP_SYS_ADMIN (without it, it would take no_new_privs, and with that sudo), the
 * bounding set CAP_SETPCAP, groups before the user.
 */
#include <config.h>

#include "backends/native.h"
#include "backends/native_sys.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

static _Noreturn void fail(const struct native_step *s, const char *what)
{
    ob_err_set(&s->shared->err, errno, "can't %s for the command", what);
    s->shared->state = NATIVE_FAILED;
    _exit(1);
}

static void set_descriptors(const struct native_step *s)
{
    int in = s->cfg->in_fd < 0 ? open("/dev/null", O_RDONLY) : s->cfg->in_fd;
    int out = fcntl(s->cfg->out_fd, F_DUPFD, 3); /* out of the way of the three */
    if (in < 0 || out < 0 || (in != 0 && dup2(in, 0) < 0) || dup2(out, 1) < 0 || dup2(out, 2) < 0)
        fail(s, "set up the standard streams");
    if (in == 0)
        fcntl(0, F_SETFD, 0);
    if (sys_close_range(3) < 0)
        fail(s, "close descriptors");
    if (s->cfg->has_terminal && ioctl(0, TIOCSCTTY, 0) < 0)
        fail(s, "take the terminal");
}

/* Handlers are gone since clone3; ignored signals are inherited through everything. Two of them
 * belong to the C library, which would not let us change them. */
static void reset_signals(void)
{
    const uint64_t by_default[8] = {0}; /* not smaller than the kernel's struct sigaction */
    sigset_t none;
    for (int sig = 1; sig < NSIG; sig++)
        syscall(SYS_rt_sigaction, sig, by_default, NULL, (size_t)NSIG / 8);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Many programs loop over all descriptors up to the limit, hence a low one, which those that need
 * more can raise to what obexec itself may. A core file would end up in the result. */
static void set_limits(void)
{
    struct rlimit files, core;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur > 1024) {
        files.rlim_cur = 1024;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    if (getrlimit(RLIMIT_CORE, &core) == 0) {
        core.rlim_cur = 0;
        setrlimit(RLIMIT_CORE, &core);
    }
    umask(022);
}

static void set_credentials(const struct native_step *s)
{
    const struct step_cfg *cfg = s->cfg;
    if (!cfg->is_insecure && cfg->network == STEP_NETWORK_HOST && native_scope_sockets() < 0)
        fail(s, "confine the sockets");
    if (!cfg->is_insecure && s->native->filter.len &&
        native_seccomp_install(&s->native->filter) < 0)
        fail(s, "install the system call filter");
    if (!cfg->is_insecure && native_caps_limit_bounding() < 0)
        fail(s, "limit the capabilities");
    if (!s->native->has_one_user && setgroups(cfg->n_groups, cfg->groups) < 0)
        fail(s, "set the groups");
    if (setresgid(cfg->gid, cfg->gid, cfg->gid) < 0)
        fail(s, "set the group");
    if (setresuid(cfg->uid, cfg->uid, cfg->uid) < 0)
        fail(s, "set the user");
    bool all = cfg->is_insecure && cfg->uid == 0;
    if ((all ? native_caps_set_all() : native_caps_set(cfg->uid == 0)) < 0)
        fail(s, "set the capabilities");
}

static const char *search_path(char *const *env)
{
    for (; *env; env++)
        if (strncmp(*env, "PATH=", 5) == 0)
            return *env + 5;
    return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

/* Tries argv[0] in every directory of PATH. Returns the errno to report: a file that may not be
 * executed counts more than those that are not there. */
static int exec_in_path(const struct step_cfg *cfg)
{
    int denied = 0;
    char full[PATH_MAX];
    for (const char *at = search_path(cfg->env);; at++) {
        size_t n = strcspn(at, ":");
        int len = snprintf(full, sizeof full, "%.*s%s%s", (int)n, at, n ? "/" : "", cfg->argv[0]);
        if (len > 0 && (size_t)len < sizeof full) {
            execve(full, cfg->argv, cfg->env);
            if (errno == EACCES)
                denied = errno;
            else if (errno != ENOENT && errno != ENOTDIR)
                return errno;
        }
        at += n;
        if (*at == '\0')
            return denied ? denied : ENOENT;
    }
}

static const char *exec_reason(int errnum, const char *program)
{
    switch (errnum) {
    case ENOENT:
        if (strchr(program, '/') && access(program, F_OK) == 0)
            return "its interpreter or dynamic linker is not there";
        return "no such file or directory";
    case ENOEXEC: return "not a program for this machine, and no \"#!\" line";
    case EACCES: return "permission denied";
    case E2BIG: return "arguments and environment are too long";
    default: return strerror(errnum);
    }
}

_Noreturn void native_exec(const struct native_step *s)
{
    const struct step_cfg *cfg = s->cfg;
    const char *program = cfg->argv[0];
    setsid();
    set_descriptors(s);
    reset_signals();
    set_limits();
    set_credentials(s);
    int e = ENOENT;
    if (strchr(program, '/')) {
        execve(program, cfg->argv, cfg->env);
        e = errno;
    } else if (program[0] != '\0') {
        e = exec_in_path(cfg);
    }
    dprintf(2, "obexec: can't run \"%s\": %s\n", program, exec_reason(e, program));
    _exit(e == ENOENT || e == ENOTDIR ? 127 : 126);
}
