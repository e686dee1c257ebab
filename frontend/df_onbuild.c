/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ONBUILD: kept as text for whoever builds on the image, and run behind FROM in the stages of this
 * file that are based on the stage. As in BuildKit, triggers do not go on to the next generation.
 */
#include <config.h>

#include "frontend/df_lower.h"

#include "frontend/df_rules.h"
#include "frontend/df_scan.h"
#include "frontend/pin.h"

/* The instruction as it was written, with the bodies of its heredocs; .p is NULL if that is too
 * much. */
static struct str trigger_text(struct df_lower *lo, const struct df_insn *in)
{
    const struct df_word *whole = &in->words.at[0];
    VEC(char) text = {0};
    struct arena *a = lo->c->arena;
    vec_append(a, &text, whole->s.p, whole->s.n);
    vec_for (const struct df_heredoc, h, &in->trigger->heredocs) {
        struct str body = df_heredoc_raw(lo->c, h);
        if (!compile_spend(lo->c, df_word_span(&in->keyword), body.n + h->name.n))
            return (struct str){0};
        vec_push(a, &text, '\n');
        vec_append(a, &text, body.p, body.n);
        vec_append(a, &text, h->name.p, h->name.n);
    }
    return str_of(text.at, text.n);
}

/* Lowers it to nothing, for what it would say. Names are those of another file, which sets other
 * variables. */
static void try_trigger(struct df_lower *lo, const struct df_insn *trigger)
{
    struct df_stage *st = lo->stage, trial = df_stage_trial(st);
    size_t n_steps = lo->c->plan->steps.n, n_diags = lo->c->diags->list.n;
    lo->stage = &trial;
    lo->is_trial = true;
    df_lower_insn(lo, trigger);
    lo->is_trial = false;
    lo->stage = st;
    lo->c->plan->steps.n = n_steps;
    for (size_t i = n_diags; i < lo->c->diags->list.n; i++) {
        struct diag *d = lo->c->diags->list.at[i];
        if (d->rule == &df_rule_undefined_var) {
            diag_skip(d);
            continue;
        }
        if (d->level != DIAG_ERROR)
            continue;
        diag_demote(d);
        d->rule = &df_rule_onbuild_trigger;
        diag_note(d, "this stops the build of every image that is made from this one");
    }
}

void df_lower_onbuild(struct df_lower *lo, const struct df_insn *in)
{
    if (!df_flags_check(lo, in) || !in->trigger)
        return;
    struct arena *a = lo->c->arena;
    struct str text = trigger_text(lo, in);
    if (!text.p)
        return;
    if (!in->trigger->is_broken)
        try_trigger(lo, in->trigger);
    vec_push(a, &lo->stage->config.onbuild, text);
    vec_push(a, &lo->stage->triggers, in);
}

/* What a byte of a trigger takes each time it runs: words become structures. */
enum { REPEATED = 8 };

/* What was only a warning where the trigger stands is an error where it runs. */
static void refuse_broken(struct df_lower *lo, const struct df_insn *onbuild)
{
    struct diag *d =
        df_error(lo, df_word_span(&lo->stage->from), "a trigger of this stage can't be run");
    diag_note_at(d, df_word_span(&onbuild->words.at[0]), "the trigger is here");
}

void df_triggers_run(struct df_lower *lo, const struct df_stage *base)
{
    vec_for (const struct df_insn *const, onbuild, &base->triggers) {
        const struct df_insn *trigger = (*onbuild)->trigger;
        size_t weight = sizeof(struct step) + REPEATED * trigger->line->text.n;
        if (!compile_spend(lo->c, df_word_span(&lo->stage->keyword), weight))
            return;
        if (trigger->is_broken)
            refuse_broken(lo, *onbuild);
        else
            df_lower_insn(lo, trigger);
    }
}

/* The text of a trigger becomes a source of its own, so that messages can show it. */
static void run_text(struct df_lower *lo, const struct pin *base, struct str text)
{
    struct compile *c = lo->c;
    struct str name = str_concat(c->arena, base->image, STR(" (ONBUILD)"));
    uint32_t source = source_add(c->sources, name, text);
    struct plan_source ps = {name, sha256_of(text.p, text.n)};
    struct df_file *file = arena_new(c->arena, struct df_file);
    vec_push(c->arena, &c->plan->sources, ps);
    if (!compile_check_text(c, source))
        return;
    df_parse_file(c, source, file);
    const struct df_insn *in = file->insns.at;
    bool is_trigger = file->insns.n == 1 && in->type && in->type->kind != DF_FROM &&
                      in->type->kind != DF_ONBUILD && in->type->kind != DF_MAINTAINER;
    if (is_trigger)
        df_lower_insn(lo, in);
    else if (file->insns.n != 1 || in->type)
        diag_error(c->diags, span_of(source, 0, text.n), "this is no trigger that can be run");
}

void df_image_triggers_run(struct df_lower *lo, const struct pin *base)
{
    lo->in_image_trigger = true;
    vec_for (const struct str, text, &base->onbuild)
        run_text(lo, base, *text);
    lo->in_image_trigger = false;
}
