/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking variables up. A base image may set anything, so a name that the file does not set is
 * suspect only on scratch, or if it looks like one that the file does set.
 */
#include <config.h>

#include "frontend/df_variable.h"

#include "base/suggest.h"
#include "frontend/df_rules.h"
#include "frontend/pin.h"

/* $1, $@ and their like: only the file can set them, and hardly any does. */
static bool is_special_name(struct str name)
{
    return name.n == 0 || ascii_is_digit(name.p[0]) || strchr("@*#?-$!", name.p[0]);
}

struct df_variable df_variable_find(const struct df_lower *lo, struct str name)
{
    const struct df_stage *st = lo->stage;
    struct arena *a = lo->c->arena;
    struct df_variable v = {DF_UNSET};
    struct str known;
    if (vars_get(st ? &st->run_env : &lo->globals, name, &v.value))
        v.found = DF_SET;
    else if (!st || is_special_name(name))
        return v;
    else if (st->base && pin_env(st->base, name, &known))
        v = (struct df_variable){DF_SET, {text_lit(a, known), known.n}};
    else if (!st->is_scratch && !st->base)
        v = (struct df_variable){DF_FROM_BASE, {text_env(a, name), DF_PART_WEIGHT + name.n}};
    else if (str_eq(name, STR("PATH")) && !st->is_windows)
        v = (struct df_variable){DF_SET, {text_lit(a, TEXT_DEFAULT_PATH), TEXT_DEFAULT_PATH.n}};
    return v;
}

/* Names that are often set where nobody sees it. */
static bool is_well_known(struct str name)
{
    static const struct str names[] = {
        STR_INIT("PATH"),        STR_INIT("HOME"),        STR_INIT("USER"),
        STR_INIT("HOSTNAME"),    STR_INIT("LANG"),        STR_INIT("TERM"),
        STR_INIT("HTTP_PROXY"),  STR_INIT("HTTPS_PROXY"), STR_INIT("FTP_PROXY"),
        STR_INIT("NO_PROXY"),    STR_INIT("ALL_PROXY"),   STR_INIT("http_proxy"),
        STR_INIT("https_proxy"), STR_INIT("ftp_proxy"),   STR_INIT("no_proxy"),
        STR_INIT("all_proxy"),   STR_INIT("PWD"),         STR_INIT("SOURCE_DATE_EPOCH"),
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_eq(names[i], name))
            return true;
    return str_starts(name, STR("BUILDKIT_"));
}

static struct str nearest(struct df_lower *lo, const struct vars *vars, struct str name)
{
    struct suggest s;
    suggest_init(&s, name);
    lo->names_compared += vars->list.n;
    if (lo->names_compared <= DF_COMPARE_MAX)
        vec_for (const struct name_value, v, &vars->list)
            suggest_offer(&s, v->name);
    return s.best;
}

static struct str name_at(struct str s)
{
    size_t n = 0;
    while (n < s.n && (ascii_is_alnum(s.p[n]) || s.p[n] == '_'))
        n++;
    return str_of(s.p, n);
}

void df_suggest_variables(struct df_lower *lo, struct diag *d, struct str word)
{
    struct value unused;
    for (ptrdiff_t at; (at = str_find(word, '$')) >= 0;) {
        word = str_skip(word, (size_t)at + 1);
        if (str_starts(word, STR("{")))
            word = str_skip(word, 1);
        struct str name = name_at(word), near;
        if (name.n == 0 || vars_get(&lo->globals, name, &unused))
            continue;
        near = nearest(lo, &lo->globals, name);
        if (near.p)
            diag_note(d, "did you mean \"" STR_FMT "\" for \"" STR_FMT "\"?", STR_ARG(near),
                      STR_ARG(name));
    }
}

/* An ARG before the first FROM that the stage does not repeat. */
static bool is_global_only(const struct df_lower *lo, struct str name)
{
    struct value unused;
    return vars_get(&lo->globals, name, &unused);
}

/* Whether it is the first time in this stage. */
static bool is_news(struct df_lower *lo, struct str name)
{
    if (!lo->undefined.arena)
        lo->undefined = MAP_INIT(lo->c->arena);
    void **slot = map_slot(&lo->undefined, name);
    bool is_new = *slot != lo->stage;
    *slot = lo->stage;
    return is_new;
}

void df_variable_check(struct df_lower *lo, struct span at, struct str name,
                       const struct df_variable *v)
{
    if (!lo->stage || v->found == DF_SET || is_special_name(name) || is_well_known(name) ||
        !is_news(lo, name))
        return;
    if (is_global_only(lo, name)) {
        struct diag *d =
            diag_rule(lo->c->diags, &df_rule_undefined_var, at,
                      "variable \"" STR_FMT "\" is not set in this stage", STR_ARG(name));
        diag_note(d,
                  "arguments of the whole file are seen by FROM alone; put \"ARG " STR_FMT
                  "\" on a line above this one",
                  STR_ARG(name));
        return;
    }
    struct str near = nearest(lo, &lo->stage->run_env, name);
    if (map_get(&lo->declared, name) || (v->found == DF_FROM_BASE && !near.p))
        return;
    struct diag *d = diag_rule(lo->c->diags, &df_rule_undefined_var, at,
                               "variable \"" STR_FMT "\" is not set in this file", STR_ARG(name));
    if (near.p)
        diag_note(d, "did you mean \"" STR_FMT "\"?", STR_ARG(near));
}
