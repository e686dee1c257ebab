/* SPDX-License-Identifier: Apache-2.0 */
/* Printing S-expressions on one line, for headings and for the dump. */
#include <config.h>

#include "frontend/sx_print.h"

static void print_char(struct buf *out, char c)
{
    switch (c) {
    case '\n': buf_puts(out, "\\n"); break;
    case '\t': buf_puts(out, "\\t"); break;
    case '\r': buf_puts(out, "\\r"); break;
    case '\b': buf_puts(out, "\\b"); break;
    case '"': buf_puts(out, "\\\""); break;
    case '\\': buf_puts(out, "\\\\"); break;
    default:
        if ((unsigned char)c < 0x20 || c == 0x7f)
            buf_printf(out, "\\%03d", (unsigned char)c);
        else
            buf_putc(out, c);
    }
}

void sx_print_string(struct buf *out, struct str s)
{
    buf_putc(out, '"');
    for (size_t i = 0; i < s.n; i++)
        print_char(out, s.p[i]);
    buf_putc(out, '"');
}

void sx_print_datum(struct buf *out, const struct sx_datum *d)
{
    if (d->kind == SX_ATOM) {
        if (d->is_quoted)
            sx_print_string(out, d->text);
        else
            buf_add_str(out, d->text);
        return;
    }
    buf_putc(out, '(');
    for (size_t i = 0; i < d->items.n; i++) {
        if (i > 0)
            buf_putc(out, ' ');
        sx_print_datum(out, d->items.at[i]);
    }
    buf_putc(out, ')');
}
