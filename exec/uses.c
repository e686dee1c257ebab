/* SPDX-License-Identifier: Apache-2.0 */
/* Counting uses: the kernel has one lock of a kind for each place, however often it is taken. */
#include <config.h>

#include "exec/uses.h"

void uses_init(struct uses *u, const struct layout *l, struct arena *a)
{
    *u = (struct uses){.layout = l, .arena = a, .counts = MAP_INIT(a)};
}

static unsigned *count_of(struct uses *u, const struct digest *key)
{
    struct str bytes = str_of((const char *)key->b, SHA256_BYTES);
    unsigned *count = map_get(&u->counts, bytes);
    if (count)
        return count;
    count = arena_new(u->arena, unsigned);
    *map_slot(&u->counts, arena_str(u->arena, bytes)) = count;
    return count;
}

int uses_add(struct uses *u, const struct digest *key, struct ob_err *err)
{
    unsigned *count = count_of(u, key);
    if (*count == 0 && layout_use(u->layout, key, err) < 0)
        return -1;
    ++*count;
    return 0;
}

void uses_drop(struct uses *u, const struct digest *key)
{
    unsigned *count = count_of(u, key);
    if (*count == 0 || --*count > 0)
        return;
    if (u->n_expected)
        vec_push(u->arena, &u->left, *key);
    else
        layout_unuse(u->layout, key);
}

void uses_expect(struct uses *u)
{
    u->n_expected++;
}

void uses_met(struct uses *u)
{
    if (--u->n_expected > 0)
        return;
    vec_for (const struct digest, key, &u->left)
        if (*count_of(u, key) == 0)
            layout_unuse(u->layout, key);
    u->left.n = 0;
}
