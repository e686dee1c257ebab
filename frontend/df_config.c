/* SPDX-License-Identifier: Apache-2.0 */
/* The instructions that only describe the image, or set what later steps run with. */
#include <config.h>

#include "frontend/df_lower.h"

#include "frontend/df_rules.h"

void df_lower_cmd(struct df_lower *lo, const struct df_insn *in)
{
    if (!df_flags_check(lo, in))
        return;
    lo->stage->config.cmd = df_command(lo, in);
    lo->stage->config.reset_cmd = false;
    lo->stage->has_cmd = true;
}

/* A new entry point makes no sense of the CMD that the base had; one of this stage stays. */
void df_lower_entrypoint(struct df_lower *lo, const struct df_insn *in)
{
    struct df_stage *st = lo->stage;
    if (!df_flags_check(lo, in))
        return;
    st->config.entrypoint = df_command(lo, in);
    if (st->has_cmd)
        return;
    st->config.cmd = (struct command){0};
    st->config.reset_cmd = true;
}

static bool check_names(struct df_lower *lo, const struct df_insn *in)
{
    bool ok = true;
    vec_for (const struct df_pair, p, &in->pairs) {
        if (p->name.s.n)
            continue;
        diag_error(lo->c->diags, df_word_span(&p->name), STR_FMT " needs a name before \"=\"",
                   STR_ARG(in->type->name));
        ok = false;
    }
    return ok;
}

struct expanded {
    struct str name;
    struct value value;
};

/* All of them are expanded before any is set: one instruction sees the values from before it. */
static struct expanded *expand_pairs(struct df_lower *lo, const struct df_insn *in)
{
    struct expanded *e = arena_new_n(lo->c->arena, struct expanded, in->pairs.n);
    bool ok = df_flags_check(lo, in) && check_names(lo, in);
    for (size_t i = 0; i < in->pairs.n && ok; i++) {
        const struct df_pair *p = &in->pairs.at[i];
        ok &= df_expand_literal(lo, &p->name, &e[i].name);
        ok &= df_expand(lo, &p->value, &e[i].value);
        if (ok && e[i].name.n == 0) {
            diag_error(lo->c->diags, df_word_span(&p->name), "the name \"" STR_FMT "\" is empty",
                       STR_ARG(p->name.s));
            ok = false;
        }
    }
    return ok ? e : NULL;
}

void df_lower_env(struct df_lower *lo, const struct df_insn *in)
{
    const struct expanded *e = expand_pairs(lo, in);
    for (size_t i = 0; e && i < in->pairs.n; i++) {
        const struct df_word *at = &in->pairs.at[i].name;
        df_set(lo, &lo->stage->env, at, e[i].name, e[i].value);
        df_set(lo, &lo->stage->run_env, at, e[i].name, e[i].value);
    }
}

void df_lower_label(struct df_lower *lo, const struct df_insn *in)
{
    const struct expanded *e = expand_pairs(lo, in);
    for (size_t i = 0; e && i < in->pairs.n; i++)
        df_set(lo, &lo->stage->labels, &in->pairs.at[i].name, e[i].name, e[i].value);
}

void df_lower_maintainer(struct df_lower *lo, const struct df_insn *in)
{
    struct diag *d;
    if (!df_flags_check(lo, in))
        return;
    lo->stage->config.author = in->words.at[0].s;
    d = diag_rule(lo->c->diags, &df_rule_maintainer_deprecated, df_word_span(&in->keyword),
                  "MAINTAINER is deprecated");
    diag_note(d, "write LABEL org.opencontainers.image.authors=\"...\"");
}

void df_lower_shell(struct df_lower *lo, const struct df_insn *in)
{
    if (!df_flags_check(lo, in))
        return;
    if (!in->is_exec || in->words.n == 0) {
        struct span at = in->words.n ? df_word_span(&in->words.at[0]) : df_insn_span(in);
        diag_error(lo->c->diags, at, "SHELL needs a JSON array of strings: [\"/bin/sh\", \"-c\"]");
        return;
    }
    struct str_vec shell = {0};
    vec_for (const struct df_word, w, &in->words)
        vec_push(lo->c->arena, &shell, w->s);
    lo->stage->config.shell = shell;
}

void df_lower_stopsignal(struct df_lower *lo, const struct df_insn *in)
{
    struct value v;
    df_flags_ignored(lo, in);
    if (lo->stage->is_windows) {
        df_error(lo, df_word_span(&in->keyword),
                 "STOPSIGNAL is not for Windows, where nothing gets signals");
        return;
    }
    if (!df_expand(lo, &in->words.at[0], &v))
        return;
    if (text_is_literal(v.text) && !df_signal_is_valid(text_str(v.text))) {
        df_signal_note(df_error(lo, df_word_span(&in->words.at[0]),
                                "unknown signal \"" STR_FMT "\"", STR_ARG(text_str(v.text))),
                       text_str(v.text));
        return;
    }
    lo->stage->config.stop_signal = v.text;
}

void df_lower_user(struct df_lower *lo, const struct df_insn *in)
{
    struct value v;
    if (!df_flags_check(lo, in) || !df_expand(lo, &in->words.at[0], &v))
        return;
    if (text_is_literal(v.text) && text_is_empty(v.text)) /* not the base image's, but root */
        v = (struct value){text_lit(lo->c->arena, STR("0")), 1};
    lo->stage->user = v;
    lo->stage->has_user = true;
}

void df_lower_volume(struct df_lower *lo, const struct df_insn *in)
{
    struct df_stage *st = lo->stage;
    struct value v;
    if (!df_flags_check(lo, in))
        return;
    if (in->words.n == 0)
        diag_error(lo->c->diags, df_insn_span(in), "VOLUME needs a path, the array is empty");
    vec_for (const struct df_word, w, &in->words) {
        if (str_trim(w->s).n == 0) {
            diag_error(lo->c->diags, df_word_span(w), "the path of a VOLUME is empty");
            continue;
        }
        struct df_word trimmed = *w;
        trimmed.s = str_trim(w->s);
        if (!df_expand(lo, &trimmed, &v))
            return; /* a path in quotes is in pieces, which is one mistake */
        if (text_is_literal(v.text))
            df_set(lo, &st->volumes, w, text_str(v.text), v);
        else
            df_add_late(lo, &st->late_volumes, &v);
    }
}
