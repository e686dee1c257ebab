/* SPDX-License-Identifier: Apache-2.0 */
/* Two graphs are made of records again, those of a result and of an earlier one with all that they
 * stand on, and compared as two plans are. */
#include <config.h>

#include "exec/why.h"

#include "base/cleanup.h"
#include "base/map.h"
#include "exec/why_files.h"
#include "ir/diff.h"
#include "ir/read.h"

/* The nearest. */

static bool has_text(struct str a, struct str b)
{
    return a.n > 0 && str_eq(a, b);
}

/* A key is made of three parts. Of two that have as many of them, that is nearer whose step looks
 * the same. 0 = they have nothing to do with each other. */
static int likeness(const struct record *x, const struct record *y)
{
    enum { PART = 10, LOOK = 3 };
    bool same_op = str_eq(x->op_digest, y->op_digest);
    bool same_heading = has_text(x->heading, y->heading);
    bool same_place = x->line > 0 && x->line == y->line && str_eq(x->source, y->source);
    if (!str_eq(x->kind, y->kind) || str_eq(x->key, y->key) ||
        !(same_op || same_heading || same_place))
        return 0;
    int parts = same_op + str_eq(x->parent, y->parent) + str_eq(x->input, y->input);
    return PART * parts + LOOK * (same_heading + same_place);
}

/* Of keys, the youngest first, the first that is most like r. */
static int choose(struct opened *o, struct arena *a, const struct str_vec *keys,
                  const struct record *r, struct record *out, struct ob_err *err)
{
    int best = 0;
    vec_for (const struct str, key, keys) {
        struct record other;
        int rc = record_load(&o->layout, arena_cstr(a, *key), a, &other, err);
        if (rc < 0)
            return -1;
        int like = rc ? likeness(r, &other) : 0;
        if (like <= best)
            continue;
        best = like;
        *out = other;
    }
    return best > 0;
}

static int load_parent(struct opened *o, struct arena *a, const struct record *r,
                       struct record *out, struct ob_err *err)
{
    if (r->parent.n == 0)
        return 0;
    return record_load(&o->layout, arena_cstr(a, r->parent), a, out, err);
}

/* If nothing is like the step itself, something may be like that which it stands on; what was
 * built on that may have been this step in another form. */
static int nearest_above(struct opened *o, struct arena *a, const struct record *r, unsigned depth,
                         struct record *out, struct ob_err *err);

static int nearest(struct opened *o, struct arena *a, const struct record *r, unsigned depth,
                   struct record *out, struct ob_err *err)
{
    struct str_vec keys = {0};
    struct index_row row = {.key = r->key, .parent = r->parent, .heading = r->heading};
    if (index_alike(o->index, a, &row, &keys, err) < 0)
        return -1;
    int rc = choose(o, a, &keys, r, out, err);
    return rc == 0 && depth > 0 ? nearest_above(o, a, r, depth - 1, out, err) : rc;
}

static int nearest_above(struct opened *o, struct arena *a, const struct record *r, unsigned depth,
                         struct record *out, struct ob_err *err)
{
    struct record parent, other;
    struct str_vec keys = {0};
    int rc = load_parent(o, a, r, &parent, err);
    if (rc > 0)
        rc = nearest(o, a, &parent, depth, &other, err);
    if (rc <= 0)
        return rc;
    if (index_children(o->index, a, other.key, &keys, err) < 0)
        return -1;
    return choose(o, a, &keys, r, out, err);
}

int why_nearest(struct opened *o, struct arena *a, const struct record *r, struct record *out,
                struct ob_err *err)
{
    enum { DEPTH = 20 };
    return nearest(o, a, r, DEPTH, out, err);
}

/* The graph. */

/* A result on the way into it. */
struct pending {
    struct str key;
    bool is_open;    /* what it stands on has been asked for, */
    struct record r; /* and so its record is there; of one that has none, only the key */
};

struct built {
    struct opened *o;
    struct plan plan;
    struct str_vec inputs;      /* by step */
    struct map steps;           /* by key: the index, plus one */
    struct map opened;          /* keys of results that are or were open */
    VEC(struct pending) queued; /* the last one first */
};

static uint32_t find_step(const struct built *b, struct str key)
{
    uintptr_t i = (uintptr_t)map_get(&b->steps, key);
    return i ? (uint32_t)(i - 1) : NO_STEP;
}

static uint32_t add_source(struct plan *p, struct str path)
{
    for (uint32_t i = 0; i < p->sources.n; i++)
        if (str_eq(p->sources.at[i].path, path))
            return i;
    struct plan_source s = {.path = path};
    vec_push(p->arena, &p->sources, s);
    return p->sources.n - 1;
}

static int read_step(struct built *b, const struct record *r, struct step *s, struct ob_err *err)
{
    if (ir_read_op(b->plan.arena, r->kind, r->op, s, err) < 0)
        return ob_err_wrap(err, "the record of result %.12s", r->key.p);
    digest_from_hex(r->op_digest, &s->op_digest);
    s->meta.heading = r->heading;
    if (r->line > 0 && r->line <= UINT32_MAX) {
        s->meta.line = (uint32_t)r->line;
        s->meta.source = add_source(&b->plan, r->source);
    }
    s->parent = find_step(b, r->parent);
    vec_for (const struct str, key, &r->reads) {
        uint32_t i = find_step(b, *key);
        if (i != NO_STEP)
            vec_push(b->plan.arena, &s->reads, i);
    }
    return 0;
}

/* Adds the step of a result whose own steps are there. What is known of a result without a record
 * is that it is another one. */
static int add_step(struct built *b, const struct record *r, struct ob_err *err)
{
    struct step s = step_of_kind(STEP_SCRATCH);
    s.meta.heading = arena_printf(b->plan.arena, "result %.12s", r->key.p);
    if (r->kind.n && read_step(b, r, &s, err) < 0)
        return -1;
    digest_from_hex(r->key, &s.id);
    vec_push(b->plan.arena, &b->inputs, r->input);
    *map_slot(&b->steps, r->key) = (void *)((uintptr_t)plan_add_step(&b->plan, &s) + 1);
    return 0;
}

/* Has a result added, if it is not yet. A damaged record may name what is no key, or itself. */
static void ask_for(struct built *b, struct str key)
{
    struct digest d;
    struct pending p = {.key = key};
    if (digest_from_hex(key, &d) && !map_get(&b->opened, key))
        vec_push(b->plan.arena, &b->queued, p);
}

static int open_pending(struct built *b, struct pending *p, struct ob_err *err)
{
    struct arena *a = b->plan.arena;
    struct record r;
    int rc = record_load(&b->o->layout, arena_cstr(a, p->key), a, &r, err);
    if (rc < 0)
        return -1;
    if (rc == 0)
        r = (struct record){.key = p->key};
    p->is_open = true;
    p->r = r;
    *map_slot(&b->opened, p->key) = b;
    ask_for(b, r.parent); /* p is not valid any more */
    vec_for (const struct str, key, &r.reads)
        ask_for(b, *key);
    return 0;
}

/* Adds what is queued, each result behind all that it stands on. */
static int add_queued(struct built *b, struct ob_err *err)
{
    while (b->queued.n) {
        struct pending *last = &b->queued.at[b->queued.n - 1];
        if (!last->is_open && !map_get(&b->opened, last->key)) {
            if (open_pending(b, last, err) < 0)
                return -1;
            continue;
        }
        b->queued.n--;
        if (last->is_open && add_step(b, &last->r, err) < 0)
            return -1;
    }
    return 0;
}

static int make_graph(struct built *b, struct opened *o, struct arena *a, struct str key,
                      struct ob_err *err)
{
    *b = (struct built){.o = o, .plan = PLAN_INIT(a), .steps = MAP_INIT(a), .opened = MAP_INIT(a)};
    ask_for(b, key);
    if (add_queued(b, err) < 0)
        return -1;
    struct target t = {.name = STR("result"), .stage = NO_STEP, .step = find_step(b, key)};
    vec_push(a, &b->plan.targets, t);
    return 0;
}

/* Whether two steps copy to the same place on the same result, but other files. */
static bool copies_others(const struct built *x, const struct step *s, const struct built *y,
                          const struct step *t)
{
    if ((t->kind != STEP_COPY && t->kind != STEP_ADD) || s->kind != t->kind ||
        s->parent == NO_STEP || t->parent == NO_STEP)
        return false;
    return digest_eq(&s->op_digest, &t->op_digest) && !digest_eq(&s->id, &t->id) &&
           digest_eq(&x->plan.steps.at[s->parent].id, &y->plan.steps.at[t->parent].id);
}

/* The files of the first pair of copies that have others. */
static int tell_files(struct built *x, struct built *y, struct buf *out, struct ob_err *err)
{
    vec_for (const struct step, t, &y->plan.steps)
        vec_for (const struct step, s, &x->plan.steps)
            if (copies_others(x, s, y, t))
                return why_files(x->o, x->plan.arena, s, t, out, err);
    return 0;
}

int why_differs(struct opened *o, struct arena *a, const struct record *earlier,
                const struct record *r, struct buf *out, struct ob_err *err)
{
    struct built x, y;
    if (make_graph(&x, o, a, earlier->key, err) < 0 || make_graph(&y, o, a, r->key, err) < 0)
        return -1;
    ir_diff_built(&x.plan, &y.plan, x.inputs.at, y.inputs.at, out);
    return tell_files(&x, &y, out, err);
}
