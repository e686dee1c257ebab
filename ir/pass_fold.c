/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fold: late values that the plan knows become literals: those of steps that stand on scratch,
 * which has no environment, no directory and no user, and on any base what depends on whether PATH
 * is set, as it always is (obkit-ir.5, LATE VALUES).
 * Requires: ids. Keeps: the steps, their order, and what each of them does, also that it fails: a
 * value that can't be had stays late. Ids of what is folded, and of all that stands on it, change;
 * result keys do not, as obexec folds by the same rules before it makes them.
 */
#include <config.h>

#include "ir/fold.h"
#include "ir/identify.h"
#include "ir/pass.h"

static bool *find_on_scratch(const struct plan *p)
{
    bool *on_scratch = arena_new_n(p->arena, bool, p->steps.n);
    for (size_t i = 0; i < p->steps.n; i++) {
        const struct step *s = &p->steps.at[i];
        on_scratch[i] = s->kind == STEP_SCRATCH || (s->parent != NO_STEP && on_scratch[s->parent]);
    }
    return on_scratch;
}

static void note_folded(const struct plan *p, const struct step *s, bool on_scratch,
                        const struct pass_report *r)
{
    if (r->stats)
        stats_changed(r->stats);
    if (!r->explain)
        return;
    explain_begin(r->explain, "fold: ", p, s);
    buf_puts(r->explain, on_scratch ? " stands on scratch, so its late values are known"
                                    : " asks whether PATH is set, and it always is");
    explain_end(r->explain, s);
}

void pass_fold(struct plan *p, const struct pass_report *r)
{
    static const struct base_config scratch;
    const bool *on_scratch = find_on_scratch(p);
    struct fold f = FOLD_INIT(p->arena);
    bool has_changed = false;
    for (size_t i = 0; i < p->steps.n; i++) {
        if (!fold_step(&f, &p->steps.at[i], on_scratch[i] ? &scratch : NULL))
            continue;
        has_changed = true;
        note_folded(p, &p->steps.at[i], on_scratch[i], r);
    }
    vec_for (struct stage, s, &p->stages)
        fold_config(&f, &s->config, on_scratch[s->step] ? &scratch : NULL);
    if (has_changed)
        ir_identify(p);
}
