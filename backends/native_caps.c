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

static const uint64_t ALLOWED = BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FSETID) |
                                BIT(CAP_FOWNER) | BIT(CAP_MKNOD) | BIT(CAP_SETGID) |
                                BIT(CAP_SETUID) | BIT(CAP_SETFCAP) | BIT(CAP_SETPCAP) |
                                BIT(CAP_SYS_CHROOT) | BIT(CAP_KILL) | BIT(CAP_AUDIT_WRITE);

/* The kernel may know capabilities that the headers do not: it says when there are no more. */
int native_caps_limit_bounding(void)
{
    for (unsigned cap = 0; cap < 64; cap++) {
        if (ALLOWED & BIT(cap))
            continue;
        if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
            return errno == EINVAL && cap > CAP_AUDIT_READ ? 0 : -1;
    }
    return 0;
}

int native_caps_set(bool privileged)
{
    uint64_t caps = privileged ? ALLOWED : 0;
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {
        {.effective = (uint32_t)caps, .permitted = (uint32_t)caps},
        {.effective = (uint32_t)(caps >> 32), .permitted = (uint32_t)(caps >> 32)},
    };
    return (int)syscall(SYS_capset, &head, data);
}
