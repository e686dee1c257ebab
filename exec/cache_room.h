/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a store keeps its caches, under state/cache/:
 *
 *   locks                  places to lock, a range of them for each cache; never written
 *   NAME/about             "KIND\nID": what the cache is; its time is that of the last use
 *   NAME/0, NAME/1, …      the directories of one that steps use in place (cache_dir.h)
 *   NAME/generations       numbers of one that steps have a copy of (cache_copy.h)
 *   trees/                 a store of the store's own kind, for the generations of all of those
 *
 * Every lock ends with its process. Whoever removes a cache holds all of its places.
 */
#ifndef EXEC_CACHE_ROOM_H
#define EXEC_CACHE_ROOM_H

#include "exec/layout.h"

#include <sys/types.h>

struct caches {
    int dir; /* state/cache */
    const struct store *store;
    const char *store_path; /* of the store's root */
    struct store *trees;    /* NULL until caches_trees */
};

#define CACHES_INIT ((struct caches){.dir = -1})

enum caches_mode { CACHES_LOOK, CACHES_MAKE };

/* 1, or 0 = the store has no caches (CACHES_LOOK), or -1. store_path stays the caller's. */
int caches_open(struct caches *c, const struct layout *l, const struct store *s,
                const char *store_path, enum caches_mode mode, struct ob_err *err);
void caches_close(struct caches *c);
/* Opens the store for generations, once. */
int caches_trees(struct caches *c, struct ob_err *err);

enum cache_kind {
    CACHE_DIR,  /* used in place: Dockerfiles */
    CACHE_COPY, /* a copy for each step, published if it succeeds: specs */
};

struct cache_name {
    struct digest digest;
    char hex[SHA256_HEX + 1];
};

struct cache_name cache_name_of(const struct digest *d);

/* Places of a cache. */
enum {
    CACHE_PLACE_BITS = 32,
    CACHE_IN_USE = 0,  /* from here on: one for each directory or generation */
    CACHE_CHANGE = -1, /* held for moments, by who looks at the cache's files or changes them */
};

/* Descriptors to lock with: what one has locked, another one must wait for. */
int cache_locks_open(const struct caches *c, struct ob_err *err);
/* type is F_RDLCK, F_WRLCK or F_UNLCK, of n places from `first` on. 1, 0 = somebody else has one
 * of them, or -1. */
int cache_try_lock(int locks, const struct cache_name *name, short type, int64_t first, int64_t n,
                   struct ob_err *err);
/* The same, waiting. */
int cache_lock(int locks, const struct cache_name *name, short type, int64_t first, int64_t n,
               struct ob_err *err);
/* All places, for who removes it. As cache_try_lock. */
int cache_claim(int locks, const struct cache_name *name, bool wait, struct ob_err *err);
/* Whether any place is held by another descriptor. */
bool cache_is_in_use(int locks, const struct cache_name *name);

/* Opens the cache's directory, making it if it is not there, and notes that it is used now. The
 * caller has CACHE_CHANGE. */
int cache_entry_open(const struct caches *c, const struct cache_name *name, enum cache_kind kind,
                     struct str id, struct ob_err *err);
/* Gives a new cache's directory its owner and mode. */
int cache_set_owner(int dir, mode_t mode, uid_t uid, gid_t gid, struct ob_err *err);

#endif
