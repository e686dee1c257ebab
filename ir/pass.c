/* SPDX-License-Identifier: Apache-2.0 */
/* The list of passes, and the renumbering that all of them use. */
#include <config.h>

#include "ir/pass.h"

#include "base/err.h"
#include "ir/verify.h"

static const struct pass passes[] = {
    {"reach", 1, pass_reach},
    {"share", 1, pass_share},
};

void ir_optimize(struct plan *p, int level, struct buf *explain)
{
    for (size_t i = 0; i < sizeof passes / sizeof passes[0]; i++) {
        if (level < passes[i].level)
            continue;
        passes[i].run(p, explain);
#ifdef OBKIT_DEBUG
        struct ob_err err;
        if (ir_verify(p, &err) < 0)
            BUG("after pass %s: %s", passes[i].name, err.text);
#endif
    }
}

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

void explain_place(struct buf *out, const struct plan *p, const struct step *s)
{
    if (s->meta.line == 0)
        buf_puts(out, "?");
    else
        buf_printf(out, STR_FMT ":%u", STR_ARG(p->sources.at[s->meta.source].path), s->meta.line);
}
