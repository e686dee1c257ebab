/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether two Dockerfiles say the same, word by word. For files that can be read, but not compiled:
 * without its build arguments one may have no base image, and a template never has one.
 */
#include <config.h>

#include "frontend/df_scan.h"

struct pair {
    struct compile *c;
    const struct df_insn *a, *b;
};

static bool same_directive(const struct df_directive *a, const struct df_directive *b)
{
    return a->is_set == b->is_set && (!a->is_set || str_eq(a->value, b->value));
}

static bool same_flags(const struct pair *p)
{
    if (p->a->flags.n != p->b->flags.n)
        return false;
    for (uint32_t i = 0; i < p->a->flags.n; i++)
        if (!str_eq(p->a->flags.at[i].whole.s, p->b->flags.at[i].whole.s))
            return false;
    return true;
}

static bool same_words(const struct pair *p)
{
    if (p->a->words.n != p->b->words.n)
        return false;
    for (uint32_t i = 0; i < p->a->words.n; i++)
        if (!str_eq(p->a->words.at[i].s, p->b->words.at[i].s))
            return false;
    return true;
}

static bool same_pairs(const struct pair *p)
{
    if (p->a->pairs.n != p->b->pairs.n)
        return false;
    for (uint32_t i = 0; i < p->a->pairs.n; i++) {
        const struct df_pair *x = &p->a->pairs.at[i], *y = &p->b->pairs.at[i];
        if (!str_eq(x->name.s, y->name.s) || x->has_value != y->has_value ||
            (x->has_value && !str_eq(x->value.s, y->value.s)))
            return false;
    }
    return true;
}

static struct str body_of(struct compile *c, const struct df_heredoc *h)
{
    return str_of(source_at(c->sources, h->body.source)->text.p + h->body.off, h->body.len);
}

static bool same_heredocs(const struct pair *p)
{
    if (p->a->heredocs.n != p->b->heredocs.n)
        return false;
    for (uint32_t i = 0; i < p->a->heredocs.n; i++) {
        const struct df_heredoc *x = &p->a->heredocs.at[i], *y = &p->b->heredocs.at[i];
        if (!str_eq(x->name, y->name) || x->expand != y->expand || x->strip_tabs != y->strip_tabs ||
            !str_eq(body_of(p->c, x), body_of(p->c, y)))
            return false;
    }
    return true;
}

static bool same_insn(struct compile *c, const struct df_insn *a, const struct df_insn *b)
{
    const struct pair p = {c, a, b};
    if (a->type != b->type || a->is_broken != b->is_broken || a->is_exec != b->is_exec ||
        a->is_legacy != b->is_legacy || a->is_none != b->is_none || !a->trigger != !b->trigger)
        return false;
    return same_flags(&p) && same_words(&p) && same_pairs(&p) && same_heredocs(&p) &&
           (!a->trigger || same_insn(c, a->trigger, b->trigger));
}

bool df_same(struct compile *c, uint32_t a, uint32_t b)
{
    struct df_file x, y;
    struct diag_sink ignored = DIAG_SINK_INIT(c->arena);
    struct compile quiet = *c;
    quiet.diags = &ignored;
    if (!df_parse_file(&quiet, a, &x) || !df_parse_file(&quiet, b, &y) || ignored.n_errors ||
        x.insns.n != y.insns.n)
        return false;
    for (uint32_t i = 0; i < x.insns.n; i++)
        if (!same_insn(c, &x.insns.at[i], &y.insns.at[i]))
            return false;
    return same_directive(&x.directives.syntax, &y.directives.syntax) &&
           same_directive(&x.directives.escape, &y.directives.escape) &&
           same_directive(&x.directives.check, &y.directives.check);
}
