/* SPDX-License-Identifier: Apache-2.0 */
/* What passes ask for when they drop steps: who uses each, and new numbers for those that stay. */
#include <config.h>

#include "ir/pass.h"

/* Moves kept steps together; new_index[old] gets their new numbers. */
static void compact(struct plan *p, const uint32_t *map, uint32_t *new_index)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->steps.n; i++) {
        new_index[i] = NO_STEP;
        if (map[i] != i)
            continue;
        new_index[i] = n;
        if (n != i)
            p->steps.at[n] = p->steps.at[i];
        n++;
    }
    p->steps.n = n;
}

static void remap_stages(struct plan *p, const uint32_t *target)
{
    uint32_t *stage_index = arena_new_n(p->arena, uint32_t, p->stages.n);
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->stages.n; i++) {
        struct stage s = p->stages.at[i];
        s.step = target[s.step];
        stage_index[i] = s.step == NO_STEP ? NO_STEP : n;
        if (s.step != NO_STEP)
            p->stages.at[n++] = s;
    }
    p->stages.n = n;
    vec_for (struct target, t, &p->targets) {
        t->step = target[t->step];
        t->stage = t->stage == NO_STEP ? NO_STEP : stage_index[t->stage];
    }
}

static bool is_identity(const uint32_t *map, size_t n)
{
    size_t i = 0;
    while (i < n && map[i] == i)
        i++;
    return i == n;
}

void plan_remap(struct plan *p, const uint32_t *map)
{
    size_t n = p->steps.n;
    if (is_identity(map, n))
        return;
    uint32_t *new_index = arena_new_n(p->arena, uint32_t, n);
    compact(p, map, new_index);
    uint32_t *target = arena_new_n(p->arena, uint32_t, n); /* old number -> new number */
    for (size_t i = 0; i < n; i++)
        target[i] = map[i] == NO_STEP ? NO_STEP : new_index[map[i]];
    vec_for (struct step, s, &p->steps) {
        if (s->parent != NO_STEP)
            s->parent = target[s->parent];
        vec_for (uint32_t, r, &s->reads)
            *r = target[*r];
    }
    remap_stages(p, target);
}

uint32_t *plan_count_uses(const struct plan *p)
{
    uint32_t *uses = arena_new_n(p->arena, uint32_t, p->steps.n);
    vec_for (const struct step, s, &p->steps) {
        if (s->parent != NO_STEP)
            uses[s->parent]++;
        vec_for (const uint32_t, r, &s->reads)
            uses[*r]++;
    }
    vec_for (const struct stage, s, &p->stages)
        uses[s->step]++;
    vec_for (const struct target, t, &p->targets)
        uses[t->step]++;
    return uses;
}
