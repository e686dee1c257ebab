/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Caches in generations. The file "generations" is replaced as a whole; what it does not name does
 * not exist for anybody, and each number is given out once, so that two steps never make the same
 * one. A step holds the place of the generation that it began with, which keeps that and what it
 * is made of.
 */
#include <config.h>

#include "exec/cache_copy.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "exec/kit.h"

#include <fcntl.h>
#include <inttypes.h>

/* As many differences as a mount of them, and the room that they take for what is deleted, may
 * cost. */
enum { MAX_DEPTH = 32 };

struct generations {
    uint64_t current; /* 0 = none */
    uint64_t next;    /* the number that the next copy gets */
    uint64_t oldest;  /* none before it is there */
    uint64_t whole;   /* what current is made of begins here */
    unsigned depth;   /* how many generations that are */
};

struct tree_key {
    char hex[SHA256_HEX + 1];
};

static struct tree_key key_of(const struct cache_name *name, uint64_t number)
{
    char text[SHA256_HEX + 64];
    struct tree_key key;
    int n = snprintf(text, sizeof text, "obkit-cache %s %" PRIu64, name->hex, number);
    struct digest d = sha256_of(text, (size_t)n);
    digest_hex(&d, key.hex);
    return key;
}

/* A damaged file is none: a cache may be lost at any time. */
static int read_generations(int entry, struct generations *g, struct ob_err *err)
{
    cleanup_buf struct buf text = BUF_INIT;
    *g = (struct generations){.next = 1, .oldest = 1};
    struct generations r;
    int rc = fs_read_file_at(entry, "generations", &text, 256, err);
    if (rc > 0 &&
        sscanf(text.p ? text.p : "", "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %u\n",
               &r.current, &r.next, &r.oldest, &r.whole, &r.depth) == 5)
        *g = r;
    return rc < 0 ? -1 : 0;
}

static int write_generations(int entry, const struct generations *g, struct ob_err *err)
{
    char text[160];
    int n = snprintf(text, sizeof text, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %u\n",
                     g->current, g->next, g->oldest, g->whole, g->depth);
    return fs_replace_file_at(entry, "generations", text, (size_t)n, 0600, err);
}

static int is_there(struct caches *c, const struct cache_name *name, uint64_t number,
                    struct ob_err *err)
{
    return store_lookup(c->trees, key_of(name, number).hex, NULL, err);
}

static bool has_layers(const struct caches *c)
{
    return c->store->ops->caps & STORE_CAP_LAYER;
}

/* Gives out a number. One whose tree is there, of a cache whose file was lost, is left out. */
static int give_number(struct caches *c, const struct cache_name *name, struct generations *g,
                       uint64_t *number, struct ob_err *err)
{
    int rc;
    while ((rc = is_there(c, name, g->next, err)) > 0)
        g->next++;
    *number = g->next++;
    return rc;
}

/* Under CACHE_CHANGE: decides what the copy begins with, and holds that. */
static int choose(struct caches *c, int entry, int locks, struct cache_copy *copy,
                  struct ob_err *err)
{
    struct generations g;
    int rc = read_generations(entry, &g, err);
    if (rc == 0 && g.current && (rc = is_there(c, &copy->name, g.current, err)) == 0)
        g.current = 0;
    if (rc < 0 || give_number(c, &copy->name, &g, &copy->number, err) < 0)
        return -1;
    copy->from = g.current;
    copy->is_whole = copy->is_anew || g.current == 0 || (has_layers(c) && g.depth >= MAX_DEPTH);
    if (write_generations(entry, &g, err) < 0)
        return -1;
    return cache_lock(locks, &copy->name, F_RDLCK, CACHE_IN_USE + (int64_t)g.current, 1, err);
}

static int choose_locked(struct caches *c, struct str id, int locks, struct cache_copy *copy,
                         struct ob_err *err)
{
    if (cache_lock(locks, &copy->name, F_WRLCK, CACHE_CHANGE, 1, err) < 0)
        return -1;
    cleanup_close int entry = cache_entry_open(c, &copy->name, CACHE_COPY, id, err);
    if (entry < 0 || choose(c, entry, locks, copy, err) < 0)
        return -1;
    return cache_lock(locks, &copy->name, F_UNLCK, CACHE_CHANGE, 1, err) < 0 ? -1 : 0;
}

static int set_owner(const struct cache_copy *copy, const struct cache_start *start,
                     struct ob_err *err)
{
    cleanup_close int dir = openat(copy->root.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return ob_err_set(err, errno, "can't open a new cache");
    return cache_set_owner(dir, start->mode, start->uid, start->gid, err);
}

static int copy_current(struct caches *c, const struct cache_copy *copy, struct ob_err *err)
{
    struct rootfs from = ROOTFS_INIT;
    int rc = store_lookup(c->trees, key_of(&copy->name, copy->from).hex, &from, err);
    if (rc > 0)
        rc = kit_copy_tree(from.fd, copy->root.fd, err);
    rootfs_close(&from);
    return rc;
}

static int begin(struct caches *c, const struct cache_start *start, struct cache_copy *copy,
                 struct ob_err *err)
{
    struct tree_key key = key_of(&copy->name, copy->number), base = key_of(&copy->name, copy->from);
    if (store_begin(c->trees, key.hex, copy->is_whole ? NULL : base.hex, &copy->txn, &copy->root,
                    err) < 0)
        return -1;
    int rc = 0;
    if (copy->from == 0 || copy->is_anew)
        rc = set_owner(copy, start, err);
    else if (copy->is_whole)
        rc = copy_current(c, copy, err);
    if (rc == 0)
        return 0;
    cache_copy_drop(copy);
    return -1;
}

int cache_copy_begin(struct caches *c, const struct cache_name *name, struct str id,
                     const struct cache_start *start, bool anew, int locks, struct cache_copy *out,
                     struct ob_err *err)
{
    *out = (struct cache_copy){.name = *name, .root = ROOTFS_INIT, .is_anew = anew};
    if (caches_trees(c, err) < 0 || choose_locked(c, id, locks, out, err) < 0)
        return -1;
    return begin(c, start, out, err);
}

void cache_copy_drop(struct cache_copy *copy)
{
    struct ob_err ignored; /* settle removes what is left */
    rootfs_close(&copy->root);
    if (copy->txn)
        store_abort(copy->txn, &ignored);
    copy->txn = NULL;
}

/* Makes the copy the current generation. */
static int commit(struct cache_copy *copy, int entry, struct generations *g, struct ob_err *err)
{
    int rc = store_commit(copy->txn, err);
    copy->txn = NULL;
    if (rc < 0)
        return -1;
    g->current = copy->number;
    g->whole = copy->is_whole ? copy->number : g->whole;
    g->depth = copy->is_whole ? 1 : g->depth + 1;
    return write_generations(entry, g, err);
}

/* The end of the generations that can go, from the oldest on: those that no copy was begun with,
 * and that nothing is made of. They stay locked. */
static int find_old(struct caches *c, const struct cache_copy *copy, const struct generations *g,
                    int locks, uint64_t *end, struct ob_err *err)
{
    uint64_t limit = has_layers(c) ? g->whole : g->current;
    uint64_t step = has_layers(c) ? limit - g->oldest : 1; /* a later one stands on the earlier */
    int rc = 1;
    *end = g->oldest;
    while (*end < limit &&
           (rc = cache_try_lock(locks, &copy->name, F_WRLCK, CACHE_IN_USE + (int64_t)*end,
                                (int64_t)step, err)) > 0)
        *end += step;
    return rc < 0 ? -1 : 0;
}

/* Under CACHE_CHANGE. *g gets what there is afterwards, *end is as for find_old. */
static int publish(struct caches *c, struct cache_copy *copy, int locks, struct generations *g,
                   uint64_t *end, struct ob_err *err)
{
    cleanup_close int entry =
        openat(c->dir, copy->name.hex, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (entry < 0)
        return ob_err_set(err, errno, "can't open a directory in the store's \"cache\"");
    if (read_generations(entry, g, err) < 0)
        return -1;
    *end = g->oldest;
    if (g->current != copy->from && !copy->is_anew) {
        cache_copy_drop(copy);
        return 0;
    }
    if (commit(copy, entry, g, err) < 0)
        return -1;
    return find_old(c, copy, g, locks, end, err);
}

/* The later ones first, as they may be made of the earlier. */
static int remove_trees(struct caches *c, const struct cache_name *name, uint64_t first,
                        uint64_t end, struct ob_err *err)
{
    for (uint64_t n = end; n-- > first;)
        if (store_remove(c->trees, key_of(name, n).hex, err) < 0)
            return -1;
    return 0;
}

/* Without CACHE_CHANGE, as it can take long. Killed before the end, the next publish goes on. */
static int remove_old(struct caches *c, const struct cache_copy *copy, uint64_t first, uint64_t end,
                      int locks, struct ob_err *err)
{
    struct generations g;
    if (first == end)
        return 0;
    if (remove_trees(c, &copy->name, first, end, err) < 0 ||
        cache_lock(locks, &copy->name, F_WRLCK, CACHE_CHANGE, 1, err) < 0)
        return -1;
    cleanup_close int entry =
        openat(c->dir, copy->name.hex, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (entry < 0 || read_generations(entry, &g, err) < 0 || g.oldest != first)
        return 0;
    g.oldest = end;
    return write_generations(entry, &g, err);
}

int cache_copy_publish(struct caches *c, struct cache_copy *copy, int locks, struct ob_err *err)
{
    struct generations g = {0};
    uint64_t end = 0;
    rootfs_close(&copy->root);
    if (cache_lock(locks, &copy->name, F_WRLCK, CACHE_CHANGE, 1, err) < 0 ||
        publish(c, copy, locks, &g, &end, err) < 0) {
        cache_copy_drop(copy);
        return ob_err_wrap(err, "can't keep a cache");
    }
    if (cache_lock(locks, &copy->name, F_UNLCK, CACHE_CHANGE, 1, err) < 0)
        return -1;
    return remove_old(c, copy, g.oldest, end, locks, err);
}

int cache_copy_look(struct caches *c, const struct cache_name *name, int entry, struct rootfs *out,
                    uint64_t *number, struct ob_err *err)
{
    struct generations g;
    if (caches_trees(c, err) < 0 || read_generations(entry, &g, err) < 0)
        return -1;
    if (number)
        *number = g.current;
    return g.current ? store_lookup(c->trees, key_of(name, g.current).hex, out, err) : 0;
}

int cache_copy_remove_all(struct caches *c, const struct cache_name *name, int entry,
                          struct ob_err *err)
{
    struct generations g;
    if (caches_trees(c, err) < 0 || read_generations(entry, &g, err) < 0)
        return -1;
    return remove_trees(c, name, g.oldest, g.next, err);
}
