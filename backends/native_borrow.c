/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a sandbox in a user namespace can't make and borrows from the host: device nodes, which
 * nobody makes there, and sysfs, which belongs to a network namespace that is not ours. It is taken
 * as detached mounts before the host is out of reach.
 */
#include <config.h>

#include "backends/native.h"
#include "backends/native_sys.h"

#include "base/cleanup.h"

#include <errno.h>

const char *const native_device_names[NATIVE_DEVICES] = {"null",   "zero",    "full",
                                                         "random", "urandom", "tty"};

static int borrow_device(const char *name, int *fd, struct ob_err *err)
{
    char path[32];
    snprintf(path, sizeof path, "/dev/%s", name);
    *fd = sys_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE);
    if (*fd < 0 && errno != ENOENT)
        return ob_err_set(err, errno, "can't borrow \"%s\" from the host", path);
    return 0;
}

/* With all that is mounted in it: to look under a mount is what a user namespace must not. */
static int borrow_sys(int *fd, struct ob_err *err)
{
    cleanup_close int dir = open("/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return ob_err_set(err, errno, "can't open the host's \"/sys\"");
    *fd = native_mount_clone(
        dir, AT_RECURSIVE,
        MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, err);
    return *fd < 0 ? ob_err_wrap(err, "\"/sys\"") : 0;
}

int native_borrow(const struct native_step *s, struct native_borrowed *b, struct ob_err *err)
{
    if (!s->native->in_userns)
        return 0;
    for (size_t i = 0; i < NATIVE_DEVICES; i++)
        if (borrow_device(native_device_names[i], &b->device[i], err) < 0)
            return -1;
    return s->cfg->network == STEP_NETWORK_HOST ? borrow_sys(&b->sys, err) : 0;
}

void native_borrow_end(struct native_borrowed *b)
{
    for (size_t i = 0; i < NATIVE_DEVICES; i++)
        if (b->device[i] >= 0)
            close(b->device[i]);
    if (b->sys >= 0)
        close(b->sys);
}
