/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reach: drops the steps that no target needs.
 * Requires: nothing. Keeps: ids, order, and every step that a target is built from.
 */
#include <config.h>

#include "ir/pass.h"

void pass_reach(struct plan *p, const struct pass_report *r)
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
        vec_for (const uint32_t, read, &s->reads)
            needed[*read] = true;
    }
    uint32_t *map = arena_new_n(p->arena, uint32_t, n);
    for (uint32_t i = 0; i < n; i++) {
        map[i] = needed[i] ? i : NO_STEP;
        if (needed[i] || !r->explain)
            continue;
        explain_begin(r->explain, "reach: no target needs ", p, &p->steps.at[i]);
        explain_end(r->explain, &p->steps.at[i]);
    }
    plan_remap(p, map);
}
