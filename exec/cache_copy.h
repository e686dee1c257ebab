/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Caches of which each step has a copy, in generations: a step begins with the current one, and
 * what it leaves is the next one if it succeeds and no other step was faster. So a failed or
 * killed step changes nothing, and no step ever sees what another one has half done.
 *
 * A generation is a result of a store of its own (caches.trees), made on the one before. So it
 * costs what a step's snapshot costs, and a crash leaves it whole or not there. Where a store keeps
 * differences, one is made anew of the whole now and then, which lets the older ones go.
 */
#ifndef EXEC_CACHE_COPY_H
#define EXEC_CACHE_COPY_H

#include "exec/cache_dir.h"

struct cache_copy {
    struct cache_name name;
    struct store_txn *txn; /* NULL = none is begun */
    struct rootfs root;
    uint64_t from, number; /* generations: begun with, to be made */
    bool is_anew;          /* empty, to replace what there is */
    bool is_whole;         /* not made on another one */
};

/* Begins a copy, with `locks`, which must stay open until its end. One that is made anew is empty,
 * and takes the place of the current generation whoever was faster. Of start, fill does not count.
 */
int cache_copy_begin(struct caches *c, const struct cache_name *name, struct str id,
                     const struct cache_start *start, bool anew, int locks, struct cache_copy *out,
                     struct ob_err *err);
/* Publishes it, or drops it if another step was faster. Closes its filesystem. */
int cache_copy_publish(struct caches *c, struct cache_copy *copy, int locks, struct ob_err *err);
void cache_copy_drop(struct cache_copy *copy);

/* The current generation, to look at: 1, 0 = there is none, -1. *number may be NULL. The caller
 * has the cache's CACHE_CHANGE for as long as it looks. */
int cache_copy_look(struct caches *c, const struct cache_name *name, int entry, struct rootfs *out,
                    uint64_t *number, struct ob_err *err);
/* Removes every generation. The caller has claimed the cache. */
int cache_copy_remove_all(struct caches *c, const struct cache_name *name, int entry,
                          struct ob_err *err);

#endif
