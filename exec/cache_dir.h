/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Caches that steps use in place, as docker has them. What a step writes is there at once and
 * stays, also if the step fails or is killed.
 *
 * Directory 0 is the one that is shared: by any number of steps at once, or by one at a time if a
 * step wants it locked. The others are for steps that want one for themselves: each takes the
 * first that nobody has, and makes one if there is none.
 */
#ifndef EXEC_CACHE_DIR_H
#define EXEC_CACHE_DIR_H

#include "exec/cache_room.h"
#include "ir/plan.h"

/* A new directory's owner, and what fills it (NULL = it begins empty). */
struct cache_start {
    mode_t mode;
    uid_t uid;
    gid_t gid;
    int (*fill)(void *arg, int dir, struct ob_err *err);
    void *arg;
};

/* Called when there is something to wait for. */
struct cache_waiting {
    void (*fn)(void *arg, struct str id);
    void *arg;
};

/* Takes the cache with `locks`, which then must stay open as long as it is used. Gives a
 * descriptor of its directory. */
int cache_dir_take(struct caches *c, const struct cache_name *name, struct str id,
                   enum sharing sharing, const struct cache_start *start,
                   const struct cache_waiting *waiting, int locks, struct ob_err *err);

/* Opens directory 0, or if there is none the first of the others: -1 if there is none at all. The
 * caller has CACHE_CHANGE. */
int cache_dir_look(int entry, uint64_t *number);

/* Puts a directory that `fill` fills in place of number 0. The caller has claimed the cache. */
int cache_dir_replace(int entry, const struct cache_start *start, struct ob_err *err);

#endif
