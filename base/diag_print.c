/* SPDX-License-Identifier: Apache-2.0 */
/* Prints diagnostics: sorts them, quotes the line with a caret and tildes, cuts long lines. */
#include <config.h>

#include "base/diag_print.h"

#include <stdlib.h>

enum { LINE_MAX_SHOWN = 160, CONTEXT_LEFT = 60 }; /* characters of a quoted line */

static int by_place(const void *pa, const void *pb)
{
    const struct diag *const *a = pa, *const *b = pb;
    struct span x = (*a)->span, y = (*b)->span;
    if (x.source != y.source)
        return x.source < y.source ? -1 : 1;
    if (x.off != y.off)
        return x.off < y.off ? -1 : 1;
    return (*a)->level == (*b)->level ? 0 : (*a)->level > (*b)->level ? -1 : 1;
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Appends s for a terminal: control characters and stray bytes become U+FFFD. */
static void add_safe(struct buf *out, struct str s)
{
    bool utf8 = str_is_utf8(s, NULL);
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool c1 = utf8 && c == 0xc2 && i + 1 < s.n && (unsigned char)s.p[i + 1] < 0xa0;
        if ((c < 0x20 && c != '\t') || c == 0x7f || (c >= 0x80 && !utf8) || c1)
            buf_puts(out, "\xef\xbf\xbd");
        else
            buf_putc(out, s.p[i]);
        i += c1;
    }
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

static void add_quote(struct buf *out, struct sources *ss, struct span span, const char *on,
                      const char *off)
{
    struct place p = source_place(ss, span.source, span.off);
    struct str line = source_line(ss, span.source, p.line);
    size_t at = p.byte_column - 1 < line.n ? p.byte_column - 1 : line.n;
    size_t start;
    struct str shown = window(line, at, &start);
    buf_printf(out, "%5u | %s", p.line, start ? "..." : "");
    add_safe(out, shown);
    buf_puts(out, start + shown.n < line.n ? "...\n      | " : "\n      | ");
    buf_puts(out, start ? "   " : "");
    for (size_t i = start; i < at; i++)
        if (line.p[i] == '\t' || !is_continuation(line.p[i]))
            buf_putc(out, line.p[i] == '\t' ? '\t' : ' ');
    buf_puts(out, on);
    buf_putc(out, '^');
    size_t end = at + span.len < start + shown.n ? at + span.len : start + shown.n;
    for (size_t i = at + 1; i < end; i++)
        if (!is_continuation(line.p[i]))
            buf_putc(out, '~');
    buf_printf(out, "%s\n", off);
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

void diag_print(const struct diag_sink *sink, struct sources *ss, bool colour, struct buf *out)
{
    size_t n = sink->list.n;
    if (n == 0)
        return;
    struct diag **sorted = arena_new_n(sink->arena, struct diag *, n);
    memcpy(sorted, sink->list.at, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_place); /* few, and equal keys are equal places */
    size_t shown = n < DIAG_PRINT_MAX ? n : DIAG_PRINT_MAX;
    for (size_t i = 0; i < shown; i++)
        print_one(sorted[i], ss, colour, out);
    if (shown < n)
        buf_printf(out, "%zu more messages are not shown\n", n - shown);
}
