/* SPDX-License-Identifier: Apache-2.0 */
/* Edits are letters added, left out, changed or swapped with a neighbour. */
#include <config.h>

#include "base/suggest.h"

enum { MAX_WORD = 64 };

static bool same(char x, char y)
{
    return ascii_lower(x) == ascii_lower(y);
}

static unsigned least(unsigned x, unsigned y)
{
    return x < y ? x : y;
}

/* Three rows of the table are enough: a swap looks two rows back. */
unsigned edit_distance(struct str a, struct str b)
{
    unsigned rows[3][MAX_WORD + 1];
    unsigned *above2 = rows[0], *above = rows[1], *row = rows[2];
    if (a.n > MAX_WORD || b.n > MAX_WORD)
        return MAX_WORD + 1;
    for (unsigned j = 0; j <= b.n; j++)
        row[j] = j;
    for (unsigned i = 1; i <= a.n; i++) {
        unsigned *next = above2;
        above2 = above;
        above = row;
        row = next;
        row[0] = i;
        for (unsigned j = 1; j <= b.n; j++) {
            unsigned gap = least(above[j], row[j - 1]) + 1;
            row[j] = least(gap, above[j - 1] + !same(a.p[i - 1], b.p[j - 1]));
            if (i > 1 && j > 1 && same(a.p[i - 1], b.p[j - 2]) && same(a.p[i - 2], b.p[j - 1]))
                row[j] = least(row[j], above2[j - 2] + 1);
        }
    }
    return row[b.n];
}

void suggest_init(struct suggest *s, struct str word)
{
    unsigned limit = word.n < 2 ? (unsigned)word.n : word.n < 5 ? 2 : 3;
    *s = (struct suggest){.word = word, .distance = limit};
}

void suggest_offer(struct suggest *s, struct str candidate)
{
    unsigned d = edit_distance(s->word, candidate);
    if (d < s->distance) {
        s->distance = d;
        s->best = candidate;
    }
}

struct str suggest_from(struct str word, const char *const *list)
{
    struct suggest s;
    suggest_init(&s, word);
    for (; *list; list++)
        suggest_offer(&s, str_from(*list));
    return s.best;
}
