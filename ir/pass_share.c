/* SPDX-License-Identifier: Apache-2.0 */
/*
 * share: steps with equal ids become one, so that identical stages and common beginnings, also
 * those of several files, are built once.
 * Requires: ids. Keeps: ids, and the first of equal steps with its place.
 */
#include <config.h>

#include "ir/pass.h"

#include "base/map.h"

void pass_share(struct plan *p, struct buf *explain)
{
    size_t n = p->steps.n;
    struct map first = MAP_INIT(p->arena);
    uint32_t *map = arena_new_n(p->arena, uint32_t, n);
    for (uint32_t i = 0; i < n; i++) {
        struct step *s = &p->steps.at[i];
        void **slot = map_slot(&first, str_of((const char *)s->id.b, SHA256_BYTES));
        if (!*slot)
            *slot = s;
        const struct step *kept = *slot;
        map[i] = (uint32_t)(kept - p->steps.at);
        if (kept == s || !explain)
            continue;
        buf_puts(explain, "share: ");
        explain_place(explain, p, kept);
        buf_puts(explain, " and ");
        explain_place(explain, p, s);
        buf_printf(explain, " are the same step: " STR_FMT "\n", STR_ARG(s->meta.heading));
    }
    plan_remap(p, map);
}
