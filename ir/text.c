/* SPDX-License-Identifier: Apache-2.0 */
/* Texts with late parts: building in normal form. */
#include <config.h>

#include "ir/text.h"

#include "base/err.h"
#include "ir/text_pattern.h"

/* Comparisons of characters before a match is left to obexec. */
enum { FOLD_STEPS = 256 << 20 };

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

/* The n literals at p as one. */
static struct text_part merge_literals(struct arena *a, const struct text_part *p, size_t n)
{
    size_t len = 0;
    for (size_t i = 0; i < n; i++)
        len += p[i].s.n;
    char *s = arena_alloc(a, len), *end = s;
    for (size_t i = 0; i < n; end += p[i++].s.n)
        memcpy(end, p[i].s.p, p[i].s.n);
    return (struct text_part){.kind = TEXT_LITERAL, .s = str_of(s, len)};
}

/* Brings n parts into normal form where they are; gives their number. */
static size_t normalize(struct arena *a, struct text_part *p, size_t n)
{
    size_t n_out = 0;
    for (size_t i = 0, run; i < n; i += run) {
        run = 1;
        while (p[i].kind == TEXT_LITERAL && i + run < n && p[i + run].kind == TEXT_LITERAL)
            run++;
        p[n_out++] = run == 1 ? p[i] : merge_literals(a, p + i, run);
    }
    return n_out;
}

struct text text_join_all(struct arena *a, const struct text *t, size_t n)
{
    size_t n_parts = 0, at = 0;
    for (size_t i = 0; i < n; i++)
        n_parts += t[i].n;
    if (n_parts == 0)
        return TEXT_EMPTY;
    struct text_part *p = arena_new_n(a, struct text_part, n_parts);
    for (size_t i = 0; i < n; at += t[i++].n)
        if (t[i].n)
            memcpy(p + at, t[i].part, t[i].n * sizeof *p);
    return (struct text){p, normalize(a, p, n_parts)};
}

struct text text_join(struct arena *a, struct text x, struct text y)
{
    if (x.n == 0 || y.n == 0)
        return x.n ? x : y;
    return text_join_all(a, (const struct text[]){x, y}, 2);
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

bool text_may_be_unset(struct text t)
{
    return t.n == 1 && t.part[0].kind == TEXT_ENV;
}

/* What is decided for x without the base image, if it is. A choice knows all that it chooses
 * from; a pattern needs literals. What can only fail is left to fail when it is evaluated. */
static bool fold_choice(const struct text_expand *x, struct text *out)
{
    bool counts_empty = x->op == TEXT_OP_DEFAULT_IF_EMPTY || x->op == TEXT_OP_ALT_IF_NONEMPTY ||
                        x->op == TEXT_OP_REQUIRE_NONEMPTY;
    int has = counts_empty ? is_nonempty(x->of) : text_may_be_unset(x->of) ? -1 : 1;
    bool is_alt = x->op == TEXT_OP_ALT_IF_NONEMPTY || x->op == TEXT_OP_ALT;
    bool is_required = x->op == TEXT_OP_REQUIRE_NONEMPTY || x->op == TEXT_OP_REQUIRE;
    if (has < 0 || (is_required && has == 0))
        return false;
    if (is_alt)
        *out = has ? x->word : TEXT_EMPTY;
    else
        *out = has ? x->of : x->word;
    return true;
}

static bool fold_literals(struct arena *a, const struct text_expand *x, struct text *out)
{
    static const struct base_config none;
    struct text_part part = {.kind = TEXT_EXPAND, .x = x};
    struct ob_err unused;
    struct str s;
    if (text_value(a, (struct text){&part, 1}, &none, &s, &unused) < 0)
        return false;
    *out = text_lit(a, s);
    return true;
}

/* The replacement alone is late. */
static bool fold_match(struct arena *a, const struct text_expand *x, struct text *out)
{
    struct ob_err unused;
    struct text_budget b = {0, FOLD_STEPS, &unused};
    struct str of = text_str(x->of);
    size_t from, to;
    int found = text_pattern_find(of, text_str(x->word), &b, &from, &to);
    if (found < 0 || (found && x->op == TEXT_OP_REPLACE_ALL))
        return false;
    *out = x->of;
    if (found) {
        *out = text_join(a, text_lit(a, str_of(of.p, from)), x->with);
        *out = text_join(a, *out, text_lit(a, str_skip(of, to)));
    }
    return true;
}

static bool fold_pattern(struct arena *a, const struct text_expand *x, struct text *out)
{
    if (text_is_literal(x->of) && text_is_literal(x->word))
        return text_is_literal(x->with) ? fold_literals(a, x, out) : fold_match(a, x, out);
    if (x->word.n || x->op == TEXT_OP_REPLACE_ALL)
        return false;
    *out = text_join(a, x->with, x->of); /* the empty pattern matches in front */
    return true;
}

bool text_op_is_pattern(enum text_op op)
{
    return op >= TEXT_OP_CUT_PREFIX;
}

bool text_op_has_with(enum text_op op)
{
    return op == TEXT_OP_REPLACE || op == TEXT_OP_REPLACE_ALL;
}

static unsigned max(unsigned x, unsigned y)
{
    return x > y ? x : y;
}

unsigned text_depth(struct text t)
{
    unsigned depth = 0;
    for (size_t i = 0; i < t.n; i++)
        if (t.part[i].kind == TEXT_EXPAND)
            depth = max(depth, t.part[i].x->depth);
    return depth;
}

static struct text expand(struct arena *a, struct text_expand x)
{
    struct text out;
    if (text_op_is_pattern(x.op) ? fold_pattern(a, &x, &out) : fold_choice(&x, &out))
        return out;
    struct text_expand *p = arena_new(a, struct text_expand);
    *p = x;
    p->depth = 1 + max(text_depth(x.of), max(text_depth(x.word), text_depth(x.with)));
    return single(a, (struct text_part){.kind = TEXT_EXPAND, .x = p});
}

struct text text_expand(struct arena *a, enum text_op op, struct text of, struct text word)
{
    return expand(a, (struct text_expand){.op = op, .of = of, .word = word});
}

struct text text_replace(struct arena *a, enum text_op op, struct text of, struct text pattern,
                         struct text with)
{
    return expand(a, (struct text_expand){.op = op, .of = of, .word = pattern, .with = with});
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

struct str text_tail(struct text t)
{
    return t.n && t.part[t.n - 1].kind == TEXT_LITERAL ? t.part[t.n - 1].s : str_of("", 0);
}

static bool part_eq(const struct text_part *p, const struct text_part *q)
{
    if (p->kind != q->kind || !str_eq(p->s, q->s))
        return false;
    return p->kind != TEXT_EXPAND ||
           (p->x->op == q->x->op && text_eq(p->x->of, q->x->of) &&
            text_eq(p->x->word, q->x->word) && text_eq(p->x->with, q->x->with));
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
        [TEXT_OP_DEFAULT_IF_EMPTY] = ":-", [TEXT_OP_DEFAULT] = "-",
        [TEXT_OP_ALT_IF_NONEMPTY] = ":+",  [TEXT_OP_ALT] = "+",
        [TEXT_OP_REQUIRE_NONEMPTY] = ":?", [TEXT_OP_REQUIRE] = "?",
        [TEXT_OP_CUT_PREFIX] = "#",        [TEXT_OP_CUT_LONGEST_PREFIX] = "##",
        [TEXT_OP_CUT_SUFFIX] = "%",        [TEXT_OP_CUT_LONGEST_SUFFIX] = "%%",
        [TEXT_OP_REPLACE] = "/",           [TEXT_OP_REPLACE_ALL] = "//",
    };
    return names[op];
}
