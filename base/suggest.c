/* SPDX-License-Identifier: Apache-2.0 */
/* Levenshtein distance over one row. */
#include <config.h>

#include "base/suggest.h"

enum { MAX_WORD = 64 };

unsigned edit_distance(struct str a, struct str b)
{
    unsigned row[MAX_WORD + 1];
    if (a.n > MAX_WORD || b.n > MAX_WORD)
        return MAX_WORD + 1;
    for (unsigned j = 0; j <= b.n; j++)
        row[j] = j;
    for (unsigned i = 1; i <= a.n; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= b.n; j++) {
            unsigned above = row[j];
            unsigned change = diagonal + (ascii_lower(a.p[i - 1]) != ascii_lower(b.p[j - 1]));
            unsigned gap = (above < row[j - 1] ? above : row[j - 1]) + 1;
            row[j] = change < gap ? change : gap;
            diagonal = above;
        }
    }
    return row[b.n];
}

void suggest_init(struct suggest *s, struct str word)
{
    *s = (struct suggest){.word = word, .distance = word.n < 3 ? (unsigned)word.n : 3};
}

void suggest_offer(struct suggest *s, struct str candidate)
{
    unsigned d = edit_distance(s->word, candidate);
    if (d < s->distance) {
        s->distance = d;
        s->best = candidate;
    }
}
