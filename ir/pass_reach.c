/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reach: drops the steps that no target needs.
 * Requires: nothing. Keeps: ids, order, and every step that a target is built from.
 */
#include <config.h>

#include "ir/pass.h"

void pass_reach(struct plan *p, struct buf *explain)
{
    size_t n = p->steps.n;
    bool *needed = arena_new_n(p->arena, bool, n);
    vec_for (const struct target, t, &p->targets)
        needed[t->step] = true;
    for (size_t i = n; i-- > 0;) { /* backwards: users come after what they use */
        const struct step *s = &p->steps.at[i];
        if (!needed[i])
            continue;
        if (s->parent != NO_STEP)
            needed[s->parent] = true;
        vec_for (const uint32_t, r, &s->reads)
            needed[*r] = true;
    }
    uint32_t *map = arena_new_n(p->arena, uint32_t, n);
    for (uint32_t i = 0; i < n; i++) {
        map[i] = needed[i] ? i : NO_STEP;
        if (needed[i] || !explain)
            continue;
        buf_puts(explain, "reach: no target needs ");
        explain_place(explain, p, &p->steps.at[i]);
        buf_printf(explain, ": " STR_FMT "\n", STR_ARG(p->steps.at[i].meta.heading));
    }
    plan_remap(p, map);
}
