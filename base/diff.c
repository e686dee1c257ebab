/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Myers' greedy algorithm: on diagonal k = x - y, the furthest x that d changes reach, for growing
 * d. What each d has reached is kept, and gives the way back.
 */
#include <config.h>

#include "base/diff.h"

#include "base/vec.h"

enum { CHANGES_MAX = 1500 }; /* memory and time are quadratic in the changes */

struct side {
    struct str_vec line; /* each with its end */
    bool *is_common;     /* it is in both texts */
};

static struct side split(struct arena *a, struct str text)
{
    struct side s = {0};
    while (text.n) {
        ptrdiff_t nl = str_find(text, '\n');
        size_t n = nl < 0 ? text.n : (size_t)nl + 1;
        vec_push(a, &s.line, str_of(text.p, n));
        text = str_skip(text, n);
    }
    s.is_common = arena_new_n(a, bool, (size_t)s.line.n + 1);
    return s;
}

/* The part of both texts that is compared: without the lines they have in common at either end. */
struct window {
    struct side *a, *b;
    int64_t from, n, m; /* from line `from` on, n lines of a and m of b */
};

static bool is_same(const struct window *w, int64_t x, int64_t y)
{
    return str_eq(w->a->line.at[w->from + x], w->b->line.at[w->from + y]);
}

static void mark(const struct window *w, int64_t x, int64_t y)
{
    w->a->is_common[w->from + x] = w->b->is_common[w->from + y] = true;
}

static struct window cut_ends(struct side *a, struct side *b)
{
    struct window w = {a, b, 0, a->line.n, b->line.n};
    while (w.n && w.m && is_same(&w, 0, 0)) {
        mark(&w, 0, 0);
        w.from++, w.n--, w.m--;
    }
    while (w.n && w.m && is_same(&w, w.n - 1, w.m - 1)) {
        mark(&w, w.n - 1, w.m - 1);
        w.n--, w.m--;
    }
    return w;
}

/* Whether the way to diagonal k comes from k + 1, by a line of b, and not from k - 1. */
static bool comes_down(const int64_t *v, int64_t d, int64_t k)
{
    return k == -d || (k != d && v[k - 1] < v[k + 1]);
}

/* One round: v has what d - 1 changes reach, and gets what d reach. True at the end of both. */
static bool advance(const struct window *w, int64_t *v, int64_t d)
{
    for (int64_t k = -d; k <= d; k += 2) {
        int64_t x = comes_down(v, d, k) ? v[k + 1] : v[k - 1] + 1;
        while (x < w->n && x - k < w->m && is_same(w, x, x - k))
            x++;
        v[k] = x;
        if (x >= w->n && x - k >= w->m)
            return true;
    }
    return false;
}

/* Goes back from the end of both; round[d] is v before round d, from diagonal -d - 1 on. */
static void mark_way(const struct window *w, int64_t *const *round, int64_t d)
{
    int64_t x = w->n, y = w->m;
    for (; d >= 0; d--) {
        const int64_t *v = round[d] + d + 1;
        int64_t k = x - y, from_k = comes_down(v, d, k) ? k + 1 : k - 1;
        int64_t from_x = v[from_k], from_y = from_x - from_k;
        while (x > from_x && y > from_y)
            mark(w, --x, --y);
        x = from_x;
        y = from_y;
    }
}

static void compare(struct arena *a, const struct window *w)
{
    enum { MIDDLE = CHANGES_MAX + 1 };
    int64_t *all = arena_new_n(a, int64_t, 2 * MIDDLE + 1), *v = all + MIDDLE;
    int64_t **round = arena_new_n(a, int64_t *, CHANGES_MAX);
    for (int64_t d = 0; d < CHANGES_MAX; d++) {
        size_t n = (size_t)(2 * d + 3);
        round[d] = arena_new_n(a, int64_t, n);
        memcpy(round[d], v - d - 1, n * sizeof *v);
        if (advance(w, v, d)) {
            mark_way(w, round, d);
            return;
        }
    }
}

static void put_line(struct buf *out, char sign, struct str line)
{
    buf_putc(out, sign);
    buf_add_str(out, line);
    if (!str_ends(line, STR("\n")))
        buf_puts(out, "\n\\ No newline at end of file\n");
}

struct hunk {
    uint32_t a, a_end, b, b_end;
};

static bool is_changed(const struct side *s, uint32_t i)
{
    return i < s->line.n && !s->is_common[i];
}

/* From the first change at or behind h->a_end and h->b_end up to where no change is near. False if
 * there is none. */
static bool next_hunk(const struct side *a, const struct side *b, struct hunk *h)
{
    uint32_t x = h->a_end, y = h->b_end, quiet = 0;
    while (x < a->line.n && !is_changed(a, x) && !is_changed(b, y))
        x++, y++;
    if (x == a->line.n && y == b->line.n)
        return false;
    uint32_t before = x - h->a_end < DIFF_CONTEXT ? x - h->a_end : DIFF_CONTEXT;
    h->a = x - before;
    h->b = y - before;
    while ((x < a->line.n || y < b->line.n) && quiet <= 2 * DIFF_CONTEXT) {
        bool in_a = is_changed(a, x), in_b = is_changed(b, y);
        quiet = in_a || in_b ? 0 : quiet + 1;
        x += in_a || !in_b;
        y += in_b || !in_a;
    }
    uint32_t extra = quiet > DIFF_CONTEXT ? quiet - DIFF_CONTEXT : 0;
    h->a_end = x - extra;
    h->b_end = y - extra;
    return true;
}

/* "START,COUNT"; the start of nothing is the line before. */
static void put_range(struct buf *out, char sign, uint32_t from, uint32_t end)
{
    buf_printf(out, " %c%u", sign, from + (end > from));
    if (end - from != 1)
        buf_printf(out, ",%u", end - from);
}

static void put_hunk(struct buf *out, const struct side *a, const struct side *b,
                     const struct hunk *h)
{
    buf_puts(out, "@@");
    put_range(out, '-', h->a, h->a_end);
    put_range(out, '+', h->b, h->b_end);
    buf_puts(out, " @@\n");
    for (uint32_t x = h->a, y = h->b; x < h->a_end || y < h->b_end;) {
        if (x < h->a_end && is_changed(a, x)) {
            put_line(out, '-', a->line.at[x++]);
        } else if (y < h->b_end && is_changed(b, y)) {
            put_line(out, '+', b->line.at[y++]);
        } else {
            put_line(out, ' ', a->line.at[x++]);
            y++;
        }
    }
}

void diff_unified(struct buf *out, struct str name, struct str before, struct str after)
{
    if (str_eq(before, after))
        return;
    struct arena arena = ARENA_INIT;
    struct side a = split(&arena, before), b = split(&arena, after);
    struct window w = cut_ends(&a, &b);
    struct hunk h = {0};
    compare(&arena, &w);
    buf_printf(out, "--- " STR_FMT ".orig\n+++ " STR_FMT "\n", STR_ARG(name), STR_ARG(name));
    while (next_hunk(&a, &b, &h))
        put_hunk(out, &a, &b, &h);
    arena_free(&arena);
}
