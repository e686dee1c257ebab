/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system call filter. What needs a capability that no command has is not listed again; the
 * list is what is left: keys, sockets and kernel interfaces that are not namespaced, new user
 * namespaces (in which a command would have every capability), input into a terminal, what would
 * make a result that can't be removed. The filter is compiled once per sandbox, as libseccomp takes
 * longer for that than a step.
 */
#include <config.h>

#include "backends/native.h"

#include "base/cleanup.h"
#include "base/fs.h"

#include <errno.h>
#include <linux/btrfs.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#ifndef TIOCLINUX
#define TIOCLINUX 0x541C
#endif

static const int SYNC[] = {
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(msync),
    SCMP_SYS(sync),
    SCMP_SYS(syncfs),
    SCMP_SYS(sync_file_range),
    SCMP_SYS(sync_file_range2),
};

static const int FORBIDDEN[] = {
    SCMP_SYS(add_key),
    SCMP_SYS(keyctl),
    SCMP_SYS(request_key),
    SCMP_SYS(bpf),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(syslog),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(uselib),
    SCMP_SYS(vm86),
    SCMP_SYS(vm86old),
};

/* "Not there" rather than "forbidden", so that libraries fall back to what they did before. The
 * flags of clone3 are in memory, where a filter can't look; io_uring does things behind it. */
static const int ABSENT[] = {
    SCMP_SYS(clone3),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
};

static int add_all(scmp_filter_ctx ctx, const int *calls, size_t n, int errnum)
{
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO((unsigned)errnum), calls[i], 0);
    return rc;
}

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#ifdef __s390__
#define CLONE_FLAGS_ARG 1
#else
#define CLONE_FLAGS_ARG 0
#endif

/* Fails a call if the bits of `mask` in argument `arg` are `value`. The kernel takes 32 bits of
 * these arguments, so the upper half must not matter. */
struct arg_rule {
    int call;
    unsigned arg;
    uint32_t mask, value;
    int errnum;
};

static const struct arg_rule ARGS[] = {
    {SCMP_SYS(ioctl), 1, UINT32_MAX, TIOCSTI, EPERM},
    {SCMP_SYS(ioctl), 1, UINT32_MAX, TIOCLINUX, EPERM},
    {SCMP_SYS(unshare), 0, CLONE_NEWUSER, CLONE_NEWUSER, EPERM},
    {SCMP_SYS(clone), CLONE_FLAGS_ARG, CLONE_NEWUSER, CLONE_NEWUSER, EPERM},
};

/* Btrfs lets everybody make subvolumes and set them read-only: nobody could remove such a result.
 */
static const struct arg_rule SUBVOLUMES[] = {
    {SCMP_SYS(ioctl), 1, UINT32_MAX, BTRFS_IOC_SUBVOL_CREATE, ENOTTY},
    {SCMP_SYS(ioctl), 1, UINT32_MAX, BTRFS_IOC_SUBVOL_CREATE_V2, ENOTTY},
    {SCMP_SYS(ioctl), 1, UINT32_MAX, BTRFS_IOC_SNAP_CREATE, ENOTTY},
    {SCMP_SYS(ioctl), 1, UINT32_MAX, BTRFS_IOC_SNAP_CREATE_V2, ENOTTY},
    {SCMP_SYS(ioctl), 1, UINT32_MAX, BTRFS_IOC_SUBVOL_SETFLAGS, ENOTTY},
};

/* Sockets to the hypervisor and to the kernel's ciphers know no network namespace. */
static const struct arg_rule SOCKETS[] = {
    {SCMP_SYS(socket), 0, UINT32_MAX, AF_VSOCK, EAFNOSUPPORT},
    {SCMP_SYS(socket), 0, UINT32_MAX, AF_ALG, EAFNOSUPPORT},
};

static int add_args(scmp_filter_ctx ctx, const struct arg_rule *rules, size_t n)
{
    int rc = 0;
    for (const struct arg_rule *r = rules; r < rules + n && rc == 0; r++)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO((unsigned)r->errnum), r->call, 1,
                              SCMP_CMP(r->arg, SCMP_CMP_MASKED_EQ, r->mask, r->value));
    return rc;
}

static int add_rules(scmp_filter_ctx ctx, bool fast_sync)
{
    int rc = add_all(ctx, FORBIDDEN, COUNT(FORBIDDEN), EPERM);
    if (rc == 0)
        rc = add_all(ctx, ABSENT, COUNT(ABSENT), ENOSYS);
    if (rc == 0 && fast_sync)
        rc = add_all(ctx, SYNC, COUNT(SYNC), 0);
    if (rc == 0)
        rc = add_args(ctx, ARGS, COUNT(ARGS));
    return rc == 0 ? add_args(ctx, SUBVOLUMES, COUNT(SUBVOLUMES)) : rc;
}

/* An ABI that no filter names (x32) does not exist. */
static scmp_filter_ctx new_filter(void)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
    if (ctx && seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS)) == 0)
        return ctx;
    seccomp_release(ctx);
    return NULL;
}

/* 32-bit x86 has the same rules but those for sockets: its C library makes them all with
 * socketcall(2), whose arguments are in memory, so it could only be forbidden to have any. */
static int add_x86(scmp_filter_ctx ctx, bool fast_sync)
{
    scmp_filter_ctx x86 = new_filter();
    int rc = x86 ? seccomp_arch_remove(x86, SCMP_ARCH_NATIVE) : -ENOMEM;
    if (rc == 0)
        rc = seccomp_arch_add(x86, SCMP_ARCH_X86);
    if (rc == 0)
        rc = add_rules(x86, fast_sync);
    if (rc == 0)
        rc = seccomp_merge(ctx, x86); /* and releases it */
    if (rc < 0)
        seccomp_release(x86);
    return rc;
}

static int fill(scmp_filter_ctx ctx, bool fast_sync)
{
    int rc = 0;
    if (seccomp_arch_native() == SCMP_ARCH_AARCH64)
        rc = seccomp_arch_add(ctx, SCMP_ARCH_ARM);
    if (rc == 0)
        rc = add_rules(ctx, fast_sync);
    if (rc == 0)
        rc = add_args(ctx, SOCKETS, COUNT(SOCKETS));
    if (rc == 0 && seccomp_arch_native() == SCMP_ARCH_X86_64)
        rc = add_x86(ctx, fast_sync);
    if (rc == 0) /* a binary tree: installing runs the filter once per system call number */
        rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    return rc;
}

static int export_program(scmp_filter_ctx ctx, struct sock_fprog *out, struct ob_err *err)
{
    cleanup_close int fd = memfd_create("filter", MFD_CLOEXEC);
    int rc = fd < 0 ? -errno : seccomp_export_bpf(ctx, fd);
    if (rc < 0 || lseek(fd, 0, SEEK_SET) < 0)
        return ob_err_set(err, rc < 0 ? -rc : errno, "can't compile the system call filter");
    cleanup_buf struct buf program = BUF_INIT;
    if (fs_read_all(fd, &program, 1 << 20, err) < 0)
        return ob_err_wrap(err, "system call filter");
    out->len = (unsigned short)(program.n / sizeof(struct sock_filter));
    out->filter = (struct sock_filter *)(void *)buf_take(&program);
    return 0;
}

int native_seccomp_build(bool fast_sync, struct sock_fprog *out, struct ob_err *err)
{
    scmp_filter_ctx ctx = new_filter();
    int rc = ctx ? fill(ctx, fast_sync) : -ENOMEM;
    rc = rc < 0 ? ob_err_set(err, -rc, "can't make a system call filter")
                : export_program(ctx, out, err);
    seccomp_release(ctx);
    return rc;
}

int native_seccomp_install(const struct sock_fprog *filter)
{
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, filter);
}
