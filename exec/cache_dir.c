/* SPDX-License-Identifier: Apache-2.0 */
/* Caches in place: a directory that is locked while it is used. */
#include <config.h>

#include "exec/cache_dir.h"

#include "base/cleanup.h"
#include "base/fs.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { MAX_DIRS = 1000, NAME_MAX_DIGITS = 24 };

static int wait_for(int locks, const struct cache_name *name, short type, struct str id,
                    const struct cache_waiting *waiting, struct ob_err *err)
{
    int rc = cache_try_lock(locks, name, type, CACHE_IN_USE, 1, err);
    if (rc != 0)
        return rc;
    waiting->fn(waiting->arg, id);
    return cache_lock(locks, name, type, CACHE_IN_USE, 1, err);
}

static int lock_private(int locks, const struct cache_name *name, int *number, struct ob_err *err)
{
    for (*number = 1; *number < MAX_DIRS; ++*number) {
        int rc = cache_try_lock(locks, name, F_WRLCK, CACHE_IN_USE + *number, 1, err);
        if (rc != 0)
            return rc;
    }
    return ob_err_set(err, 0, "%d steps use one cache", MAX_DIRS);
}

static int open_number(int entry, int number)
{
    char dir[NAME_MAX_DIGITS];
    snprintf(dir, sizeof dir, "%d", number);
    return openat(entry, dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int fill_new(int entry, const struct cache_start *start, struct ob_err *err)
{
    if (mkdirat(entry, "new", 0700) < 0)
        return ob_err_set(err, errno, "can't make a cache");
    cleanup_close int dir = openat(entry, "new", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0)
        return ob_err_set(err, errno, "can't make a cache");
    if (start->fill && start->fill(start->arg, dir, err) < 0)
        return -1;
    return cache_set_owner(dir, start->mode, start->uid, start->gid, err);
}

/* Makes it under another name, so that a half-filled one is never taken for whole. */
static int make_new(int entry, const struct cache_start *start, struct ob_err *err)
{
    struct ob_err ignored; /* whoever makes the next one tries again */
    if (fs_remove_tree_at(entry, "new", err) < 0)
        return -1;
    int rc = fill_new(entry, start, err);
    if (rc < 0)
        fs_remove_tree_at(entry, "new", &ignored);
    return rc;
}

static int make_number(int entry, int number, const struct cache_start *start, struct ob_err *err)
{
    char dir[NAME_MAX_DIGITS];
    snprintf(dir, sizeof dir, "%d", number);
    if (make_new(entry, start, err) < 0)
        return -1;
    if (renameat(entry, "new", entry, dir) < 0)
        return ob_err_set(err, errno, "can't make a cache");
    return 0;
}

static int open_or_make(int entry, int number, const struct cache_start *start, struct ob_err *err)
{
    int fd = open_number(entry, number);
    if (fd < 0 && errno == ENOENT) {
        if (make_number(entry, number, start, err) < 0)
            return -1;
        fd = open_number(entry, number);
    }
    return fd < 0 ? ob_err_set(err, errno, "can't open a cache") : fd;
}

int cache_dir_take(struct caches *c, const struct cache_name *name, struct str id,
                   enum sharing sharing, const struct cache_start *start,
                   const struct cache_waiting *waiting, int locks, struct ob_err *err)
{
    int number = 0;
    short type = sharing == SHARING_LOCKED ? F_WRLCK : F_RDLCK;
    int rc = sharing == SHARING_PRIVATE ? lock_private(locks, name, &number, err)
                                        : wait_for(locks, name, type, id, waiting, err);
    if (rc < 0 || cache_lock(locks, name, F_WRLCK, CACHE_CHANGE, 1, err) < 0)
        return -1;
    cleanup_close int entry = cache_entry_open(c, name, CACHE_DIR, id, err);
    cleanup_close int fd = entry < 0 ? -1 : open_or_make(entry, number, start, err);
    if (fd < 0 || cache_lock(locks, name, F_UNLCK, CACHE_CHANGE, 1, err) < 0)
        return -1;
    return take_fd(&fd);
}

int cache_dir_look(int entry, uint64_t *number)
{
    for (int n = 0; n < MAX_DIRS; n++) {
        int fd = open_number(entry, n);
        *number = (uint64_t)n;
        if (fd >= 0 || errno != ENOENT)
            return fd;
    }
    return -1;
}

int cache_dir_replace(int entry, const struct cache_start *start, struct ob_err *err)
{
    if (make_new(entry, start, err) < 0 || fs_remove_tree_at(entry, "0", err) < 0)
        return -1;
    if (renameat(entry, "new", entry, "0") < 0)
        return ob_err_set(err, errno, "can't make a cache");
    return 0;
}
