/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was printed is read again, by the Dockerfile front end and with a state of its own. So that
 * a text means what it should is found out, and not hoped for.
 */
#include <config.h>

#include "frontend/sx_to_df.h"

#include "frontend/df_scan.h"

/* A compilation apart from the one that prints. */
struct reading {
    struct sources sources;
    struct diag_sink diags;
    struct plan plan;
    struct compile_options options;
    struct compile c;
};

static uint32_t start(struct reading *r, struct arena *a, struct str text)
{
    *r = (struct reading){
        .sources = SOURCES_INIT(a), .diags = DIAG_SINK_INIT(a), .plan = PLAN_INIT(a)};
    r->c = (struct compile){a, &r->sources, &r->diags, &r->plan, &r->options};
    return source_add(&r->sources, STR("-"), text);
}

static bool command_is(struct compile *c, const struct df_insn *in, struct str command)
{
    if (in->type->kind != DF_RUN || in->is_exec || in->words.n != 1)
        return false;
    const struct df_heredoc *h = df_heredoc_of(in, &in->words.at[0]);
    if (!h)
        return in->heredocs.n == 0 && str_eq(in->words.at[0].s, command);
    return str_eq(df_heredoc_word(c, h).s, command);
}

bool sx_df_reads_as(const struct sx_df *df, struct str insn, struct str command)
{
    struct reading r;
    struct df_file file;
    struct str text =
        arena_printf(df->arena, "#escape=%c\n" STR_FMT "\n", df->escape, STR_ARG(insn));
    uint32_t source = start(&r, df->arena, text);
    return df_parse_file(&r.c, source, &file) && r.diags.n_errors == 0 && file.insns.n == 1 &&
           command_is(&r.c, &file.insns.at[0], command);
}

static const struct sx_df_mark *mark_at(const struct sx_df *df, size_t at)
{
    size_t lo = 0, hi = df->marks.n;
    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;
        if (df->marks.at[mid].at <= at)
            lo = mid;
        else
            hi = mid;
    }
    return &df->marks.at[lo];
}

/* That an image's name is none was said before. */
void sx_df_check(struct sx_df *df)
{
    struct reading r;
    struct str text = str_skip(buf_str(df->out), df->start);
    uint32_t source = start(&r, df->arena, text);
    if (df->options->windows_escape)
        r.options.platform = STR("windows/amd64");
    df_compile(&r.c, source);
    vec_for (struct diag *const, at, &r.diags.list) {
        const struct diag *d = *at;
        const struct sx_df_mark *mark = mark_at(df, d->span.off);
        if (d->level == DIAG_ERROR && !mark->is_from)
            diag_error(df->c->diags, mark->span, "not so in a Dockerfile: " STR_FMT,
                       STR_ARG(d->text));
    }
}
