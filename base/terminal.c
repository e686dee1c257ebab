/* SPDX-License-Identifier: Apache-2.0 */
/* Filters text for a terminal, and knows how wide its characters are. */
#include <config.h>

#include "base/terminal.h"

/* Code points that are not one column wide, in order. Coarse: whole blocks of Unicode's East Asian
 * Width W and F, and of combining marks, because a locale, which would know, is not asked. */
static const struct {
    uint32_t first, last;
    unsigned columns;
} widths[] = {
    {0x300, 0x36f, 0},     {0x483, 0x489, 0},     {0x591, 0x5bd, 0},     {0x610, 0x61a, 0},
    {0x64b, 0x65f, 0},     {0x1100, 0x115f, 2},   {0x1ab0, 0x1aff, 0},   {0x1dc0, 0x1dff, 0},
    {0x200b, 0x200f, 0},   {0x20d0, 0x20ff, 0},   {0x2e80, 0x303e, 2},   {0x3041, 0xa4cf, 2},
    {0xa960, 0xa97f, 2},   {0xac00, 0xd7a3, 2},   {0xf900, 0xfaff, 2},   {0xfe00, 0xfe0f, 0},
    {0xfe20, 0xfe2f, 0},   {0xfe30, 0xfe6f, 2},   {0xff01, 0xff60, 2},   {0xffe0, 0xffe6, 2},
    {0x1f300, 0x1f64f, 2}, {0x1f680, 0x1f6ff, 2}, {0x1f900, 0x1f9ff, 2}, {0x20000, 0x3fffd, 2},
};

static unsigned columns_of(uint32_t c)
{
    for (size_t i = 0; i < sizeof widths / sizeof *widths && c >= widths[i].first; i++)
        if (c <= widths[i].last)
            return widths[i].columns;
    return 1;
}

static uint32_t decode(const char *p, size_t n) /* n bytes that str_char_len found well-formed */
{
    static const unsigned char lead[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c = (unsigned char)p[0] & lead[n];
    for (size_t i = 1; i < n; i++)
        c = c << 6 | ((unsigned char)p[i] & 0x3f);
    return c;
}

static bool is_control(uint32_t c)
{
    return (c < 0x20 && c != '\t') || (c >= 0x7f && c < 0xa0);
}

/* These make a line look like what it is not. */
static bool turns_text(uint32_t c)
{
    return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

struct glyph terminal_glyph(struct str s)
{
    size_t n = str_char_len(s);
    if (n == 0)
        return (struct glyph){1, 1, false};
    uint32_t c = decode(s.p, n);
    if (is_control(c) || turns_text(c))
        return (struct glyph){n, 1, false};
    return (struct glyph){n, columns_of(c), true};
}

void terminal_quote(struct buf *out, struct str s)
{
    while (s.n > 0) {
        struct glyph g = terminal_glyph(s);
        if (g.is_shown)
            buf_add(out, s.p, g.bytes);
        else
            buf_puts(out, "\xef\xbf\xbd");
        s = str_skip(s, g.bytes);
    }
}

/* Bytes of the control sequence (colours, cursor movements) that s begins with. */
static size_t sequence_length(struct str s)
{
    size_t i = 1;
    if (s.n < 2 || s.p[1] != '[')
        return i;
    for (i = 2; i < s.n && (s.p[i] < 0x40 || s.p[i] > 0x7e); i++)
        ;
    return i < s.n ? i + 1 : s.n;
}

/* Bytes at the start of s that a terminal prints as they are: most of what programs write. */
static size_t printable_len(struct str s)
{
    size_t n = 0;
    while (n < s.n && ((s.p[n] >= ' ' && s.p[n] < 0x7f) || s.p[n] == '\t'))
        n++;
    return n;
}

void terminal_add(struct buf *out, struct str s)
{
    for (size_t n; s.n; s = str_skip(s, n)) {
        n = printable_len(s);
        if (n > 0) {
            buf_add(out, s.p, n);
            continue;
        }
        n = str_char_len(s);
        if (n == 0) {
            buf_puts(out, "\xef\xbf\xbd"); /* a stray byte */
            n = 1;
        } else if (s.p[0] == 0x1b) {
            n = sequence_length(s);
        } else if (!is_control(decode(s.p, n))) {
            buf_add(out, s.p, n);
        }
    }
}

unsigned terminal_clip(struct buf *out, struct str s, unsigned columns)
{
    enum { TAB = 8 };
    unsigned used = 0;
    for (struct glyph g; s.n; s = str_skip(s, g.bytes)) {
        g = terminal_glyph(s);
        bool is_tab = s.p[0] == '\t', is_stray = str_char_len(s) == 0;
        if (s.p[0] == 0x1b)
            g.bytes = sequence_length(s);
        if (!g.is_shown && !is_stray)
            continue;
        if (is_tab)
            g.columns = TAB - used % TAB;
        if (used + g.columns > columns)
            break;
        used += g.columns;
        if (is_tab)
            buf_printf(out, "%*s", (int)g.columns, "");
        else if (is_stray)
            buf_puts(out, "\xef\xbf\xbd");
        else
            buf_add(out, s.p, g.bytes);
    }
    return used;
}
