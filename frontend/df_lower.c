/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Goes through the instructions of a file in order, and hands each to its lowering. All stages are
 * lowered, also those that the target does not need: their errors are errors (BuildKit looks only
 * at what it builds), and the pass "reach" drops their steps.
 */
#include <config.h>

#include "frontend/df_lower.h"

#include "frontend/df_scan.h"

enum { STAGES_MAX = 10000, INSNS_MAX = 100000 };

typedef void lower_fn(struct df_lower *lo, const struct df_insn *in);

static lower_fn *const lowerings[DF_N_KINDS] = {
    [DF_ADD] = df_lower_add,
    [DF_ARG] = df_lower_arg,
    [DF_CMD] = df_lower_cmd,
    [DF_COPY] = df_lower_copy,
    [DF_ENTRYPOINT] = df_lower_entrypoint,
    [DF_ENV] = df_lower_env,
    [DF_EXPOSE] = df_lower_expose,
    [DF_FROM] = df_lower_from,
    [DF_HEALTHCHECK] = df_lower_healthcheck,
    [DF_LABEL] = df_lower_label,
    [DF_MAINTAINER] = df_lower_maintainer,
    [DF_ONBUILD] = df_lower_onbuild,
    [DF_RUN] = df_lower_run,
    [DF_SHELL] = df_lower_shell,
    [DF_STOPSIGNAL] = df_lower_stopsignal,
    [DF_USER] = df_lower_user,
    [DF_VOLUME] = df_lower_volume,
    [DF_WORKDIR] = df_lower_workdir,
};

struct diag *df_verror(struct df_lower *lo, struct span at, const char *fmt, va_list ap)
{
    struct diag *d = diag_verror(lo->c->diags, at, fmt, ap);
    if (lo->stage)
        vec_push(lo->c->arena, &lo->stage->errors, d);
    return d;
}

struct diag *df_error(struct df_lower *lo, struct span at, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    struct diag *d = df_verror(lo, at, fmt, ap);
    va_end(ap);
    return d;
}

void df_set(struct df_lower *lo, struct vars *env, const struct df_word *at, struct str name,
            struct value value)
{
    if (compile_spend(lo->c, df_word_span(at), 0))
        compile_spend(lo->c, df_word_span(at), vars_set(lo->c->arena, env, name, value));
}

/* A stage whose FROM can't be made out: what follows is still checked. */
static void broken_insn(struct df_lower *lo, const struct df_insn *in)
{
    if (in->type && in->type->kind == DF_FROM)
        df_lower_from(lo, in);
    else if (in->type && in->type->kind == DF_ARG && !lo->stage)
        lo->globals_broken = true;
    else if (!in->type && !lo->stage)
        lo->outside_reported = true; /* it may be a misspelt FROM */
}

static bool is_placed(struct df_lower *lo, const struct df_insn *in)
{
    if (lo->stage || in->type->kind == DF_FROM || in->type->kind == DF_ARG)
        return true;
    if (!lo->outside_reported)
        diag_error(lo->c->diags, df_word_span(&in->keyword),
                   STR_FMT " before the first FROM, where only ARG may stand",
                   STR_ARG(in->type->name));
    lo->outside_reported = true;
    return false;
}

void df_lower_insn(struct df_lower *lo, const struct df_insn *in)
{
    if (in->is_broken) {
        broken_insn(lo, in);
        return;
    }
    if (!is_placed(lo, in))
        return;
    if (lo->stage && lo->stage->is_context && in->type->kind != DF_FROM)
        return;
    lowerings[in->type->kind](lo, in);
}

static bool within_limits(struct compile *c, const struct df_file *file)
{
    if (file->froms.n > STAGES_MAX) {
        const struct df_insn *in = df_file_insn(file, file->froms.at[STAGES_MAX]);
        diag_error(c->diags, df_word_span(&in->keyword), "more than %d stages", STAGES_MAX);
        return false;
    }
    if (file->insns.n <= INSNS_MAX)
        return true;
    diag_error(c->diags, df_word_span(&file->insns.at[INSNS_MAX].keyword),
               "more than %d instructions", INSNS_MAX);
    return false;
}

/* What --from means is known before the first stage is lowered. */
static void collect_names(struct df_lower *lo)
{
    uint32_t index = 0;
    lo->named = MAP_INIT(lo->c->arena);
    vec_for (const uint32_t, at, &lo->file->froms) {
        const struct df_insn *in = df_file_insn(lo->file, *at);
        if (!in->is_broken && in->words.n == 2) {
            struct df_named *n = arena_new(lo->c->arena, struct df_named);
            *n = (struct df_named){in, index};
            *map_slot(&lo->named, df_stage_key(lo->c->arena, in->words.at[1].s)) = n;
        }
        index++;
    }
}

/* Stages need only stages before them. */
static void mark_needed(struct df_lower *lo)
{
    for (size_t i = lo->stages.n; i-- > 0;)
        if (lo->stages.at[i]->is_needed)
            vec_for (struct df_stage *const, st, &lo->stages.at[i]->needs)
                (*st)->is_needed = true;
}

static void forgive_unneeded(struct df_lower *lo)
{
    mark_needed(lo);
    vec_for (struct df_stage *const, st, &lo->stages) {
        if ((*st)->is_needed)
            continue;
        vec_for (struct diag *const, d, &(*st)->errors) {
            diag_demote(*d);
            diag_note(*d, "it does not stop the build, as the target does not need this stage");
        }
    }
}

static void no_stage(struct compile *c, const struct df_file *file, size_t errors_before)
{
    if (c->diags->n_errors == errors_before)
        diag_error(c->diags, span_of(file->source, 0, 0),
                   file->insns.n ? "the Dockerfile has no stage: FROM is missing"
                                 : "the Dockerfile has no instructions");
}

static struct df_lower *lower_file(struct compile *c, const struct df_file *file, size_t errors)
{
    struct df_lower *lo = arena_new(c->arena, struct df_lower);
    *lo = (struct df_lower){
        .c = c,
        .file = file,
        .first_step = c->plan->steps.n,
        .names = MAP_INIT(c->arena),
    };
    if (!within_limits(c, file))
        return lo;
    if (c->plan->steps.n == 0)
        vec_reserve(c->arena, &c->plan->steps, file->insns.n + 1);
    df_build_args_init(lo);
    df_ignore_init(lo);
    collect_names(lo);
    vec_for (const struct df_insn, in, &file->insns)
        df_lower_insn(lo, in);
    df_stage_finish(lo);
    df_build_args_check(lo);
    if (lo->stages.n && df_target_set(lo))
        forgive_unneeded(lo);
    else if (lo->stages.n == 0)
        no_stage(c, file, errors);
    return lo;
}

struct df_lower *df_lower_source(struct compile *c, uint32_t source)
{
    size_t errors = c->diags->n_errors;
    struct df_file *file = arena_new(c->arena, struct df_file);
    if (!df_parse_file(c, source, file))
        return NULL;
    struct df_lower *lo = lower_file(c, file, errors);
    df_checks_apply(c, file);
    return c->diags->n_errors == errors ? lo : NULL;
}

bool df_compile(struct compile *c, uint32_t source)
{
    return df_lower_source(c, source) != NULL;
}
