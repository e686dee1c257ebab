/* SPDX-License-Identifier: Apache-2.0 */
/*
 * COPY and ADD. What goes where depends in a Dockerfile on whether a source is a directory, and
 * whether the destination is one; in a spec on the slash behind the destination alone.
 */
#include <config.h>

#include "frontend/df_to_spec.h"

#include "base/mode.h"
#include "base/path.h"
#include "base/remote.h"
#include "frontend/sx_emit.h"

static const struct diag_rule destination_assumed = {"DestinationAssumed", DIAG_LOSS};
static const struct diag_rule dir_mode_lost = {"DirectoryModeLost", DIAG_LOSS};
static const struct diag_rule owner_lost = {"OwnerLost", DIAG_LOSS};

struct copying {
    struct ts_chain *ch;
    struct ts_sources from;
    bool into; /* the destination is a directory, whatever is there */
    struct str dst, owner, chmod;
    struct ts_copied_vec copied; /* for chmod */
};

static struct str without_slash(struct str dir)
{
    while (dir.n > 0 && dir.p[dir.n - 1] == '/')
        dir.n--;
    return dir.n ? dir : STR("/."); /* the root has no other name without a slash behind it */
}

static void report_destination(struct copying *cp, const char *what)
{
    struct diag *d = ts_loss(cp->ch, &destination_assumed, "\"" STR_FMT "\" is taken to be %s",
                             STR_ARG(cp->dst), what);
    diag_note(d, "a slash behind it says that it is a directory");
}

/* Whether files go into the directory dst, by their names; else a file becomes dst. Where a file
 * gets its own name, nobody means a directory. */
static bool goes_into(struct copying *cp, const struct ts_source *s)
{
    if (cp->into || ts_is_dir(cp->ch, cp->dst))
        return true;
    if (ts_is_usual_dir(cp->ch, cp->dst)) {
        report_destination(cp, "a directory that is there");
        return true;
    }
    bool is_new = cp->ch->is_scratch && !cp->ch->has_run;
    if (!is_new && !str_eq(path_base(without_slash(cp->dst)), s->name))
        report_destination(cp, "no directory");
    return false;
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
    bool is_root = !cp->from.build.p || str_eq(path, STR("."));
    return is_root ? path : str_concat(cp->ch->t->a, STR("/"), path);
}

static void put_copy(struct copying *cp, struct str_vec *src, struct str dst)
{
    struct ts_chain *ch = cp->ch;
    vec_for (struct str, s, src)
        *s = shown_source(cp, *s);
    ts_line(ch, "(copy");
    if (cp->from.build.p) {
        buf_puts(ch->out, " (from (build ");
        sx_emit_atom(ch->out, cp->from.build);
        buf_puts(ch->out, "))");
    }
    put_list(ch, "src", src);
    buf_puts(ch->out, " (dst ");
    sx_emit_atom(ch->out, dst);
    buf_putc(ch->out, ')');
    put_list(ch, "exclude", &cp->from.exclude);
    buf_putc(ch->out, ')');
}

static void note_copied(struct copying *cp, const struct ts_source *s, struct str path)
{
    mode_t mode = cp->from.context ? context_mode(cp->from.context, s->path) : 0;
    struct ts_copied copied = {path, mode};
    vec_push(cp->ch->t->a, &cp->copied, copied);
}

/* A file under a name of its own: a link that was followed, or a destination without a slash. */
static void copy_as(struct copying *cp, const struct ts_source *s, struct str path)
{
    struct str_vec one = {0};
    ts_source_report(&cp->from, s);
    vec_push(cp->ch->t->a, &one, s->path);
    put_copy(cp, &one, path);
    ts_know_dir(cp->ch, str_of(path.p, path.n - path_base(path).n));
    note_copied(cp, s, path);
}

static bool keeps_name(const struct ts_source *s)
{
    return str_eq(path_base(s->path), s->name);
}

/* The files from `i` on that go into dst in one operation; gives how many. */
static size_t copy_into(struct copying *cp, size_t i)
{
    struct arena *a = cp->ch->t->a;
    struct str_vec files = {0};
    struct str dst = path_with_slash(a, cp->dst);
    for (; i < cp->from.list.n; i++) {
        const struct ts_source *s = &cp->from.list.at[i];
        if (s->what == TS_DIRECTORY || !keeps_name(s))
            break;
        ts_source_report(&cp->from, s);
        vec_push(a, &files, s->path);
        note_copied(cp, s, str_concat(a, dst, s->name));
    }
    put_copy(cp, &files, dst);
    ts_know_dir(cp->ch, dst);
    return files.n;
}

/* What --chmod makes of the directory's own mode, where the copy makes it. */
static struct str made_mode(struct copying *cp, const struct ts_source *s)
{
    struct arena *a = cp->ch->t->a;
    mode_t mode = cp->from.context ? context_mode(cp->from.context, s->path) : 0;
    if (mode_is_symbolic(cp->chmod))
        return arena_printf(a, "%o", (unsigned)mode_apply(cp->chmod, mode & 07777, true));
    return cp->chmod;
}

/* Makes a directory that the copy would give the wrong mode: that of its source. One that --chmod
 * gives its mode gets that only if the copy makes it. */
static void make_destination(struct copying *cp, const struct ts_source *s, struct str dst)
{
    struct ts_chain *ch = cp->ch;
    struct str quoted = ts_quote(ch->t->a, dst);
    if (ts_is_dir(ch, dst) || (!cp->into && cp->chmod.n == 0))
        return;
    if (ch->is_scratch && !ch->has_run) {
        ts_loss(ch, &dir_mode_lost, "\"" STR_FMT "\" gets the mode of \"" STR_FMT "\"",
                STR_ARG(dst), STR_ARG(s->path));
        return;
    }
    struct str command = ts_mkdir_command(ch, dst, cp->owner);
    if (!cp->into)
        command = arena_printf(
            ch->t->a, "[ -d " STR_FMT " ] || { " STR_FMT " && chmod " STR_FMT " " STR_FMT "; }",
            STR_ARG(quoted), STR_ARG(command), STR_ARG(made_mode(cp, s)), STR_ARG(quoted));
    ts_helper(ch, command);
    ts_want_user(ch, cp->owner);
}

static void list_copied(struct copying *cp, const struct ts_source *s)
{
    struct ts_chain *ch = cp->ch;
    struct arena *a = ch->t->a;
    struct ts_copied_vec below = {0};
    struct ob_err err;
    if (!cp->from.context)
        ts_error(ch, "what is in \"" STR_FMT "\", for --chmod, is not known%s", STR_ARG(s->path),
                 cp->from.build.p ? ", as it is in another stage" : " without --context");
    else if (ts_source_list(&cp->from, s->path, STR(""), &below, &err) < 0)
        ts_error(ch, "%s", err.text);
    vec_for (struct ts_copied, c, &below) {
        c->path = str_concat(a, path_with_slash(a, cp->dst), c->path);
        vec_push(a, &cp->copied, *c);
    }
}

static void copy_directory(struct copying *cp, const struct ts_source *s)
{
    struct str_vec one = {0};
    struct str dst = without_slash(cp->dst);
    make_destination(cp, s, dst);
    vec_push(cp->ch->t->a, &one, s->path);
    put_copy(cp, &one, dst);
    ts_know_dir(cp->ch, dst);
    if (cp->chmod.n)
        list_copied(cp, s);
}

/* Gives how many sources were copied. */
static size_t put_source(struct copying *cp, size_t i)
{
    const struct ts_source *s = &cp->from.list.at[i];
    struct arena *a = cp->ch->t->a;
    if (s->what == TS_DIRECTORY)
        copy_directory(cp, s);
    else if (!goes_into(cp, s))
        copy_as(cp, s, without_slash(cp->dst));
    else if (keeps_name(s))
        return copy_into(cp, i);
    else
        copy_as(cp, s, str_concat(a, path_with_slash(a, without_slash(cp->dst)), s->name));
    return 1;
}

static bool is_same(struct ts_chain *ch, struct str x, struct str y)
{
    return str_eq(path_clean(ch->t->a, x), path_clean(ch->t->a, y));
}

/* WORKDIR's directory, which a directory is copied into, gets its mode and owner from WORKDIR, and
 * only where nothing can make it from the copy. */
static void settle(struct copying *cp)
{
    struct ts_chain *ch = cp->ch;
    bool goes_there = cp->from.list.at[0].what == TS_DIRECTORY && ch->pending.p &&
                      is_same(ch, ch->pending, cp->dst);
    if (!goes_there) {
        ts_settle(ch, cp->dst, cp->owner);
    } else if (ch->is_scratch && !ch->has_run) {
        cp->into = true;
        ch->pending.p = NULL;
    } else {
        ts_settle(ch, (struct str){0}, (struct str){0});
    }
}

static void finish(struct copying *cp)
{
    if (cp->from.list.n == 0)
        return;
    settle(cp);
    ts_want_user(cp->ch, cp->owner);
    for (size_t i = 0; i < cp->from.list.n;)
        i += put_source(cp, i);
    ts_chmod(cp->ch, cp->chmod, &cp->copied);
}

static void begin(struct copying *cp, struct ts_chain *ch, struct text dst, struct text owner,
                  struct text chmod, bool is_several)
{
    *cp = (struct copying){
        .ch = ch,
        .dst = ts_path(ch, dst),
        .owner = ts_user(ch, owner, true),
        .chmod = ts_mode(ch, chmod),
    };
    cp->into = is_several || str_ends(cp->dst, STR("/"));
    ts_sources_init(&cp->from, ch);
}

static void from_step(struct copying *cp, const struct step *s)
{
    cp->from.build = ts_build_of(cp->ch, s->reads.at[0]);
    if (text_is_empty(s->op.copy.owner))
        ts_loss(cp->ch, &owner_lost, "who owns the files in \"" STR_FMT "\" is lost: root does",
                STR_ARG(cp->from.build));
}

void ts_copy(struct ts_chain *ch, const struct step *s)
{
    const struct op_copy *op = &s->op.copy;
    struct copying cp;
    begin(&cp, ch, op->dst, op->owner, op->chmod, op->src.n > 1);
    if (op->context.n)
        ts_error(ch, "a spec has no context \"" STR_FMT "\"", STR_ARG(op->context));
    if (op->parents)
        ts_error(ch, "a spec has no copies with --parents");
    if (op->source == COPY_FROM_STEP)
        from_step(&cp, s);
    else
        ts_sources_from_context(&cp.from, op->has_ignore, &op->ignore);
    ts_sources_exclude(&cp.from, &op->exclude);
    vec_for (const struct text, t, &op->src)
        ts_sources_add(&cp.from, ts_value(ch, *t));
    if (op->source == COPY_FROM_CONTEXT)
        ts_sources_ignore(&cp.from);
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

static void refuse_archives(struct copying *cp)
{
    vec_for (const struct ts_source, s, &cp->from.list) {
        if (s->what == TS_DIRECTORY)
            continue;
        bool may_be = cp->from.context ? context_is_archive(cp->from.context, s->path)
                                       : is_named_as_archive(s->path);
        if (may_be)
            ts_error(cp->ch,
                     "a spec unpacks nothing, and ADD does if \"" STR_FMT "\" is an archive",
                     STR_ARG(s->path));
    }
}

void ts_add(struct ts_chain *ch, const struct step *s)
{
    const struct op_add *op = &s->op.add;
    struct copying cp;
    begin(&cp, ch, op->dst, op->owner, op->chmod, op->src.n > 1);
    ts_sources_from_context(&cp.from, op->has_ignore, &op->ignore);
    ts_sources_exclude(&cp.from, &op->exclude);
    vec_for (const struct text, t, &op->src) {
        struct str src = ts_value(ch, *t);
        if (remote_kind(src) == REMOTE_NONE)
            ts_sources_add(&cp.from, src);
        else
            ts_error(ch, "a spec fetches nothing, as ADD does \"" STR_FMT "\"", STR_ARG(src));
    }
    if (op->unpack != CHOICE_NO)
        refuse_archives(&cp);
    ts_sources_ignore(&cp.from);
    finish(&cp);
}
