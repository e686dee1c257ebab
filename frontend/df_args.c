/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ARG and --build-arg. An ARG before the first FROM is global: FROM lines see it, and a stage that
 * declares the same name without a value. A build argument beats every default.
 */
#include <config.h>

#include "frontend/df_lower.h"

#include "frontend/df_rules.h"

bool df_is_platform_arg(struct str name)
{
    static const struct str names[] = {
        STR_INIT("BUILDPLATFORM"), STR_INIT("BUILDOS"),         STR_INIT("BUILDOSVERSION"),
        STR_INIT("BUILDARCH"),     STR_INIT("BUILDVARIANT"),    STR_INIT("TARGETPLATFORM"),
        STR_INIT("TARGETOS"),      STR_INIT("TARGETOSVERSION"), STR_INIT("TARGETARCH"),
        STR_INIT("TARGETVARIANT"), STR_INIT("TARGETSTAGE"),
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_eq(names[i], name))
            return true;
    return false;
}

/* Arguments that only steer the build and never reach a command. */
static bool is_kept_from_env(struct str name)
{
    return str_eq(name, STR("BUILDKIT_SBOM_SCAN_CONTEXT")) ||
           str_eq(name, STR("BUILDKIT_SBOM_SCAN_STAGE"));
}

void df_build_args_init(struct df_lower *lo)
{
    lo->build_args = MAP_INIT(lo->c->arena);
    lo->declared = MAP_INIT(lo->c->arena);
    vec_for (const struct build_arg, arg, &lo->c->options->build_args) {
        *map_slot(&lo->build_args, arg->name) = (void *)arg;
        if (df_is_platform_arg(arg->name)) {
            struct value v = {text_lit(lo->c->arena, arg->value), arg->value.n};
            vars_set(lo->c->arena, &lo->globals, arg->name, v);
            *map_slot(&lo->declared, arg->name) = (void *)arg;
        }
    }
}

void df_build_args_check(struct df_lower *lo)
{
    if (lo->globals_broken)
        return;
    vec_for (const struct build_arg, arg, &lo->c->options->build_args)
        if (!map_get(&lo->declared, arg->name))
            diag_rule(lo->c->diags, &df_rule_unused_build_arg, span_of(lo->file->source, 0, 0),
                      "build argument \"" STR_FMT "\" is not declared by any ARG",
                      STR_ARG(arg->name));
}

struct arg {
    bool is_set; /* it has a value */
    struct value value;
};

static bool read_arg(struct df_lower *lo, const struct df_pair *p, struct arg *arg)
{
    struct str name = p->name.s;
    const struct build_arg *given = map_get(&lo->build_args, name);
    arg->is_set = true;
    if (given) {
        arg->value = (struct value){text_lit(lo->c->arena, given->value), given->value.n};
        return true;
    }
    if (p->has_value)
        return df_expand(lo, &p->value, &arg->value);
    arg->is_set = vars_get(&lo->globals, name, &arg->value);
    if (arg->is_set || !df_is_platform_arg(name))
        return true;
    struct diag *d =
        diag_error(lo->c->diags, df_word_span(&p->name),
                   "predefined argument \"" STR_FMT "\" is not supported yet", STR_ARG(name));
    diag_note(d, "give its value with --build-arg " STR_FMT "=...", STR_ARG(name));
    return false;
}

/* False if it was refused. */
static bool declare(struct df_lower *lo, const struct df_pair *p, struct arg *arg)
{
    if (p->name.s.n == 0) {
        diag_error(lo->c->diags, df_word_span(&p->name), "ARG needs a name before \"=\"");
        return false;
    }
    *map_slot(&lo->declared, p->name.s) = (void *)p;
    if (read_arg(lo, p, arg))
        return true;
    lo->globals_broken |= !lo->stage;
    return false;
}

static void set_arg(struct df_lower *lo, const struct df_pair *p, const struct arg *arg)
{
    if (!arg->is_set || is_kept_from_env(p->name.s))
        return;
    struct vars *env = lo->stage ? &lo->stage->run_env : &lo->globals;
    df_set(lo, env, &p->name, p->name.s, arg->value);
}

/* Within a stage, as with ENV, all defaults are expanded before the first is set. Global arguments
 * do see those before them in the same instruction. */
void df_lower_arg(struct df_lower *lo, const struct df_insn *in)
{
    struct arg *args = arena_new_n(lo->c->arena, struct arg, in->pairs.n);
    df_flags_ignored(lo, in);
    for (size_t i = 0; i < in->pairs.n; i++) {
        const struct df_pair *p = &in->pairs.at[i];
        if (!declare(lo, p, &args[i]))
            args[i].is_set = false;
        else if (!lo->stage)
            set_arg(lo, p, &args[i]);
    }
    for (size_t i = 0; i < in->pairs.n && lo->stage; i++)
        set_arg(lo, &in->pairs.at[i], &args[i]);
}
