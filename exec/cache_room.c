/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of a store's caches, and their locks. */
#include <config.h>

#include "exec/cache_room.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/owner.h"

#include <fcntl.h>
#include <sys/stat.h>

int caches_open(struct caches *c, const struct layout *l, const struct store *s,
                const char *store_path, enum caches_mode mode, struct ob_err *err)
{
    *c = (struct caches){.dir = -1, .store = s, .store_path = store_path};
    if (mode == CACHES_MAKE && mkdirat(l->state, "cache", 0700) < 0 && errno != EEXIST)
        return ob_err_set(err, errno, "can't make \"cache\" in the store");
    c->dir = openat(l->state, "cache", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (c->dir < 0 && errno == ENOENT && mode == CACHES_LOOK)
        return 0;
    return c->dir < 0 ? ob_err_set(err, errno, "can't open \"cache\" in the store") : 1;
}

void caches_close(struct caches *c)
{
    if (c->dir >= 0)
        close(c->dir);
    store_close(c->trees);
    *c = CACHES_INIT;
}

int caches_trees(struct caches *c, struct ob_err *err)
{
    cleanup_buf struct buf path = BUF_INIT;
    if (c->trees)
        return 0;
    buf_printf(&path, "%s/state/cache/trees", c->store_path);
    if (store_open(c->store->ops, path.p, &c->trees, err) < 0)
        return ob_err_wrap(err, "caches");
    return 0;
}

struct cache_name cache_name_of(const struct digest *d)
{
    struct cache_name n = {.digest = *d};
    digest_hex(d, n.hex);
    return n;
}

int cache_locks_open(const struct caches *c, struct ob_err *err)
{
    int fd = openat(c->dir, "locks", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EROFS) /* to look is allowed */
        fd = openat(c->dir, "locks", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? ob_err_set(err, errno, "can't open the locks of the store's caches") : fd;
}

/* Two caches with the same places wait for each other now and then, and do no harm. */
static struct flock lock_at(const struct cache_name *name, short type, int64_t first, int64_t n)
{
    uint32_t bits;
    memcpy(&bits, name->digest.b, sizeof bits);
    off_t start = (off_t)(bits >> 2) << CACHE_PLACE_BITS;
    off_t place = first < 0 ? ((off_t)1 << CACHE_PLACE_BITS) + first : first;
    return (struct flock){
        .l_type = type, .l_whence = SEEK_SET, .l_start = start + place, .l_len = n};
}

static int lock_failed(struct ob_err *err)
{
    bool is_read_only = errno == EBADF; /* the locks could be opened for looking only */
    return ob_err_set(err, is_read_only ? EROFS : errno, "can't lock a cache");
}

int cache_try_lock(int locks, const struct cache_name *name, short type, int64_t first, int64_t n,
                   struct ob_err *err)
{
    struct flock lock = lock_at(name, type, first, n);
    if (fcntl(locks, F_OFD_SETLK, &lock) == 0)
        return 1;
    return errno == EAGAIN || errno == EACCES ? 0 : lock_failed(err);
}

int cache_lock(int locks, const struct cache_name *name, short type, int64_t first, int64_t n,
               struct ob_err *err)
{
    struct flock lock = lock_at(name, type, first, n);
    int rc;
    while ((rc = fcntl(locks, F_OFD_SETLKW, &lock)) < 0 && errno == EINTR)
        ;
    return rc < 0 ? lock_failed(err) : 1;
}

int cache_claim(int locks, const struct cache_name *name, bool wait, struct ob_err *err)
{
    const int64_t all = INT64_C(1) << CACHE_PLACE_BITS;
    return (wait ? cache_lock : cache_try_lock)(locks, name, F_WRLCK, CACHE_IN_USE, all, err);
}

bool cache_is_in_use(int locks, const struct cache_name *name)
{
    struct flock lock =
        lock_at(name, F_WRLCK, CACHE_IN_USE, (INT64_C(1) << CACHE_PLACE_BITS) + CACHE_CHANGE);
    return fcntl(locks, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

static int write_about(int entry, enum cache_kind kind, struct str id, struct ob_err *err)
{
    cleanup_buf struct buf text = BUF_INIT;
    buf_printf(&text, "%s\n" STR_FMT, kind == CACHE_DIR ? "dir" : "copy", STR_ARG(id));
    return fs_replace_file_at(entry, "about", text.p, text.n, 0600, err);
}

int cache_entry_open(const struct caches *c, const struct cache_name *name, enum cache_kind kind,
                     struct str id, struct ob_err *err)
{
    if (mkdirat(c->dir, name->hex, 0700) < 0 && errno != EEXIST)
        return ob_err_set(err, errno, "can't make a directory in the store's \"cache\"");
    cleanup_close int entry =
        openat(c->dir, name->hex, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (entry < 0)
        return ob_err_set(err, errno, "can't open a directory in the store's \"cache\"");
    if (utimensat(entry, "about", NULL, AT_SYMLINK_NOFOLLOW) < 0 &&
        write_about(entry, kind, id, err) < 0)
        return -1;
    return take_fd(&entry);
}

int cache_set_owner(int dir, mode_t mode, uid_t uid, gid_t gid, struct ob_err *err)
{
    if (owner_set(dir, uid, gid, mode) < 0)
        return ob_err_set(err, errno, "can't set the owner and mode of a cache");
    return 0;
}
