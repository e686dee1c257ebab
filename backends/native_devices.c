/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The devices of the host, for a step that may do all: nodes of its own in its own /dev, with the
 * modes and owners that they have there. What mounts, links and sockets the host has in its /dev is
 * its own.
 */
#include <config.h>

#include "backends/native.h"

#include "base/cleanup.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>

enum { DEPTH_MAX = 8 };

static bool is_node(const struct stat *st)
{
    return S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode);
}

/* Those that each sandbox has anyway are there already; others nobody can make in a user namespace,
 * and could not use either. */
static int copy_node(int dev, const char *name, const struct stat *st, struct ob_err *err)
{
    if (mknodat(dev, name, st->st_mode, st->st_rdev) < 0)
        return errno == EEXIST || errno == EPERM
                   ? 0
                   : ob_err_set(err, errno, "can't make device \"%s\"", name);
    if (fchownat(dev, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
        return ob_err_set(err, errno, "can't set the owner of device \"%s\"", name);
    return 0;
}

static int copy_devices(int host, int dev, dev_t fs, int depth, struct ob_err *err);

static int copy_dir(int host, int dev, const char *name, const struct stat *st, int depth,
                    struct ob_err *err)
{
    if (depth == DEPTH_MAX)
        return 0;
    cleanup_close int from = openat(host, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (from < 0)
        return 0; /* it is gone */
    if (mkdirat(dev, name, st->st_mode & 07777) < 0 && errno != EEXIST)
        return ob_err_set(err, errno, "can't make directory \"%s\"", name);
    cleanup_close int to = openat(dev, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return to < 0 ? 0 : copy_devices(from, to, st->st_dev, depth + 1, err);
}

static int copy_devices(int host, int dev, dev_t fs, int depth, struct ob_err *err)
{
    cleanup_dir DIR *d = fs_opendir(host);
    int rc = d ? 0 : ob_err_set(err, errno, "can't read the host's devices");
    for (struct dirent *e; rc == 0 && (e = readdir(d));) {
        struct stat st;
        if (e->d_name[0] == '.' || fstatat(host, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
            st.st_dev != fs)
            continue;
        if (is_node(&st))
            rc = copy_node(dev, e->d_name, &st, err);
        else if (S_ISDIR(st.st_mode))
            rc = copy_dir(host, dev, e->d_name, &st, depth, err);
    }
    return rc;
}

int native_devices_copy(int host, int dev, struct ob_err *err)
{
    struct stat st;
    if (fstat(host, &st) < 0)
        return ob_err_set(err, errno, "can't look at the host's devices");
    return copy_devices(host, dev, st.st_dev, 0, err) < 0 ? ob_err_wrap(err, "\"/dev\"") : 0;
}
