/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of results, and removing one. */
#include <config.h>

#include "exec/results.h"

#include "base/map.h"
#include "exec/record.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void find_parents(struct arena *a, struct result_vec *v)
{
    struct map by_key = MAP_INIT(a);
    vec_for (struct result, r, v)
        *map_slot(&by_key, r->key) = r;
    vec_for (struct result, r, v) {
        struct result *up = r->parent.n ? map_get(&by_key, r->parent) : NULL;
        r->up = up ? (uint32_t)(up - v->at) : NO_RESULT;
        if (up)
            up->n_children++;
    }
}

/* No result is below itself, as its key is a hash of its parent's; a damaged record may say so. */
static void find_depth(struct result_vec *v, uint32_t i)
{
    uint32_t n = 0, known = 0;
    for (uint32_t k = i; k != NO_RESULT && n <= v->n; k = v->at[k].up, n++)
        if (v->at[k].depth) {
            known = v->at[k].depth;
            break;
        }
    for (uint32_t k = i; n > 0; k = v->at[k].up, n--)
        v->at[k].depth = known + n;
}

static int by_depth(const void *x, const void *y)
{
    const struct result *a = *(struct result *const *)x, *b = *(struct result *const *)y;
    return (a->depth > b->depth) - (a->depth < b->depth);
}

struct result **results_link(struct arena *a, struct result_vec *v)
{
    struct result **order = arena_new_n(a, struct result *, v->n);
    find_parents(a, v);
    for (uint32_t i = 0; i < v->n; i++) {
        find_depth(v, i);
        order[i] = &v->at[i];
    }
    if (v->n)
        qsort(order, v->n, sizeof *order, by_depth);
    return order;
}

static void remove_file(int dir, const char *key, const char *suffix)
{
    char name[LOG_NAME_MAX];
    snprintf(name, sizeof name, "%s%s", key, suffix);
    unlinkat(dir, name, 0);
}

/* Its record goes last: without one, nothing could be said of a result that is still there. But it
 * goes out of state/record first, where it would vouch for the next result of this key. */
int result_remove(struct store *s, const struct layout *l, const char *key, struct ob_err *err)
{
    renameat(l->record, key, l->unsynced, key);
    if (store_remove(s, key, err) < 0)
        return -1;
    remove_file(l->log, key, "");
    remove_file(l->log, key, ".failed");
    remove_file(l->config, key, "");
    record_remove(l, key);
    return 0;
}
