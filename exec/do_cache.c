/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The caches of a run step. They are taken in the order of their names, so that two steps never
 * wait for each other. A Dockerfile's cache that is mounted twice is one directory at two places.
 */
#include <config.h>

#include "exec/cache.h"
#include "exec/look.h"
#include "exec/work.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct wanted {
    struct run_cache *all;
    size_t mount; /* its index */
    struct cache_ask ask;
    struct cache_name name;
    struct cache cache;
    bool is_taken;
};

struct run_cache {
    struct work *work;
    struct caches room;
    struct wanted *at;
    size_t n;
    bool is_blocked;
};

static void say_waiting(void *arg, struct str id)
{
    const struct wanted *t = arg;
    t->all->is_blocked = true;
    work_blocked(t->all->work, true);
    dprintf(t->all->work->job.output_fd, "waiting for cache \"" STR_FMT "\", which others use\n",
            STR_ARG(id));
}

static int fill(void *arg, int dir, struct ob_err *err)
{
    const struct wanted *t = arg;
    return run_fill(t->all->work, t->mount, dir, err);
}

/* Specs' caches, which have no mode, are the step's user's. */
static int set_start(struct work *w, const struct rootfs *root, const struct ir_mount *m,
                     struct cache_start *start, struct ob_err *err)
{
    struct user user;
    if (m->mode.n) {
        start->mode = look_octal(m->mode);
        start->uid = (uid_t)m->uid;
        start->gid = (gid_t)m->gid;
        return 0;
    }
    if (run_cfg_user(w->b, &w->job.step->op.run, w->job.base, root, &user, err) < 0)
        return -1;
    start->mode = 0755;
    start->uid = user.uid;
    start->gid = user.gid;
    return 0;
}

static int make_ask(struct work *w, const struct rootfs *root, struct wanted *t, struct ob_err *err)
{
    const struct ir_mount *m = &w->job.step->op.run.mounts.at[t->mount];
    t->ask.kind = m->mode.n ? CACHE_DIR : CACHE_COPY;
    t->ask.sharing = m->sharing;
    t->ask.origin = run_origin(w, t->mount);
    t->ask.waiting = (struct cache_waiting){say_waiting, t};
    if (m->from != MOUNT_FROM_NOTHING) {
        t->ask.start.fill = fill;
        t->ask.start.arg = t;
    }
    if (work_value(w, m->id, &t->ask.id, err) < 0 || set_start(w, root, m, &t->ask.start, err) < 0)
        return work_fault(w);
    t->name = cache_name(&t->ask);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    const struct wanted *x = a, *y = b;
    int rc = memcmp(x->name.digest.b, y->name.digest.b, SHA256_BYTES);
    return rc ? rc : (x->mount > y->mount) - (x->mount < y->mount);
}

static size_t count_caches(const struct op_run *op)
{
    size_t n = 0;
    vec_for (const struct ir_mount, m, &op->mounts)
        n += m->type == MOUNT_CACHE;
    return n;
}

static int make_asks(struct work *w, const struct rootfs *root, struct run_cache *rc,
                     struct ob_err *err)
{
    const struct op_run *op = &w->job.step->op.run;
    for (size_t i = 0; i < op->mounts.n; i++) {
        if (op->mounts.at[i].type != MOUNT_CACHE)
            continue;
        struct wanted *t = &rc->at[rc->n++];
        *t = (struct wanted){.all = rc, .mount = i};
        if (make_ask(w, root, t, err) < 0)
            return -1;
    }
    qsort(rc->at, rc->n, sizeof *rc->at, by_name);
    for (size_t i = 0; i < rc->n; i++) { /* they have moved */
        rc->at[i].ask.start.arg = &rc->at[i];
        rc->at[i].ask.waiting.arg = &rc->at[i];
    }
    return 0;
}

/* Takes the first, and gives it to all mounts of the same directory: how many these are. */
static int take(struct run_cache *rc, struct wanted *t, size_t max, struct run_source *sources,
                struct ob_err *err)
{
    size_t n = 1;
    while (n < max && t->ask.kind == CACHE_DIR && digest_eq(&t[n].name.digest, &t->name.digest)) {
        if (t[n].ask.sharing == SHARING_LOCKED)
            t->ask.sharing = SHARING_LOCKED;
        n++;
    }
    rc->is_blocked = false;
    if (cache_take(&rc->room, &t->ask, &t->cache, err) < 0)
        return -1;
    if (rc->is_blocked)
        work_blocked(rc->work, false);
    t->is_taken = true;
    for (size_t i = 0; i < n; i++)
        sources[t[i].mount] = (struct run_source){t->cache.fd, t->cache.is_detached};
    return (int)n;
}

int work_take_caches(struct work *w, const struct rootfs *root, struct run_source *sources,
                     struct ob_err *err)
{
    size_t n = count_caches(&w->job.step->op.run);
    if (n == 0)
        return 0;
    struct run_cache *rc = arena_new(w->b->arena, struct run_cache);
    *rc = (struct run_cache){
        .work = w, .room = CACHES_INIT, .at = arena_new_n(w->b->arena, struct wanted, n)};
    w->caches = rc;
    if (make_asks(w, root, rc, err) < 0 || caches_open(&rc->room, &w->b->layout, w->b->kit.store,
                                                       w->b->store_path, CACHES_MAKE, err) < 0)
        return -1;
    for (size_t i = 0; i < n;) {
        int taken = take(rc, &rc->at[i], n - i, sources, err);
        if (taken < 0)
            return -1;
        i += (size_t)taken;
    }
    return 0;
}

int work_end_caches(struct work *w, bool succeeded, struct ob_err *err)
{
    struct run_cache *rc = w->caches;
    int result = 0;
    if (!rc)
        return 0;
    for (size_t i = 0; i < rc->n; i++)
        if (rc->at[i].is_taken && cache_end(&rc->room, &rc->at[i].cache, succeeded, err) < 0)
            result = -1;
    caches_close(&rc->room);
    return result;
}
