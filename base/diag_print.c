/* SPDX-License-Identifier: Apache-2.0 */
/* Prints diagnostics: quotes the line with a caret and tildes, cuts long lines. */
#include <config.h>

#include "base/diag_print.h"

#include "base/cleanup.h"
#include "base/diag_sort.h"

enum { LINE_MAX_SHOWN = 160, CONTEXT_LEFT = 60 }; /* characters of a quoted line */

/* The character at the start of s, which is not empty. A stray byte counts as one. */
struct glyph {
    size_t bytes;
    unsigned columns; /* on a terminal */
    bool is_shown;    /* as it is; else as U+FFFD, because it would drive the terminal */
};

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

static struct glyph glyph_at(struct str s)
{
    size_t n = str_char_len(s);
    if (n == 0)
        return (struct glyph){1, 1, false};
    uint32_t c = decode(s.p, n);
    bool is_control = (c < 0x20 && c != '\t') || (c >= 0x7f && c < 0xa0);
    bool turns_text = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
    if (is_control || turns_text) /* the latter make a line look like what it is not */
        return (struct glyph){n, 1, false};
    return (struct glyph){n, columns_of(c), true};
}

/* Appends s for a terminal. */
static void add_safe(struct buf *out, struct str s)
{
    while (s.n > 0) {
        struct glyph g = glyph_at(s);
        if (g.is_shown)
            buf_add(out, s.p, g.bytes);
        else
            buf_puts(out, "\xef\xbf\xbd");
        s = str_skip(s, g.bytes);
    }
}

/* Appends what stands under s: `fill` for each column, and tabs under tabs if it is a blank. */
static void add_under(struct buf *out, struct str s, char fill)
{
    while (s.n > 0) {
        struct glyph g = glyph_at(s);
        for (unsigned i = 0; i < g.columns; i++)
            buf_putc(out, fill == ' ' && s.p[0] == '\t' ? '\t' : fill);
        s = str_skip(s, g.bytes);
    }
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* The window of a line that is shown: all of it, or the part around byte `at`. */
static struct str window(struct str line, size_t at, size_t *start)
{
    *start = 0;
    if (line.n <= LINE_MAX_SHOWN)
        return line;
    size_t from = at > CONTEXT_LEFT ? at - CONTEXT_LEFT : 0;
    while (from > 0 && is_continuation(line.p[from]))
        from--;
    size_t to = from + LINE_MAX_SHOWN < line.n ? from + LINE_MAX_SHOWN : line.n;
    while (to < line.n && is_continuation(line.p[to]))
        to++;
    *start = from;
    return str_of(line.p + from, to - from);
}

/* The caret stands under the first column of what is marked, tildes under the others. */
static void add_caret(struct buf *out, struct str before, struct str marked, const char *on,
                      const char *off)
{
    cleanup_buf struct buf under = BUF_INIT;
    add_under(out, before, ' ');
    add_under(&under, marked, '~');
    buf_printf(out, "%s^%s%s\n", on, under.n > 1 ? under.p + 1 : "", off);
}

static void add_quote(struct buf *out, struct sources *ss, struct span span, const char *on,
                      const char *off)
{
    struct place p = source_place(ss, span.source, span.off);
    struct str line = source_line(ss, span.source, p.line);
    size_t at = p.byte_column - 1 < line.n ? p.byte_column - 1 : line.n;
    size_t start;
    struct str shown = window(line, at, &start);
    size_t shown_end = start + shown.n;
    buf_printf(out, "%5u | %s", p.line, start ? "..." : "");
    add_safe(out, shown);
    buf_puts(out, shown_end < line.n ? "...\n      | " : "\n      | ");
    buf_puts(out, start ? "   " : "");
    size_t end = span.len < shown_end - at ? at + span.len : shown_end;
    add_caret(out, str_of(line.p + start, at - start), str_of(line.p + at, end - at), on, off);
}

static void add_place(struct buf *out, struct sources *ss, struct span span)
{
    struct place p = source_place(ss, span.source, span.off);
    add_safe(out, source_at(ss, span.source)->path);
    buf_printf(out, ":%u:%u: ", p.line, p.column);
}

static void print_one(const struct diag *d, struct sources *ss, bool colour, struct buf *out)
{
    bool is_error = d->level == DIAG_ERROR;
    const char *on = !colour ? "" : is_error ? "\033[1;31m" : "\033[1;35m";
    const char *off = colour ? "\033[0m" : "";
    add_place(out, ss, d->span);
    buf_printf(out, "%s%s:%s ", on, is_error ? "error" : "warning", off);
    add_safe(out, d->text);
    if (d->rule)
        buf_printf(out, " [%s]", d->rule->name);
    buf_putc(out, '\n');
    add_quote(out, ss, d->span, on, off);
    vec_for (struct diag_note, n, &d->notes) {
        add_place(out, ss, n->has_span ? n->span : d->span);
        buf_puts(out, "note: ");
        add_safe(out, n->text);
        buf_putc(out, '\n');
        if (n->has_span)
            add_quote(out, ss, n->span, on, off);
    }
}

/* Of too many messages the errors are shown before any warning, all in their order. */
void diag_print(const struct diag_sink *sink, struct sources *ss, bool colour, struct buf *out)
{
    struct diag_vec sorted = diag_sorted(sink);
    size_t n_errors = 0, n_warnings = 0, n_hidden = 0;
    vec_for (struct diag *const, d, &sorted)
        n_errors += (*d)->level == DIAG_ERROR;
    size_t room = n_errors < DIAG_PRINT_MAX ? DIAG_PRINT_MAX - n_errors : 0;
    n_errors = 0;
    vec_for (struct diag *const, d, &sorted) {
        bool fits = (*d)->level == DIAG_ERROR ? n_errors++ < DIAG_PRINT_MAX : n_warnings++ < room;
        if (fits)
            print_one(*d, ss, colour, out);
        n_hidden += !fits;
    }
    if (n_hidden)
        buf_printf(out, "%zu more messages are not shown\n", n_hidden);
}
