/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The patterns of ${name#pattern} and its kin: "*" is any number of characters, "?" is one, and a
 * "\" makes "*", "?" and "\" stand for themselves; before "}" and "/", which only the braces need
 * escaped, it is dropped. There are no brackets. Characters are those of UTF-8 (a malformed byte is
 * one too), and neither "*" nor "?" matches a newline, as in BuildKit.
 */
#ifndef IR_TEXT_PATTERN_H
#define IR_TEXT_PATTERN_H

#include "ir/text.h"

struct ob_err;

/* What may still be spent: texts share parts, and patterns multiply. */
struct text_budget {
    size_t bytes, steps; /* of values made, and comparisons of characters */
    struct ob_err *err;
};

/* Takes bytes from the budget. -1 if there are too few. */
int text_budget_spend(struct text_budget *b, size_t bytes);

/* Whether every "\" of the pattern stands before something that it may escape. If not, *bad (may be
 * NULL) gets the first that does not, with the character behind it. */
bool text_pattern_is_valid(struct str pattern, struct str *bad);

/* The first match in s and the longest there, in bytes. 1 = found, 0 = none, -1. */
int text_pattern_find(struct str s, struct str pattern, struct text_budget *b, size_t *from,
                      size_t *to);

/* What is left of s when the match at its beginning or end, by op, is cut off. */
int text_pattern_cut(struct str s, struct str pattern, enum text_op op, struct text_budget *b,
                     struct str *out);

/* s with the first match replaced, or all. With all, `with` is a template as in BuildKit: $0 is
 * what was matched, $$ is a dollar, and any other $name is empty. */
int text_pattern_replace(struct arena *a, struct str s, struct str pattern, struct str with,
                         bool all, struct text_budget *b, struct str *out);

#endif
