/* SPDX-License-Identifier: Apache-2.0 */
/*
 * COPY. A spec's source goes into a destination that ends in "/" under its own name, whatever it
 * is; of a directory COPY takes what is in it. So a directory is copied by an instruction of its
 * own, with its name behind the destination; but only --context tells which sources are one.
 */
#include <config.h>

#include "frontend/sx_to_df.h"

#include "base/path.h"
#include "base/remote.h"
#include "frontend/context.h"
#include "frontend/df_line.h"
#include "frontend/df_quote.h"
#include "frontend/sx_loss.h"
#include "frontend/sx_path.h"

#include <sys/stat.h>

enum source_kind { SOURCE_UNKNOWN, SOURCE_FILE, SOURCE_DIRECTORY };

/* What the instructions of one operation have in common. */
struct copying {
    const struct sx_op *op;
    struct str flags;
    struct str_vec exclude;
};

/* What comes from the context is root's anyway; what comes from a stage keeps its owner. */
static void add_root(struct sx_df *df, const struct sx_op *op, struct buf *flags)
{
    if (!op->copy.build_ref)
        return;
    if (df->options->windows_escape)
        diag_rule(df->c->diags, &sx_loss_copy_owner, op->form->span,
                  "on Windows COPY keeps the owners of what it copies from a stage");
    else
        buf_puts(flags, " --chown=0:0");
}

static bool add_owner(struct sx_df *df, const struct sx_op *op, struct buf *flags)
{
    const struct sx_user *u = df->user;
    if (sx_df_is_root(df)) {
        add_root(df, op, flags);
        return true;
    }
    if (!u->name.text.p) {
        buf_printf(flags, " --chown=" STR_FMT ":" STR_FMT, STR_ARG(u->uid.text),
                   STR_ARG(u->gid.text));
        return true;
    }
    if (df->options->windows_escape) {
        diag_rule(df->c->diags, &sx_loss_copy_owner, op->form->span,
                  "COPY can't give files to a user on Windows");
        return true;
    }
    if (!compile_spend(df->c, op->form->span, 4 * u->name.text.n) ||
        !sx_df_is_line(df, &u->name, "the name of a user"))
        return false;
    struct str word = df_quote_word(df->arena, u->name.text, df->escape);
    buf_printf(flags, " --chown=" STR_FMT, STR_ARG(df_quote_flag(df->arena, word)));
    return true;
}

/* A name is excluded at any depth. One with a slash never is, as no last part of a path has it. */
static bool add_excludes(struct sx_df *df, const struct sx_copy *copy, struct buf *flags)
{
    vec_for (const struct sx_word, w, &copy->exclude) {
        if (w->text.n == 0 || str_find(w->text, '/') >= 0)
            continue;
        if (!df->options->buildkit) {
            diag_note(diag_rule(df->c->diags, &sx_loss_exclude, w->span,
                                "\"" STR_FMT "\" is copied, too", STR_ARG(w->text)),
                      "--buildkit prints what is excluded");
            continue;
        }
        if (!sx_df_is_line(df, w, "a name"))
            return false;
        struct str name = df_quote_pattern(df->arena, w->text, df->options->windows_escape);
        buf_printf(flags, " --exclude=**/" STR_FMT, STR_ARG(df_quote_flag(df->arena, name)));
    }
    return true;
}

static bool read_flags(struct sx_df *df, struct copying *cp)
{
    struct buf flags = BUF_INIT;
    const struct sx_copy *copy = &cp->op->copy;
    bool ok = add_owner(df, cp->op, &flags);
    if (copy->build_ref)
        buf_printf(&flags, " --from=" STR_FMT, STR_ARG(copy->build_ref->stage_name));
    ok = ok && add_excludes(df, copy, &flags);
    cp->flags = arena_str(df->arena, buf_str(&flags));
    buf_free(&flags);
    return ok;
}

/* A source is a path, also where COPY would see a URL or a pattern. */
static struct str source_word(struct sx_df *df, struct str src)
{
    struct arena *a = df->arena;
    if (remote_kind(src) != REMOTE_NONE)
        src = str_concat(a, STR("./"), sx_path_clean(a, src));
    return df_quote_word(a, df_quote_pattern(a, src, df->options->windows_escape), df->escape);
}

/* Whether a word can stand between blanks and is no part of an array, a flag or a heredoc. */
static bool is_plain(struct str word, bool is_first)
{
    for (size_t i = 0; i < word.n; i++)
        if (df_blank_len(str_skip(word, i)) || word.p[i] == '\n' || word.p[i] == '<')
            return false;
    return word.n > 0 && !(is_first && (word.p[0] == '[' || word.p[0] == '-'));
}

static void add_words(struct arena *a, const struct str_vec *words, struct buf *insn)
{
    bool plain = true;
    vec_for (const struct str, w, words)
        plain &= is_plain(*w, w == words->at);
    const char *before = plain ? " " : " [";
    vec_for (const struct str, w, words) {
        buf_printf(insn, "%s" STR_FMT, before, STR_ARG(plain ? *w : df_quote_json(a, *w)));
        before = plain ? " " : ", ";
    }
    if (!plain)
        buf_putc(insn, ']');
}

/* One instruction with the sources from number `first` up to `end`. */
static void put_copy(struct sx_df *df, const struct copying *cp, uint32_t first, uint32_t end,
                     struct str dst)
{
    struct str_vec words = {0};
    struct buf insn = BUF_INIT;
    if (first == end)
        return;
    for (uint32_t i = first; i < end; i++)
        vec_push(df->arena, &words, source_word(df, cp->op->copy.src.at[i].text));
    vec_push(df->arena, &words, df_quote_word(df->arena, dst, df->escape));
    buf_printf(&insn, "COPY" STR_FMT, STR_ARG(cp->flags));
    add_words(df->arena, &words, &insn);
    sx_df_put(df, cp->op->form->span, buf_str(&insn));
    buf_free(&insn);
}

static void check_ignored(struct sx_df *df, const struct copying *cp, const struct sx_word *src,
                          struct str path)
{
    struct str found;
    struct ob_err err;
    if (context_find_ignored(df->options->context, path, &cp->exclude, &found, &err) < 0)
        diag_error(df->c->diags, src->span, "%s", err.text);
    else if (found.p)
        diag_rule(df->c->diags, &sx_loss_ignore, src->span,
                  "Docker leaves out \"" STR_FMT "\", which .dockerignore names", STR_ARG(found));
}

static void check_link(struct sx_df *df, const struct sx_word *src, enum context_kind kind,
                       struct str real)
{
    if (kind == CONTEXT_MISSING)
        diag_rule(df->c->diags, &sx_loss_link, src->span,
                  "\"" STR_FMT "\" is a link to nothing in the context, and COPY of it fails",
                  STR_ARG(src->text));
    else
        diag_rule(df->c->diags, &sx_loss_link, src->span,
                  "\"" STR_FMT "\" is \"" STR_FMT "\" behind links, which COPY follows",
                  STR_ARG(src->text), STR_ARG(real));
}

/* What a source is, if that can be known. Of a link COPY takes what it leads to. */
static enum source_kind look(struct sx_df *df, const struct copying *cp, const struct sx_word *src)
{
    const struct context *context = df->options->context;
    if (!context || cp->op->copy.build_ref)
        return SOURCE_UNKNOWN;
    struct str path = path_clean(df->arena, src->text), real;
    check_ignored(df, cp, src, path);
    if (path.n == 0)
        return SOURCE_DIRECTORY;
    enum context_kind kind = context_kind(context, path, &real);
    bool is_ignored = kind == CONTEXT_MISSING && ignore_matches(&context->ignore, path);
    bool is_link = kind == CONTEXT_MISSING ? !is_ignored && S_ISLNK(context_mode(context, path))
                                           : !str_eq(path, real);
    if (is_link)
        check_link(df, src, kind, real);
    if (kind == CONTEXT_MISSING && !is_link && !is_ignored)
        return SOURCE_UNKNOWN;
    return kind == CONTEXT_DIRECTORY ? SOURCE_DIRECTORY : SOURCE_FILE;
}

/* Nobody can look what a source is: the doubt is said once an instruction, of its first one. */
static void doubt(struct sx_df *df, const struct copying *cp, const struct sx_word *src,
                  bool is_into)
{
    const struct sx_copy *copy = &cp->op->copy;
    const char *others = copy->src.n > 1 ? " or another source" : "";
    struct diag *d;
    if (is_into)
        d = diag_rule(df->c->diags, &sx_loss_directory_name, src->span,
                      "if \"" STR_FMT "\"%s is a directory, COPY puts what is in it into \"" STR_FMT
                      "\", without its name; if it is a link, what it leads to",
                      STR_ARG(src->text), others, STR_ARG(copy->dst.text));
    else
        d = diag_rule(df->c->diags, &sx_loss_link, src->span,
                      "if \"" STR_FMT "\" is a link, COPY takes what it leads to",
                      STR_ARG(src->text));
    if (!copy->build_ref)
        diag_note(d, df->options->context ? "it is not in the context"
                                          : "--context=DIR looks what it is");
}

/* Empty for all of what is copied from. */
static struct str source_name(struct sx_df *df, const struct sx_word *src)
{
    return path_base(path_clean(df->arena, src->text));
}

static void put_into(struct sx_df *df, const struct copying *cp)
{
    const struct sx_copy *copy = &cp->op->copy;
    struct str dst = copy->dst.text;
    bool is_reported = false;
    uint32_t first = 0;
    for (uint32_t i = 0; i < copy->src.n; i++) {
        const struct sx_word *src = &copy->src.at[i];
        struct str name = source_name(df, src);
        enum source_kind kind = look(df, cp, src);
        if (kind == SOURCE_UNKNOWN && name.n && !is_reported) {
            doubt(df, cp, src, true);
            is_reported = true;
        }
        if (kind != SOURCE_DIRECTORY || !name.n)
            continue;
        dst = path_with_slash(df->arena, dst);
        put_copy(df, cp, first, i, dst);
        put_copy(df, cp, i, i + 1, str_concat(df->arena, dst, name));
        first = i + 1;
    }
    put_copy(df, cp, first, copy->src.n, dst);
}

void sx_df_copy(struct sx_df *df, const struct sx_op *op)
{
    const struct sx_copy *copy = &op->copy;
    struct copying cp = {.op = op};
    vec_for (const struct sx_word, name, &copy->exclude)
        vec_push(df->arena, &cp.exclude, name->text);
    sx_df_check_parent(df, &copy->dst);
    if (!sx_path_is_absolute(copy->dst.text))
        sx_df_need_workdir(df, op->form->span);
    if (!read_flags(df, &cp))
        return;
    if (copy->src.n > 1 || str_ends(copy->dst.text, STR("/"))) {
        put_into(df, &cp);
    } else {
        const struct sx_word *src = &copy->src.at[0];
        if (look(df, &cp, src) == SOURCE_UNKNOWN && source_name(df, src).n)
            doubt(df, &cp, src, false);
        put_copy(df, &cp, 0, 1, copy->dst.text);
    }
}
