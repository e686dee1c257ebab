/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As patience diff: equal ones are found by sorting, and of these the longest sequence that rises
 * in both is kept. That of repeated ones the first belongs to the first is a guess, and a wrong one
 * mostly drops out, as it crosses others.
 */
#include <config.h>

#include "ir/anchor.h"

#include <stdlib.h>

struct entry {
    struct str key;
    uint32_t at;
};

static int by_key(const void *x, const void *y)
{
    const struct entry *a = x, *b = y;
    int order = str_cmp(a->key, b->key);
    return order ? order : (a->at > b->at) - (a->at < b->at);
}

static struct entry *sorted(struct arena *scratch, const struct str *keys, uint32_t n)
{
    struct entry *e = arena_new_n(scratch, struct entry, n);
    for (uint32_t i = 0; i < n; i++)
        e[i] = (struct entry){keys[i], i};
    qsort(e, n, sizeof *e, by_key);
    return e;
}

/* The n-th of some equal ones in x belongs to the n-th in y. */
static void match_equal(const struct entry *x, uint32_t m, const struct entry *y, uint32_t n,
                        uint32_t *match)
{
    for (uint32_t i = 0, j = 0; i < m && j < n;) {
        int order = str_cmp(x[i].key, y[j].key);
        if (order == 0)
            match[x[i].at] = y[j].at;
        i += order <= 0;
        j += order >= 0;
    }
}

/* How many of the n ends, which rise, have a match below v. */
static uint32_t count_below(const uint32_t *ends, uint32_t n, const uint32_t *match, uint32_t v)
{
    uint32_t low = 0;
    while (low < n) {
        uint32_t middle = low + (n - low) / 2;
        if (match[ends[middle]] < v)
            low = middle + 1;
        else
            n = middle;
    }
    return low;
}

/* ends[k] is where the sequence of k + 1 elements ends that ends lowest; before[i] is what comes
 * before i in the longest that ends with i. */
static void keep_rising(struct arena *scratch, uint32_t m, uint32_t *match)
{
    uint32_t *ends = arena_new_n(scratch, uint32_t, m), *before = arena_new_n(scratch, uint32_t, m);
    uint32_t length = 0;
    for (uint32_t i = 0; i < m; i++) {
        if (match[i] == NO_ANCHOR)
            continue;
        uint32_t k = count_below(ends, length, match, match[i]);
        before[i] = k ? ends[k - 1] : NO_ANCHOR;
        ends[k] = i;
        length += k == length;
    }
    uint32_t kept = length ? ends[length - 1] : NO_ANCHOR;
    for (uint32_t i = m; i-- > 0;) {
        if (i == kept)
            kept = before[i];
        else
            match[i] = NO_ANCHOR;
    }
}

void anchor_match(struct arena *scratch, const struct str *x, uint32_t m, const struct str *y,
                  uint32_t n, uint32_t *match)
{
    for (uint32_t i = 0; i < m; i++)
        match[i] = NO_ANCHOR;
    if (m == 0 || n == 0)
        return;
    match_equal(sorted(scratch, x, m), m, sorted(scratch, y, n), n, match);
    keep_rising(scratch, m, match);
}
