/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the index from the results that are there and their records. */
#include <config.h>

#include "exec/reindex.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "exec/record.h"
#include "exec/results.h"

/* A result of an older obkit may have no record: all that is known is that it is there. */
static int row_from_record(const struct layout *l, struct arena *a, const char *key,
                           struct index_row *row, struct ob_err *err)
{
    struct arena room = ARENA_INIT; /* a record can be large */
    struct record r;
    int rc = record_load(l, key, &room, &r, err);
    *row = (struct index_row){.key = arena_str(a, str_from(key)), .bytes = -1};
    if (rc > 0) {
        row->parent = arena_str(a, r.parent);
        row->heading = arena_str(a, r.heading);
        row->created = r.created;
        row->ms = r.ms;
    }
    arena_free(&room);
    return rc < 0 ? -1 : 0;
}

struct filling {
    const struct layout *layout;
    struct arena *arena;
    struct index_row_vec rows;
    struct result_vec results; /* the same */
};

static int fill_one(void *arg, const char *key, struct ob_err *err)
{
    struct filling *f = arg;
    struct index_row row;
    if (row_from_record(f->layout, f->arena, key, &row, err) < 0)
        return -1;
    vec_push(f->arena, &f->rows, row);
    vec_push(f->arena, &f->results, ((struct result){.key = row.key, .parent = row.parent}));
    return 0;
}

/* Parents first: what was made within one second is listed in the order of the rows. */
int reindex_fill(struct index *ix, const struct layout *l, struct store *s, struct ob_err *err)
{
    struct arena a = ARENA_INIT;
    struct filling f = {.layout = l, .arena = &a};
    int rc = store_each(s, fill_one, &f, err);
    struct result **order = results_link(&a, &f.results);
    for (uint32_t i = 0; rc == 0 && i < f.rows.n; i++)
        rc = index_add(ix, &f.rows.at[order[i] - f.results.at], err);
    arena_free(&a);
    return rc;
}

struct reconciling {
    struct index *index;
    const struct layout *layout;
    struct store *store;
    struct arena *arena;
    struct map rows; /* key -> its row; once its result was seen, -> &seen */
};

static char seen;

static int reconcile_one(void *arg, const char *key, struct ob_err *err)
{
    struct reconciling *r = arg;
    struct index_row row = {.key = str_from(key)};
    if (!map_get(&r->rows, row.key) && (row_from_record(r->layout, r->arena, key, &row, err) < 0 ||
                                        index_add(r->index, &row, err) < 0))
        return -1;
    *map_slot(&r->rows, row.key) = &seen;
    return 0;
}

/* A row is there before its result is: as long as that is built, its lock is held. */
static int remove_stale(const struct reconciling *r, struct str key, struct ob_err *err)
{
    struct digest d;
    if (!digest_from_hex(key, &d))
        return index_remove(r->index, key, err);
    cleanup_close int lock = layout_try_lock(r->layout, &d);
    if (lock < 0)
        return 0;
    int found = store_lookup(r->store, key.p, NULL, err);
    return found != 0 ? (found < 0 ? -1 : 0) : index_remove(r->index, key, err);
}

static int reconcile(struct reconciling *r, struct ob_err *err)
{
    struct index_row_vec rows = {0};
    if (index_list(r->index, r->arena, &rows, err) < 0)
        return -1;
    vec_for (struct index_row, row, &rows)
        *map_slot(&r->rows, row->key) = row;
    if (store_each(r->store, reconcile_one, r, err) < 0)
        return -1;
    vec_for (struct index_row, row, &rows)
        if (map_get(&r->rows, row->key) != &seen && remove_stale(r, row->key, err) < 0)
            return -1;
    return 0;
}

/* One transaction: with a row each, a large store would take its time. */
static int reconcile_at_once(struct reconciling *r, struct ob_err *err)
{
    struct ob_err ignored;
    if (index_begin(r->index, err) < 0)
        return -1;
    int rc = reconcile(r, err);
    return index_end(r->index, rc < 0 ? &ignored : err) < 0 ? -1 : rc;
}

/* A builder writes the record and the log just before it commits, with the lock of the key. */
static int remove_orphan(const struct reconciling *r, const char *key, struct ob_err *err)
{
    struct digest d;
    if (!digest_from_hex(str_from(key), &d) || map_get(&r->rows, str_from(key)) == &seen)
        return 0;
    cleanup_close int lock = layout_try_lock(r->layout, &d);
    int found = lock < 0 ? 1 : store_lookup(r->store, key, NULL, err);
    if (found == 0) {
        unlinkat(r->layout->log, key, 0);
        unlinkat(r->layout->unsynced, key, 0);
    }
    return found < 0 ? -1 : 0;
}

/* What builders that were killed before their commit had written for it. */
static int remove_orphans(const struct reconciling *r, struct ob_err *err)
{
    const int dirs[] = {r->layout->log, r->layout->unsynced};
    for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
        cleanup_dir DIR *d = fs_opendir(dirs[i]);
        if (!d)
            return ob_err_set(err, errno, "can't read the store's logs and records");
        for (struct dirent *e; (e = readdir(d));)
            if (remove_orphan(r, e->d_name, err) < 0)
                return -1;
    }
    return 0;
}

int reindex(struct index *ix, const struct layout *l, struct store *s, struct ob_err *err)
{
    struct arena a = ARENA_INIT;
    struct reconciling r = {ix, l, s, &a, MAP_INIT(&a)};
    int rc = reconcile_at_once(&r, err) < 0 ? -1 : remove_orphans(&r, err);
    arena_free(&a);
    return rc;
}

static int add_if_new(struct index *ix, const struct layout *l, struct arena *a, const char *key,
                      struct ob_err *err)
{
    struct str_vec known = {0};
    struct index_row row;
    if (index_match(ix, a, str_from(key), &known, err) < 0)
        return -1;
    if (known.n > 0)
        return 0;
    return row_from_record(l, a, key, &row, err) < 0 ? -1 : index_add(ix, &row, err);
}

int reindex_new(struct index *ix, const struct layout *l, struct store *s, struct map *done,
                struct ob_err *err)
{
    cleanup_dir DIR *d = fs_opendir(l->unsynced);
    struct digest key;
    if (!d)
        return ob_err_set(err, errno, "can't read the store's \"unsynced\"");
    for (struct dirent *e; (e = readdir(d));) {
        if (!digest_from_hex(str_from(e->d_name), &key) || map_get(done, str_from(e->d_name)))
            continue;
        int rc = store_lookup(s, e->d_name, NULL, err);
        if (rc < 0 || (rc > 0 && add_if_new(ix, l, done->arena, e->d_name, err) < 0))
            return -1;
        if (rc > 0)
            *map_slot(done, arena_str(done->arena, str_from(e->d_name))) = &seen;
    }
    return 0;
}
