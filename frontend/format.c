/* SPDX-License-Identifier: Apache-2.0 */
/* Formats, compiles both texts, and compares all of the plans but the places. */
#include <config.h>

#include "frontend/format.h"

#include "ir/identify.h"
#include "ir/write.h"

/* What a source compiles to, with reports of its own. */
struct meaning {
    struct compile c;
    uint32_t source;
    struct plan plan;
    struct diag_sink diags;
    bool ok;
};

static void find_meaning(const struct compile *c, const struct language *l, uint32_t source,
                         struct meaning *m)
{
    *m = (struct meaning){.c = *c, .source = source};
    m->plan = PLAN_INIT(c->arena);
    m->diags = DIAG_SINK_INIT(c->arena);
    m->c.plan = &m->plan;
    m->c.diags = &m->diags;
    m->c.spent = 0;
    m->ok = l->compile(&m->c, source);
    if (m->ok)
        ir_identify(&m->plan);
}

/* What is the same for both texts if they mean the same: ids stand for what is hashed. */
static void print_rest(const struct plan *plan, struct buf *out)
{
    struct plan rest = *plan;
    rest.steps.n = 0;
    rest.sources.n = 0;
    ir_write_json(&rest, out);
}

static bool has_same_rest(const struct plan *a, const struct plan *b)
{
    struct buf x = BUF_INIT, y = BUF_INIT;
    print_rest(a, &x);
    print_rest(b, &y);
    bool same = str_eq(buf_str(&x), buf_str(&y));
    buf_free(&x);
    buf_free(&y);
    return same;
}

/* The first line whose step is not the same; 0 = all steps are. */
static uint32_t first_difference(const struct plan *a, const struct plan *b)
{
    for (uint32_t i = 0; i < a->steps.n; i++) {
        const struct step *s = &a->steps.at[i];
        if (i == b->steps.n || memcmp(&s->id, &b->steps.at[i].id, sizeof s->id) != 0)
            return s->meta.line ? s->meta.line : 1;
    }
    return a->steps.n == b->steps.n ? 0 : 1;
}

/* The line of the first difference, or 1 if that is not known; 0 = both mean the same. */
static uint32_t compare(const struct language *l, struct meaning *before,
                        const struct meaning *after)
{
    if (!before->ok)
        return l->same(&before->c, before->source, after->source) ? 0 : 1;
    if (!after->ok)
        return 1;
    uint32_t line = first_difference(&before->plan, &after->plan);
    return line || has_same_rest(&before->plan, &after->plan) ? line : 1;
}

static bool refuse(struct compile *c, uint32_t source, uint32_t line)
{
    struct str text = source_at(c->sources, source)->text;
    struct str at = source_line(c->sources, source, line);
    struct diag *d = diag_error(c->diags, span_of(source, (size_t)(at.p - text.p), at.n),
                                "formatted, this file would mean something else");
    diag_note(d, "this is a mistake in specfmt: nothing was changed");
    return false;
}

/* Warnings are for who compiles. */
static void hand_on_errors(struct compile *c, const struct diag_sink *from)
{
    vec_for (struct diag *const, d, &from->list)
        if ((*d)->level == DIAG_ERROR)
            vec_push(c->arena, &c->diags->list, *d);
    c->diags->n_errors += from->n_errors;
}

bool format_source(struct compile *c, const struct language *l, uint32_t source, struct buf *out)
{
    struct meaning before, after;
    size_t start = out->n;
    find_meaning(c, l, source, &before);
    struct diag_sink found = before.diags; /* formatting finds some of it again */
    if ((!before.ok && !l->same) || !l->format(&before.c, source, out)) {
        hand_on_errors(c, &found);
        return false;
    }
    struct str text = str_skip(buf_str(out), start), path = source_at(c->sources, source)->path;
    if (str_eq(text, source_at(c->sources, source)->text))
        return true;
    find_meaning(c, l, source_add(c->sources, path, text), &after);
    uint32_t line = compare(l, &before, &after);
    return line == 0 || refuse(c, source, line);
}
