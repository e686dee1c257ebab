/* SPDX-License-Identifier: Apache-2.0 */
/* Compiling a Dockerfile that stands in a test, and texts in a form that a test can compare. */
#ifndef TESTS_DF_RUN_H
#define TESTS_DF_RUN_H

#include "frontend/compile.h"
#include "tests/unit/fixture.h"

#include <stdio.h>

struct run {
    struct arena a;
    struct sources sources;
    struct diag_sink diags;
    struct plan plan;
    struct compile_options options;
    struct compile c;
};

static inline void run_start(struct run *r)
{
    *r = (struct run){0};
    r->sources = SOURCES_INIT(&r->a);
    r->diags = DIAG_SINK_INIT(&r->a);
    r->plan = PLAN_INIT(&r->a);
    r->c = (struct compile){&r->a, &r->sources, &r->diags, &r->plan, &r->options};
}

static inline bool run_text(struct run *r, struct str text)
{
    return df_compile(&r->c, source_add(&r->sources, STR("Dockerfile"), text));
}

static inline void run_must(struct run *r, const char *text)
{
    if (!run_text(r, str_from(text)))
        ck_abort_msg("%s: %s", text, r->diags.list.at[0]->text.p);
}

/* Compiles a text that must be right. */
static inline void compile(struct run *r, const char *text)
{
    run_start(r);
    run_must(r, text);
}

/* The message of a text that must be wrong in one place. */
static inline struct str compile_error(struct run *r, const char *text)
{
    run_start(r);
    ck_assert_msg(!run_text(r, str_from(text)), "%s: was accepted", text);
    ck_assert_uint_eq(r->diags.n_errors, 1);
    return r->diags.list.at[0]->text;
}

static inline const struct step *last_step(const struct run *r)
{
    ck_assert_uint_gt(r->plan.steps.n, 0);
    return &r->plan.steps.at[r->plan.steps.n - 1];
}

static inline const struct image_config *last_config(const struct run *r)
{
    return &r->plan.stages.at[r->plan.stages.n - 1].config;
}

/* Literals as they are, references as <NAME>, <workdir>, <user>, expansions as <OF:-WORD>. */
static inline struct str shown(struct arena *a, struct text t)
{
    struct str s = STR("");
    for (size_t i = 0; i < t.n; i++) {
        const struct text_part *p = &t.part[i];
        struct str part = p->kind == TEXT_LITERAL   ? p->s
                          : p->kind == TEXT_WORKDIR ? STR("<workdir>")
                          : p->kind == TEXT_USER    ? STR("<user>")
                          : p->kind == TEXT_ENV     ? arena_printf(a, "<%.*s>", STR_ARG(p->s))
                                                    : STR("");
        if (p->kind == TEXT_EXPAND)
            part = arena_printf(a, "<%.*s%s%.*s>", STR_ARG(shown(a, p->x->of)),
                                text_op_name(p->x->op), STR_ARG(shown(a, p->x->word)));
        s = str_concat(a, s, part);
    }
    return s;
}

#define ck_assert_text(r, got, want) ck_assert_strs(shown(&(r)->a, (got)), str_from(want))

#endif
