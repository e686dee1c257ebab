/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What --mount and --device are made of: KEY[=VALUE] between commas, where a field may stand in
 * double quotes as in CSV files (the flag's own quotes are gone by then).
 */
#include <config.h>

#include "frontend/df_lower.h"

static struct df_word part_of(const struct df_word *w, struct str s)
{
    bool is_plain = s.p >= w->raw.p && s.p + s.n <= w->raw.p + w->raw.n;
    return (struct df_word){s, is_plain ? s : w->raw, w->line};
}

static struct df_field field_of(const struct df_word *w, struct str s)
{
    struct df_field f = {.whole = part_of(w, s)};
    struct str key, value;
    if (s.n == 0 && s.p > w->raw.p && s.p <= w->raw.p + w->raw.n)
        f.whole.raw = str_of(s.p - 1, 1); /* the comma in front stands for an empty one */
    f.has_value = str_cut(s, '=', &key, &value);
    f.key = part_of(w, key);
    f.value = part_of(w, f.has_value ? value : s);
    return f;
}

/* The text between quotes, where "" is a quote; *end gets what follows the closing one. */
static bool read_quoted(struct arena *a, struct str s, struct str *out, struct str *end)
{
    char *to = arena_alloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 1; i < s.n; i++) {
        bool is_double = s.p[i] == '"' && i + 1 < s.n && s.p[i + 1] == '"';
        if (s.p[i] == '"' && !is_double) {
            *out = str_of(to, n);
            *end = str_skip(s, i + 1);
            return true;
        }
        to[n++] = s.p[i];
        i += is_double;
    }
    return false;
}

static bool fail(struct df_lower *lo, const struct df_word *w, struct str at)
{
    struct df_word part = part_of(w, at);
    df_error(lo, df_word_span(&part), "a quote within a field of a flag");
    return false;
}

/* Takes one field off the front of *rest. */
static bool next_field(struct df_lower *lo, const struct df_word *w, struct str *rest,
                       struct str *out)
{
    struct str s = *rest;
    if (s.n && s.p[0] == '"') {
        if (!read_quoted(lo->c->arena, s, out, rest) || (rest->n && rest->p[0] != ','))
            return fail(lo, w, str_of(s.p, 1));
        return true;
    }
    ptrdiff_t comma = str_find(s, ',');
    *out = comma < 0 ? s : str_of(s.p, (size_t)comma);
    *rest = str_skip(s, out->n);
    ptrdiff_t quote = str_find(*out, '"');
    return quote < 0 || fail(lo, w, str_of(out->p + quote, 1));
}

bool df_csv_read(struct df_lower *lo, const struct df_word *text, struct df_field_vec *out)
{
    struct str rest = text->s, s;
    for (bool more = true; more;) {
        if (!next_field(lo, text, &rest, &s))
            return false;
        vec_push(lo->c->arena, out, field_of(text, s));
        more = rest.n > 0;
        if (more)
            rest = str_skip(rest, 1);
    }
    return true;
}

bool df_bool_read(struct str s, bool *out)
{
    static const char *const yes[] = {"1", "t", "T", "TRUE", "true", "True"};
    static const char *const no[] = {"0", "f", "F", "FALSE", "false", "False"};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        *out = str_eq(s, str_from(yes[i]));
        if (*out || str_eq(s, str_from(no[i])))
            return true;
    }
    return false;
}

bool df_octal_read(struct str s, unsigned max, struct str *out)
{
    unsigned long value = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '7')
            return false;
        value = value * 8 + (unsigned long)(s.p[i] - '0');
        if (value > max)
            return false;
    }
    *out = s;
    while (out->n > 1 && out->p[0] == '0') /* one spelling, one id */
        *out = str_skip(*out, 1);
    return s.n > 0;
}
