/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removing results that have not been used for long, while builds run: the least recently used go
 * first, never one that is in use or on which another stands.
 */
#ifndef EXEC_PRUNE_H
#define EXEC_PRUNE_H

#include "exec/build.h"
#include "exec/results.h"

/* What stays. A result goes only if nothing here keeps it. */
struct prune_policy {
    uint64_t keep_bytes;            /* removing stops when all results take no more than this */
    int64_t used_since;             /* what was used later stays, in seconds since 1970 */
    uint32_t max;                   /* no more are removed */
    struct build_min_free min_free; /* if it is set, removing stops when so much is free */
    bool dry_run;
};

#define PRUNE_ALL ((struct prune_policy){.used_since = INT64_MAX, .max = UINT32_MAX})

struct prune {
    struct store *store;
    const struct layout *layout;
    struct index *index;
    struct prune_policy policy;
    void (*removed)(void *arg, const struct result *r); /* called for each; may be NULL */
    void *arg;
    uint32_t n_removed; /* so many */
    uint64_t bytes;     /* so much is freed */
};

int prune_run(struct prune *p, struct ob_err *err);

/* Bytes that are to be free on a filesystem like this. */
uint64_t prune_wanted(const struct build_min_free *m, const struct store_usage *u);

/* All results of the index, linked, with the time of their last use, in an order where parents come
 * first. Sizes that are not known are measured, and noted in the index. */
int prune_list(struct prune *p, struct arena *a, struct result_vec *v, struct result ***order,
               struct ob_err *err);

/* What --min-free asks for, before a build and after each of its steps: the latter in a process of
 * its own. */
int prune_before(struct build *b, struct ob_err *err);
void prune_meanwhile(struct build *b);

#endif
