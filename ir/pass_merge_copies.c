/* SPDX-License-Identifier: Apache-2.0 */
/*
 * merge-copies: copies that follow each other and differ in nothing but their sources become one.
 * Requires: ids, and that equal steps are one. Keeps: every filesystem that a stage, a target or
 * another step has, and whether the build fails. Ids and result keys from there on change.
 *
 * To prove: "copy A; copy B" makes the same files as "copy A B" and fails in the same cases,
 * whatever the context, the step that is read and the filesystem below hold. obexec copies one
 * source after the other, each from the root on (exec/copy.h), so what was copied before it may
 * be overwritten, be links or stand in the way, in both cases alike. It remains that:
 * - nobody sees what is between: only B stands on A, and no step, stage or target asks for A;
 * - they read the same and leave out the same: all of the op but the sources is equal, and so are
 *   the steps that are read. A source that is missing is an error, and a pattern that matches
 *   nothing is none, alone as with others;
 * - dst ends in "/". Else the number of sources counts, and whether A made dst a directory;
 * - the owner is no name: names are looked up before a step begins, and A may bring the file that
 *   they stand in;
 * - there is no epoch: the directories that a step makes get their time when it ends, and B would
 *   change it once more;
 * - "parents" is not set: then a source that stands twice is copied once, and a directory on the
 *   way is made for the first alone.
 */
#include <config.h>

#include "ir/identify.h"
#include "ir/pass.h"

/* What a copy has taken in. */
struct merged {
    uint32_t n;            /* copies besides itself */
    uint32_t second, last; /* of these */
};

static bool is_sequential(const struct step *s)
{
    const struct op_copy *op = &s->op.copy;
    return s->kind == STEP_COPY && str_ends(text_tail(op->dst), STR("/")) &&
           owner_is_numeric(op->owner) && op->epoch.n == 0 && !op->parents;
}

static struct digest digest_without_sources(const struct step *s)
{
    struct step rest = *s;
    rest.op.copy.src.n = 0;
    return ir_op_digest(&rest);
}

static bool differ_in_sources_alone(const struct step *x, const struct step *y)
{
    struct digest dx, dy;
    if (x->op.copy.source != y->op.copy.source ||
        (x->op.copy.source == COPY_FROM_STEP && x->reads.at[0] != y->reads.at[0]) ||
        !text_eq(x->op.copy.dst, y->op.copy.dst))
        return false;
    dx = digest_without_sources(x);
    dy = digest_without_sources(y);
    return digest_eq(&dx, &dy);
}

/* Whether step i can be done by the step that it stands on. */
static bool joins_parent(const struct plan *p, uint32_t i, const uint32_t *uses)
{
    const struct step *s = &p->steps.at[i];
    if (!is_sequential(s) || uses[s->parent] != 1)
        return false;
    const struct step *parent = &p->steps.at[s->parent];
    return is_sequential(parent) && differ_in_sources_alone(parent, s);
}

static void take_in(struct plan *p, uint32_t first, uint32_t i, struct merged *m)
{
    struct text_vec *src = &p->steps.at[first].op.copy.src;
    const struct text_vec *more = &p->steps.at[i].op.copy.src;
    if (m->n++ == 0) {
        m->second = i;
        src->cap = src->n; /* other steps may have the same elements */
    }
    m->last = i;
    vec_append(p->arena, src, more->at, more->n);
}

/* The place and the heading of all that was merged. */
static void describe(struct plan *p, uint32_t first, const struct merged *m)
{
    struct step_meta *meta = &p->steps.at[first].meta;
    const struct step_meta *last = &p->steps.at[m->last].meta;
    struct str second = p->steps.at[m->second].meta.heading;
    if (last->source == meta->source) {
        meta->end_line = last->end_line;
        meta->end_column = last->end_column;
    }
    if (m->n == 1)
        meta->heading = arena_printf(p->arena, STR_FMT " and " STR_FMT, STR_ARG(meta->heading),
                                     STR_ARG(second));
    else
        meta->heading = arena_printf(p->arena, STR_FMT ", " STR_FMT " and %u more",
                                     STR_ARG(meta->heading), STR_ARG(second), m->n - 1);
}

static void explain(struct buf *out, const struct plan *p, uint32_t first, uint32_t i)
{
    explain_begin(out, "merge-copies: ", p, &p->steps.at[i]);
    explain_begin(out, " becomes a part of ", p, &p->steps.at[first]);
    explain_end(out, &p->steps.at[i]);
}

void pass_merge_copies(struct plan *p, const struct pass_report *r)
{
    uint32_t n = p->steps.n;
    const uint32_t *uses = plan_count_uses(p);
    uint32_t *map = arena_new_n(p->arena, uint32_t, n);
    struct merged *merged = arena_new_n(p->arena, struct merged, n);
    bool has_changed = false;
    for (uint32_t i = 0; i < n; i++) {
        map[i] = i;
        if (!joins_parent(p, i, uses))
            continue;
        map[i] = map[p->steps.at[i].parent];
        take_in(p, map[i], i, &merged[map[i]]);
        has_changed = true;
        if (r->explain)
            explain(r->explain, p, map[i], i);
    }
    for (uint32_t i = 0; i < n; i++)
        if (merged[i].n)
            describe(p, i, &merged[i]);
    plan_remap(p, map);
    if (has_changed)
        ir_identify(p);
}
