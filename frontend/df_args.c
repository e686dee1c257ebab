/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ARG and --build-arg. An ARG before the first FROM is global: FROM lines see it, and a stage that
 * declares the same name without a value. A build argument beats every default. The platform
 * arguments are global from the start.
 */
#include <config.h>

#include "frontend/df_lower.h"

#include "base/suggest.h"
#include "frontend/df_rules.h"
#include "frontend/platform.h"

/* Arguments that only steer the build and never reach a command. */
static bool is_kept_from_env(struct str name)
{
    return str_eq(name, STR("BUILDKIT_SBOM_SCAN_CONTEXT")) ||
           str_eq(name, STR("BUILDKIT_SBOM_SCAN_STAGE"));
}

static bool is_proxy(struct str name)
{
    static const struct str names[] = {STR_INIT("HTTP_PROXY"), STR_INIT("HTTPS_PROXY"),
                                       STR_INIT("FTP_PROXY"), STR_INIT("NO_PROXY"),
                                       STR_INIT("ALL_PROXY")};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_eq_nocase(name, names[i]))
            return true;
    return false;
}

/* Those that count without an ARG. */
static bool is_predefined(struct str name)
{
    return is_proxy(name) || str_starts(name, STR("BUILDKIT_")) ||
           str_eq(name, STR("SOURCE_DATE_EPOCH"));
}

static struct value literal(struct df_lower *lo, struct str s)
{
    return (struct value){text_lit(lo->c->arena, s), s.n};
}

static void set_global(struct df_lower *lo, const char *prefix, const char *name, struct str value)
{
    struct str full = arena_printf(lo->c->arena, "%s%s", prefix, name);
    const struct build_arg *given = map_get(&lo->build_args, full);
    vars_set(lo->c->arena, &lo->globals, full, literal(lo, given ? given->value : value));
    *map_slot(&lo->declared, full) = lo;
}

static void set_platform(struct df_lower *lo, const char *prefix, const struct platform *p)
{
    set_global(lo, prefix, "PLATFORM", platform_text(lo->c->arena, p));
    set_global(lo, prefix, "OS", p->os);
    set_global(lo, prefix, "OSVERSION", p->os_version);
    set_global(lo, prefix, "ARCH", p->arch);
    set_global(lo, prefix, "VARIANT", p->variant);
}

/* What is built: --target as it was given, else the name of the last stage, or "default". */
static struct str target_stage(const struct df_lower *lo)
{
    if (lo->c->options->target.n)
        return lo->c->options->target;
    const struct df_insn *last = NULL;
    vec_for (const uint32_t, at, &lo->file->froms) {
        const struct df_insn *in = df_file_insn(lo->file, *at);
        last = in->is_broken ? last : in;
    }
    bool is_named = last && last->words.n == 2;
    return is_named ? df_stage_key(lo->c->arena, last->words.at[1].s) : STR("default");
}

/* Once for all files, and of one name the last. */
static void set_proxy(struct compile *c, const struct build_arg *arg)
{
    struct name_str proxy = {arg->name, arg->value};
    vec_for (struct name_str, p, &c->plan->proxies)
        if (str_eq(p->name, arg->name)) {
            *p = proxy;
            return;
        }
    vec_push(c->arena, &c->plan->proxies, proxy);
}

void df_build_args_init(struct df_lower *lo)
{
    struct arena *a = lo->c->arena;
    struct platform host = platform_host(a), target = host;
    lo->build_args = MAP_INIT(a);
    lo->declared = MAP_INIT(a);
    vec_for (const struct build_arg, arg, &lo->c->options->build_args) {
        *map_slot(&lo->build_args, arg->name) = (void *)arg;
        if (is_proxy(arg->name))
            set_proxy(lo->c, arg);
    }
    if (lo->c->options->platform.n)
        platform_read(a, lo->c->options->platform, &target);
    set_platform(lo, "BUILD", &host);
    set_platform(lo, "TARGET", &target);
    set_global(lo, "TARGET", "STAGE", target_stage(lo));
}

struct str df_build_arg(const struct df_lower *lo, struct str name)
{
    const struct build_arg *given = map_get(&lo->build_args, name);
    return given ? given->value : STR("");
}

static void unused_build_arg(struct df_lower *lo, struct str name)
{
    struct suggest s;
    struct diag *d =
        diag_rule(lo->c->diags, &df_rule_unused_build_arg, span_of(lo->file->source, 0, 0),
                  "build argument \"" STR_FMT "\" is not declared by any ARG", STR_ARG(name));
    suggest_init(&s, name);
    for (size_t i = 0; i < lo->declared.cap; i++)
        if (lo->declared.slot[i].value && lo->declared.slot[i].value != lo)
            suggest_offer(&s, lo->declared.slot[i].key);
    if (s.best.p)
        diag_note(d, "did you mean \"" STR_FMT "\"?", STR_ARG(s.best));
}

void df_build_args_check(struct df_lower *lo)
{
    if (lo->globals_broken)
        return;
    vec_for (const struct build_arg, arg, &lo->c->options->build_args)
        if (!map_get(&lo->declared, arg->name) && !is_predefined(arg->name))
            unused_build_arg(lo, arg->name);
}

/* 1 = it has a value, 0 = it has none, -1 = reported. */
static int read_arg(struct df_lower *lo, const struct df_pair *p, struct value *out)
{
    struct str name = p->name.s;
    const struct build_arg *given = map_get(&lo->build_args, name);
    bool is_epoch = str_eq(name, STR("SOURCE_DATE_EPOCH"));
    if (is_epoch && lo->epoch_is_elsewhere)
        return 0; /* only who builds can find it out */
    if (given) {
        *out = literal(lo, given->value);
        return 1;
    }
    if (p->has_value)
        return df_expand(lo, &p->value, out) ? 1 : -1;
    return vars_get(&lo->globals, name, out);
}

/* Notes that an ARG stands before the stage's ENV of this name, once. */
static void hide(struct df_lower *lo, struct df_stage *st, struct str name)
{
    struct value unused;
    if (!vars_get(&st->env, name, &unused))
        return;
    vec_for (const struct str, known, &st->hidden)
        if (str_eq(*known, name))
            return;
    vec_push(lo->c->arena, &st->hidden, name);
}

static void declare(struct df_lower *lo, const struct df_pair *p)
{
    struct value v = {0};
    if (p->name.s.n == 0) {
        diag_error(lo->c->diags, df_word_span(&p->name), "ARG needs a name before \"=\"");
        lo->globals_broken |= !lo->stage;
        return;
    }
    *map_slot(&lo->declared, p->name.s) = (void *)p;
    int rc = read_arg(lo, p, &v);
    lo->globals_broken |= rc < 0 && !lo->stage;
    struct vars *env = lo->stage ? &lo->stage->run_env : &lo->globals;
    if (rc <= 0 || is_kept_from_env(p->name.s))
        return;
    df_set(lo, env, &p->name, p->name.s, v);
    if (lo->stage)
        hide(lo, lo->stage, p->name.s);
}

/* Unlike those of ENV, the arguments of one instruction see each other. */
void df_lower_arg(struct df_lower *lo, const struct df_insn *in)
{
    df_flags_ignored(lo, in);
    vec_for (const struct df_pair, p, &in->pairs)
        declare(lo, p);
}
