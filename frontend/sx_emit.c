/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "frontend/sx_emit.h"

#include "frontend/sx_print.h"

enum { SHORT = 76 }; /* bytes of a text that stays on one line */

static bool is_plain(struct str s)
{
    static const char others[] = "-_./:@%+,=~^*?!$&<>[]{}'`";
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_alnum(s.p[i]) && (s.p[i] == '\0' || !strchr(others, s.p[i])))
            return false;
    return s.n > 0;
}

void sx_emit_atom(struct buf *out, struct str s)
{
    if (is_plain(s))
        buf_add_str(out, s);
    else
        sx_print_string(out, s);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* Whether a long text may be broken in front of byte i: behind "&& ". */
static bool is_joint(struct str s, size_t i)
{
    size_t end = i;
    while (end > 0 && is_space(s.p[end - 1]))
        end--;
    if (end == i || end == 0 || is_space(s.p[i]))
        return false;
    return end > 1 && s.p[end - 1] == '&' && s.p[end - 2] == '&';
}

/* Where the piece that begins at `from` ends. */
static size_t piece_end(struct str s, size_t from)
{
    for (size_t i = from + 1; i < s.n; i++)
        if (s.p[i - 1] == '\n' || (s.n > SHORT && is_joint(s, i)))
            return i;
    return s.n;
}

/* Appends a piece without the quotes around it. Blanks at the start of a line of the file would
 * not count. */
static void emit_piece(struct buf *out, struct str piece, bool begins_line)
{
    size_t before = out->n;
    if (begins_line && piece.n && is_space(piece.p[0])) {
        buf_puts(out, piece.p[0] == ' ' ? "\\ " : "\\t");
        piece = str_skip(piece, 1);
        before = out->n;
    }
    sx_print_string(out, piece);
    memmove(out->p + before, out->p + before + 1, out->n - before - 1);
    out->n -= 2;
    out->p[out->n] = '\0';
}

void sx_emit_text(struct buf *out, struct str s, unsigned indent)
{
    buf_putc(out, '"');
    for (size_t from = 0; from < s.n;) {
        size_t end = piece_end(s, from);
        emit_piece(out, str_of(s.p + from, end - from), from > 0);
        if (end < s.n)
            buf_printf(out, "\\\n%*s", (int)indent, "");
        from = end;
    }
    buf_putc(out, '"');
}
