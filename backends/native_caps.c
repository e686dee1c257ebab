/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The capabilities of a command: those that package managers and build scripts need as root of
 * their own filesystem, and none that reaches beyond it. tests/conform/escape.c has the list again,
 * as a mask. CAP_MKNOD is harmless as no file system that the command can write to allows the use
 * of device nodes (native_mounts.c).
 */
#include <config.h>

#include "backends/native.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BIT(cap) (UINT64_C(1) << (cap))

static const struct {
    unsigned cap;
    const char *name;
    bool is_for_command;
} CAPS[] = {
    {CAP_SYS_ADMIN, "cap_sys_admin", false}, /* namespaces and mounts */
    {CAP_NET_ADMIN, "cap_net_admin", false}, /* the loopback interface */
    {CAP_CHOWN, "cap_chown", true},
    {CAP_DAC_OVERRIDE, "cap_dac_override", true},
    {CAP_FSETID, "cap_fsetid", true},
    {CAP_FOWNER, "cap_fowner", true},
    {CAP_MKNOD, "cap_mknod", true},
    {CAP_SETGID, "cap_setgid", true},
    {CAP_SETUID, "cap_setuid", true},
    {CAP_SETFCAP, "cap_setfcap", true},
    {CAP_SETPCAP, "cap_setpcap", true},
    {CAP_SYS_CHROOT, "cap_sys_chroot", true},
    {CAP_KILL, "cap_kill", true},
    {CAP_AUDIT_WRITE, "cap_audit_write", true},
};
enum { N_CAPS = sizeof CAPS / sizeof CAPS[0] };

static uint64_t caps_of_command(void)
{
    uint64_t caps = 0;
    for (size_t i = 0; i < N_CAPS; i++)
        if (CAPS[i].is_for_command)
            caps |= BIT(CAPS[i].cap);
    return caps;
}

const char *native_caps_missing(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {0};
    syscall(SYS_capget, &head, data);
    uint64_t ours = data[0].effective | (uint64_t)data[1].effective << 32;
    for (size_t i = 0; i < N_CAPS; i++)
        if (!(ours & BIT(CAPS[i].cap)))
            return CAPS[i].name;
    return NULL;
}

/* The kernel may know capabilities that the headers do not: it says when there are no more. */
int native_caps_limit_bounding(void)
{
    const uint64_t kept = caps_of_command();
    for (unsigned cap = 0; cap < 64; cap++) {
        if (kept & BIT(cap))
            continue;
        if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
            return errno == EINVAL && cap > CAP_AUDIT_READ ? 0 : -1;
    }
    return 0;
}

static int set_caps_of(uint64_t effective, uint64_t permitted)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {
        {.effective = (uint32_t)effective, .permitted = (uint32_t)permitted},
        {.effective = (uint32_t)(effective >> 32), .permitted = (uint32_t)(permitted >> 32)},
    };
    return (int)syscall(SYS_capset, &head, data);
}

static int set_caps(uint64_t caps)
{
    return set_caps_of(caps, caps);
}

int native_caps_set(bool privileged)
{
    return set_caps(privileged ? caps_of_command() : 0);
}

/* Nobody can have more than the kernel and whoever started us left in the bounding set. */
int native_caps_set_all(void)
{
    uint64_t caps = 0;
    for (unsigned cap = 0; cap < 64; cap++)
        if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
            caps |= BIT(cap);
    return set_caps(caps);
}

int native_caps_keep_kill(void)
{
    return set_caps_of(BIT(CAP_KILL), BIT(CAP_KILL) | BIT(CAP_SYS_ADMIN));
}

int native_caps_raise_admin(void)
{
    return set_caps(BIT(CAP_SYS_ADMIN));
}
