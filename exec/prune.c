/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Choosing what goes, and removing it, some results at a time: all are listed once, in the order in
 * which they may go. Those of a batch are locked first, so nobody begins to use them; then the
 * index is asked for their children, also those of builds since: their builders add the rows, and
 * for the builders that were killed before, their records do.
 */
#include <config.h>

#include "exec/prune.h"

#include "base/cleanup.h"
#include "exec/durable.h"
#include "exec/failure.h"
#include "exec/record.h"
#include "exec/reindex.h"

#include <stdlib.h>

enum { BATCH = 64 };

struct victim {
    struct result *result;
    int lock;
};

struct pruning {
    struct prune *prune;
    struct arena arena;
    uint64_t syncs;     /* durable_count when the index was last made to agree with the store */
    struct map indexed; /* for reindex_new */
    struct result_vec all;
    struct result **order;        /* least recently used first, so children before parents */
    uint32_t next;                /* in the order, that was not looked at yet */
    uint64_t total, free, wanted; /* bytes */
    VEC(struct victim) victims;   /* of this batch */
};

/* Listing. */

static int load_results(struct prune *p, struct arena *a, struct result_vec *v, struct ob_err *err)
{
    struct index_row_vec rows = {0};
    if (index_list(p->index, a, &rows, err) < 0)
        return -1;
    vec_for (const struct index_row, row, &rows) {
        int64_t used = record_last_use(p->layout, row->key.p);
        struct digest key;
        if (!digest_from_hex(row->key, &key))
            continue;
        struct result r = {
            .key = row->key,
            .parent = row->parent,
            .heading = row->heading,
            .created = row->created,
            .used = used ? used : row->created,
            .bytes = row->bytes,
        };
        int found = store_lookup(p->store, row->key.p, NULL, err);
        if (found < 0)
            return -1;
        if (found) /* else it is being built */
            vec_push(a, v, r);
    }
    return 0;
}

static int measure(struct prune *p, struct result *r, struct ob_err *err)
{
    uint64_t bytes;
    if (r->bytes >= 0)
        return 0;
    if (store_size(p->store, r->key.p, &bytes, err) < 0)
        return -1;
    r->bytes = (int64_t)bytes;
    return index_set_bytes(p->index, r->key, r->bytes, err);
}

static int list_measured(struct prune *p, struct arena *a, struct result_vec *v,
                         struct result ***order, struct ob_err *err)
{
    if (load_results(p, a, v, err) < 0)
        return -1;
    vec_for (struct result, r, v)
        if (measure(p, r, err) < 0)
            return -1;
    *order = results_link(a, v);
    return 0;
}

int prune_list(struct prune *p, struct arena *a, struct result_vec *v, struct result ***order,
               struct ob_err *err)
{
    return reindex(p->index, p->layout, p->store, err) < 0 ? -1
                                                           : list_measured(p, a, v, order, err);
}

/* Choosing. */

/* A result was used when what stands on it was. */
static void lift_last_use(struct pruning *b)
{
    for (uint32_t i = b->all.n; i-- > 0;) {
        const struct result *r = b->order[i];
        if (r->up != NO_RESULT && b->all.at[r->up].used < r->used)
            b->all.at[r->up].used = r->used;
    }
}

/* Least recently used first; of two, the one that may stand on the other. */
static int by_last_use(const void *x, const void *y)
{
    const struct result *a = *(struct result *const *)x, *b = *(struct result *const *)y;
    if (a->used != b->used)
        return a->used < b->used ? -1 : 1;
    return (a->depth < b->depth) - (a->depth > b->depth);
}

uint64_t prune_wanted(const struct build_min_free *m, const struct store_usage *u)
{
    return m->bytes ? m->bytes : (uint64_t)((double)u->bytes_total / 100 * m->percent);
}

static int read_usage(struct pruning *b, struct ob_err *err)
{
    struct store_usage u;
    if (store_usage(b->prune->store, &u, err) < 0)
        return -1;
    b->free = u.bytes_free;
    b->wanted = prune_wanted(&b->prune->policy.min_free, &u);
    return 0;
}

static bool is_enough(const struct pruning *b)
{
    const struct prune_policy *y = &b->prune->policy;
    return b->prune->n_removed + b->victims.n >= y->max || (b->wanted && b->free >= b->wanted) ||
           (y->keep_bytes && b->total <= y->keep_bytes);
}

/* -1 with errnum EAGAIN if somebody uses it. */
static int take(const struct pruning *b, const struct result *r, struct ob_err *err)
{
    struct digest key;
    digest_from_hex(r->key, &key);
    return layout_take(b->prune->layout, &key, err);
}

/* The parent may go when all that stands on it has gone. */
static void count_out(struct pruning *b, const struct result *r)
{
    if (r->up != NO_RESULT)
        b->all.at[r->up].n_children--;
    b->total -= (uint64_t)r->bytes;
    b->free += (uint64_t)r->bytes;
}

static void count_in(struct pruning *b, const struct result *r)
{
    if (r->up != NO_RESULT)
        b->all.at[r->up].n_children++;
    b->total += (uint64_t)r->bytes;
}

/* What was used since all were listed is no longer among the oldest. Nothing stays locked while the
 * others are measured. */
static int choose(struct pruning *b, struct result *r, struct ob_err *err)
{
    cleanup_close int lock = take(b, r, err);
    if (lock < 0)
        return err->errnum == EAGAIN ? 0 : -1;
    if (record_last_use(b->prune->layout, r->key.p) > r->used)
        return 0;
    if (measure(b->prune, r, err) < 0)
        return -1;
    vec_push(&b->arena, &b->victims, ((struct victim){r, -1}));
    count_out(b, r);
    return 0;
}

static int choose_batch(struct pruning *b, struct ob_err *err)
{
    uint32_t most = b->prune->policy.dry_run ? UINT32_MAX : BATCH;
    b->victims.n = 0;
    for (; b->next < b->all.n && b->victims.n < most; b->next++) {
        struct result *r = b->order[b->next];
        if (r->used >= b->prune->policy.used_since || is_enough(b))
            break;
        if (r->n_children == 0 && choose(b, r, err) < 0)
            return -1;
    }
    return 0;
}

static int prepare(struct pruning *b, struct ob_err *err)
{
    struct prune *p = b->prune;
    /* Where it does not matter how much all take, only what goes is measured. */
    int rc = p->policy.keep_bytes ? list_measured(p, &b->arena, &b->all, &b->order, err)
                                  : load_results(p, &b->arena, &b->all, err);
    if (rc < 0)
        return -1;
    if (!b->order)
        b->order = results_link(&b->arena, &b->all);
    vec_for (const struct result, r, &b->all)
        b->total += r->bytes > 0 ? (uint64_t)r->bytes : 0;
    lift_last_use(b);
    if (b->all.n)
        qsort(b->order, b->all.n, sizeof(struct result *), by_last_use);
    return 0;
}

/* Removing. */

static void tell(struct prune *p, const struct result *r)
{
    p->n_removed++;
    p->bytes += (uint64_t)r->bytes;
    if (p->removed)
        p->removed(p->arg, r);
}

/* Who began to use one since it was chosen keeps it. */
static int take_victims(struct pruning *b, struct ob_err *err)
{
    vec_for (struct victim, v, &b->victims)
        if ((v->lock = take(b, v->result, err)) < 0 && err->errnum != EAGAIN)
            return -1;
    return 0;
}

/* 1, or 0 if it stays: as a child it keeps what it stands on. */
static int remove_one(struct pruning *b, const struct victim *v, struct ob_err *err)
{
    struct prune *p = b->prune;
    const struct result *r = v->result;
    struct str_vec children = {0};
    if (v->lock < 0)
        return 0;
    if (index_children(p->index, &b->arena, r->key, &children, err) < 0)
        return -1;
    if (children.n > 0)
        return 0;
    if (result_remove(p->store, p->layout, r->key.p, err) < 0 ||
        index_remove(p->index, r->key, err) < 0)
        return -1;
    tell(p, r);
    return 1;
}

static int remove_victims(struct pruning *b, struct ob_err *err)
{
    vec_for (const struct victim, v, &b->victims) {
        int rc = remove_one(b, v, err);
        if (rc < 0)
            return -1;
        if (rc == 0)
            count_in(b, v->result);
    }
    return 0;
}

/* Makes the index agree with the store. */
static int reconcile(struct pruning *b, struct ob_err *err)
{
    struct prune *p = b->prune;
    b->syncs = durable_count(p->layout);
    return reindex(p->index, p->layout, p->store, err);
}

/* What builders have made since, and were killed before they added the row: it is among what is not
 * known to be on disk, unless a sync came in between, which is not often. */
static int add_new_rows(struct pruning *b, struct ob_err *err)
{
    struct prune *p = b->prune;
    if (durable_count(p->layout) != b->syncs && reconcile(b, err) < 0)
        return -1;
    return reindex_new(p->index, p->layout, p->store, &b->indexed, err);
}

/* One transaction: with one for each row, a large store would take its time. */
static int remove_batch(struct pruning *b, struct ob_err *err)
{
    struct ob_err ignored;
    struct index *ix = b->prune->index;
    cleanup_close int lock = durable_lock(b->prune->layout, err);
    if (lock < 0 || take_victims(b, err) < 0 || add_new_rows(b, err) < 0 ||
        index_begin(ix, err) < 0)
        return -1;
    int rc = remove_victims(b, err);
    return index_end(ix, rc < 0 ? &ignored : err) < 0 ? -1 : rc;
}

static int end_batch(struct pruning *b, struct ob_err *err)
{
    if (b->prune->policy.dry_run) {
        vec_for (const struct victim, v, &b->victims)
            tell(b->prune, v->result);
        return 0;
    }
    int rc = b->victims.n ? remove_batch(b, err) : 0;
    vec_for (const struct victim, v, &b->victims)
        if (v->lock >= 0)
            close(v->lock);
    return rc == 0 && b->victims.n ? store_settle(b->prune->store, err) : rc;
}

static int remove_all(struct pruning *b, struct ob_err *err)
{
    do {
        if (read_usage(b, err) < 0 || choose_batch(b, err) < 0 || end_batch(b, err) < 0)
            return -1;
    } while (b->victims.n > 0 && !b->prune->policy.dry_run);
    return 0;
}

/* What failed is no result: it goes when it is old, and not to make room. */
static bool is_by_age(const struct prune_policy *y)
{
    bool is_for_room = y->keep_bytes || y->min_free.bytes || y->min_free.percent;
    return !is_for_room && y->max == UINT32_MAX && !y->dry_run;
}

int prune_run(struct prune *p, struct ob_err *err)
{
    struct pruning b = {.prune = p};
    b.indexed = MAP_INIT(&b.arena);
    int rc = reconcile(&b, err);
    if (rc == 0)
        rc = prepare(&b, err);
    if (rc == 0)
        rc = remove_all(&b, err);
    arena_free(&b.arena);
    if (rc == 0 && is_by_age(&p->policy))
        failure_remove_old(p->layout, p->policy.used_since);
    return rc;
}
