/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The best alignment is that with the highest sum of scores, found for all ends of the two chains
 * from the shortest on. That is a square, so of long chains first what does the same is paired, and
 * then what looks the same, and only what is left between these is a matter of scores; if even that
 * is too much, of position alone. Chains that share a trunk have it aligned once.
 */
#include <config.h>

#include "ir/align.h"

#include "ir/anchor.h"

enum {
    MAX_CELLS = 1 << 20, /* of one gap */
    ALL_CELLS = 1 << 21, /* of all gaps */
    ALL_REPEATS = 1 << 20,
    NEAR = 128, /* bytes at either end of a heading that are compared */
    SCORE_EQUAL = 3000,
    SCORE_ALIKE = 1000
};

DEFINE_VEC(chain, uint32_t);

/* Parts of two chains. */
struct gap {
    const uint32_t *x, *y;
    uint32_t m, n;
};

struct work {
    struct aligner *al;
    struct arena *scratch;
    struct step_pair_vec *out;
};

static void push_alone(struct work *w, uint32_t a, uint32_t b)
{
    struct step_pair p = {a, b};
    vec_push(w->al->arena, w->out, p);
}

static void push_pair(struct work *w, uint32_t a, uint32_t b)
{
    w->al->mate[b] = a;
    push_alone(w, a, b);
}

static const struct step *step_a(const struct work *w, uint32_t i)
{
    return &w->al->a->steps.at[i];
}

static const struct step *step_b(const struct work *w, uint32_t j)
{
    return &w->al->b->steps.at[j];
}

/* How much of the longer one both begin and end with, in thousandths. */
static int32_t likeness(struct str s, struct str t)
{
    size_t shorter = s.n < t.n ? s.n : t.n, longer = s.n + t.n - shorter, head = 0, tail = 0;
    if (str_eq(s, t))
        return SCORE_ALIKE;
    while (head < shorter && head < NEAR && s.p[head] == t.p[head])
        head++;
    while (tail < shorter - head && tail < NEAR && s.p[s.n - 1 - tail] == t.p[t.n - 1 - tail])
        tail++;
    return (int32_t)((head + tail) * SCORE_ALIKE / longer);
}

/* 0 = not a pair. */
static int32_t score(const struct step *s, const struct step *t)
{
    if (s->kind != t->kind)
        return 0;
    if (digest_eq(&s->op_digest, &t->op_digest))
        return SCORE_EQUAL;
    return 1 + likeness(s->meta.heading, t->meta.heading);
}

/* ---- all of a short gap ---- */

struct cells {
    struct work *w;
    const struct gap *g;
    int32_t *best; /* (m + 1) * (n + 1): the sum for x from i and y from j on */
};

static int32_t *cell(const struct cells *c, uint32_t i, uint32_t j)
{
    return &c->best[(size_t)i * (c->g->n + 1) + j];
}

static int32_t with_pair(const struct cells *c, uint32_t i, uint32_t j)
{
    int32_t s = score(step_a(c->w, c->g->x[i]), step_b(c->w, c->g->y[j]));
    return s ? s + *cell(c, i + 1, j + 1) : 0;
}

static void fill(struct cells *c)
{
    for (uint32_t i = c->g->m; i-- > 0;)
        for (uint32_t j = c->g->n; j-- > 0;) {
            int32_t best = with_pair(c, i, j);
            if (best < *cell(c, i + 1, j))
                best = *cell(c, i + 1, j);
            if (best < *cell(c, i, j + 1))
                best = *cell(c, i, j + 1);
            *cell(c, i, j) = best;
        }
}

static void pair_best(struct work *w, const struct gap *g)
{
    struct cells c = {w, g,
                      arena_new_n(w->scratch, int32_t, ((size_t)g->m + 1) * ((size_t)g->n + 1))};
    uint32_t i = 0, j = 0;
    fill(&c);
    while (i < g->m && j < g->n) {
        int32_t best = *cell(&c, i, j);
        if (best > 0 && best == with_pair(&c, i, j))
            push_pair(w, g->x[i++], g->y[j++]);
        else if (best == *cell(&c, i + 1, j))
            push_alone(w, g->x[i++], NO_STEP);
        else
            push_alone(w, NO_STEP, g->y[j++]);
    }
    while (i < g->m)
        push_alone(w, g->x[i++], NO_STEP);
    while (j < g->n)
        push_alone(w, NO_STEP, g->y[j++]);
}

/* True if there was enough left for the gap. */
static bool spend_cells(struct aligner *al, const struct gap *g)
{
    size_t n = (size_t)g->m * g->n;
    if (n > MAX_CELLS || n > al->cells)
        return false;
    al->cells -= n;
    return true;
}

/* ---- a long one ---- */

enum level { BY_OP, BY_HEADING, BY_POSITION };

static void pair_by_position(struct work *w, const struct gap *g)
{
    for (uint32_t i = 0; i < g->m || i < g->n; i++) {
        bool is_both = i < g->m && i < g->n;
        if (is_both && score(step_a(w, g->x[i]), step_b(w, g->y[i])) > 0) {
            push_pair(w, g->x[i], g->y[i]);
            continue;
        }
        if (i < g->m)
            push_alone(w, g->x[i], NO_STEP);
        if (i < g->n)
            push_alone(w, NO_STEP, g->y[i]);
    }
}

static struct str *keys_of(struct arena *scratch, const struct plan *p, const uint32_t *chain,
                           uint32_t n, enum level level)
{
    struct str *keys = arena_new_n(scratch, struct str, n);
    for (uint32_t i = 0; i < n; i++) {
        const struct step *s = &p->steps.at[chain[i]];
        keys[i] = level == BY_OP ? str_of((const char *)s->op_digest.b, sizeof s->op_digest.b)
                                 : s->meta.heading;
    }
    return keys;
}

static void align_gap(struct work *w, const struct gap *g, enum level level);

/* Pairs what is equal, and what is between these by the next level. */
static void pair_anchors(struct work *w, const struct gap *g, enum level level)
{
    uint32_t *match = arena_new_n(w->scratch, uint32_t, g->m), i = 0, j = 0;
    struct str *x = keys_of(w->scratch, w->al->a, g->x, g->m, level);
    struct str *y = keys_of(w->scratch, w->al->b, g->y, g->n, level);
    anchor_match(w->scratch, x, g->m, y, g->n, match);
    for (uint32_t at = 0; at < g->m; at++) {
        if (match[at] == NO_ANCHOR || !score(step_a(w, g->x[at]), step_b(w, g->y[match[at]])))
            continue;
        struct gap before = {g->x + i, g->y + j, at - i, match[at] - j};
        align_gap(w, &before, level + 1);
        push_pair(w, g->x[at], g->y[match[at]]);
        i = at + 1;
        j = match[at] + 1;
    }
    struct gap rest = {g->x + i, g->y + j, g->m - i, g->n - j};
    align_gap(w, &rest, level + 1);
}

static void align_gap(struct work *w, const struct gap *g, enum level level)
{
    if (spend_cells(w->al, g))
        pair_best(w, g);
    else if (level == BY_POSITION)
        pair_by_position(w, g);
    else
        pair_anchors(w, g, level);
}

/* ---- chains ---- */

/* Takes a step to its chain, and gives its parent. Steps that were met in an earlier chain are
 * taken again only as long as there are not too many of them. */
static uint32_t climb(struct work *w, struct chain *c, const struct plan *p, bool *met, uint32_t i)
{
    uint32_t parent = p->steps.at[i].parent;
    vec_push(w->scratch, c, i);
    if (met[i] && w->al->repeats)
        w->al->repeats--;
    met[i] = true;
    return parent != NO_STEP && met[parent] && w->al->repeats == 0 ? NO_STEP : parent;
}

static void reverse(struct chain *c)
{
    for (uint32_t i = 0; i < c->n / 2; i++) {
        uint32_t last = c->at[c->n - 1 - i];
        c->at[c->n - 1 - i] = c->at[i];
        c->at[i] = last;
    }
}

/* The chains down from the last pair in both. Parents come before their steps in a plan, so that
 * the numbers tell on which side such a pair may still come. */
static void collect(struct work *w, uint32_t i, uint32_t j, struct chain *x, struct chain *y)
{
    struct aligner *al = w->al;
    while (i != NO_STEP || j != NO_STEP) {
        uint32_t mate = j == NO_STEP ? 0 : al->mate[j];
        if (j != NO_STEP && i != NO_STEP && mate == i)
            break;
        if (i == NO_STEP || (j != NO_STEP && mate > i))
            j = climb(w, y, al->b, al->met_b, j);
        else
            i = climb(w, x, al->a, al->met_a, i);
    }
    reverse(x);
    reverse(y);
}

/* Takes off the steps that the chains begin with and that have the same ids. */
static void skip_same(struct work *w, struct gap *g)
{
    while (g->m && g->n && digest_eq(&step_a(w, *g->x)->id, &step_b(w, *g->y)->id)) {
        w->al->mate[*g->y] = *g->x;
        g->x++, g->y++;
        g->m--, g->n--;
    }
}

/* How many steps they end with that do the same. */
static uint32_t common_tail(const struct work *w, const struct gap *g)
{
    uint32_t n = 0;
    while (n < g->m && n < g->n &&
           score(step_a(w, g->x[g->m - 1 - n]), step_b(w, g->y[g->n - 1 - n])) == SCORE_EQUAL)
        n++;
    return n;
}

void align_init(struct aligner *al, struct arena *arena, const struct plan *a, const struct plan *b)
{
    *al = (struct aligner){
        .arena = arena, .a = a, .b = b, .cells = ALL_CELLS, .repeats = ALL_REPEATS};
    al->mate = arena_new_n(arena, uint32_t, b->steps.n);
    memset(al->mate, 0xff, b->steps.n * sizeof *al->mate); /* NO_STEP */
    al->met_a = arena_new_n(arena, bool, a->steps.n);
    al->met_b = arena_new_n(arena, bool, b->steps.n);
}

void align_chains(struct aligner *al, uint32_t a_end, uint32_t b_end, struct step_pair_vec *out)
{
    struct arena scratch = ARENA_INIT; /* the cells of many stages at once would be too much */
    struct work w = {al, &scratch, out};
    struct chain x = {0}, y = {0};
    collect(&w, a_end, b_end, &x, &y);
    struct gap g = {x.at, y.at, x.n, y.n};
    skip_same(&w, &g);
    uint32_t tail = common_tail(&w, &g);
    g.m -= tail, g.n -= tail;
    align_gap(&w, &g, BY_OP);
    for (uint32_t i = 0; i < tail; i++)
        push_pair(&w, g.x[g.m + i], g.y[g.n + i]);
    arena_free(&scratch);
}
