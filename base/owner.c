/* SPDX-License-Identifier: Apache-2.0 */
/* Owner and mode of files, as far as the user namespace has the owners. */
#include <config.h>

#include "base/owner.h"

#include "base/userns.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* After a chown(2) that failed: whether the file is to be root's instead. A program that ran as
 * another user or group must not run as root then. */
static bool is_roots_instead(mode_t *mode)
{
    if (errno != EINVAL || !userns_has_one_user())
        return false;
    *mode &= ~(mode_t)(S_ISUID | S_ISGID);
    return true;
}

int owner_set(int fd, uid_t uid, gid_t gid, mode_t mode)
{
    if (fchown(fd, uid, gid) < 0 && (!is_roots_instead(&mode) || fchown(fd, 0, 0) < 0))
        return -1;
    return fchmod(fd, mode & 07777);
}

int owner_set_at(int dir, const char *name, uid_t uid, gid_t gid, mode_t mode)
{
    const int flags = AT_SYMLINK_NOFOLLOW;
    if (fchownat(dir, name, uid, gid, flags) < 0 &&
        (!is_roots_instead(&mode) || fchownat(dir, name, 0, 0, flags) < 0))
        return -1;
    return S_ISLNK(mode) ? 0 : fchmodat(dir, name, mode & 07777, 0);
}
