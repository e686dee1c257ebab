/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What COPY and ADD copy: which files a pattern means, what is a directory, what is left out. What
 * nobody can look at is taken to be a file, unless its name says that it is a directory.
 */
#include <config.h>

#include "frontend/df_to_spec.h"

#include "base/path.h"
#include "base/pattern.h"

#include <sys/stat.h>

static const struct diag_rule source_assumed = {"SourceAssumed", DIAG_LOSS};
static const struct diag_rule ignore_lost = {"IgnoreLost", DIAG_LOSS};

/* Remembers which sources the instruction writes as directories. */
static void find_written_dirs(struct ts_sources *from)
{
    const struct df_insn *in = from->ch->cause->in;
    from->written_dirs = MAP_INIT(from->ch->t->a);
    for (size_t i = 0; in && i < in->words.n; i++) {
        struct str s = in->words.at[i].s;
        if (str_ends(s, STR("/.")))
            s.n--;
        if (str_ends(s, STR("/")))
            *map_slot(&from->written_dirs, df_copy_source(from->ch->t->a, s)) = from;
    }
}

static struct ignore_list ignored_by(struct ts_chain *ch, const struct str_vec *own)
{
    struct ignore_list list = {0};
    struct ob_err err;
    if (ignore_of(ch->t->a, own, &list, &err) < 0)
        ts_error(ch, "the file beside the Dockerfile: %s", err.text);
    return list;
}

void ts_sources_init(struct ts_sources *from, struct ts_chain *ch)
{
    *from = (struct ts_sources){.ch = ch};
    find_written_dirs(from);
}

void ts_sources_from_context(struct ts_sources *from, bool has_own, const struct str_vec *own)
{
    const struct context *context = from->ch->t->c->options->translate.context;
    from->has_ignore = has_own;
    if (has_own)
        from->ignore = ignored_by(from->ch, own);
    else if (context)
        from->ignore = context->ignore;
    if (!context)
        return;
    from->view = *context;
    from->view.ignore = from->ignore;
    from->context = &from->view;
}

static void add_path(struct ts_sources *from, struct str path)
{
    struct ts_source s = {path, path_base(path), TS_MAYBE_FILE};
    if (str_eq(path, STR(".")) || map_get(&from->written_dirs, path))
        s.what = TS_DIRECTORY;
    if (from->context) {
        enum context_kind kind = context_kind(from->context, path, &s.path);
        if (kind == CONTEXT_MISSING) {
            ts_error(from->ch, "there is no \"" STR_FMT "\" in the context, or it is ignored",
                     STR_ARG(path));
            return;
        }
        s.what = kind == CONTEXT_DIRECTORY ? TS_DIRECTORY : TS_FILE;
    }
    vec_push(from->ch->t->a, &from->list, s);
}

static struct str unescape(struct arena *a, struct str pattern)
{
    char *p = arena_cstr(a, pattern);
    size_t n = 0;
    for (size_t i = 0; i < pattern.n; i++) {
        if (pattern.p[i] == '\\' && i + 1 < pattern.n)
            i++;
        p[n++] = pattern.p[i];
    }
    return str_of(p, n);
}

static void add_matches(struct ts_sources *from, struct str pattern)
{
    struct str_vec found = {0};
    struct ob_err err;
    if (!from->context)
        ts_error(from->ch, "what \"" STR_FMT "\" matches is not known%s", STR_ARG(pattern),
                 from->build.p ? ", as it is in another stage" : " without --context");
    else if (context_glob(from->context, pattern, &found, &err) < 0)
        ts_error(from->ch, "%s", err.text);
    else if (found.n == 0)
        ts_error(from->ch, "nothing in the context matches \"" STR_FMT "\"", STR_ARG(pattern));
    vec_for (const struct str, f, &found)
        add_path(from, *f);
}

void ts_sources_add(struct ts_sources *from, struct str path)
{
    struct arena *a = from->ch->t->a;
    path = df_copy_source(a, path); /* one that was late may be anything */
    if (str_find(path, '*') >= 0 || str_find(path, '?') >= 0 || str_find(path, '[') >= 0)
        add_matches(from, path);
    else
        add_path(from, from->ch->is_windows ? path : unescape(a, path));
}

/* A spec excludes names at any depth, which is what a pattern of this form says. */
static bool add_exclude(struct ts_sources *from, struct str pattern)
{
    if (!str_starts(pattern, STR("**/")))
        return false;
    struct str name = str_skip(pattern, 3);
    if (name.n == 0 || !pattern_is_literal(name) || str_find(name, '/') >= 0)
        return false;
    vec_push(from->ch->t->a, &from->exclude, name);
    return true;
}

void ts_sources_exclude(struct ts_sources *from, const struct str_vec *patterns)
{
    vec_for (const struct str, p, patterns)
        if (!add_exclude(from, *p))
            ts_error(from->ch, "a spec excludes names at any depth, not \"" STR_FMT "\"",
                     STR_ARG(*p));
}

static void report_ignored(struct ts_sources *from)
{
    const struct ignore_list *list = &from->ignore;
    struct diag *d = NULL;
    for (size_t i = 0; i < list->pattern.n; i++) {
        if (!list->has_exceptions && add_exclude(from, list->pattern.at[i]))
            continue;
        if (!d)
            d = ts_loss(from->ch, &ignore_lost,
                        "the spec copies what .dockerignore leaves out of the directory");
        diag_note(d, "by the pattern \"%s" STR_FMT "\"", list->is_exception.at[i] ? "!" : "",
                  STR_ARG(list->pattern.at[i]));
    }
}

/* An exception may bring back what any pattern leaves out, so with one no pattern is a name. */
void ts_sources_ignore(struct ts_sources *from)
{
    bool has_directory = false;
    vec_for (const struct ts_source, s, &from->list)
        has_directory |= s->what == TS_DIRECTORY;
    if (!has_directory)
        return;
    report_ignored(from);
    if (!from->context && !from->has_ignore) {
        struct diag *d =
            ts_loss(from->ch, &ignore_lost, "the spec copies what a .dockerignore may leave out");
        diag_note(d, "--context=DIR finds out whether there is one");
    }
}

void ts_source_report(struct ts_sources *from, const struct ts_source *s)
{
    if (s->what != TS_MAYBE_FILE)
        return;
    struct diag *d = ts_loss(from->ch, &source_assumed,
                             "\"" STR_FMT "\" is taken to be a file, not a directory or a link",
                             STR_ARG(s->path));
    diag_note(d, from->build.p ? "a slash behind it says that it is a directory"
                               : "--context=DIR finds out what it is");
}

static bool is_excluded(const struct ts_sources *from, struct str name)
{
    vec_for (const struct str, e, &from->exclude)
        if (str_eq(*e, name))
            return true;
    return false;
}

int ts_source_list(struct ts_sources *from, struct str dir, struct str below,
                   struct ts_copied_vec *out, struct ob_err *err)
{
    struct arena *a = from->ch->t->a;
    struct str_vec names = {0};
    if (context_list(from->context, dir, &names, err) < 0)
        return -1;
    vec_for (const struct str, name, &names) {
        struct str path = path_join(a, str_eq(dir, STR(".")) ? STR("") : dir, *name);
        struct ts_copied copied = {path_join(a, below, *name), context_mode(from->context, path)};
        if (S_ISLNK(copied.mode) || is_excluded(from, *name))
            continue;
        vec_push(a, out, copied);
        if (S_ISDIR(copied.mode) && ts_source_list(from, path, copied.path, out, err) < 0)
            return -1;
    }
    return 0;
}
