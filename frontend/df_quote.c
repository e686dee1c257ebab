/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "frontend/df_quote.h"

#include "base/json.h"
#include "frontend/df_line.h"

static struct str finish(struct arena *a, struct buf *b)
{
    struct str s = arena_str(a, buf_str(b));
    buf_free(b);
    return s;
}

/* Blanks between other characters are kept, and only plain spaces are blanks to everybody. */
static bool is_plain_word(struct str s, char escape)
{
    if (s.n == 0 || str_starts(s, STR("--")) || s.p[0] == ' ' || s.p[s.n - 1] == ' ')
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char ch = (unsigned char)s.p[i];
        if (ch < ' ' || ch == 0x7f || s.p[i] == escape || strchr("\"'$", s.p[i]) ||
            (ch >= 0x80 && df_blank_len(str_skip(s, i))))
            return false;
    }
    return true;
}

struct str df_quote_value(struct arena *a, struct str s, char escape)
{
    struct buf b = BUF_INIT;
    buf_putc(&b, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' || s.p[i] == '$' || s.p[i] == escape)
            buf_putc(&b, escape);
        buf_putc(&b, s.p[i]);
    }
    buf_putc(&b, '"');
    return finish(a, &b);
}

struct str df_quote_word(struct arena *a, struct str s, char escape)
{
    return is_plain_word(s, escape) ? s : df_quote_value(a, s, escape);
}

struct str df_quote_json(struct arena *a, struct str s)
{
    struct buf b = BUF_INIT;
    struct json_out j = JSON_OUT_INIT(&b);
    json_str(&j, s);
    return finish(a, &b);
}

struct str df_quote_flag(struct arena *a, struct str s)
{
    struct buf b = BUF_INIT;
    for (size_t i = 0; i < s.n; i++) {
        if (df_blank_len(str_skip(s, i)) || strchr("\"'\\", s.p[i]))
            buf_putc(&b, '\\');
        buf_putc(&b, s.p[i]);
    }
    return finish(a, &b);
}

struct str df_quote_field(struct arena *a, struct str s)
{
    struct buf b = BUF_INIT;
    if (str_find(s, ',') < 0 && str_find(s, '"') < 0)
        return s;
    buf_putc(&b, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"')
            buf_putc(&b, '"');
        buf_putc(&b, s.p[i]);
    }
    buf_putc(&b, '"');
    return finish(a, &b);
}

struct str df_quote_pattern(struct arena *a, struct str s, bool is_windows)
{
    struct buf b = BUF_INIT;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\' && !is_windows)
            buf_puts(&b, "\\\\");
        else if (strchr("*?[", s.p[i]))
            buf_printf(&b, "[%c]", s.p[i]);
        else
            buf_putc(&b, s.p[i]);
    }
    return finish(a, &b);
}
