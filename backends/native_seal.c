/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A result never changes, but a step can hand a descriptor of its root to another one, over a
 * socket in a cache that both have, and that one goes on when the first has ended. So before a
 * command counts as done its filesystem becomes read-only: for a root that is a filesystem of its
 * own as a whole, by the worker; for a directory of the host the sandbox's mount of it, by pid 1,
 * since nobody can change a mount whose namespace has ended. What is open for writing, or mapped
 * so, keeps the kernel from doing it, which is the step's fault.
 */
#include <config.h>

#include "backends/native.h"
#include "backends/native_sys.h"

#include "base/cleanup.h"

#include <errno.h>
#include <time.h>

/* The kernel closes some of what a process had only a little after its end. */
enum { TRIES = 100, PAUSE_MS = 10 };

static bool is_settling(int rc, unsigned try)
{
    if (rc == 0 || errno != EBUSY || try == TRIES)
        return false;
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000}, NULL);
    return true;
}

static int seal_failed(bool *is_step_fault, struct ob_err *err)
{
    if (errno != EBUSY)
        return ob_err_set(err, errno, "can't make the root filesystem read-only at the end");
    *is_step_fault = true;
    return ob_err_set(err, 0,
                      "a file of the root filesystem is still open for writing, by a process "
                      "outside of the step that it was handed to");
}

int native_seal_mount(struct native_shared *shared, struct ob_err *err)
{
    const struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
    if (native_caps_raise_admin() < 0)
        return ob_err_set(err, errno, "can't have capabilities again");
    cleanup_close int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int rc;
    for (unsigned i = 0; is_settling(rc = sys_mount_setattr(root, 0, &attr), i); i++)
        ;
    return rc < 0 ? seal_failed(&shared->is_step_fault, err) : 0;
}

static int make_read_only(int root)
{
    cleanup_close int fs = sys_fspick(root);
    return fs < 0 || sys_fsconfig(fs, FSCONFIG_SET_FLAG, "ro", NULL) < 0
               ? -1
               : sys_fsconfig(fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL);
}

int native_seal_filesystem(int root, bool *is_step_fault, struct ob_err *err)
{
    int rc;
    for (unsigned i = 0; is_settling(rc = make_read_only(root), i); i++)
        ;
    return rc < 0 ? seal_failed(is_step_fault, err) : 0;
}
