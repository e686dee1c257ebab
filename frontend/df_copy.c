/* SPDX-License-Identifier: Apache-2.0 */
/*
 * COPY and ADD. A heredoc among the sources makes a step of its own behind the others, as BuildKit
 * writes inline files last. An ADD that unpacks nothing and fetches nothing is a copy.
 */
#include <config.h>

#include "frontend/df_lower.h"

#include "base/mode.h"
#include "base/pattern.h"
#include "base/remote.h"
#include "frontend/df_git.h"
#include "frontend/df_rules.h"

/* What the two instructions have in common. */
struct copying {
    const struct df_insn *in;
    struct text_vec src;
    struct str_vec exclude;
    struct ir_file_vec files;
    struct text dst, owner, chmod;
    struct str git_checksum; /* in the URL of the last git repository */
    bool parents;            /* COPY --parents */
    bool has_remote;         /* an URL or a git repository, or what may be one */
};

static bool read_owner(struct df_lower *lo, struct copying *cp)
{
    const struct df_flag *f = df_flag_find(cp->in, STR("chown"));
    struct value v = {0};
    if (f && !df_expand(lo, &f->value, &v))
        return false;
    cp->owner = v.text;
    return true;
}

/* 1 = read, 0 = it is empty, -1 = reported. */
static int read_mode(struct df_lower *lo, const struct df_word *w, struct str text,
                     struct str *mode)
{
    *mode = text;
    if (text.n == 0)
        return 0;
    if (df_octal_read(text, 07777, mode) || mode_is_symbolic(text))
        return 1;
    df_error(lo, df_word_span(w),
             ascii_is_digit(text.p[0]) ? "mode \"" STR_FMT "\" is not an octal number up to 7777"
                                       : "mode \"" STR_FMT
                                         "\" is neither octal nor like \"u=rwX,go-w\"",
             STR_ARG(text));
    return -1;
}

static bool read_chmod(struct df_lower *lo, struct copying *cp)
{
    const struct df_flag *f = df_flag_find(cp->in, STR("chmod"));
    struct value v = {0};
    struct str mode;
    if (f && !df_expand(lo, &f->value, &v))
        return false;
    cp->chmod = v.text;
    if (!text_is_literal(v.text))
        return true;
    int rc = f ? read_mode(lo, &f->value, text_str(v.text), &mode) : 0;
    if (rc > 0)
        cp->chmod = text_lit(lo->c->arena, mode);
    return rc >= 0;
}

/* BuildKit finds out when it copies, and obexec too. An array that is no JSON was reported. */
static void check_pattern(struct df_lower *lo, const struct df_word *w, struct str path)
{
    struct ob_err err;
    bool is_array =
        w->raw.n > 1 && w->raw.p[0] == '[' && (w->raw.p[1] == '"' || w->raw.p[1] == '\'');
    if (!is_array && pattern_check(path, &err) < 0)
        diag_rule(lo->c->diags, &df_rule_bad_pattern, df_word_span(w),
                  "pattern \"" STR_FMT
                  "\" matches nothing: its \"[\" begins no class of characters, or "
                  "it ends in \"\\\"",
                  STR_ARG(path));
}

static void read_exclude(struct df_lower *lo, struct copying *cp)
{
    vec_for (const struct df_flag, f, &cp->in->flags)
        if (str_eq(f->name.s, STR("exclude"))) {
            check_pattern(lo, &f->value, f->value.s);
            vec_push(lo->c->arena, &cp->exclude, f->value.s);
        }
}

static void check_link(struct df_lower *lo, const struct df_insn *in)
{
    const struct df_flag *link = df_flag_find(in, STR("link"));
    bool on = link && !str_eq_nocase(link->value.s, STR("false"));
    if (on && df_flag_find(in, STR("chmod")))
        diag_rule(lo->c->diags, &df_rule_ignored_flag, df_word_span(&link->whole),
                  "flag \"--link\" has no effect beside \"--chmod\"");
}

static bool expand_path(struct df_lower *lo, const struct df_word *w, struct value *v)
{
    size_t before = lo->c->diags->list.n;
    if (df_expand(lo, w, v))
        return true;
    bool quoted = str_find(w->s, '"') >= 0 || str_find(w->s, '\'') >= 0;
    if (quoted && str_find(w->s, '$') < 0 && lo->c->diags->list.n > before)
        diag_note(lo->c->diags->list.at[before],
                  str_starts(w->s, STR("<<"))
                      ? "the name of a heredoc has no blanks in COPY and ADD"
                      : "paths with blanks need the JSON form: COPY [\"a b\", \"c\"]");
    return false;
}

static bool add_heredoc(struct df_lower *lo, const struct df_heredoc *h, struct copying *cp)
{
    struct df_word body = df_heredoc_word(lo->c, h);
    struct value v = {text_lit(lo->c->arena, body.s), body.s.n};
    struct ir_file f = {.name = h->name};
    if (!df_heredoc_is_file(lo, h))
        return false;
    if (h->expand && !df_expand_raw(lo, &body, &v))
        return false;
    f.content = v.text;
    vec_push(lo->c->arena, &cp->files, f);
    return compile_spend(lo->c, df_word_span(&h->word), v.weight);
}

static bool flag_is_on(const struct df_insn *in, struct str name)
{
    const struct df_flag *f = df_flag_find(in, name);
    return f && !str_eq_nocase(f->value.s, STR("false"));
}

static enum choice read_choice(const struct df_insn *in, struct str name)
{
    if (!df_flag_find(in, name))
        return CHOICE_DEFAULT;
    return flag_is_on(in, name) ? CHOICE_YES : CHOICE_NO;
}

/* The flag and the URL may not say different things. */
static bool check_git(struct df_lower *lo, const struct df_word *w, struct str url,
                      struct copying *cp)
{
    struct df_git git;
    enum choice flag = read_choice(cp->in, STR("keep-git-dir"));
    if (!df_git_read(lo, w, url, &git))
        return false;
    cp->git_checksum = git.checksum;
    if (flag == CHOICE_DEFAULT || git.keep_git_dir == CHOICE_DEFAULT || flag == git.keep_git_dir)
        return true;
    df_error(lo, df_word_span(w), "\"--keep-git-dir\" and \"" STR_FMT "\" contradict each other",
             STR_ARG(url));
    return false;
}

static bool add_remote(struct df_lower *lo, const struct df_word *w, struct text url,
                       struct copying *cp)
{
    cp->has_remote = true;
    if (cp->in->type->kind != DF_ADD) {
        df_error(lo, df_word_span(w), "COPY can't fetch \"" STR_FMT "\", ADD can", STR_ARG(w->s));
        return false;
    }
    bool is_git = text_is_literal(url) && remote_kind(text_str(url)) == REMOTE_GIT;
    return !is_git || check_git(lo, w, text_str(url), cp);
}

static bool add_source(struct df_lower *lo, const struct df_word *w, struct copying *cp)
{
    const struct df_heredoc *h = df_heredoc_of(cp->in, w);
    struct value v;
    if (h)
        return add_heredoc(lo, h, cp);
    if (!expand_path(lo, w, &v))
        return false;
    if (remote_kind(text_head(v.text)) != REMOTE_NONE) {
        if (!add_remote(lo, w, v.text, cp))
            return false;
    } else if (!df_windows_path(lo, w, &v.text)) {
        return false;
    } else if (text_is_literal(v.text)) {
        struct str path = text_str(v.text);
        struct str clean = cp->parents ? df_parents_source(lo->c->arena, path)
                                       : df_copy_source(lo->c->arena, path);
        check_pattern(lo, w, clean);
        v.text = text_lit(lo->c->arena, clean);
    } else {
        cp->has_remote |= text_head(v.text).n == 0;
    }
    vec_push(lo->c->arena, &cp->src, v.text);
    return true;
}

static bool has_two_paths(struct df_lower *lo, const struct df_insn *in)
{
    const char *name = in->type->kind == DF_ADD ? "ADD" : "COPY";
    if (in->words.n < 2) {
        struct span at = in->words.n ? df_word_span(&in->words.at[0]) : df_insn_span(in);
        diag_error(lo->c->diags, at, "%s needs at least one source and a destination", name);
        return false;
    }
    const struct df_word *dst = &in->words.at[in->words.n - 1];
    if (!df_heredoc_of(in, dst))
        return true;
    diag_error(lo->c->diags, df_word_span(dst), "a heredoc can't be the destination of %s", name);
    return false;
}

static bool read_paths(struct df_lower *lo, struct copying *cp)
{
    const struct df_insn *in = cp->in;
    struct value dst;
    for (size_t i = 0; i + 1 < in->words.n; i++)
        if (!add_source(lo, &in->words.at[i], cp))
            return false;
    const struct df_word *last = &in->words.at[in->words.n - 1];
    if (!expand_path(lo, last, &dst) || !df_windows_path(lo, last, &dst.text))
        return false;
    cp->dst = df_copy_dest(lo->c->arena, lo->stage, dst.text);
    if (cp->src.n && cp->files.n) /* they are several, though each step has only some of them */
        cp->dst = df_with_slash(lo->c->arena, cp->dst);
    return true;
}

static bool read_copying(struct df_lower *lo, const struct df_insn *in, struct copying *cp)
{
    *cp = (struct copying){
        .in = in,
        .parents = flag_is_on(in, STR("parents")),
    };
    if (!df_flags_check(lo, in) || !has_two_paths(lo, in))
        return false;
    check_link(lo, in);
    read_exclude(lo, cp);
    bool ok = read_owner(lo, cp);
    ok &= read_chmod(lo, cp);
    return read_paths(lo, cp) && ok;
}

static void add_files(struct df_lower *lo, const struct copying *cp)
{
    struct step s = step_of_kind(STEP_FILE);
    if (cp->files.n == 0)
        return;
    s.op.file = (struct op_file){
        .files = cp->files,
        .dst = cp->dst,
        .owner = cp->owner,
        .chmod = cp->chmod,
        .epoch = lo->epoch,
    };
    df_add_step(lo, cp->in, &s);
}

static struct op_copy copy_op(const struct df_lower *lo, const struct copying *cp)
{
    return (struct op_copy){
        .style = COPY_DOCKERFILE,
        .src = cp->src,
        .dst = cp->dst,
        .exclude = cp->exclude,
        .owner = cp->owner,
        .chmod = cp->chmod,
        .epoch = lo->epoch,
    };
}

/* What is copied from the main context may have been told apart by FILE.dockerignore. */
static bool ignore_main(struct df_lower *lo, const struct df_insn *in, struct str_vec *ignore)
{
    size_t n = 0;
    vec_for (const struct str, s, &lo->ignore)
        n += s->n;
    *ignore = lo->ignore;
    return compile_spend(lo->c, df_word_span(&in->keyword), n);
}

/* The name in --from, with its variables replaced. */
static bool from_name(struct df_lower *lo, const struct df_flag *f, struct str *name)
{
    *name = f->value.s;
    if (str_find(*name, '$') < 0)
        return true;
    if (!lo->c->options->strict)
        return df_expand_literal(lo, &f->value, name);
    struct diag *d = diag_error(lo->c->diags, df_word_span(&f->value),
                                "variables in \"--from\" are not for BuildKit (--strict)");
    diag_note(d, "name the image with \"FROM ... AS name\" and copy from that stage");
    return false;
}

static bool read_from(struct df_lower *lo, const struct df_insn *in, struct step *s)
{
    const struct df_flag *f = df_flag_find(in, STR("from"));
    struct op_copy *op = &s->op.copy;
    struct df_origin from;
    struct str name = STR("");
    if (f && !from_name(lo, f, &name))
        return false;
    if (name.n == 0) {
        op->has_ignore = lo->has_ignore;
        return ignore_main(lo, in, &op->ignore);
    }
    if (!df_stage_resolve(lo, &f->value, name, &from))
        return false;
    op->context = from.context;
    if (from.is_context)
        return true;
    op->source = COPY_FROM_STEP;
    vec_push(lo->c->arena, &s->reads, from.step);
    return true;
}

/* --link only asks for another way of storing layers; the files are the same, so nothing of it
 * stays. */
void df_lower_copy(struct df_lower *lo, const struct df_insn *in)
{
    struct copying cp;
    if (!read_copying(lo, in, &cp))
        return;
    struct step s = step_of_kind(STEP_COPY);
    s.op.copy = copy_op(lo, &cp);
    s.op.copy.parents = cp.parents;
    if (!read_from(lo, in, &s)) /* it must be right also where only heredocs are copied */
        return;
    if (cp.src.n)
        df_add_step(lo, in, &s);
    add_files(lo, &cp);
}

/* The only source is one to which a checksum belongs. */
static bool check_checksum(struct df_lower *lo, const struct copying *cp, const struct df_flag *f)
{
    if (cp->src.n != 1 || cp->files.n) {
        df_error(lo, df_word_span(&f->whole), "\"--checksum\" is for a single source");
        return false;
    }
    struct str src = text_head(cp->src.at[0]);
    if (src.n == 0 || remote_kind(src) != REMOTE_NONE)
        return true;
    df_error(lo, df_word_span(&f->whole),
             "\"--checksum\" is for HTTP(S) URLs and git repositories, not for \"" STR_FMT "\"",
             STR_ARG(src));
    return false;
}

static bool is_hex(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_digit(s.p[i]) && (s.p[i] < 'a' || s.p[i] > 'f'))
            return false;
    return s.n > 0;
}

static bool check_commit(struct df_lower *lo, const struct copying *cp, const struct df_flag *f,
                         struct str sum)
{
    if (cp->git_checksum.n == 0 || str_eq(cp->git_checksum, sum))
        return true;
    df_error(lo, df_word_span(&f->whole),
             "\"--checksum\" contradicts the \"" STR_FMT "\" in the git URL",
             STR_ARG(cp->git_checksum));
    return false;
}

/* ALGORITHM:HEX for a URL; a commit, or its beginning, for a repository. */
static bool check_digest(struct df_lower *lo, const struct copying *cp, const struct df_flag *f,
                         struct str sum)
{
    struct str algorithm, hex;
    struct text src = cp->src.at[0];
    if (!text_is_literal(src) || remote_kind(text_str(src)) != REMOTE_HTTP)
        return check_commit(lo, cp, f, sum);
    bool ok = str_cut(sum, ':', &algorithm, &hex) && is_hex(hex);
    ok = ok && ((str_eq(algorithm, STR("sha256")) && hex.n == 64) ||
                (str_eq(algorithm, STR("sha384")) && hex.n == 96) ||
                (str_eq(algorithm, STR("sha512")) && hex.n == 128));
    if (!ok)
        df_error(lo, df_word_span(&f->value),
                 "checksum \"" STR_FMT "\" is not like \"sha256:...\" with 64 hex digits",
                 STR_ARG(sum));
    return ok;
}

static bool read_checksum(struct df_lower *lo, const struct copying *cp, struct text *out)
{
    const struct df_flag *f = df_flag_find(cp->in, STR("checksum"));
    struct value v = {0};
    if (f && !df_expand(lo, &f->value, &v))
        return false;
    *out = v.text;
    if (text_is_empty(*out))
        return true;
    return check_checksum(lo, cp, f) &&
           (!text_is_literal(*out) || check_digest(lo, cp, f, text_str(*out)));
}

static void add_add(struct df_lower *lo, const struct copying *cp, enum choice unpack,
                    struct text checksum)
{
    struct step s = step_of_kind(STEP_ADD);
    struct op_add *op = &s.op.add;
    *op = (struct op_add){
        .src = cp->src,
        .dst = cp->dst,
        .exclude = cp->exclude,
        .has_ignore = lo->has_ignore,
        .owner = cp->owner,
        .chmod = cp->chmod,
        .checksum = checksum,
        .keep_git_dir = read_choice(cp->in, STR("keep-git-dir")),
        .unpack = unpack,
        .epoch = lo->epoch,
    };
    if (ignore_main(lo, cp->in, &op->ignore))
        df_add_step(lo, cp->in, &s);
}

static void add_copy(struct df_lower *lo, const struct copying *cp)
{
    struct step s = step_of_kind(STEP_COPY);
    s.op.copy = copy_op(lo, cp);
    s.op.copy.has_ignore = lo->has_ignore;
    if (ignore_main(lo, cp->in, &s.op.copy.ignore))
        df_add_step(lo, cp->in, &s);
}

void df_lower_add(struct df_lower *lo, const struct df_insn *in)
{
    struct copying cp;
    struct text checksum;
    enum choice unpack = read_choice(in, STR("unpack"));
    if (!read_copying(lo, in, &cp) || !read_checksum(lo, &cp, &checksum))
        return;
    if (cp.src.n && unpack == CHOICE_NO && !cp.has_remote)
        add_copy(lo, &cp);
    else if (cp.src.n)
        add_add(lo, &cp, unpack, checksum);
    add_files(lo, &cp);
}
