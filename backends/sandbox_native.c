/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The native sandbox: namespaces made by ourselves, in the worker's side of it. What costs time and
 * is the same for every step is done in open; start costs one clone3 and returns while pid 1 still
 * builds, so a failure to build is reported by reap.
 */
#include <config.h>

#include "backends/backends.h"
#include "backends/native.h"
#include "backends/native_sys.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/userns.h"

#include <errno.h>
#include <linux/magic.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

struct native_run {
    struct sandbox_run base;
    int pidfd;          /* of pid 1 */
    int root;           /* the caller's */
    bool is_root_whole; /* … is all of a filesystem */
    int *mounts;        /* detached mounts by index in cfg->mounts, -1 if it is none */
    size_t n_mounts;
    struct native_shared *shared;
    bool has_limits;
    struct cgroup cgroup; /* if has_limits */
    struct net_helper net;
};

/* Finds the memory of this program's arguments: fields 48 and 49 of proc(5)'s stat. A process may
 * not see it (hidden proc): then there is nothing to wipe. */
static void find_arguments(struct native *n)
{
    struct ob_err err = OB_ERR_INIT;
    cleanup_buf struct buf stat = BUF_INIT;
    if (fs_read_file_at(AT_FDCWD, "/proc/self/stat", &stat, 4096, &err) != 1)
        return;
    const char *at = strrchr(stat.p, ')'); /* the end of field 2, which may hold anything */
    for (int field = 2; at && field < 48; field++)
        at = strchr(at + 1, ' ');
    unsigned long long start, end;
    if (at && sscanf(at, "%llu %llu", &start, &end) == 2 && start < end) {
        n->argv_start = (char *)(uintptr_t)start;
        n->argv_size = (size_t)(end - start);
    }
}

static int check_machine(struct ob_err *err)
{
    const char *missing = native_caps_missing();
    if (geteuid() != 0 || missing)
        return ob_err_set(err, 0, "the native sandbox needs root%s%s", missing ? " with " : "",
                          missing ? missing : "");
    if (sys_mount_setattr(-1, 0, &(struct mount_attr){0}) < 0 && errno == ENOSYS)
        return ob_err_set(err, 0, "the native sandbox needs Linux 5.12 or later");
    return 0;
}

static int native_open(const struct sandbox_options *o, struct sandbox **out, struct ob_err *err)
{
    if (check_machine(err) < 0)
        return -1;
    struct native *n = calloc(1, sizeof *n);
    if (!n)
        ob_out_of_memory();
    n->base.ops = &sandbox_native_ops;
    n->cgroups = CGROUP_HOST_INIT;
    struct statfs fs;
    n->in_userns = !userns_is_initial();
    n->has_one_user = userns_has_one_user();
    n->has_cgroup2 = statfs("/sys/fs/cgroup", &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
    find_arguments(n);
    if (native_seccomp_build(o->fast_sync, &n->filter, err) < 0) {
        free(n);
        return -1;
    }
    *out = &n->base;
    return 0;
}

static bool has_limits(const struct step_limits *l)
{
    return l->cpu_milli || l->memory || l->pids;
}

static int check_limits(struct native *n, const struct step_limits *limits, struct ob_err *err)
{
    cleanup_buf struct buf own = BUF_INIT;
    cleanup_close int root = open("/sys/fs/cgroup", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return ob_err_set(err, errno, "limits need \"/sys/fs/cgroup\"");
    if (fs_read_file_at(AT_FDCWD, "/proc/self/cgroup", &own, 64 << 10, err) < 0)
        return ob_err_wrap(err, "\"/proc/self/cgroup\"");
    cgroup_host_close(&n->cgroups);
    return cgroup_host_open(root, own.n ? own.p : "", limits, &n->cgroups, err);
}

static int native_check(struct sandbox *s, const struct step_cfg *cfg, struct ob_err *err)
{
    struct native *n = (struct native *)s;
    if (cfg->is_insecure && n->in_userns)
        return ob_err_set(err, 0,
                          "a step that may do all needs root of the machine, not of a user "
                          "namespace");
    if (cfg->network == STEP_NETWORK_PRIVATE && native_net_open(&n->net, err) < 0)
        return -1;
    return has_limits(&cfg->limits) ? check_limits(n, &cfg->limits, err) : 0;
}

static void native_close(struct sandbox *s)
{
    struct native *n = (struct native *)s;
    cgroup_host_close(&n->cgroups);
    free(n->filter.filter);
    free(n);
}

static void run_free(struct native_run *run)
{
    for (size_t i = 0; i < run->n_mounts; i++)
        if (run->mounts[i] >= 0)
            close(run->mounts[i]);
    free(run->mounts);
    if (run->pidfd >= 0)
        close(run->pidfd);
    if (run->has_limits)
        cgroup_end(&run->cgroup, NULL);
    net_helper_end(&run->net);
    munmap(run->shared, sizeof *run->shared);
    free(run);
}

static struct native_run *run_new(struct sandbox *s, const struct rootfs *root, size_t n_mounts)
{
    struct native_run *run = calloc(1, sizeof *run);
    int *mounts = calloc(n_mounts + 1, sizeof *mounts);
    void *shared =
        mmap(NULL, sizeof *run->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!run || !mounts || shared == MAP_FAILED)
        ob_out_of_memory();
    *run = (struct native_run){.base = {s},
                               .pidfd = -1,
                               .root = root->fd,
                               .is_root_whole = root->is_whole,
                               .mounts = mounts,
                               .n_mounts = n_mounts,
                               .shared = shared,
                               .net = NET_HELPER_INIT};
    for (size_t i = 0; i < n_mounts; i++)
        mounts[i] = -1;
    return run;
}

/* A detached mount can't be cloned before Linux 6.15, so it is used itself. */
static int clone_source(int fd, bool is_detached, unsigned flags, unsigned attrs,
                        struct ob_err *err)
{
    if (!is_detached)
        return native_mount_clone(fd, flags, attrs, err);
    if (native_mount_restrict(fd, 0, attrs, err) < 0)
        return -1;
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    return copy < 0 ? ob_err_set(err, errno, "dup") : copy;
}

/* Sources are cloned here, as pid 1's namespace does not have the worker's mounts. */
static int clone_sources(struct native_run *run, const struct step_cfg *cfg, struct ob_err *err)
{
    for (size_t i = 0; i < cfg->n_mounts; i++) {
        const struct step_mount *m = &cfg->mounts[i];
        if (m->kind != STEP_MOUNT_BIND)
            continue;
        unsigned attrs = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
        if (m->read_only)
            attrs |= MOUNT_ATTR_RDONLY;
        run->mounts[i] = clone_source(m->source_fd, m->is_detached, AT_RECURSIVE, attrs, err);
        if (run->mounts[i] < 0)
            return ob_err_wrap(err, "mount \"%s\"", m->target);
    }
    return 0;
}

/* Gives its process id. */
static int clone_pid1(const struct native_step *step, int *pidfd, pid_t *pid, struct ob_err *err)
{
    struct clone_args args = {
        .flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC |
                 CLONE_NEWUTS,
        .pidfd = (uintptr_t)pidfd,
        .exit_signal = SIGCHLD,
    };
    if (step->cfg->network != STEP_NETWORK_HOST)
        args.flags |= CLONE_NEWNET;
    int group = step->cgroup ? cgroup_for_clone(step->cgroup) : -1;
    if (!step->cgroup)
        args.flags |= CLONE_NEWCGROUP;
    if (group >= 0) {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = (unsigned)group;
    }
    sigset_t term, old; /* waits in pid 1 until that has a handler and a command to hand it to */
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, &old);
    long rc = syscall(SYS_clone3, &args, sizeof args);
    if (rc == 0)
        native_init(step);
    int errnum = errno;
    sigprocmask(SIG_SETMASK, &old, NULL);
    errno = errnum;
    *pid = (pid_t)rc;
    return rc < 0 ? ob_err_set(err, errno, "can't make the sandbox's namespaces") : 0;
}

/* What the step is to find in /etc/resolv.conf: the host's, with its network, or what a private
 * network makes of it. A host may have none. */
static void make_resolv_conf(struct native_step *step, struct buf *out)
{
    struct ob_err ignored;
    cleanup_buf struct buf host = BUF_INIT;
    if (step->cfg->network == STEP_NETWORK_NONE)
        return;
    (void)!fs_read_file_at(AT_FDCWD, "/etc/resolv.conf", &host, 1 << 20, &ignored);
    if (step->cfg->network == STEP_NETWORK_PRIVATE)
        native_net_resolv_conf(&step->native->net, host.n ? host.p : "", out);
    else
        buf_add_str(out, buf_str(&host));
    step->resolv_conf = out->n ? out->p : NULL;
}

static int start_network(struct native_run *run, struct native_step *step, struct ob_err *err)
{
    if (step->cfg->network != STEP_NETWORK_PRIVATE)
        return 0;
    if (net_helper_open(&run->net, err) < 0)
        return -1;
    step->net = &run->net;
    return 0;
}

static int start_limits(struct native_run *run, struct native_step *step, struct ob_err *err)
{
    const struct step_limits *limits = &step->cfg->limits;
    if (!has_limits(limits))
        return 0;
    if (cgroup_make(&step->native->cgroups, limits, &run->cgroup, err) < 0)
        return -1;
    run->has_limits = true;
    step->cgroup = &run->cgroup;
    return 0;
}

static int run_start(struct native_run *run, const struct rootfs *root, const struct step_cfg *cfg,
                     struct ob_err *err)
{
    cleanup_close int worker = (int)syscall(SYS_pidfd_open, getpid(), 0);
    if (worker < 0)
        return ob_err_set(err, errno, "pidfd_open");
    cleanup_close int dev = -1;
    cleanup_buf struct buf resolv_conf = BUF_INIT;
    const unsigned attrs = cfg->is_insecure ? 0 : MOUNT_ATTR_NODEV;
    cleanup_close int mount = clone_source(root->fd, root->is_detached, 0, attrs, err);
    if (mount < 0)
        return ob_err_wrap(err, "root filesystem");
    if (clone_sources(run, cfg, err) < 0)
        return -1;
    if (cfg->is_insecure && (dev = open("/dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        return ob_err_set(err, errno, "can't open \"/dev\"");
    struct native_step step = {.native = (const struct native *)run->base.sandbox,
                               .cfg = cfg,
                               .worker = worker,
                               .root = mount,
                               .is_root_ours = !root->is_detached,
                               .mounts = run->mounts,
                               .host_dev = dev,
                               .shared = run->shared};
    pid_t pid;
    make_resolv_conf(&step, &resolv_conf);
    if (start_limits(run, &step, err) < 0 || start_network(run, &step, err) < 0 ||
        clone_pid1(&step, &run->pidfd, &pid, err) < 0)
        return -1;
    if (step.net)
        net_helper_start(&run->net, &step.native->net, pid);
    return 0;
}

static int native_start(struct sandbox *s, const struct rootfs *root, const struct step_cfg *cfg,
                        struct sandbox_run **out, struct ob_err *err)
{
    const struct native *n = (const struct native *)s;
    if (n->has_one_user && (cfg->uid != 0 || cfg->gid != 0))
        return ob_err_set(err, 0,
                          "user %u with group %u can't be had: this user namespace has only root "
                          "(ROOTLESS in obexec(1) says how to get more)",
                          cfg->uid, cfg->gid);
    struct native_run *run = run_new(s, root, cfg->n_mounts);
    if (run_start(run, root, cfg, err) < 0) {
        run_free(run);
        return ob_err_wrap(err, "sandbox");
    }
    *out = &run->base;
    return 0;
}

static void status_from_wait(int wait_status, struct sandbox_status *status)
{
    status->signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;
    status->exit_code = status->signal ? 128 + status->signal : WEXITSTATUS(wait_status);
}

static bool has_succeeded(const struct sandbox_status *status)
{
    return status->exit_code == 0 && status->signal == 0;
}

static int failed_as(const struct native_shared *shared, struct sandbox_status *status,
                     struct ob_err *err)
{
    *err = shared->err;
    status->is_step_fault = shared->is_step_fault;
    return shared->is_step_fault ? -1 : ob_err_wrap(err, "sandbox");
}

static void add_hits(struct native_run *run, struct sandbox_status *status)
{
    struct cgroup_hits hits = {0};
    cgroup_end(&run->cgroup, &hits);
    status->is_out_of_memory = hits.memory;
    status->is_out_of_pids = hits.pids;
}

/* What a failure means, reap finds out. */
static void native_wait(struct sandbox_run *base)
{
    const struct native_run *run = (const struct native_run *)base;
    siginfo_t info;
    while (waitid(P_PIDFD, (id_t)run->pidfd, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
        ;
}

/* Pid 1 is a zombie only after the kernel has killed and collected all others. */
static int native_reap(struct sandbox_run *base, struct sandbox_status *status, struct ob_err *err)
{
    struct native_run *run = (struct native_run *)base;
    const struct native_shared *shared = run->shared;
    siginfo_t info;
    int rc;
    while ((rc = waitid(P_PIDFD, (id_t)run->pidfd, &info, WEXITED)) < 0 && errno == EINTR)
        ;
    if (rc < 0)
        rc = ob_err_set(err, errno, "sandbox: can't wait for its end");
    else if (shared->state == NATIVE_FAILED)
        rc = failed_as(shared, status, err);
    else if (shared->state == NATIVE_ENDED)
        status_from_wait(shared->wait_status, status);
    else
        *status = (struct sandbox_status){.exit_code = 128 + SIGKILL, .signal = SIGKILL};
    if (run->has_limits)
        add_hits(run, status);
    struct ob_err left;
    if (native_target_remove(shared, run->root, run->mounts, &left) < 0 && rc == 0) {
        *err = left; /* a snapshot must not have it */
        rc = ob_err_wrap(err, "sandbox");
    }
    if (rc == 0 && run->is_root_whole && has_succeeded(status))
        rc = native_seal_filesystem(run->root, &status->is_step_fault, err);
    run_free(run);
    return rc;
}

static void signal_pid1(struct sandbox_run *base, int sig)
{
    const struct native_run *run = (const struct native_run *)base;
    int saved = errno;
    syscall(SYS_pidfd_send_signal, run->pidfd, sig, NULL, 0);
    errno = saved;
}

/* Pid 1 hands it on to all others. */
static void native_terminate(struct sandbox_run *base)
{
    signal_pid1(base, SIGTERM);
}

static void native_kill(struct sandbox_run *base)
{
    signal_pid1(base, SIGKILL);
}

static bool has_program(const struct rootfs *root, const char *path)
{
    int fd = fs_open_in(root->fd, path, O_PATH, 0);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static const char *const *native_default_shell(struct sandbox *s, const struct rootfs *root)
{
    static const char *const env_bash[] = {"/usr/bin/env", "bash", "-c", NULL};
    static const char *const bin_bash[] = {"/bin/bash", "-c", NULL};
    static const char *const usr_bash[] = {"/usr/bin/bash", "-c", NULL};
    static const char *const sh[] = {"/bin/sh", "-c", NULL};
    (void)s;
    bool bin = has_program(root, "/bin/bash"), usr = has_program(root, "/usr/bin/bash");
    if ((bin || usr) && has_program(root, "/usr/bin/env"))
        return env_bash;
    return bin ? bin_bash : usr ? usr_bash : sh;
}

const struct sandbox_ops sandbox_native_ops = {
    .name = "native",
    .summary = "namespaces of this Linux, made by obexec itself",
    .kinds = ROOTFS_DIR,
    .open = native_open,
    .check = native_check,
    .close = native_close,
    .start = native_start,
    .wait = native_wait,
    .reap = native_reap,
    .terminate = native_terminate,
    .kill = native_kill,
    .default_shell = native_default_shell,
};
