/* SPDX-License-Identifier: Apache-2.0 */
/* The instructions that change files: RUN, COPY, WORKDIR. */
#include <config.h>

#include "frontend/df_lower.h"

#include "frontend/df_rules.h"

/* Bytes and references of a text, which is not evaluated. */
static size_t text_size(struct text t)
{
    size_t n = 0;
    for (size_t i = 0; i < t.n; i++)
        n += t.part[i].kind == TEXT_LITERAL ? t.part[i].s.n : 1;
    return n;
}

/* "RUN make", for people: the keyword in upper case and the beginning of the rest. */
struct str df_heading(struct arena *a, const struct df_insn *in)
{
    if (str_eq(in->keyword.s, in->type->name))
        return in->line->text;
    enum { SHOWN = 240 }; /* compile_meta cuts at a character */
    struct str rest = str_skip(in->line->text, in->keyword.s.n);
    if (rest.n > SHOWN)
        rest.n = SHOWN;
    return str_concat(a, in->type->name, rest);
}

static bool looks_like_json(struct str s)
{
    return s.n > 1 && s.p[0] == '[' && (s.p[1] == '"' || s.p[1] == '\'');
}

struct command df_command(struct df_lower *lo, const struct df_insn *in)
{
    struct command cmd = {.form = in->is_exec ? COMMAND_ARGV : COMMAND_SHELL};
    if (in->is_exec) {
        vec_for (const struct df_word, w, &in->words)
            vec_push(lo->c->arena, &cmd.argv, w->s);
        return cmd;
    }
    cmd.shell = lo->stage->config.shell;
    cmd.shell_kind = cmd.shell.n ? SHELL_LIST : SHELL_BASE;
    if (in->words.n == 0) {
        diag_rule(lo->c->diags, &df_rule_empty_command, df_word_span(&in->keyword),
                  STR_FMT " without a command runs an empty one", STR_ARG(in->type->name));
        return cmd;
    }
    cmd.line = in->words.at[0].s;
    if (looks_like_json(cmd.line)) {
        struct diag *d = diag_rule(lo->c->diags, &df_rule_exec_form_fallback,
                                   df_word_part(&in->words.at[0], 0, 1),
                                   "this is not a JSON array of strings, so the shell gets it");
        diag_note(d, "JSON needs double quotes, and commas between the strings");
    }
    return cmd;
}

static void add_step(struct df_lower *lo, const struct df_insn *in, struct step *s)
{
    s->parent = lo->stage->step;
    s->meta = compile_meta(lo->c, df_insn_span(in), df_heading(lo->c->arena, in));
    lo->stage->step = plan_add_step(lo->c->plan, s);
}

static bool read_network(struct df_lower *lo, const struct df_insn *in, enum network *out)
{
    const struct df_flag *f = df_flag_find(in, STR("network"));
    *out = NETWORK_DEFAULT;
    if (!f)
        return true;
    for (enum network n = NETWORK_DEFAULT; n <= NETWORK_HOST; n++)
        if (str_eq(f->value.s, str_from(network_name(n)))) {
            *out = n;
            return true;
        }
    diag_error(lo->c->diags, df_word_span(&f->value),
               "unknown network \"" STR_FMT "\", expected \"default\", \"none\" or \"host\"",
               STR_ARG(f->value.s));
    return false;
}

void df_lower_run(struct df_lower *lo, const struct df_insn *in)
{
    struct df_stage *st = lo->stage;
    struct step s = step_of_kind(STEP_RUN);
    bool ok = df_flags_check(lo, in) && read_network(lo, in, &s.op.run.network);
    if (in->is_exec && in->words.n == 0) {
        diag_error(lo->c->diags, df_insn_span(in), "RUN needs a command, the array is empty");
        return;
    }
    if (!ok)
        return;
    s.op.run.command = df_command(lo, in);
    size_t weight =
        st->run_env.weight + st->user.weight + compile_command_weight(&s.op.run.command);
    if (!compile_spend(lo->c, df_word_span(&in->keyword), weight))
        return;
    s.op.run.cwd = st->cwd;
    s.op.run.user = st->user.text;
    s.op.run.env = vars_hold(&st->run_env);
    add_step(lo, in, &s);
}

void df_lower_workdir(struct df_lower *lo, const struct df_insn *in)
{
    struct df_stage *st = lo->stage;
    struct value path;
    if (!df_flags_check(lo, in) || !df_expand(lo, &in->words.at[0], &path))
        return;
    struct text dir = df_workdir_join(lo->c->arena, st, path.text);
    if (path.weight > COMPILE_PATH_MAX || text_size(dir) > COMPILE_PATH_MAX) {
        diag_error(lo->c->diags, df_word_span(&in->words.at[0]),
                   "the path of WORKDIR is longer than %d bytes", COMPILE_PATH_MAX);
        return;
    }
    st->cwd = dir;
    if (text_is_literal(dir) && str_eq(text_str(dir), STR("/")))
        return; /* is always there */
    struct step s = step_of_kind(STEP_MKDIR);
    s.op.mkdir.path = dir;
    s.op.mkdir.owner =
        st->has_user || st->is_scratch ? st->user.text : text_ref(lo->c->arena, TEXT_USER);
    add_step(lo, in, &s);
}

static bool read_owner(struct df_lower *lo, const struct df_insn *in, struct text *owner)
{
    const struct df_flag *f = df_flag_find(in, STR("chown"));
    struct value v = {0};
    if (f && !df_expand(lo, &f->value, &v))
        return false;
    *owner = v.text;
    return true;
}

static bool is_octal_mode(struct str s)
{
    unsigned mode = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '7')
            return false;
        mode = mode * 8 + (unsigned)(s.p[i] - '0');
        if (mode > 07777)
            return false;
    }
    return s.n > 0;
}

static bool read_chmod(struct df_lower *lo, const struct df_insn *in, struct str *mode)
{
    const struct df_flag *f = df_flag_find(in, STR("chmod"));
    if (!f)
        return true;
    if (!df_expand_literal(lo, &f->value, mode))
        return false;
    if (is_octal_mode(*mode)) {
        while (mode->n > 1 && mode->p[0] == '0') /* one spelling, one id */
            *mode = str_skip(*mode, 1);
        return true;
    }
    bool symbolic = mode->n && strchr("ugoa+-=", mode->p[0]);
    diag_error(lo->c->diags, df_word_span(&f->value),
               symbolic ? "symbolic mode \"" STR_FMT "\" is not supported yet, write it in octal"
                        : "mode \"" STR_FMT "\" is not an octal number up to 7777",
               STR_ARG(*mode));
    return false;
}

static bool read_from(struct df_lower *lo, const struct df_insn *in, struct step *s)
{
    const struct df_flag *f = df_flag_find(in, STR("from"));
    uint32_t read;
    if (!f)
        return true;
    if (str_find(f->value.s, '$') >= 0) {
        struct diag *d = diag_error(lo->c->diags, df_word_span(&f->value),
                                    "variables are not expanded in \"--from\"");
        diag_note(d, "name the image with \"FROM ... AS name\" and copy from that stage");
        return false;
    }
    if (!df_stage_resolve(lo, &f->value, &read))
        return false;
    s->op.copy.source = COPY_FROM_STEP;
    vec_push(lo->c->arena, &s->reads, read);
    return true;
}

static bool is_remote(struct str s)
{
    return str_starts(s, STR("http://")) || str_starts(s, STR("https://")) ||
           str_starts(s, STR("git://")) || str_starts(s, STR("ssh://")) ||
           str_starts(s, STR("git@"));
}

static bool expand_path(struct df_lower *lo, const struct df_word *w, struct value *v)
{
    size_t before = lo->c->diags->list.n;
    if (df_expand(lo, w, v))
        return true;
    bool quoted = str_find(w->s, '"') >= 0 || str_find(w->s, '\'') >= 0;
    if (quoted && lo->c->diags->list.n > before)
        diag_note(lo->c->diags->list.at[before],
                  "paths with blanks need the JSON form: COPY [\"a b\", \"c\"]");
    return false;
}

static bool read_sources(struct df_lower *lo, const struct df_insn *in, struct op_copy *op)
{
    for (size_t i = 0; i + 1 < in->words.n; i++) {
        const struct df_word *w = &in->words.at[i];
        struct value v;
        if (!expand_path(lo, w, &v))
            return false;
        if (is_remote(text_head(v.text))) {
            diag_error(lo->c->diags, df_word_span(w), "COPY can't fetch \"" STR_FMT "\", ADD can",
                       STR_ARG(w->s));
            return false;
        }
        if (text_is_literal(v.text)) {
            struct str clean = df_copy_source(lo->c->arena, text_str(v.text));
            v.text = text_lit(lo->c->arena, clean);
        }
        vec_push(lo->c->arena, &op->src, v.text);
    }
    return true;
}

static bool has_two_paths(struct df_lower *lo, const struct df_insn *in)
{
    if (in->words.n >= 2)
        return true;
    struct span at = in->words.n ? df_word_span(&in->words.at[0]) : df_insn_span(in);
    diag_error(lo->c->diags, at, "COPY needs at least one source and a destination");
    return false;
}

/* --link only asks for another way of storing layers; the files are the same, so nothing of it
 * stays. */
void df_lower_copy(struct df_lower *lo, const struct df_insn *in)
{
    struct step s = step_of_kind(STEP_COPY);
    struct op_copy *op = &s.op.copy;
    struct value dst;
    op->style = COPY_DOCKERFILE;
    if (!df_flags_check(lo, in) || !has_two_paths(lo, in) || !read_from(lo, in, &s) ||
        !read_owner(lo, in, &op->owner) || !read_chmod(lo, in, &op->chmod) ||
        !read_sources(lo, in, op) || !expand_path(lo, &in->words.at[in->words.n - 1], &dst))
        return;
    op->dst = df_copy_dest(lo->c->arena, lo->stage, dst.text);
    vec_for (const struct df_flag, f, &in->flags)
        if (str_eq(f->name.s, STR("exclude")))
            vec_push(lo->c->arena, &op->exclude, f->value.s);
    add_step(lo, in, &s);
}
