/* SPDX-License-Identifier: Apache-2.0 */
/*
 * share: steps with equal ids become one, so that identical stages and common beginnings, also
 * those of several files, are built once.
 * Requires: ids. Keeps: ids, and the first of equal steps with its place.
 */
#include <config.h>

#include "ir/pass.h"

/* Kept steps by their ids, which are hashes already: indices + 1, 0 in a free slot. */
struct table {
    uint32_t *slot; /* mask + 1 of them, at most half of them taken */
    size_t mask;
};

static struct table table_for(struct arena *a, size_t n)
{
    size_t cap = 16;
    while (cap < 2 * n)
        cap *= 2;
    return (struct table){arena_new_n(a, uint32_t, cap), cap - 1};
}

/* The first step that has the id of step i. */
static uint32_t table_first(const struct table *t, const struct plan *p, uint32_t i)
{
    const struct digest *id = &p->steps.at[i].id;
    size_t at;
    memcpy(&at, id->b, sizeof at);
    for (at &= t->mask; t->slot[at]; at = (at + 1) & t->mask)
        if (digest_eq(&p->steps.at[t->slot[at] - 1].id, id))
            return t->slot[at] - 1;
    t->slot[at] = i + 1;
    return i;
}

void pass_share(struct plan *p, const struct pass_report *r)
{
    size_t n = p->steps.n;
    struct table first = table_for(p->arena, n);
    uint32_t *map = arena_new_n(p->arena, uint32_t, n);
    for (uint32_t i = 0; i < n; i++) {
        map[i] = table_first(&first, p, i);
        if (map[i] == i || !r->explain)
            continue;
        explain_begin(r->explain, "share: ", p, &p->steps.at[map[i]]);
        buf_puts(r->explain, " and ");
        explain_place(r->explain, p, &p->steps.at[i]);
        buf_puts(r->explain, " are the same step");
        explain_end(r->explain, &p->steps.at[i]);
    }
    if (r->stats)
        stats_shared(r->stats, p, map);
    plan_remap(p, map);
}
