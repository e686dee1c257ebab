/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The front end of OBuilder specs. The Dockerfile that a spec becomes compiles, and has the same
 * commands and copies.
 */
#include <config.h>

#include "tests/fuzz/fuzz.h"

struct run {
    struct arena arena;
    struct sources sources;
    struct diag_sink diags;
    struct plan plan;
    struct compile_options options;
    struct compile c;
};

static uint32_t begin(struct run *r, struct str text)
{
    *r = (struct run){.arena = ARENA_INIT};
    r->sources = SOURCES_INIT(&r->arena);
    r->diags = DIAG_SINK_INIT(&r->arena);
    r->plan = PLAN_INIT(&r->arena);
    r->c = (struct compile){&r->arena, &r->sources, &r->diags, &r->plan, &r->options};
    return source_add(&r->sources, STR("-"), text);
}

static bool has_rule(const struct run *r, const char *rule)
{
    vec_for (struct diag *const, d, &r->diags.list)
        if ((*d)->rule && strcmp((*d)->rule->name, rule) == 0)
            return true;
    return false;
}

/* The next step from number *i on that a translation may not drop; NULL at the end. */
static const struct step *next_step(const struct plan *p, uint32_t *i)
{
    while (*i < p->steps.n && p->steps.at[*i].kind == STEP_MKDIR)
        ++*i;
    return *i < p->steps.n ? &p->steps.at[(*i)++] : NULL;
}

static struct str command_of(const struct command *cmd)
{
    return cmd->form == COMMAND_ARGV ? cmd->argv.at[cmd->argv.n - 1] : cmd->line;
}

/* Whether they are the same but for blanks: what these may be, the printer decides. */
static bool same_but_blanks(struct str a, struct str b)
{
    size_t i = 0, j = 0;
    for (;; i++, j++) {
        while (i < a.n && ascii_is_blank(a.p[i]))
            i++;
        while (j < b.n && ascii_is_blank(b.p[j]))
            j++;
        if (i == a.n || j == b.n)
            return i == a.n && j == b.n;
        if (a.p[i] != b.p[j])
            return false;
    }
}

static struct str without_slash(struct str path)
{
    if (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    return path;
}

static bool same_dir(const struct run *spec, struct text a, struct text b)
{
    if (spec->options.translate.windows_escape || has_rule(spec, "RootDirectoryLost") ||
        has_rule(spec, "ParentPathLost") || str_find(text_str(a), ':') >= 0)
        return true;
    return str_eq(text_str(a), without_slash(text_str(b)));
}

static bool same_user(const struct run *spec, struct text a, struct text b)
{
    return spec->options.translate.windows_escape || str_eq(text_str(a), text_str(b));
}

static bool same_owner(struct run *spec, struct text a, struct text b)
{
    return same_user(spec, a, text_is_empty(b) ? text_lit(&spec->arena, STR("0:0")) : b);
}

static bool same_env(const struct name_value_vec *a, const struct name_value_vec *b)
{
    bool same = a->n == b->n;
    for (uint32_t i = 0; same && i < a->n; i++)
        same = str_eq(a->at[i].name, b->at[i].name) &&
               str_eq(text_str(a->at[i].value), text_str(b->at[i].value));
    return same;
}

static bool same_run(const struct run *spec, const struct op_run *a, const struct op_run *b)
{
    uint32_t mounts = spec->options.translate.buildkit ? a->mounts.n : 0;
    return same_but_blanks(command_of(&a->command), command_of(&b->command)) &&
           same_env(&a->env, &b->env) && same_dir(spec, a->cwd, b->cwd) &&
           same_user(spec, a->user, b->user) && b->mounts.n == mounts &&
           (a->network == NETWORK_NONE) == (b->network == NETWORK_NONE);
}

/* What a pattern without wildcards matches: "[x]" and "\\x" stand for x. */
static struct str literal_of(struct arena *a, struct str pattern)
{
    char *to = arena_alloc(a, pattern.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < pattern.n; i++) {
        bool is_class = pattern.p[i] == '[' && i + 2 < pattern.n;
        i += is_class || pattern.p[i] == '\\';
        if (i < pattern.n)
            to[n++] = pattern.p[i];
        i += is_class;
    }
    return str_of(to, n);
}

static bool same_paths(struct run *spec, const struct op_copy *a, const struct op_copy *b)
{
    bool same = a->src.n == b->src.n;
    for (uint32_t i = 0; same && i < a->src.n && !spec->options.translate.windows_escape; i++) {
        struct str src = text_str(a->src.at[i]);
        src = str_skip(src, str_starts(src, STR("/")));
        same = str_eq(src.n ? src : STR("."), literal_of(&spec->arena, text_str(b->src.at[i])));
    }
    struct str dst = text_str(a->dst);
    return same && (str_ends(dst, STR("/.")) ||
                    same_dir(spec, text_lit(&spec->arena, without_slash(dst)), b->dst));
}

static bool same_copy(struct run *spec, const struct op_copy *a, const struct op_copy *b)
{
    return same_paths(spec, a, b) && a->source == b->source && b->context.n == 0 &&
           same_owner(spec, a->owner, b->owner);
}

static bool same_step(struct run *spec, const struct step *a, const struct step *b)
{
    if (!a || !b || a->kind != b->kind)
        return a == b;
    switch (a->kind) {
    case STEP_RUN: return same_run(spec, &a->op.run, &b->op.run);
    case STEP_COPY: return same_copy(spec, &a->op.copy, &b->op.copy);
    default: return true;
    }
}

static void check_same(struct run *spec, struct str text)
{
    struct run r;
    uint32_t source = begin(&r, text), i = 0, j = 0;
    if (spec->options.translate.windows_escape)
        r.options.platform = STR("windows/amd64");
    if (!df_compile(&r.c, source))
        BUG("what was printed does not compile: %s\n" STR_FMT, r.diags.list.at[0]->text.p,
            STR_ARG(text));
    for (bool more = true; more;) {
        const struct step *a = next_step(&spec->plan, &i), *b = next_step(&r.plan, &j);
        if (!same_step(spec, a, b))
            BUG("step %u differs:\n" STR_FMT, i, STR_ARG(text));
        more = a != NULL;
    }
    arena_free(&r.arena);
}

/* Only what BuildKit's front end alone knows may turn out to be wrong when the text is read. */
static void check_errors(const struct run *r)
{
    const struct translate_options *o = &r->options.translate;
    vec_for (struct diag *const, d, &r->diags.list)
        if (!o->buildkit && !o->windows_escape && str_starts((*d)->text, STR("not so")) &&
            !str_starts((*d)->text, STR("not so in a Dockerfile: the values in this file grow")))
            BUG("it is printed wrongly: " STR_FMT, STR_ARG((*d)->text));
}

static void check_translation(struct str text, bool buildkit, bool windows_escape)
{
    struct run r;
    struct buf printed = BUF_INIT;
    uint32_t source = begin(&r, text);
    r.options.translate.buildkit = buildkit;
    r.options.translate.windows_escape = windows_escape;
    bool ok = sx_to_dockerfile(&r.c, source, &printed);
    if (ok != (r.diags.n_errors == 0))
        BUG("the translation says %d, and there are %zu errors", ok, r.diags.n_errors);
    check_errors(&r);
    if (ok && !has_rule(&r, "ImageLost"))
        check_same(&r, buf_str(&printed));
    buf_free(&printed);
    arena_free(&r.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_of((const char *)data, size);
    fuzz_front_end(sx_compile, sx_dump, text);
    for (int mode = 0; mode < 4; mode++)
        check_translation(text, mode & 1, mode & 2);
    return 0;
}
