/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Abstract sockets belong to a network, so a command in the host's could talk to any daemon of the
 * host that has one. Landlock can forbid it those of processes outside (Linux 6.12); before that,
 * nothing can that does not forbid the network as well.
 */
#include <config.h>

#include "backends/native.h"

#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_restrict_self 446
#endif

/* As in <linux/landlock.h>, which often is older than the kernel. */
struct ruleset_attr {
    uint64_t handled_access_fs, handled_access_net, scoped;
};
#define SCOPE_ABSTRACT_UNIX_SOCKET 1

int native_scope_sockets(void)
{
    const struct ruleset_attr attr = {.scoped = SCOPE_ABSTRACT_UNIX_SOCKET};
    int fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
    if (fd < 0)
        return 0; /* this kernel can't */
    int rc = (int)syscall(SYS_landlock_restrict_self, fd, 0);
    close(fd);
    return rc;
}
