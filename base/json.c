/* SPDX-License-Identifier: Apache-2.0 */
/* JSON text: commas and escapes. Escapes only what RFC 8259 requires, and DEL. */
#include <config.h>

#include "base/json.h"

static char *put(char *to, struct str s)
{
    if (s.n)
        memcpy(to, s.p, s.n);
    return to + s.n;
}

static void add_escaped(struct buf *b, unsigned char c)
{
    switch (c) {
    case '"': buf_puts(b, "\\\""); break;
    case '\\': buf_puts(b, "\\\\"); break;
    case '\n': buf_puts(b, "\\n"); break;
    case '\r': buf_puts(b, "\\r"); break;
    case '\t': buf_puts(b, "\\t"); break;
    default: buf_printf(b, "\\u%04x", c);
    }
}

static const bool is_escaped[256] = {
    [0 ... 0x1f] = true,
    ['"'] = true,
    ['\\'] = true,
    [0x7f] = true,
};

/* Whether one of eight bytes is to be escaped. Subtracting sets the high bit of a byte that was
 * less; a byte that had it already is none. */
static bool has_escaped(uint64_t v)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
    uint64_t less = (v - ones * 0x20) | ((v ^ ones * '"') - ones) | ((v ^ ones * '\\') - ones) |
                    ((v ^ ones * 0x7f) - ones);
    return (less & ~v & high) != 0;
}

/* Copies the start of s that stands as it is, and gives its length. */
static size_t copy_plain(char *to, struct str s)
{
    size_t i = 0;
    for (uint64_t v; s.n - i >= sizeof v; i += sizeof v) {
        memcpy(&v, s.p + i, sizeof v);
        if (has_escaped(v))
            break;
        memcpy(to + i, &v, sizeof v);
    }
    for (; i < s.n && !is_escaped[(unsigned char)s.p[i]]; i++)
        to[i] = s.p[i];
    return i;
}

/* The rest of a string, which begins with a character to escape, and its quote. */
static void add_rest(struct buf *b, struct str s)
{
    while (s.n) {
        add_escaped(b, (unsigned char)s.p[0]);
        s = str_skip(s, 1);
        buf_reserve(b, s.n + 1);
        size_t n = copy_plain(b->p + b->n, s);
        buf_extend(b, n);
        s = str_skip(s, n);
    }
    buf_putc(b, '"');
}

void json_str(struct json_out *j, struct str s)
{
    char *to = json_begin(j, s.n + 2);
    *to++ = '"';
    size_t n = copy_plain(to, s);
    to += n;
    if (n == s.n)
        *to++ = '"';
    json_end(j, to, true);
    if (n < s.n)
        add_rest(j->buf, str_skip(s, n));
}

void json_plain(struct json_out *j, struct str s)
{
    char *to = json_begin(j, s.n + 2);
    *to++ = '"';
    to = put(to, s);
    *to++ = '"';
    json_end(j, to, true);
}

static size_t digits_of(uint64_t v)
{
    size_t n = 1;
    for (uint64_t limit = 10; v >= limit && n < 20; limit *= 10) /* 2^64 has 20 digits */
        n++;
    return n;
}

void json_int(struct json_out *j, int64_t v)
{
    uint64_t rest = v < 0 ? -(uint64_t)v : (uint64_t)v;
    size_t n = digits_of(rest);
    char *to = json_begin(j, n + 1);
    if (v < 0)
        *to++ = '-';
    for (char *p = to + n; p != to; rest /= 10)
        *--p = (char)('0' + rest % 10);
    json_end(j, to + n, true);
}

void json_bool(struct json_out *j, bool v)
{
    struct str text = v ? STR("true") : STR("false");
    json_end(j, put(json_begin(j, text.n), text), true);
}
