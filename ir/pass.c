/* SPDX-License-Identifier: Apache-2.0 */
/* The list of passes, and the renumbering that all of them use. */
#include <config.h>

#include "ir/pass.h"

#include "base/err.h"
#include "ir/verify.h"

/* Steps are shared before copies are merged, as a step that is shared must not become a part of
 * one that is not; and after that once more, as what is merged may be the same. */
static const struct pass passes[] = {
    {"reach", 1, pass_reach},
    {"fold", 1, pass_fold},
    {"share", 1, pass_share},
    {"drop-noops", 2, pass_drop_noops},
    {"merge-copies", 2, pass_merge_copies},
    {"share", 2, pass_share},
};

static void run_pass(const struct pass *pass, struct plan *p, const struct pass_report *r)
{
    if (r->stats)
        stats_begin_pass(r->stats, p, pass->name);
    pass->run(p, r);
    if (r->stats)
        stats_end_pass(r->stats, p);
#ifdef OBKIT_DEBUG
    struct ob_err err;
    if (ir_verify(p, &err) < 0)
        BUG("after pass %s: %s", pass->name, err.text);
#endif
}

void ir_optimize(struct plan *p, int level, const struct pass_report *r)
{
    if (r->stats)
        stats_begin(r->stats, p);
    for (size_t i = 0; i < sizeof passes / sizeof passes[0]; i++)
        if (level >= passes[i].level)
            run_pass(&passes[i], p, r);
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

void explain_place(struct buf *out, const struct plan *p, const struct step *s)
{
    if (s->meta.line == 0)
        buf_puts(out, "?");
    else
        buf_printf(out, STR_FMT ":%u", STR_ARG(p->sources.at[s->meta.source].path), s->meta.line);
}

void explain_begin(struct buf *out, const char *text, const struct plan *p, const struct step *s)
{
    buf_puts(out, text);
    explain_place(out, p, s);
}

void explain_end(struct buf *out, const struct step *s)
{
    buf_printf(out, ": " STR_FMT "\n", STR_ARG(s->meta.heading));
}

static bool is_id(struct str s)
{
    unsigned long long v;
    return str_to_u64(s, &v) && v < UINT32_MAX;
}

bool owner_is_numeric(struct text owner)
{
    struct str user, group;
    if (owner.n == 0)
        return true;
    return text_is_literal(owner) &&
           (str_cut(text_str(owner), ':', &user, &group) ? is_id(user) && is_id(group)
                                                         : is_id(user));
}
