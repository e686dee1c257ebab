/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Path patterns: Go's filepath.Match (`*`, `?`, `[a-z]`, `[^a]`, backslash escapes; none crosses a
 * "/") with `**` for any number of components, and lists of them with exceptions, as in
 * .dockerignore files.
 */
#ifndef BASE_PATTERN_H
#define BASE_PATTERN_H

#include "base/err.h"
#include "base/vec.h"

/* Whether the pattern has a character with a meaning. */
bool pattern_is_literal(struct str pattern);

/* Whether the whole path matches. A malformed pattern matches nothing. */
bool pattern_match(struct str pattern, struct str path);

/* 0, or -1 for an unclosed "[" or a backslash at the end. */
int pattern_check(struct str pattern, struct ob_err *err);

struct ignore_list {
    struct str_vec pattern; /* cleaned: no leading "/", no "." or ".." components */
    VEC(bool) is_exception; /* one for each pattern: it began with "!" */
    bool has_exceptions;
};

/* Lines of an ignore file: "#" in the first column is a comment, blanks at both ends and empty
 * lines do not count. The error names the line. */
int ignore_parse(struct arena *a, struct str text, struct ignore_list *out, struct ob_err *err);

/* The same of patterns that have been read from such a file: what begins with "#" is none of its
 * comments. The error names the pattern. */
int ignore_of(struct arena *a, const struct str_vec *patterns, struct ignore_list *out,
              struct ob_err *err);

/* Whether `path` (relative, clean) is ignored: the last pattern that matches it or one of its
 * parent directories decides. */
bool ignore_matches(const struct ignore_list *list, struct str path);

#endif
