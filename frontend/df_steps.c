/* SPDX-License-Identifier: Apache-2.0 */
/* RUN and WORKDIR, and what makes all steps. */
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

static bool is_quote(char c)
{
    return c == '"' || c == '\'';
}

static bool has_comma_behind_quote(struct str s)
{
    for (ptrdiff_t at; (at = str_find(s, ',')) >= 0; s = str_skip(s, (size_t)at + 1)) {
        struct str before = str_trim(str_of(s.p, (size_t)at));
        if (before.n && is_quote(before.p[before.n - 1]))
            return true;
    }
    return false;
}

/* A bracket with a blank behind it may also be the command [, but hardly what an image runs. */
static bool looks_like_json(enum df_kind kind, struct str s)
{
    if (s.n < 2 || s.p[0] != '[' || s.p[1] == '[')
        return false;
    bool has_comma = str_find(s, ',') >= 0;
    if (is_quote(s.p[1]) || (has_comma && (!ascii_is_blank(s.p[1]) || has_comma_behind_quote(s))))
        return true;
    bool has_quote = str_find(s, '"') >= 0 || str_find(s, '\'') >= 0;
    return (kind == DF_CMD || kind == DF_ENTRYPOINT) && has_quote && str_ends(s, STR("]"));
}

static struct str_vec windows_shell(struct arena *a)
{
    struct str_vec v = {0};
    vec_push(a, &v, STR("cmd"));
    vec_push(a, &v, STR("/S"));
    vec_push(a, &v, STR("/C"));
    return v;
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
    if (cmd.shell.n == 0 && lo->stage->is_windows && lo->stage->is_scratch)
        cmd.shell = windows_shell(lo->c->arena); /* no step of the graph would say that it is */
    cmd.shell_kind = cmd.shell.n ? SHELL_LIST : SHELL_BASE;
    if (in->words.n == 0) {
        diag_rule(lo->c->diags, &df_rule_empty_command, df_word_span(&in->keyword),
                  STR_FMT " without a command runs an empty one", STR_ARG(in->type->name));
        return cmd;
    }
    cmd.line = in->words.at[0].s;
    if (looks_like_json(in->type->kind, cmd.line)) {
        struct diag *d = diag_rule(lo->c->diags, &df_rule_exec_form_fallback,
                                   df_word_part(&in->words.at[0], 0, 1),
                                   "this is not a JSON array of strings, so the shell gets it");
        diag_note(d, "JSON needs double quotes, and commas between the strings");
    }
    return cmd;
}

uint32_t df_put_step(struct df_lower *lo, struct step *s, const struct df_cause *cause,
                     struct str heading)
{
    s->meta = compile_meta(lo->c, cause->at, heading);
    lo->causes.n = lo->c->plan->steps.n - lo->first_step; /* a trial's are gone */
    vec_push(lo->c->arena, &lo->causes, *cause);
    return plan_add_step(lo->c->plan, s);
}

void df_add_step(struct df_lower *lo, const struct df_insn *in, struct step *s)
{
    struct df_cause cause = {df_insn_span(in), in};
    s->parent = lo->stage->step;
    lo->stage->step = df_put_step(lo, s, &cause, df_heading(lo->c->arena, in));
}

static bool read_security(struct df_lower *lo, const struct df_insn *in, enum security *out)
{
    const struct df_flag *f = df_flag_find(in, STR("security"));
    *out = f && str_eq(f->value.s, STR("insecure")) ? SECURITY_INSECURE : SECURITY_SANDBOX;
    if (!f || *out == SECURITY_INSECURE || str_eq(f->value.s, STR("sandbox")))
        return true;
    static const char *const names[] = {"sandbox", "insecure", NULL};
    struct diag *d =
        diag_error(lo->c->diags, df_word_span(&f->value),
                   "unknown security \"" STR_FMT "\", expected \"sandbox\" or \"insecure\"",
                   STR_ARG(f->value.s));
    df_note_nearest(d, f->value.s, names);
    return false;
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
    static const char *const names[] = {"default", "none", "host", NULL};
    struct diag *d =
        diag_error(lo->c->diags, df_word_span(&f->value),
                   "unknown network \"" STR_FMT "\", expected \"default\", \"none\" or \"host\"",
                   STR_ARG(f->value.s));
    df_note_nearest(d, f->value.s, names);
    return false;
}

static bool has_separator(const struct df_lower *lo, struct str name)
{
    bool on_windows = str_find(name, '\\') >= 0 || str_find(name, ':') >= 0;
    return str_find(name, '/') >= 0 || (lo->stage->is_windows && on_windows);
}

bool df_heredoc_is_file(struct df_lower *lo, const struct df_heredoc *h)
{
    if (!has_separator(lo, h->name) && !str_eq(h->name, STR(".")) && !str_eq(h->name, STR("..")))
        return true;
    df_error(lo, df_word_span(&h->word), "\"" STR_FMT "\" can't be the name of a file",
             STR_ARG(h->name));
    return false;
}

/* Heredocs. A single one is the command itself, or a script if it begins with "#!", which Windows
 * does not know; in any other line the shell gets the line with the bodies behind it. */
static bool take_heredocs(struct df_lower *lo, const struct df_insn *in, struct op_run *op)
{
    struct arena *a = lo->c->arena;
    struct str *line = &op->command.line;
    if (in->heredocs.n == 0)
        return true;
    const struct df_heredoc *h = df_heredoc_of(in, &in->words.at[0]);
    if (!h) {
        vec_for (const struct df_heredoc, each, &in->heredocs)
            *line = arena_printf(a, STR_FMT "\n" STR_FMT STR_FMT, STR_ARG(*line),
                                 STR_ARG(df_heredoc_raw(lo->c, each)), STR_ARG(each->name));
        return true;
    }
    *line = df_heredoc_word(lo->c, h).s;
    if (lo->stage->is_windows || !str_starts(*line, STR("#!")))
        return true;
    if (!df_heredoc_is_file(lo, h))
        return false;
    struct ir_file script = {h->name, text_lit(a, *line)};
    vec_push(a, &op->scripts, script);
    *line = str_concat(a, STR("/dev/pipes/"), h->name);
    return true;
}

static bool read_flags(struct df_lower *lo, const struct df_insn *in, struct step *s)
{
    struct op_run *op = &s->op.run;
    if (!df_flags_check(lo, in))
        return false;
    bool ok = read_network(lo, in, &op->network);
    ok &= read_security(lo, in, &op->security);
    ok &= df_mounts_read(lo, in, s);
    return df_devices_read(lo, in, op) && ok;
}

/* What an instruction takes besides its own text: it stands with each step again. */
static size_t run_weight(const struct df_stage *st, const struct op_run *op)
{
    size_t n = st->run_env.weight + st->user.weight + compile_command_weight(&op->command);
    vec_for (const struct ir_mount, m, &op->mounts)
        vec_for (const struct str, s, &m->ignore)
            n += s->n;
    return n;
}

void df_lower_run(struct df_lower *lo, const struct df_insn *in)
{
    struct df_stage *st = lo->stage;
    struct step s = step_of_kind(STEP_RUN);
    struct op_run *op = &s.op.run;
    op->env = vars_hold(&st->run_env);
    bool ok = read_flags(lo, in, &s);
    if (in->is_exec && in->words.n == 0) {
        df_error(lo, df_insn_span(in), "RUN needs a command, the array is empty");
        return;
    }
    if (!ok)
        return;
    op->command = df_command(lo, in);
    if (!take_heredocs(lo, in, op) ||
        !compile_spend(lo->c, df_word_span(&in->keyword), run_weight(st, op)))
        return;
    op->cwd = st->cwd;
    op->user = st->user.text;
    df_add_step(lo, in, &s);
}

void df_lower_workdir(struct df_lower *lo, const struct df_insn *in)
{
    struct df_stage *st = lo->stage;
    struct value path;
    if (!df_flags_check(lo, in) || !df_expand(lo, &in->words.at[0], &path) ||
        !df_windows_path(lo, &in->words.at[0], &path.text))
        return;
    struct text dir = df_workdir_join(lo->c->arena, st, path.text);
    if (path.weight > COMPILE_PATH_MAX || text_size(dir) > COMPILE_PATH_MAX) {
        df_error(lo, df_word_span(&in->words.at[0]), "the path of WORKDIR is longer than %d bytes",
                 COMPILE_PATH_MAX);
        return;
    }
    st->cwd = dir;
    if (text_is_literal(dir) && str_eq(text_str(dir), STR("/")))
        return; /* is always there */
    struct step s = step_of_kind(STEP_MKDIR);
    s.op.mkdir.path = dir;
    s.op.mkdir.epoch = lo->epoch;
    s.op.mkdir.owner =
        st->has_user || st->is_scratch ? st->user.text : text_ref(lo->c->arena, TEXT_USER);
    df_add_step(lo, in, &s);
}
