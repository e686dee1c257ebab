/* SPDX-License-Identifier: Apache-2.0 */
/*
 * COPY and ADD. What goes where depends in a Dockerfile on whether a source is a directory, and in
 * a spec on the slash behind the destination. What nobody can look at is taken to be a file, unless
 * its name says that it is a directory.
 */
#include <config.h>

#include "frontend/df_to_spec.h"

#include "base/path.h"
#include "base/pattern.h"
#include "base/remote.h"
#include "frontend/context.h"
#include "frontend/sx_emit.h"

static const struct diag_rule source_assumed = {"SourceAssumed", DIAG_LOSS};
static const struct diag_rule owner_lost = {"OwnerLost", DIAG_LOSS};
static const struct diag_rule dir_mode_lost = {"DirectoryModeLost", DIAG_LOSS};
static const struct diag_rule ignore_lost = {"IgnoreLost", DIAG_LOSS};

enum what { A_FILE, A_DIRECTORY, MAYBE_A_FILE };

/* One source, whose patterns are resolved. */
struct source_path {
    struct str path; /* links followed */
    struct str name; /* under which it goes into a directory */
    enum what what;
};

DEFINE_VEC(source_path_vec, struct source_path);

struct copying {
    struct ts_chain *ch;
    const struct context *context; /* to look into; NULL = nobody can */
    struct str build;              /* the build that is copied from; .p NULL = the context */
    struct source_path_vec src;
    bool into; /* the destination is a directory, whatever is there */
    struct str_vec exclude;
    struct str dst, owner, chmod;
    struct str_vec changed; /* paths that were made, for chmod */
};

/* Whether the instruction writes the source as a directory. */
static bool is_written_as_dir(const struct ts_chain *ch, struct str path)
{
    if (str_eq(path, STR(".")) || str_eq(path, STR("/")))
        return true;
    const struct df_insn *in = ch->cause->in;
    if (!in)
        return false;
    vec_for (const struct df_word, w, &in->words) {
        struct str s = w->s;
        if (str_ends(s, STR("/.")))
            s.n--;
        if (str_ends(s, STR("/")) && str_eq(df_copy_source(ch->t->a, s), path))
            return true;
    }
    return false;
}

static void add_path(struct copying *cp, struct str path)
{
    struct source_path s = {path, path_base(path), MAYBE_A_FILE};
    if (is_written_as_dir(cp->ch, path))
        s.what = A_DIRECTORY;
    if (cp->context) {
        enum context_kind kind = context_kind(cp->context, path, &s.path);
        if (kind == CONTEXT_MISSING) {
            ts_error(cp->ch, "there is no \"" STR_FMT "\" in the context, or it is ignored",
                     STR_ARG(path));
            return;
        }
        s.what = kind == CONTEXT_DIRECTORY ? A_DIRECTORY : A_FILE;
    }
    vec_push(cp->ch->t->a, &cp->src, s);
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

static void add_source(struct copying *cp, struct str path)
{
    struct str_vec found = {0};
    path = df_copy_source(cp->ch->t->a, path); /* one that was late may be anything */
    if (str_find(path, '*') < 0 && str_find(path, '?') < 0 && str_find(path, '[') < 0) {
        add_path(cp, cp->ch->is_windows ? path : unescape(cp->ch->t->a, path));
        return;
    }
    if (!cp->context) {
        ts_error(cp->ch, "what \"" STR_FMT "\" matches is not known%s", STR_ARG(path),
                 cp->build.p ? ", as it is in another stage" : " without --context");
        return;
    }
    context_glob(cp->context, path, &found);
    if (found.n == 0)
        ts_error(cp->ch, "nothing in the context matches \"" STR_FMT "\"", STR_ARG(path));
    vec_for (const struct str, f, &found)
        add_path(cp, *f);
}

/* A spec excludes names at any depth, which is what a pattern of this form says. */
static bool add_exclude(struct copying *cp, struct str pattern)
{
    if (str_starts(pattern, STR("**/")))
        pattern = str_skip(pattern, 3);
    else
        return false;
    if (!pattern_is_literal(pattern) || str_find(pattern, '/') >= 0 || pattern.n == 0)
        return false;
    vec_push(cp->ch->t->a, &cp->exclude, pattern);
    return true;
}

static void add_excludes(struct copying *cp, const struct str_vec *patterns)
{
    vec_for (const struct str, p, patterns)
        if (!add_exclude(cp, *p))
            ts_error(cp->ch, "a spec excludes names at any depth, not \"" STR_FMT "\"",
                     STR_ARG(*p));
}

/* Ignored files are left out of directories by no operation. */
static void add_ignore(struct copying *cp, bool has_own, const struct str_vec *own)
{
    struct str kept = STR("");
    bool has_directory = false;
    const struct str_vec *patterns = has_own       ? own
                                     : cp->context ? &cp->context->ignore.pattern
                                                   : own;
    vec_for (const struct source_path, s, &cp->src)
        has_directory |= s->what != A_FILE;
    for (size_t i = 0; has_directory && i < patterns->n; i++)
        if (!add_exclude(cp, patterns->at[i]))
            kept = patterns->at[i];
    if (kept.n && ts_is_news(cp->ch->t, STR("ignore")))
        ts_loss(cp->ch, &ignore_lost,
                "the spec does not leave out what .dockerignore does, as \"" STR_FMT "\"",
                STR_ARG(kept));
}

/* A Dockerfile copies what a link leads to, and a spec the link. */
static void report_assumed(struct copying *cp, const struct source_path *s)
{
    if (s->what != MAYBE_A_FILE)
        return;
    struct diag *d = ts_loss(cp->ch, &source_assumed,
                             "\"" STR_FMT "\" is taken to be a file, not a directory or a link",
                             STR_ARG(s->path));
    diag_note(d, cp->build.p ? "a slash behind it says that it is a directory"
                             : "--context=DIR finds out what it is");
}

/* Whether files go into the directory dst, by their names; else a file becomes dst. */
static bool goes_into(struct copying *cp)
{
    return cp->into || ts_is_dir(cp->ch, cp->dst);
}

static void put_list(struct ts_chain *ch, const char *field, const struct str_vec *words)
{
    if (words->n == 0)
        return;
    buf_printf(ch->out, " (%s", field);
    vec_for (const struct str, w, words) {
        buf_putc(ch->out, ' ');
        sx_emit_atom(ch->out, *w);
    }
    buf_putc(ch->out, ')');
}

/* Paths in another build are from its root, and look like it. */
static struct str shown_source(struct copying *cp, struct str path)
{
    bool is_root = !cp->build.p || str_eq(path, STR("."));
    return is_root ? path : str_concat(cp->ch->t->a, STR("/"), path);
}

static void put_copy(struct copying *cp, struct str_vec *src, struct str dst)
{
    struct ts_chain *ch = cp->ch;
    vec_for (struct str, s, src)
        *s = shown_source(cp, *s);
    ts_line(ch, "(copy");
    if (cp->build.p) {
        buf_puts(ch->out, " (from (build ");
        sx_emit_atom(ch->out, cp->build);
        buf_puts(ch->out, "))");
    }
    put_list(ch, "src", src);
    buf_puts(ch->out, " (dst ");
    sx_emit_atom(ch->out, dst);
    buf_putc(ch->out, ')');
    put_list(ch, "exclude", &cp->exclude);
    buf_putc(ch->out, ')');
}

static struct str with_slash(struct arena *a, struct str dir)
{
    return str_ends(dir, STR("/")) ? dir : str_concat(a, dir, STR("/"));
}

static struct str without_slash(struct str dir)
{
    while (dir.n > 0 && dir.p[dir.n - 1] == '/')
        dir.n--;
    return dir.n ? dir : STR("/."); /* the root has no other name without a slash behind it */
}

/* A directory whose contents go into dst: if that must be there, it would get the source's mode. */
static void copy_directory(struct copying *cp, const struct source_path *s)
{
    struct ts_chain *ch = cp->ch;
    struct arena *a = ch->t->a;
    struct str_vec one = {0}, names = {0};
    struct str dst = without_slash(cp->dst);
    if (cp->into && !ts_is_dir(ch, dst) && ch->is_scratch && !ch->has_run) {
        ts_loss(ch, &dir_mode_lost, "\"" STR_FMT "\" gets the mode of \"" STR_FMT "\", not 755",
                STR_ARG(dst), STR_ARG(s->path));
    } else if (cp->into && !ts_is_dir(ch, dst)) {
        ts_helper(ch, ts_mkdir_command(ch, dst, cp->owner));
        ts_know_dir(ch, dst);
        ts_want_user(ch, cp->owner);
    }
    vec_push(a, &one, s->path);
    put_copy(cp, &one, dst);
    ts_know_dir(ch, dst);
    if (cp->chmod.n == 0)
        return;
    if (!cp->context) {
        ts_error(ch, "what is in \"" STR_FMT "\", for --chmod, is not known%s", STR_ARG(s->path),
                 cp->build.p ? ", as it is in another stage" : " without --context");
        return;
    }
    context_list(cp->context, s->path, &names);
    vec_for (const struct str, n, &names)
        vec_push(a, &cp->changed, str_concat(a, with_slash(a, cp->dst), *n));
}

/* A file under a name of its own: a link that was followed, or a destination without a slash. */
static void copy_as(struct copying *cp, const struct source_path *s, struct str path)
{
    struct str_vec one = {0};
    report_assumed(cp, s);
    vec_push(cp->ch->t->a, &one, s->path);
    put_copy(cp, &one, path);
    vec_push(cp->ch->t->a, &cp->changed, path);
}

static bool keeps_name(const struct source_path *s)
{
    return str_eq(path_base(s->path), s->name);
}

/* The files from `i` on that go into dst in one operation; gives how many. */
static size_t copy_into(struct copying *cp, size_t i)
{
    struct arena *a = cp->ch->t->a;
    struct str_vec files = {0};
    struct str dst = with_slash(a, cp->dst);
    for (; i < cp->src.n; i++) {
        const struct source_path *s = &cp->src.at[i];
        if (s->what == A_DIRECTORY || !keeps_name(s))
            break;
        report_assumed(cp, s);
        vec_push(a, &files, s->path);
        vec_push(a, &cp->changed, str_concat(a, dst, s->name));
    }
    put_copy(cp, &files, dst);
    ts_know_dir(cp->ch, dst);
    return files.n;
}

/* Gives how many sources were copied. */
static size_t put_source(struct copying *cp, size_t i)
{
    const struct source_path *s = &cp->src.at[i];
    struct str dst = without_slash(cp->dst);
    if (s->what == A_DIRECTORY)
        copy_directory(cp, s);
    else if (!goes_into(cp))
        copy_as(cp, s, dst);
    else if (keeps_name(s))
        return copy_into(cp, i);
    else
        copy_as(cp, s, str_concat(cp->ch->t->a, with_slash(cp->ch->t->a, dst), s->name));
    return 1;
}

void ts_chmod(struct ts_chain *ch, struct str mode, const struct str_vec *paths)
{
    struct buf b = BUF_INIT;
    if (mode.n == 0 || paths->n == 0)
        return;
    if (ch->is_windows) {
        ts_error(ch, "a spec for Windows can't change modes");
        return;
    }
    buf_puts(&b, "chmod -R ");
    for (size_t i = 0; i < mode.n; i++) {
        bool begins = i == 0 || mode.p[i - 1] == ',';
        if (begins && strchr("+-=", mode.p[i]))
            buf_putc(&b, 'a'); /* or the umask counts */
        buf_putc(&b, mode.p[i]);
    }
    vec_for (const struct str, p, paths)
        buf_printf(&b, " " STR_FMT, STR_ARG(ts_quote(ch->t->a, *p)));
    ts_helper(ch, arena_str(ch->t->a, buf_str(&b)));
    buf_free(&b);
}

static bool is_same(struct ts_chain *ch, struct str x, struct str y)
{
    return str_eq(path_clean(ch->t->a, x), path_clean(ch->t->a, y));
}

static void finish(struct copying *cp)
{
    struct ts_chain *ch = cp->ch;
    if (cp->src.n == 0)
        return;
    /* WORKDIR's directory, where a directory goes into it: copy_directory sees to it. */
    if (cp->src.at[0].what == A_DIRECTORY && ch->pending.p && is_same(ch, ch->pending, cp->dst)) {
        cp->into = true;
        ch->pending.p = NULL;
    }
    ts_settle(ch, cp->dst, cp->owner);
    ts_want_user(ch, cp->owner);
    for (size_t i = 0; i < cp->src.n;)
        i += put_source(cp, i);
    ts_chmod(ch, cp->chmod, &cp->changed);
}

static void take_sources(struct copying *cp, const struct text_vec *src)
{
    vec_for (const struct text, t, src)
        add_source(cp, ts_value(cp->ch, *t));
}

void ts_copy(struct ts_chain *ch, const struct step *s)
{
    const struct op_copy *op = &s->op.copy;
    struct copying cp = {
        .ch = ch,
        .context = op->source == COPY_FROM_CONTEXT ? ch->t->c->options->translate.context : NULL,
        .dst = ts_path(ch, op->dst),
        .owner = ts_user(ch, op->owner, true),
        .chmod = ts_value(ch, op->chmod),
    };
    cp.into = op->src.n > 1 || str_ends(cp.dst, STR("/"));
    if (op->context.n)
        ts_error(ch, "a spec has no context \"" STR_FMT "\"", STR_ARG(op->context));
    if (op->parents)
        ts_error(ch, "a spec has no copies with --parents");
    if (op->source == COPY_FROM_STEP) {
        cp.build = ts_build_of(ch, s->reads.at[0]);
        struct str news = str_concat(ch->t->a, STR("owner "), cp.build);
        if (text_is_empty(op->owner) && ts_is_news(ch->t, news))
            ts_loss(ch, &owner_lost, "who owns the files in \"" STR_FMT "\" is lost: root does",
                    STR_ARG(cp.build));
    }
    add_excludes(&cp, &op->exclude);
    take_sources(&cp, &op->src);
    if (op->source == COPY_FROM_CONTEXT)
        add_ignore(&cp, op->has_ignore, &op->ignore);
    finish(&cp);
}

static bool is_named_as_archive(struct str path)
{
    static const struct str ends[] = {
        STR_INIT(".tar"), STR_INIT(".gz"),  STR_INIT(".tgz"), STR_INIT(".bz2"),
        STR_INIT(".xz"),  STR_INIT(".txz"), STR_INIT(".zst"), STR_INIT(".tbz2"),
    };
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (str_ends(path, ends[i]))
            return true;
    return false;
}

static void check_added(struct copying *cp)
{
    vec_for (const struct source_path, s, &cp->src) {
        if (s->what == A_DIRECTORY)
            continue;
        bool is_archive =
            cp->context ? context_is_archive(cp->context, s->path) : is_named_as_archive(s->path);
        if (is_archive)
            ts_error(cp->ch, "a spec unpacks nothing, as ADD does \"" STR_FMT "\"",
                     STR_ARG(s->path));
    }
}

void ts_add(struct ts_chain *ch, const struct step *s)
{
    const struct op_add *op = &s->op.add;
    struct copying cp = {
        .ch = ch,
        .context = ch->t->c->options->translate.context,
        .dst = ts_path(ch, op->dst),
        .owner = ts_user(ch, op->owner, true),
        .chmod = ts_value(ch, op->chmod),
    };
    cp.into = op->src.n > 1 || str_ends(cp.dst, STR("/"));
    vec_for (const struct text, t, &op->src) {
        struct str src = ts_value(ch, *t);
        if (remote_kind(src) == REMOTE_NONE)
            add_source(&cp, src);
        else
            ts_error(ch, "a spec fetches nothing, as ADD does \"" STR_FMT "\"", STR_ARG(src));
    }
    if (op->unpack != CHOICE_NO)
        check_added(&cp);
    add_excludes(&cp, &op->exclude);
    add_ignore(&cp, op->has_ignore, &op->ignore);
    finish(&cp);
}
