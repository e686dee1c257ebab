/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The caches of a store, for steps that use them (exec/do_cache.c) and for people who look after
 * them (exec/cmd_cache.c). Which of the two kinds a cache is follows from who asks for it: see
 * cache_dir.h and cache_copy.h. A cache may be lost at any time.
 */
#ifndef EXEC_CACHE_H
#define EXEC_CACHE_H

#include "base/vec.h"
#include "exec/cache_copy.h"

#include <time.h>

/* What a step asks for. */
struct cache_ask {
    enum cache_kind kind;
    struct str id;
    enum sharing sharing; /* CACHE_DIR */
    struct digest origin; /* CACHE_DIR: what start.fill fills it with, all zero if nothing */
    struct cache_start start;
    struct cache_waiting waiting;
};

/* One that is taken. */
struct cache {
    enum cache_kind kind;
    int locks;
    int fd; /* to be mounted: the directory, or the root of a mount if is_detached */
    bool is_detached;
    struct cache_copy copy; /* CACHE_COPY */
};

/* A Dockerfile's are told apart by id, owner, mode and origin, as BuildKit does; a spec's by id. */
struct cache_name cache_name(const struct cache_ask *ask);

int cache_take(struct caches *c, const struct cache_ask *ask, struct cache *out,
               struct ob_err *err);
/* Lets go of it; what the step did to it counts only if it succeeded. Closes fd. */
int cache_end(struct caches *c, struct cache *cache, bool succeeded, struct ob_err *err);

struct cache_info {
    struct cache_name name;
    enum cache_kind kind;
    struct str id;
    time_t used;
    uint64_t bytes;      /* of what a step sees */
    uint64_t generation; /* CACHE_COPY */
    bool in_use;
};

DEFINE_VEC(cache_info_vec, struct cache_info);

/* All of them, by id. Their sizes and generations only if that is asked for, as it takes time. */
int cache_list(struct caches *c, struct arena *a, bool measure, struct cache_info_vec *out,
               struct ob_err *err);
/* 1, or 0 = it is in use and wait is false, or -1. */
int cache_remove(struct caches *c, const struct cache_name *name, bool wait, struct ob_err *err);

/* Removes it if nobody uses it and it holds nothing, not even an empty directory: then nobody has
 * ever filled it. */
void cache_forget_empty(struct caches *c, const struct cache_name *name);

/* Removes all; *n says how many they were. The caller has the store for itself. */
int cache_remove_all(const struct layout *l, const struct store *s, const char *store_path,
                     unsigned *n, struct ob_err *err);
/* What all of them take on the disk, older generations too. */
int cache_disk_bytes(const struct layout *l, uint64_t *bytes, struct ob_err *err);
/* Removes what killed steps left. */
int cache_settle(const struct layout *l, const struct store *s, const char *store_path,
                 struct ob_err *err);

#endif
