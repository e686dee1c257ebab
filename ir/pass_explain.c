/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of --explain, of which each pass writes its own middle. */
#include <config.h>

#include "ir/pass.h"

void explain_place(struct buf *out, const struct plan *p, const struct step *s)
{
    if (s->meta.line == 0)
        buf_puts(out, "?");
    else
        buf_printf(out, STR_FMT ":%u", STR_ARG(p->sources.at[s->meta.source].path), s->meta.line);
}

void explain_begin(struct buf *out, const char *text, const struct plan *p, const struct step *s)
{
    buf_puts(out, text);
    explain_place(out, p, s);
}

void explain_end(struct buf *out, const struct step *s)
{
    buf_printf(out, ": " STR_FMT "\n", STR_ARG(s->meta.heading));
}
