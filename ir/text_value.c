/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The value of a text once the base image is known. Words of ${name:-word} are looked at only if
 * they are needed. All strings that come up on the way count, so that no text takes for ever.
 */
#include <config.h>

#include "base/err.h"
#include "ir/text_pattern.h"

enum { VALUE_MAX = 64 << 20, STEPS_PER_BYTE = 4 };

struct eval {
    struct arena *arena;
    const struct base_config *base;
    struct text_budget budget;
};

static int eval_text(struct eval *e, struct text t, struct str *out);

/* The base's value of a variable; .p is NULL if it has none. */
static struct str base_env(const struct base_config *base, struct str name)
{
    for (size_t i = 0; i < base->n_env; i++) {
        struct str key, value;
        if (str_cut(base->env[i], '=', &key, &value) && str_eq(key, name))
            return value.p ? value : STR("");
    }
    return str_eq(name, STR("PATH")) ? TEXT_DEFAULT_PATH : (struct str){0};
}

static bool is_set(const struct eval *e, const struct text_expand *x)
{
    return !text_may_be_unset(x->of) || base_env(e->base, x->of.part[0].s).p;
}

static int fail_required(struct eval *e, const struct text_expand *x)
{
    struct str why;
    const char *state = is_set(e, x) ? "empty" : "not set";
    if (eval_text(e, x->word, &why) < 0)
        return -1;
    if (text_may_be_unset(x->of))
        ob_err_set(e->budget.err, 0, "required variable \"" STR_FMT "\" is %s",
                   STR_ARG(x->of.part[0].s), state);
    else
        ob_err_set(e->budget.err, 0, "a required value is empty");
    if (why.n == 0)
        return -1;
    struct ob_err what = *e->budget.err;
    return ob_err_set(e->budget.err, 0, "%s: " STR_FMT, what.text, STR_ARG(why));
}

static int eval_replace(struct eval *e, const struct text_expand *x, struct str of, struct str *out)
{
    struct str pattern, with;
    if (eval_text(e, x->word, &pattern) < 0 || eval_text(e, x->with, &with) < 0)
        return -1;
    return text_pattern_replace(e->arena, of, pattern, with, x->op == TEXT_OP_REPLACE_ALL,
                                &e->budget, out);
}

static int eval_cut(struct eval *e, const struct text_expand *x, struct str of, struct str *out)
{
    struct str pattern;
    return eval_text(e, x->word, &pattern) < 0
               ? -1
               : text_pattern_cut(of, pattern, x->op, &e->budget, out);
}

static int eval_expand(struct eval *e, const struct text_expand *x, struct str *out)
{
    if (eval_text(e, x->of, out) < 0)
        return -1;
    switch (x->op) {
    case TEXT_OP_DEFAULT_IF_EMPTY: return out->n ? 0 : eval_text(e, x->word, out);
    case TEXT_OP_DEFAULT: return is_set(e, x) ? 0 : eval_text(e, x->word, out);
    case TEXT_OP_ALT_IF_NONEMPTY: return out->n ? eval_text(e, x->word, out) : 0;
    case TEXT_OP_ALT: return is_set(e, x) ? eval_text(e, x->word, out) : 0;
    case TEXT_OP_REQUIRE_NONEMPTY: return out->n ? 0 : fail_required(e, x);
    case TEXT_OP_REQUIRE: return is_set(e, x) ? 0 : fail_required(e, x);
    case TEXT_OP_CUT_PREFIX:
    case TEXT_OP_CUT_LONGEST_PREFIX:
    case TEXT_OP_CUT_SUFFIX:
    case TEXT_OP_CUT_LONGEST_SUFFIX: return eval_cut(e, x, *out, out);
    case TEXT_OP_REPLACE:
    case TEXT_OP_REPLACE_ALL: return eval_replace(e, x, *out, out);
    }
    BUG("text operator %d", x->op);
}

static int eval_part(struct eval *e, const struct text_part *p, struct str *out)
{
    switch (p->kind) {
    case TEXT_LITERAL: *out = p->s; return 0;
    case TEXT_ENV: *out = base_env(e->base, p->s); return 0;
    case TEXT_WORKDIR: *out = e->base->workdir.n ? e->base->workdir : STR("/"); return 0;
    case TEXT_USER: *out = e->base->user; return 0;
    case TEXT_EXPAND: return eval_expand(e, p->x, out);
    }
    BUG("text part %d", p->kind);
}

static int eval_text(struct eval *e, struct text t, struct str *out)
{
    struct str *values = arena_new_n(e->arena, struct str, t.n);
    size_t n = 0;
    for (size_t i = 0; i < t.n; i++) {
        if (eval_part(e, &t.part[i], &values[i]) < 0 ||
            text_budget_spend(&e->budget, values[i].n) < 0)
            return -1;
        n += values[i].n;
    }
    *out = t.n == 1 && n > 0 ? values[0] : STR("");
    if (t.n <= 1 || n == 0)
        return 0;
    char *p = arena_alloc(e->arena, n + 1);
    *out = str_of(p, n);
    for (size_t i = 0; i < t.n; p += values[i++].n)
        if (values[i].n)
            memcpy(p, values[i].p, values[i].n);
    return 0;
}

int text_value_within(struct arena *a, struct text t, const struct base_config *base, size_t *left,
                      struct str *out, struct ob_err *err)
{
    struct eval e = {a, base, {*left, *left * STEPS_PER_BYTE, err}};
    int rc = eval_text(&e, t, out);
    size_t steps = e.budget.steps / STEPS_PER_BYTE;
    *left = e.budget.bytes < steps ? e.budget.bytes : steps;
    return rc;
}

int text_value(struct arena *a, struct text t, const struct base_config *base, struct str *out,
               struct ob_err *err)
{
    size_t left = VALUE_MAX;
    return text_value_within(a, t, base, &left, out, err);
}
