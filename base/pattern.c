/* SPDX-License-Identifier: Apache-2.0 */
/* Matching of path patterns. Backtracks only within one component for "*" and over components for
 * "**", each with one resume point, so the time is bounded by pattern × path. */
#include <config.h>

#include "base/pattern.h"

#include "base/path.h"

bool pattern_is_literal(struct str pattern)
{
    for (size_t i = 0; i < pattern.n; i++)
        if (pattern.p[i] == '*' || pattern.p[i] == '?' || pattern.p[i] == '[' ||
            pattern.p[i] == '\\')
            return false;
    return true;
}

/* Takes an end of a range in a character class, which can be "-" or "]" only behind a backslash. */
static bool range_end(struct str p, size_t *i, unsigned char *out)
{
    if (*i >= p.n || p.p[*i] == '-' || p.p[*i] == ']')
        return false;
    *i += p.p[*i] == '\\';
    if (*i >= p.n)
        return false;
    *out = (unsigned char)p.p[(*i)++];
    return true;
}

/* Length of the character class at p[0] == '[', and whether c is in it; 0 if it is none. */
static size_t match_class(struct str p, char c, bool *in)
{
    size_t i = 1;
    bool negated = i < p.n && p.p[i] == '^';
    i += negated;
    *in = false;
    do {
        unsigned char lo, hi;
        if (!range_end(p, &i, &lo))
            return 0;
        hi = lo;
        if (i < p.n && p.p[i] == '-') {
            i++;
            if (!range_end(p, &i, &hi))
                return 0;
        }
        *in |= lo <= (unsigned char)c && (unsigned char)c <= hi;
    } while (i < p.n && p.p[i] != ']');
    if (i >= p.n)
        return 0;
    *in ^= negated;
    return i + 1;
}

/* Pattern bytes that match the one character c, or 0 if they do not. */
static size_t match_one(struct str p, char c)
{
    bool in;
    switch (p.p[0]) {
    case '?': return 1;
    case '\\': return p.n > 1 && p.p[1] == c ? 2 : 0;
    case '[': {
        size_t n = match_class(p, c, &in);
        return in ? n : 0;
    }
    default: return p.p[0] == c;
    }
}

/* One component against one pattern component. */
static bool match_component(struct str p, struct str s)
{
    struct str star_p = {0}, star_s = {0};
    bool has_star = false;
    for (;;) {
        size_t n = 0;
        if (p.n && p.p[0] == '*') {
            p = str_skip(p, 1);
            star_p = p;
            star_s = s;
            has_star = true;
            continue;
        }
        if (s.n == 0 && p.n == 0)
            return true;
        if (s.n && p.n && (n = match_one(p, s.p[0]))) {
            p = str_skip(p, n);
            s = str_skip(s, 1);
            continue;
        }
        if (!has_star || star_s.n == 0)
            return false;
        star_s = str_skip(star_s, 1); /* the star takes one more character */
        s = star_s;
        p = star_p;
    }
}

bool pattern_match(struct str pattern, struct str path)
{
    struct str p = pattern, s = path, resume_p = {0}, resume_s = {0};
    bool has_resume = false, p_left = true, s_left = true;
    while (p_left || s_left) {
        struct str p_head, p_rest, s_head, s_rest;
        bool p_more = p_left && str_cut(p, '/', &p_head, &p_rest);
        bool s_more = s_left && str_cut(s, '/', &s_head, &s_rest);
        if (p_left && str_eq(p_head, STR("**"))) {
            if (!p_more)
                return s_left; /* two stars at the end stand for what is below */
            resume_p = p = p_rest;
            resume_s = s;
            has_resume = true;
            continue;
        }
        if (p_left && s_left && match_component(p_head, s_head)) {
            p = p_rest;
            s = s_rest;
            p_left = p_more;
            s_left = s_more;
            continue;
        }
        struct str dropped;
        if (!has_resume || !str_cut(resume_s, '/', &dropped, &resume_s))
            return false;
        p = resume_p; /* the double star takes one more component */
        s = resume_s;
        p_left = s_left = true;
    }
    return true;
}

int pattern_check(struct str pattern, struct ob_err *err)
{
    bool in;
    for (size_t i = 0; i < pattern.n; i++) {
        size_t n = 1;
        if (pattern.p[i] == '[')
            n = match_class(str_skip(pattern, i), 'x', &in);
        else if (pattern.p[i] == '\\')
            n = i + 1 < pattern.n ? 2 : 0;
        if (n == 0)
            return ob_err_set(err, 0,
                              "bad pattern \"" STR_FMT
                              "\": its \"[\" begins no class of characters, or it ends in \"\\\"",
                              STR_ARG(pattern));
        i += n - 1;
    }
    return 0;
}

/* Blanks around the pattern do not count, and nothing is not a pattern. */
static int add_pattern(struct arena *a, struct str s, struct ignore_list *out, struct ob_err *err)
{
    s = str_trim(s);
    if (s.n == 0)
        return 0;
    bool exception = s.p[0] == '!';
    struct str pattern = path_clean(a, str_trim(str_skip(s, exception)));
    if (exception && s.n == 1)
        return ob_err_set(err, 0, "\"!\" without a pattern");
    if (pattern_check(pattern, err) < 0)
        return -1;
    vec_push(a, &out->pattern, pattern);
    vec_push(a, &out->is_exception, exception);
    out->has_exceptions |= exception;
    return 0;
}

int ignore_of(struct arena *a, const struct str_vec *patterns, struct ignore_list *out,
              struct ob_err *err)
{
    *out = (struct ignore_list){0};
    vec_for (const struct str, s, patterns)
        if (add_pattern(a, *s, out, err) < 0)
            return -1;
    return 0;
}

int ignore_parse(struct arena *a, struct str text, struct ignore_list *out, struct ob_err *err)
{
    size_t line = 0;
    *out = (struct ignore_list){0};
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_skip(text, 3);
    for (bool more = true; more;) {
        struct str s;
        more = str_cut(text, '\n', &s, &text);
        line++;
        if (!str_starts(s, STR("#")) && add_pattern(a, s, out, err) < 0)
            return ob_err_wrap(err, "line %zu", line);
    }
    return 0;
}

/* The path or one of its parents. */
static bool match_with_parents(struct str pattern, struct str path)
{
    if (pattern_match(pattern, path))
        return true;
    for (size_t i = path.n; i-- > 0;)
        if (path.p[i] == '/' && pattern_match(pattern, str_of(path.p, i)))
            return true;
    return false;
}

bool ignore_matches(const struct ignore_list *list, struct str path)
{
    for (size_t i = list->pattern.n; i-- > 0;)
        if (match_with_parents(list->pattern.at[i], path))
            return !list->is_exception.at[i];
    return false;
}
