/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The best alignment is that with the highest sum of scores, found for all ends of the two chains
 * from the shortest on. What the chains have in common at both ends is taken off first, so that
 * little is left; of too much, steps are paired by their position alone.
 */
#include <config.h>

#include "ir/align.h"

enum { MAX_CELLS = 1 << 20, SCORE_EQUAL = 3000, SCORE_ALIKE = 1000 };

DEFINE_VEC(chain, uint32_t);

struct aligner {
    struct arena *arena, *scratch;
    const struct plan *a, *b;
    const uint32_t *x, *y; /* what is left of the chains, */
    size_t m, n;           /* and how much */
    int32_t *best;         /* (m + 1) * (n + 1): the sum for x from i and y from j on */
    struct step_pair_vec *out;
};

static void push(struct aligner *al, uint32_t a, uint32_t b)
{
    struct step_pair p = {a, b};
    vec_push(al->arena, al->out, p);
}

static struct chain chain_of(struct arena *scratch, const struct plan *p, uint32_t end)
{
    struct chain c = {0};
    for (uint32_t i = end; i != NO_STEP; i = p->steps.at[i].parent)
        vec_push(scratch, &c, i);
    for (size_t i = 0; i < c.n / 2; i++) {
        uint32_t last = c.at[c.n - 1 - i];
        c.at[c.n - 1 - i] = c.at[i];
        c.at[i] = last;
    }
    return c;
}

static const struct step *step_x(const struct aligner *al, size_t i)
{
    return &al->a->steps.at[al->x[i]];
}

static const struct step *step_y(const struct aligner *al, size_t j)
{
    return &al->b->steps.at[al->y[j]];
}

/* How much of the longer one both begin and end with, in thousandths. */
static int32_t likeness(struct str s, struct str t)
{
    size_t shorter = s.n < t.n ? s.n : t.n, longer = s.n + t.n - shorter, head = 0, tail = 0;
    while (head < shorter && s.p[head] == t.p[head])
        head++;
    while (tail < shorter - head && s.p[s.n - 1 - tail] == t.p[t.n - 1 - tail])
        tail++;
    return longer ? (int32_t)((head + tail) * SCORE_ALIKE / longer) : SCORE_ALIKE;
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

static int32_t *cell(const struct aligner *al, size_t i, size_t j)
{
    return &al->best[i * (al->n + 1) + j];
}

static int32_t with_pair(const struct aligner *al, size_t i, size_t j)
{
    int32_t s = score(step_x(al, i), step_y(al, j));
    return s ? s + *cell(al, i + 1, j + 1) : 0;
}

static void fill(struct aligner *al)
{
    al->best = arena_new_n(al->scratch, int32_t, (al->m + 1) * (al->n + 1));
    for (size_t i = al->m; i-- > 0;)
        for (size_t j = al->n; j-- > 0;) {
            int32_t best = with_pair(al, i, j);
            if (best < *cell(al, i + 1, j))
                best = *cell(al, i + 1, j);
            if (best < *cell(al, i, j + 1))
                best = *cell(al, i, j + 1);
            *cell(al, i, j) = best;
        }
}

static void pair_best(struct aligner *al)
{
    size_t i = 0, j = 0;
    fill(al);
    while (i < al->m && j < al->n) {
        int32_t best = *cell(al, i, j);
        if (best > 0 && best == with_pair(al, i, j))
            push(al, al->x[i++], al->y[j++]);
        else if (best == *cell(al, i + 1, j))
            push(al, al->x[i++], NO_STEP);
        else
            push(al, NO_STEP, al->y[j++]);
    }
    while (i < al->m)
        push(al, al->x[i++], NO_STEP);
    while (j < al->n)
        push(al, NO_STEP, al->y[j++]);
}

static void pair_by_position(struct aligner *al)
{
    for (size_t i = 0; i < al->m || i < al->n; i++) {
        bool is_pair = i < al->m && i < al->n && score(step_x(al, i), step_y(al, i)) > 0;
        if (i < al->m)
            push(al, al->x[i], is_pair ? al->y[i] : NO_STEP);
        if (i < al->n && !is_pair)
            push(al, NO_STEP, al->y[i]);
    }
}

/* How many steps the chains begin with that have the same ids. */
static size_t common_head(const struct aligner *al)
{
    size_t n = 0;
    while (n < al->m && n < al->n && digest_eq(&step_x(al, n)->id, &step_y(al, n)->id))
        n++;
    return n;
}

/* How many steps they end with that do the same. */
static size_t common_tail(const struct aligner *al)
{
    size_t n = 0;
    while (n < al->m && n < al->n &&
           digest_eq(&step_x(al, al->m - 1 - n)->op_digest, &step_y(al, al->n - 1 - n)->op_digest))
        n++;
    return n;
}

static void align(struct aligner *al)
{
    size_t head = common_head(al);
    al->x += head, al->y += head;
    al->m -= head, al->n -= head;
    size_t tail = common_tail(al);
    al->m -= tail, al->n -= tail;
    if ((al->m + 1) * (al->n + 1) <= MAX_CELLS)
        pair_best(al);
    else
        pair_by_position(al);
    for (size_t i = 0; i < tail; i++)
        push(al, al->x[al->m + i], al->y[al->n + i]);
}

void align_chains(struct arena *arena, const struct plan *a, uint32_t a_end, const struct plan *b,
                  uint32_t b_end, struct step_pair_vec *out)
{
    struct arena scratch = ARENA_INIT; /* the cells of many stages at once would be too much */
    struct chain x = chain_of(&scratch, a, a_end), y = chain_of(&scratch, b, b_end);
    struct aligner al = {.arena = arena,
                         .scratch = &scratch,
                         .a = a,
                         .b = b,
                         .x = x.at,
                         .y = y.at,
                         .m = x.n,
                         .n = y.n,
                         .out = out};
    align(&al);
    arena_free(&scratch);
}
