/* SPDX-License-Identifier: Apache-2.0 */
/* Prints diagnostics: quotes the line with a caret and tildes, cuts long lines. */
#include <config.h>

#include "base/diag_print.h"

#include "base/cleanup.h"
#include "base/cli.h"
#include "base/diag_sort.h"
#include "base/terminal.h"

#include <stdio.h>
#include <unistd.h>

enum { LINE_MAX_SHOWN = 160, CONTEXT_LEFT = 60 }; /* characters of a quoted line */

/* Appends what stands under s: `fill` for each column, and tabs under tabs if it is a blank. */
static void add_under(struct buf *out, struct str s, char fill)
{
    while (s.n > 0) {
        struct glyph g = terminal_glyph(s);
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
    terminal_quote(out, shown);
    buf_puts(out, shown_end < line.n ? "...\n      | " : "\n      | ");
    buf_puts(out, start ? "   " : "");
    size_t end = span.len < shown_end - at ? at + span.len : shown_end;
    add_caret(out, str_of(line.p + start, at - start), str_of(line.p + at, end - at), on, off);
}

static void add_place(struct buf *out, struct sources *ss, struct span span)
{
    struct place p = source_place(ss, span.source, span.off);
    terminal_quote(out, source_at(ss, span.source)->path);
    buf_printf(out, ":%u:%u: ", p.line, p.column);
}

static void print_one(const struct diag *d, struct sources *ss, bool colour, struct buf *out)
{
    bool is_error = d->level == DIAG_ERROR;
    const char *on = !colour ? "" : is_error ? "\033[1;31m" : "\033[1;35m";
    const char *off = colour ? "\033[0m" : "";
    add_place(out, ss, d->span);
    buf_printf(out, "%s%s:%s ", on, is_error ? "error" : "warning", off);
    terminal_quote(out, d->text);
    if (d->rule)
        buf_printf(out, " [%s]", d->rule->name);
    buf_putc(out, '\n');
    add_quote(out, ss, d->span, on, off);
    vec_for (struct diag_note, n, &d->notes) {
        add_place(out, ss, n->has_span ? n->span : d->span);
        buf_puts(out, "note: ");
        terminal_quote(out, n->text);
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

void diag_print_stderr(const struct diag_sink *sink, struct sources *ss)
{
    cleanup_buf struct buf b = BUF_INIT;
    diag_print(sink, ss, cli_colour(STDERR_FILENO), &b);
    if (b.n)
        fwrite(b.p, 1, b.n, stderr);
}
