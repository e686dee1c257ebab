/* SPDX-License-Identifier: Apache-2.0 */
/* JSON text: commas and escapes. Escapes only what RFC 8259 requires, and DEL. */
#include <config.h>

#include "base/json.h"

static void before_value(struct json_out *j)
{
    if (j->comma)
        buf_putc(j->buf, ',');
    j->comma = true;
}

void json_newline(struct json_out *j)
{
    if (j->comma)
        buf_putc(j->buf, ',');
    j->comma = false;
    buf_putc(j->buf, '\n');
}

void json_open(struct json_out *j, char bracket)
{
    before_value(j);
    buf_putc(j->buf, bracket);
    j->comma = false;
}

void json_close(struct json_out *j, char bracket)
{
    buf_putc(j->buf, bracket);
    j->comma = true;
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

static void add_string(struct buf *b, struct str s)
{
    buf_reserve(b, s.n + 2);
    buf_putc(b, '"');
    for (size_t i = 0, from = 0; from < s.n; from = i + 1) {
        for (i = from; i < s.n && !is_escaped[(unsigned char)s.p[i]];)
            i++;
        buf_add(b, s.p + from, i - from);
        if (i < s.n)
            add_escaped(b, (unsigned char)s.p[i]);
    }
    buf_putc(b, '"');
}

void json_key(struct json_out *j, const char *key)
{
    before_value(j);
    buf_putc(j->buf, '"');
    buf_puts(j->buf, key);
    buf_puts(j->buf, "\":");
    j->comma = false;
}

void json_str(struct json_out *j, struct str s)
{
    before_value(j);
    add_string(j->buf, s);
}

void json_int(struct json_out *j, int64_t v)
{
    char digits[24], *p = digits + sizeof digits;
    uint64_t rest = v < 0 ? -(uint64_t)v : (uint64_t)v;
    before_value(j);
    do
        *--p = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (v < 0)
        *--p = '-';
    buf_add(j->buf, p, (size_t)(digits + sizeof digits - p));
}

void json_bool(struct json_out *j, bool v)
{
    before_value(j);
    buf_puts(j->buf, v ? "true" : "false");
}

void json_key_str(struct json_out *j, const char *key, struct str s)
{
    json_key(j, key);
    json_str(j, s);
}

void json_key_int(struct json_out *j, const char *key, int64_t v)
{
    json_key(j, key);
    json_int(j, v);
}
