/* SPDX-License-Identifier: Apache-2.0 */
/* Packing a cache into an archive, and unpacking an archive into one. */
#include <config.h>

#include "exec/cache_tar.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "exec/kit.h"
#include "exec/layer_tar.h"

#include <fcntl.h>

static int write_fd(void *arg, const void *p, size_t n, struct ob_err *err)
{
    return fs_write_all(*(const int *)arg, p, n, err);
}

static int write_tree(int top, int out, struct ob_err *err)
{
    struct arena a = ARENA_INIT;
    const struct layer_trees trees = {.parent = -1, .child = top, .upper = -1, .is_live = true};
    const struct tar_sink sink = {write_fd, &out};
    struct layer_entries entries = {0};
    int rc = layer_diff(&a, &trees, &entries, err);
    if (rc == 0)
        rc = layer_tar_write(top, &entries, &sink, err);
    arena_free(&a);
    return rc;
}

/* Opens what is to be exported, and holds it as a step would. 1, 0 = it is not there, -1. */
static int hold(struct caches *c, const struct cache_info *info, int locks, struct rootfs *out,
                struct ob_err *err)
{
    uint64_t number = 0;
    if (cache_lock(locks, &info->name, F_WRLCK, CACHE_CHANGE, 1, err) < 0)
        return -1;
    cleanup_close int entry =
        openat(c->dir, info->name.hex, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (entry < 0)
        return 0;
    int rc = info->kind == CACHE_COPY ? cache_copy_look(c, &info->name, entry, out, &number, err)
                                      : (out->fd = cache_dir_look(entry, &number)) >= 0;
    if (rc <= 0 || cache_lock(locks, &info->name, F_UNLCK, CACHE_CHANGE, 1, err) < 0)
        return rc <= 0 ? rc : -1;
    return cache_lock(locks, &info->name, F_RDLCK, CACHE_IN_USE + (int64_t)number, 1, err);
}

int cache_export(struct caches *c, const struct cache_info *info, int out, struct ob_err *err)
{
    struct rootfs tree = ROOTFS_INIT;
    cleanup_close int locks = cache_locks_open(c, err);
    int rc = locks < 0 ? -1 : hold(c, info, locks, &tree, err);
    if (rc == 0) {
        rc = ob_err_set(err, 0, "cache \"" STR_FMT "\" is empty", STR_ARG(info->id));
        err->errnum = CACHE_EMPTY;
    }
    if (rc > 0)
        rc = write_tree(tree.fd, out, err);
    rootfs_close(&tree);
    return rc;
}

int cache_tar_start(int archive, struct cache_start *out, struct ob_err *err)
{
    *out = (struct cache_start){.mode = 0755};
    int rc = kit_archive_root(archive, &out->mode, &out->uid, &out->gid, err);
    return rc == 0 ? ob_err_set(err, 0, "it is no tar archive") : rc < 0 ? -1 : 0;
}

static int unpack(void *arg, int dir, struct ob_err *err)
{
    const struct look look = {.keep_owner = true};
    return kit_unpack(*(const int *)arg, dir, STR(""), &look, err);
}

static int import_dir(struct caches *c, const struct cache_info *info,
                      const struct cache_start *start, const struct cache_waiting *waiting,
                      int locks, struct ob_err *err)
{
    int rc = cache_claim(locks, &info->name, false, err);
    if (rc == 0) {
        waiting->fn(waiting->arg, info->id);
        rc = cache_claim(locks, &info->name, true, err);
    }
    cleanup_close int entry =
        rc < 0 ? -1 : cache_entry_open(c, &info->name, CACHE_DIR, info->id, err);
    return entry < 0 ? -1 : cache_dir_replace(entry, start, err);
}

static int import_copy(struct caches *c, const struct cache_info *info,
                       const struct cache_start *start, int locks, struct ob_err *err)
{
    struct cache_copy copy;
    if (cache_copy_begin(c, &info->name, info->id, start, true, locks, &copy, err) < 0)
        return -1;
    if (start->fill(start->arg, copy.root.fd, err) == 0)
        return cache_copy_publish(c, &copy, locks, err);
    cache_copy_drop(&copy);
    return -1;
}

int cache_import(struct caches *c, const struct cache_info *info, const struct cache_start *start,
                 int archive, const struct cache_waiting *waiting, struct ob_err *err)
{
    struct cache_start filled = *start;
    filled.fill = unpack;
    filled.arg = &archive;
    cleanup_close int locks = cache_locks_open(c, err);
    if (locks < 0)
        return -1;
    return info->kind == CACHE_COPY ? import_copy(c, info, &filled, locks, err)
                                    : import_dir(c, info, &filled, waiting, locks, err);
}
