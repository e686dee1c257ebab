/* SPDX-License-Identifier: Apache-2.0 */
/* Texts with late parts: building in normal form, and evaluating. */
#include <config.h>

#include "ir/text.h"

#include "base/err.h"

struct text text_lit(struct arena *a, struct str s)
{
    if (s.n == 0)
        return TEXT_EMPTY;
    struct text_part *p = arena_new(a, struct text_part);
    *p = (struct text_part){.kind = TEXT_LITERAL, .s = s};
    return (struct text){p, 1};
}

static struct text single(struct arena *a, struct text_part part)
{
    struct text_part *p = arena_new(a, struct text_part);
    *p = part;
    return (struct text){p, 1};
}

struct text text_env(struct arena *a, struct str name)
{
    return single(a, (struct text_part){.kind = TEXT_ENV, .s = name});
}

struct text text_ref(struct arena *a, enum text_part_kind kind)
{
    if (kind != TEXT_WORKDIR && kind != TEXT_USER)
        BUG("not a plain reference: %d", kind);
    return single(a, (struct text_part){.kind = kind});
}

struct text text_join(struct arena *a, struct text x, struct text y)
{
    if (x.n == 0)
        return y;
    if (y.n == 0)
        return x;
    const struct text_part *last = &x.part[x.n - 1], *first = &y.part[0];
    bool merge = last->kind == TEXT_LITERAL && first->kind == TEXT_LITERAL;
    struct text_part *p = arena_new_n(a, struct text_part, x.n + y.n);
    memcpy(p, x.part, x.n * sizeof *p);
    memcpy(p + x.n - merge, y.part, y.n * sizeof *p);
    if (merge)
        p[x.n - 1] = (struct text_part){
            .kind = TEXT_LITERAL,
            .s = str_concat(a, last->s, first->s),
        };
    return (struct text){p, x.n + y.n - merge};
}

/* 1 = not empty whatever the base image is, 0 = empty, -1 = only the base can tell. */
static int is_nonempty(struct text t)
{
    if (t.n == 0)
        return 0;
    for (size_t i = 0; i < t.n; i++)
        if (t.part[i].kind == TEXT_LITERAL || t.part[i].kind == TEXT_WORKDIR)
            return 1;
    return -1;
}

static bool may_be_unset(struct text t)
{
    return t.n == 1 && t.part[0].kind == TEXT_ENV;
}

struct text text_expand(struct arena *a, enum text_op op, struct text of, struct text word)
{
    bool counts_empty = op == TEXT_OP_DEFAULT_IF_EMPTY || op == TEXT_OP_ALT_IF_NONEMPTY;
    bool is_default = op == TEXT_OP_DEFAULT_IF_EMPTY || op == TEXT_OP_DEFAULT;
    int has = counts_empty ? is_nonempty(of) : may_be_unset(of) ? -1 : 1;
    if (has >= 0)
        return is_default ? (has ? of : word) : (has ? word : TEXT_EMPTY);
    struct text_expand *x = arena_new(a, struct text_expand);
    *x = (struct text_expand){op, of, word};
    return single(a, (struct text_part){.kind = TEXT_EXPAND, .x = x});
}

struct str text_str(struct text t)
{
    if (!text_is_literal(t))
        BUG("a late value where a literal is needed");
    return t.n ? t.part[0].s : str_of("", 0);
}

struct str text_head(struct text t)
{
    return t.n && t.part[0].kind == TEXT_LITERAL ? t.part[0].s : str_of("", 0);
}

static bool part_eq(const struct text_part *p, const struct text_part *q)
{
    if (p->kind != q->kind || !str_eq(p->s, q->s))
        return false;
    return p->kind != TEXT_EXPAND ||
           (p->x->op == q->x->op && text_eq(p->x->of, q->x->of) && text_eq(p->x->word, q->x->word));
}

bool text_eq(struct text x, struct text y)
{
    if (x.n != y.n)
        return false;
    for (size_t i = 0; i < x.n; i++)
        if (!part_eq(&x.part[i], &y.part[i]))
            return false;
    return true;
}

const char *text_op_name(enum text_op op)
{
    static const char *const names[] = {
        [TEXT_OP_DEFAULT_IF_EMPTY] = ":-",
        [TEXT_OP_DEFAULT] = "-",
        [TEXT_OP_ALT_IF_NONEMPTY] = ":+",
        [TEXT_OP_ALT] = "+",
    };
    return names[op];
}

/* The base's value of a variable; .p is NULL if it has none. */
static struct str base_env(const struct base_config *base, struct str name)
{
    for (size_t i = 0; i < base->n_env; i++) {
        struct str key, value;
        if (str_cut(base->env[i], '=', &key, &value) && str_eq(key, name))
            return value.p ? value : STR("");
    }
    return (struct str){0};
}

static struct str expand_value(struct arena *a, const struct text_expand *x,
                               const struct base_config *base)
{
    bool is_set = !may_be_unset(x->of) || base_env(base, x->of.part[0].s).p;
    struct str of = text_value(a, x->of, base);
    switch (x->op) {
    case TEXT_OP_DEFAULT_IF_EMPTY: return of.n ? of : text_value(a, x->word, base);
    case TEXT_OP_DEFAULT: return is_set ? of : text_value(a, x->word, base);
    case TEXT_OP_ALT_IF_NONEMPTY: return of.n ? text_value(a, x->word, base) : STR("");
    case TEXT_OP_ALT: return is_set ? text_value(a, x->word, base) : STR("");
    }
    BUG("text operator %d", x->op);
}

static struct str part_value(struct arena *a, const struct text_part *p,
                             const struct base_config *base)
{
    switch (p->kind) {
    case TEXT_LITERAL: return p->s;
    case TEXT_ENV: return base_env(base, p->s);
    case TEXT_WORKDIR: return base->workdir.n ? base->workdir : STR("/");
    case TEXT_USER: return base->user;
    case TEXT_EXPAND: return expand_value(a, p->x, base);
    }
    BUG("text part %d", p->kind);
}

struct str text_value(struct arena *a, struct text t, const struct base_config *base)
{
    struct str *values = arena_new_n(a, struct str, t.n);
    size_t n = 0;
    for (size_t i = 0; i < t.n; i++) {
        values[i] = part_value(a, &t.part[i], base);
        n += values[i].n;
    }
    if (t.n == 1 && n > 0)
        return values[0];
    char *p = arena_alloc(a, n + 1);
    n = 0;
    for (size_t i = 0; i < t.n; n += values[i++].n)
        if (values[i].n)
            memcpy(p + n, values[i].p, values[i].n);
    return str_of(p, n);
}
