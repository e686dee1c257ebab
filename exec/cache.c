/* SPDX-License-Identifier: Apache-2.0 */
/* Caches of either kind: taken and given back, listed, removed. */
#include <config.h>

#include "exec/cache.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "exec/kit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

struct cache_name cache_name(const struct cache_ask *ask)
{
    const struct cache_start *s = &ask->start;
    char owner[64];
    struct sha256 h;
    struct digest d;
    int n = snprintf(owner, sizeof owner, "dir %o %u %u ", s->mode & 07777, s->uid, s->gid);
    sha256_init(&h);
    sha256_add(&h, ask->id.p, ask->id.n);
    sha256_add(&h, "", 1);
    if (ask->kind == CACHE_DIR) {
        sha256_add(&h, owner, (size_t)n);
        sha256_add(&h, ask->origin.b, SHA256_BYTES);
    }
    sha256_final(&h, &d);
    return cache_name_of(&d);
}

static int take_dir(struct caches *c, const struct cache_ask *ask, struct cache *out,
                    struct ob_err *err)
{
    struct cache_name name = cache_name(ask);
    out->fd = cache_dir_take(c, &name, ask->id, ask->sharing, &ask->start, &ask->waiting,
                             out->locks, err);
    return out->fd < 0 ? -1 : 0;
}

static int take_copy(struct caches *c, const struct cache_ask *ask, struct cache *out,
                     struct ob_err *err)
{
    struct cache_name name = cache_name(ask);
    if (cache_copy_begin(c, &name, ask->id, &ask->start, false, out->locks, &out->copy, err) < 0)
        return -1;
    out->fd = out->copy.root.fd;
    out->is_detached = out->copy.root.is_detached;
    return 0;
}

int cache_take(struct caches *c, const struct cache_ask *ask, struct cache *out, struct ob_err *err)
{
    *out = (struct cache){.kind = ask->kind, .fd = -1, .locks = cache_locks_open(c, err)};
    if (out->locks < 0)
        return -1;
    if ((ask->kind == CACHE_DIR ? take_dir : take_copy)(c, ask, out, err) == 0)
        return 0;
    close(out->locks);
    return ob_err_wrap(err, "cache \"" STR_FMT "\"", STR_ARG(ask->id));
}

int cache_end(struct caches *c, struct cache *cache, bool succeeded, struct ob_err *err)
{
    int rc = 0;
    if (cache->kind == CACHE_DIR)
        close(cache->fd);
    else if (succeeded)
        rc = cache_copy_publish(c, &cache->copy, cache->locks, err);
    else
        cache_copy_drop(&cache->copy);
    close(cache->locks);
    return rc;
}

static int open_entry(const struct caches *c, const char *name)
{
    return openat(c->dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Reads what the cache is. 1, 0 = there is no such cache, -1. */
static int read_about(int entry, struct arena *a, struct cache_info *info, struct ob_err *err)
{
    enum { MAX_ABOUT = 16 << 20 };
    cleanup_buf struct buf text = BUF_INIT;
    struct stat st;
    struct str kind;
    int rc = fs_read_file_at(entry, "about", &text, MAX_ABOUT, err);
    if (rc <= 0)
        return rc;
    str_cut(arena_str(a, buf_str(&text)), '\n', &kind, &info->id);
    info->kind = str_eq(kind, STR("copy")) ? CACHE_COPY : CACHE_DIR;
    info->used = fstatat(entry, "about", &st, AT_SYMLINK_NOFOLLOW) < 0 ? 0 : st.st_mtime;
    return 1;
}

static int measure_cache(struct caches *c, int entry, struct cache_info *info, struct ob_err *err)
{
    struct rootfs tree = ROOTFS_INIT;
    if (info->kind == CACHE_DIR)
        return kit_tree_size(entry, &info->bytes, err);
    int rc = cache_copy_look(c, &info->name, entry, &tree, &info->generation, err);
    if (rc > 0)
        rc = kit_tree_size(tree.fd, &info->bytes, err);
    rootfs_close(&tree);
    return rc;
}

/* 1, 0 = there is no cache of that name any more, -1. */
static int examine(struct caches *c, struct arena *a, bool measure, struct cache_info *info,
                   struct ob_err *err)
{
    cleanup_close int locks = cache_locks_open(c, err);
    if (locks < 0)
        return -1;
    info->in_use = cache_is_in_use(locks, &info->name);
    if (cache_lock(locks, &info->name, F_RDLCK, CACHE_CHANGE, 1, err) < 0)
        return -1;
    cleanup_close int entry = open_entry(c, info->name.hex);
    int rc = entry < 0 ? 0 : read_about(entry, a, info, err);
    return rc > 0 && measure && measure_cache(c, entry, info, err) < 0 ? -1 : rc;
}

static int by_id(const void *a, const void *b)
{
    const struct cache_info *x = a, *y = b;
    int rc = str_cmp(x->id, y->id);
    return rc ? rc : strcmp(x->name.hex, y->name.hex);
}

int cache_list(struct caches *c, struct arena *a, bool measure, struct cache_info_vec *out,
               struct ob_err *err)
{
    if (c->dir < 0)
        return 0;
    cleanup_dir DIR *d = fs_opendir(c->dir);
    if (!d)
        return ob_err_set(err, errno, "can't read the store's \"cache\"");
    for (struct dirent *e; (e = readdir(d));) {
        struct digest digest;
        if (!digest_from_hex(str_from(e->d_name), &digest))
            continue;
        struct cache_info info = {.name = cache_name_of(&digest)};
        int rc = examine(c, a, measure, &info, err);
        if (rc < 0)
            return -1;
        if (rc > 0)
            vec_push(a, out, info);
    }
    if (out->n)
        qsort(out->at, out->n, sizeof *out->at, by_id);
    return 0;
}

/* Directories are renamed away before their files go, so that no step ever sees a half. */
static int remove_entry(struct caches *c, const struct cache_name *name, struct ob_err *err)
{
    char old[SHA256_HEX + sizeof "old-"];
    cleanup_close int entry = open_entry(c, name->hex);
    if (entry < 0)
        return 0;
    struct arena a = ARENA_INIT;
    struct cache_info info = {.name = *name};
    int rc = read_about(entry, &a, &info, err);
    arena_free(&a);
    if (rc < 0 || (info.kind == CACHE_COPY && cache_copy_remove_all(c, name, entry, err) < 0))
        return -1;
    snprintf(old, sizeof old, "old-%s", name->hex);
    if (fs_remove_tree_at(c->dir, old, err) < 0)
        return -1;
    if (renameat(c->dir, name->hex, c->dir, old) < 0)
        return ob_err_set(err, errno, "can't remove a cache");
    return fs_remove_tree_at(c->dir, old, err);
}

int cache_remove(struct caches *c, const struct cache_name *name, bool wait, struct ob_err *err)
{
    cleanup_close int locks = cache_locks_open(c, err);
    int rc = locks < 0 ? -1 : cache_claim(locks, name, wait, err);
    if (rc < 0 && err->errnum == EROFS)
        return ob_err_set(err, 0, "the store \"%s\" is read-only", c->store_path);
    return rc <= 0 ? rc : remove_entry(c, name, err) < 0 ? -1 : 1;
}

static bool is_never_filled(struct caches *c, const struct cache_name *name)
{
    struct ob_err ignored;
    struct rootfs tree = ROOTFS_INIT;
    uint64_t number;
    cleanup_close int entry = open_entry(c, name->hex);
    cleanup_close int dir = entry < 0 ? -1 : cache_dir_look(entry, &number);
    int rc = entry < 0 || dir >= 0 ? 1 : cache_copy_look(c, name, entry, &tree, &number, &ignored);
    rootfs_close(&tree);
    return rc == 0;
}

void cache_forget_empty(struct caches *c, const struct cache_name *name)
{
    struct ob_err ignored; /* it takes no space to speak of */
    cleanup_close int locks = cache_locks_open(c, &ignored);
    if (locks >= 0 && cache_claim(locks, name, false, &ignored) > 0 && is_never_filled(c, name))
        remove_entry(c, name, &ignored);
}

static int remove_listed(struct caches *c, unsigned *n, struct ob_err *err)
{
    cleanup_dir DIR *d = fs_opendir(c->dir);
    if (!d)
        return ob_err_set(err, errno, "can't read the store's \"cache\"");
    for (struct dirent *e; (e = readdir(d));) {
        struct digest digest;
        if (!digest_from_hex(str_from(e->d_name), &digest))
            continue;
        struct cache_name name = cache_name_of(&digest);
        if (remove_entry(c, &name, err) < 0)
            return -1;
        ++*n;
    }
    return 0;
}

int cache_remove_all(const struct layout *l, const struct store *s, const char *store_path,
                     unsigned *n, struct ob_err *err)
{
    struct caches c;
    *n = 0;
    int rc = caches_open(&c, l, s, store_path, CACHES_LOOK, err);
    if (rc > 0)
        rc = remove_listed(&c, n, err);
    caches_close(&c);
    return rc;
}

int cache_disk_bytes(const struct layout *l, uint64_t *bytes, struct ob_err *err)
{
    *bytes = 0;
    cleanup_close int dir =
        openat(l->state, "cache", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return dir < 0 ? 0 : kit_tree_size(dir, bytes, err);
}

/* What a remover was killed at. Its lock is the cache's own. */
static int settle_old(struct caches *c, int locks, const char *old, struct ob_err *err)
{
    struct digest digest;
    if (strncmp(old, "old-", 4) != 0 || !digest_from_hex(str_from(old + 4), &digest))
        return 0;
    struct cache_name name = cache_name_of(&digest);
    int rc = cache_claim(locks, &name, false, err);
    return rc > 0 ? fs_remove_tree_at(c->dir, old, err) : rc;
}

static int settle(struct caches *c, struct ob_err *err)
{
    cleanup_close int locks = cache_locks_open(c, err);
    cleanup_dir DIR *d = locks < 0 ? NULL : fs_opendir(c->dir);
    if (!d)
        return locks < 0 ? -1 : ob_err_set(err, errno, "can't read the store's \"cache\"");
    bool has_trees = false;
    for (struct dirent *e; (e = readdir(d));) {
        has_trees |= strcmp(e->d_name, "trees") == 0;
        if (settle_old(c, locks, e->d_name, err) < 0)
            return -1;
    }
    if (!has_trees)
        return 0;
    return caches_trees(c, err) < 0 ? -1 : store_settle(c->trees, err);
}

int cache_settle(const struct layout *l, const struct store *s, const char *store_path,
                 struct ob_err *err)
{
    struct caches c;
    int rc = caches_open(&c, l, s, store_path, CACHES_LOOK, err);
    if (rc > 0)
        rc = settle(&c, err);
    caches_close(&c);
    return rc < 0 ? -1 : 0;
}
