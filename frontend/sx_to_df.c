/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "frontend/sx_to_df.h"

#include "frontend/df_line.h"
#include "frontend/df_lower.h"
#include "frontend/df_quote.h"
#include "frontend/sx_compile.h"
#include "frontend/sx_loss.h"
#include "frontend/sx_path.h"

static void put(struct sx_df *df, struct span span, bool is_from, struct str insn)
{
    struct sx_df_mark m = {df->out->n - df->start, span, is_from};
    vec_push(df->arena, &df->marks, m);
    buf_add_str(df->out, insn);
    buf_putc(df->out, '\n');
    compile_spend(df->c, span, insn.n);
}

void sx_df_put(struct sx_df *df, struct span span, struct str insn)
{
    put(df, span, false, insn);
}

static void put_line(struct sx_df *df, struct span span, const char *keyword, struct str rest)
{
    put(df, span, false, arena_printf(df->arena, "%s " STR_FMT, keyword, STR_ARG(rest)));
}

bool sx_df_is_line(struct sx_df *df, const struct sx_word *word, const char *what)
{
    if (str_find(word->text, '\n') < 0)
        return true;
    diag_error(df->c->diags, word->span, "a newline in %s, which no Dockerfile can have there",
               what);
    return false;
}

static bool is_root(const struct sx_df *df, const struct sx_user *u)
{
    if (!u || !u->name.text.p)
        return !u || (str_eq(u->uid.text, STR("0")) && str_eq(u->gid.text, STR("0")));
    return df->options->windows_escape && str_eq(u->name.text, STR("ContainerAdministrator"));
}

bool sx_df_is_root(const struct sx_df *df)
{
    return is_root(df, df->user);
}

void sx_df_check_parent(struct sx_df *df, const struct sx_word *path)
{
    if (sx_path_has_dotdot(path->text))
        diag_rule(df->c->diags, &sx_loss_parent_path, path->span,
                  "\"..\" is taken off the path by its text, which behind a link is another "
                  "directory");
}

void sx_df_need_user(struct sx_df *df, struct span span)
{
    if (!df->has_user)
        sx_df_put(df, span,
                  df->options->windows_escape ? STR("USER ContainerAdministrator")
                                              : STR("USER 0:0"));
    df->has_user = true;
}

/* For another user than root, who can seldom write to "/", OBuilder's text is kept. */
void sx_df_need_workdir(struct sx_df *df, struct span span)
{
    if (df->has_workdir)
        return;
    df->has_workdir = true;
    if (sx_df_is_root(df)) {
        put_line(df, span, "WORKDIR", df->options->windows_escape ? STR("C:/") : STR("/"));
        return;
    }
    struct diag *d =
        diag_rule(df->c->diags, &sx_loss_root_directory, span,
                  "no (workdir ...) was given, and so the image's own directory counts here, "
                  "not \"/\"");
    diag_note(d, "write (workdir /) before it");
}

static bool is_absolute_workdir(const struct sx_op *op)
{
    return op->kind == SX_WORKDIR && sx_path_is_absolute(op->args.at[0].text);
}

static bool is_absolute_copy(const struct sx_df *df, const struct sx_op *op)
{
    return op < df->end && op->kind == SX_COPY && sx_path_is_absolute(op->copy.dst.text);
}

/* `dir` is an absolute path, or empty: then only relative destinations are known to be in it. */
static bool copies_into(const struct sx_df *df, const struct sx_op *op, struct str dir)
{
    if (op->kind != SX_COPY)
        return false;
    if (!is_absolute_copy(df, op))
        return true;
    struct str dst = sx_path_clean(df->arena, op->copy.dst.text);
    return dir.n && str_starts(dst, dir) && (dst.n == dir.n || dst.p[dir.n] == '/');
}

/* Goes on from one use to the next. A command makes the directory it is run in, as root; a copy one
 * that it goes to, as the user. */
static void find_use(struct sx_df *df, struct str dir)
{
    const struct sx_op *op = df->use.op + 1;
    for (; op < df->end && op->kind != SX_RUN && !is_absolute_workdir(op); op++) {
        if (op->kind == SX_USER)
            df->use.user = &op->user;
        if (copies_into(df, op, dir))
            break;
    }
    df->use.op = op;
    if (op < df->end && op->kind == SX_RUN)
        df->use.user = NULL;
}

static void use_of(struct sx_df *df, const struct sx_op *workdir)
{
    struct str dir = {0};
    bool is_known = df->use.op && df->use.op > workdir;
    if (!is_known)
        df->use = (struct sx_df_use){workdir, df->user};
    if (is_absolute_workdir(workdir))
        dir = sx_path_clean(df->arena, workdir->args.at[0].text);
    if (!is_known || is_absolute_copy(df, df->use.op))
        find_use(df, dir);
}

/* WORKDIR makes the directory where it stands, and as the user. */
static void check_maker(struct sx_df *df, const struct sx_op *workdir)
{
    const struct sx_word *dir = &workdir->args.at[0];
    use_of(df, workdir);
    const struct sx_user *maker = df->use.user;
    if (df->use.op == df->end || is_absolute_workdir(df->use.op)) {
        diag_rule(df->c->diags, &sx_loss_workdir, dir->span,
                  "WORKDIR makes \"" STR_FMT "\", and the spec, which does nothing there, does not",
                  STR_ARG(dir->text));
        return;
    }
    if (maker == df->user || (is_root(df, maker) && is_root(df, df->user)))
        return;
    struct diag *d = diag_rule(df->c->diags, &sx_loss_workdir, dir->span,
                               "if \"" STR_FMT "\" is not there, WORKDIR makes it for another user "
                               "than the spec",
                               STR_ARG(dir->text));
    if (is_root(df, maker))
        diag_note(d, "(workdir ...) before (user ...) makes it for root, as the spec");
}

static void put_workdir(struct sx_df *df, const struct sx_op *op)
{
    const struct sx_word *dir = &op->args.at[0];
    if (!sx_df_is_line(df, dir, "a directory"))
        return;
    if (!sx_path_is_absolute(dir->text))
        sx_df_need_workdir(df, dir->span);
    sx_df_check_parent(df, dir);
    if (!sx_path_is_root(df->arena, dir->text)) {
        sx_df_need_user(df, dir->span);
        check_maker(df, op);
    }
    df->has_workdir = true;
    put_line(df, dir->span, "WORKDIR", df_quote_word(df->arena, dir->text, df->escape));
}

static void put_user(struct sx_df *df, const struct sx_op *op)
{
    const struct sx_user *u = df->user = &op->user;
    df->has_user = true;
    if (u->name.text.p && !sx_df_is_line(df, &u->name, "the name of a user"))
        return;
    struct str text = u->name.text.p ? df_quote_word(df->arena, u->name.text, df->escape)
                                     : arena_printf(df->arena, STR_FMT ":" STR_FMT,
                                                    STR_ARG(u->uid.text), STR_ARG(u->gid.text));
    put_line(df, op->form->span, "USER", text);
}

static void put_env(struct sx_df *df, const struct sx_op *op)
{
    const struct sx_word *name = &op->args.at[0], *value = &op->args.at[1];
    if (!sx_df_is_line(df, name, "the name of a variable") ||
        !sx_df_is_line(df, value, "the value of a variable"))
        return;
    struct str left = df_quote_word(df->arena, name->text, df->escape);
    if (str_find(left, ' ') >= 0)
        left = df_quote_value(df->arena, name->text, df->escape);
    struct str right = df_quote_value(df->arena, value->text, df->escape);
    put_line(df, op->form->span, "ENV",
             arena_printf(df->arena, STR_FMT "=" STR_FMT, STR_ARG(left), STR_ARG(right)));
}

struct str sx_df_words(struct arena *a, const struct sx_word_vec *words)
{
    struct buf b = BUF_INIT;
    vec_for (const struct sx_word, w, words)
        buf_printf(&b, "%s" STR_FMT, w == words->at ? "" : ", ",
                   STR_ARG(df_quote_json(a, w->text)));
    struct str list = arena_str(a, buf_str(&b));
    buf_free(&b);
    return list;
}

static void put_shell(struct sx_df *df, const struct sx_op *op)
{
    struct str words = sx_df_words(df->arena, &op->args);
    df->shell = op->args;
    put_line(df, op->form->span, "SHELL",
             arena_printf(df->arena, "[ " STR_FMT " ]", STR_ARG(words)));
}

/* A comment "check=..." would tell which warnings to skip. */
static void put_comment(struct sx_df *df, const struct sx_op *op)
{
    struct str line, rest = op->args.at[0].text, name, value;
    for (bool more = true; more;) {
        more = str_cut(rest, '\n', &line, &rest);
        struct str text = str_concat(df->arena, STR("# "), line);
        bool is_check =
            df_directive_split(text, &name, &value) && str_eq_nocase(name, STR("check"));
        put_line(df, op->form->span, is_check ? "##" : "#", line);
    }
}

static void put_op(struct sx_df *df, const struct sx_op *op)
{
    switch (op->kind) {
    case SX_COMMENT: put_comment(df, op); break;
    case SX_WORKDIR: put_workdir(df, op); break;
    case SX_SHELL: put_shell(df, op); break;
    case SX_ENV: put_env(df, op); break;
    case SX_USER: put_user(df, op); break;
    case SX_RUN: sx_df_run(df, op); break;
    case SX_COPY: sx_df_copy(df, op); break;
    }
}

static bool is_one_word(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || strchr("\"'$\\`", s.p[i]))
            return false;
    return s.n > 0 && s.p[0] != '-' && str_eq(str_trim(s), s);
}

/* What is no reference of an image is still printed, since something else may replace it before the
 * file is used; as long as it is read as one word. */
static void put_from(struct sx_df *df, const struct sx_spec *spec, struct str stage_name)
{
    struct str image = spec->image.text;
    if (!is_one_word(image)) {
        diag_error(df->c->diags, spec->image.span,
                   "\"" STR_FMT "\" is not the name of an image, and FROM can't have it",
                   STR_ARG(image));
        return;
    }
    if (!df_image_is_valid(image) && !str_eq(image, STR("scratch"))) {
        struct diag *d =
            diag_rule(df->c->diags, &sx_loss_image_name, spec->image.span,
                      "\"" STR_FMT "\" is not the name of an image for FROM", STR_ARG(image));
        diag_note(d, "names are NAME[:TAG][@DIGEST], and NAME is in lower case");
    }
    put(df, spec->image.span, true,
        arena_printf(df->arena, "FROM " STR_FMT "%s" STR_FMT, STR_ARG(image),
                     stage_name.n ? " as " : "", STR_ARG(stage_name)));
}

/* Recursion is bounded by SX_BUILD_DEPTH_MAX. */
static void put_spec(struct sx_df *df, const struct sx_spec *spec, struct str stage_name)
{
    for (size_t i = 0; i < spec->builds.n; i++) {
        put_spec(df, spec->builds.at[i]->spec, spec->builds.at[i]->stage_name);
        buf_putc(df->out, '\n');
    }
    df->user = NULL;
    df->end = spec->ops.n ? spec->ops.at + spec->ops.n : NULL;
    df->use = (struct sx_df_use){0};
    df->shell = (struct sx_word_vec){0};
    df->has_user = df->has_workdir = false;
    put_from(df, spec, stage_name);
    vec_for (const struct sx_op, op, &spec->ops)
        put_op(df, op);
}

bool sx_to_dockerfile(struct compile *c, uint32_t source, struct buf *out)
{
    size_t errors = c->diags->n_errors;
    struct sx_spec *spec = sx_compile(c, source) ? sx_tree(c, source) : NULL;
    if (!spec)
        return false;
    struct sx_df df = {
        .c = c,
        .arena = c->arena,
        .options = &c->options->translate,
        .out = out,
        .start = out->n,
        .escape = c->options->translate.windows_escape ? '`' : '\\',
    };
    if (df.options->windows_escape)
        buf_puts(out, "#escape=`\n");
    else
        sx_df_hint_windows(&df, spec);
    sx_df_name_stages(c, spec);
    put_spec(&df, spec, STR(""));
    if (c->diags->n_errors == errors)
        sx_df_check(&df);
    return c->diags->n_errors == errors;
}
