/* SPDX-License-Identifier: Apache-2.0 */
/* "Did you mean …?": the candidate nearest to a misspelt word. */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

#include "base/str.h"

/* The edit distance of a and b, ASCII case folded. Two swapped neighbours are one edit. Words over
 * 64 bytes are "far" (65). */
unsigned edit_distance(struct str a, struct str b);

struct suggest {
    struct str word;
    struct str best; /* .p is NULL while nothing is near enough */
    unsigned distance;
};

/* Start with suggest_init, offer each candidate, read .best. Near enough: two edits, in a word of
 * less than five letters one. Of equals the first offered wins. */
void suggest_init(struct suggest *s, struct str word);
void suggest_offer(struct suggest *s, struct str candidate);
/* The nearest of a list that ends with NULL; .p is NULL if none is near enough. */
struct str suggest_from(struct str word, const char *const *list);

#endif
