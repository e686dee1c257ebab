/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON form of arguments. An array of strings is read here, each with its place; whether
 * anything else that begins with a bracket is JSON at all (then its elements are wrong) or a
 * command that happens to begin so, only a JSON parser can tell: jansson is asked then.
 */
#include <config.h>

#include "frontend/df_scan.h"

#include <jansson.h>

static const char *skip_blanks(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
        p++;
    return p;
}

static unsigned hex4(const char *p)
{
    unsigned v = 0;
    for (int i = 0; i < 4; i++) {
        char ch = ascii_lower(p[i]);
        v = v * 16 + (unsigned)(ascii_is_digit(ch) ? ch - '0' : ch - 'a' + 10);
    }
    return v;
}

static size_t put_utf8(char *to, unsigned cp)
{
    if (cp < 0x80) {
        to[0] = (char)cp;
        return 1;
    }
    size_t n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--, cp >>= 6)
        to[i] = (char)(0x80 | (cp & 0x3f));
    to[0] = (char)(lead[n] | cp);
    return n;
}

/* \uXXXX at p (behind the "u"), maybe with its second half; *used gets the length. A lone
 * surrogate becomes U+FFFD, as in Go. */
static unsigned read_unicode(const char *p, const char *end, size_t *used)
{
    unsigned cp = hex4(p);
    *used = 4;
    if (cp < 0xd800 || cp > 0xdfff)
        return cp;
    if (cp < 0xdc00 && end - p >= 10 && p[4] == '\\' && p[5] == 'u') {
        unsigned low = hex4(p + 6);
        if (low >= 0xdc00 && low <= 0xdfff) {
            *used = 10;
            return 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
        }
    }
    return 0xfffd;
}

/* The value of a string that the scanner has accepted, without its quotes. */
static struct str decode(struct arena *a, struct str s)
{
    if (str_find(s, '\\') < 0)
        return s;
    static const char from[] = "bfnrt", to_char[] = "\b\f\n\r\t";
    char *to = arena_alloc(a, s.n + 1);
    const char *end = s.p + s.n;
    size_t n = 0;
    for (const char *p = s.p; p < end; p++) {
        if (*p != '\\') {
            to[n++] = *p;
        } else if (*++p == 'u') {
            size_t used;
            n += put_utf8(to + n, read_unicode(p + 1, end, &used));
            p += used;
        } else {
            const char *known = strchr(from, *p);
            to[n++] = known ? to_char[known - from] : *p;
        }
    }
    return str_of(to, n);
}

static enum df_json ask_jansson(struct str text)
{
    json_error_t why;
    json_t *v = json_loadb(text.p, text.n, JSON_ALLOW_NUL, &why);
    json_decref(v);
    return v ? DF_JSON_OTHER : DF_JSON_NONE;
}

/* An element that is no string, as far as a message shows it. */
static struct str element_at(const char *p, const char *end)
{
    const char *to = p;
    while (to < end && *to != ',' && *to != ']' && *to != ' ' && *to != '\t')
        to++;
    return str_of(p, to > p ? (size_t)(to - p) : p < end);
}

enum df_json df_json_read(struct arena *a, const struct df_line *line, struct str text,
                          struct df_word_vec *out, struct str *other)
{
    const char *p = text.p, *end = text.p + text.n;
    if (p == end || *p != '[')
        return DF_JSON_NONE;
    struct df_word_vec words = {0};
    p = skip_blanks(p + 1, end);
    bool is_array = p < end && *p == ']';
    while (!is_array) {
        const char *to = df_scan_json_string(p);
        if (to == p || to > end) {
            *other = element_at(p, end);
            return ask_jansson(text);
        }
        struct str raw = str_of(p, (size_t)(to - p));
        struct str inner = str_of(p + 1, raw.n - 2), s = decode(a, inner);
        struct df_word w = {s, s.p == inner.p && s.n ? inner : raw, line};
        if (str_find(s, '\0') >= 0) {
            *other = raw;
            return DF_JSON_OTHER;
        }
        vec_push(a, &words, w);
        p = skip_blanks(to, end);
        is_array = p < end && *p == ']';
        if (!is_array && (p == end || *p != ','))
            return ask_jansson(text);
        if (!is_array)
            p = skip_blanks(p + 1, end);
    }
    if (skip_blanks(p + 1, end) != end)
        return DF_JSON_NONE;
    *out = words;
    return DF_JSON_STRINGS;
}
