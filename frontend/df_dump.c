/* SPDX-License-Identifier: Apache-2.0 */
/* The tree as text: one instruction a line with its place, its parts indented below it. */
#include <config.h>

#include "frontend/df_scan.h"

/* In double quotes; what would end the line or the quotes is escaped. */
static void put_quoted(struct buf *out, struct str s)
{
    buf_putc(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        unsigned char ch = (unsigned char)s.p[i];
        if (ch == '"' || ch == '\\')
            buf_printf(out, "\\%c", ch);
        else if (ch < 0x20 || ch == 0x7f)
            buf_printf(out, "\\x%02x", ch);
        else
            buf_putc(out, (char)ch);
    }
    buf_putc(out, '"');
}

static void put_place(struct compile *c, struct buf *out, struct span at)
{
    struct place p = source_place(c->sources, at.source, at.off);
    struct place e = source_place(c->sources, at.source, span_end(at));
    if (p.line == e.line)
        buf_printf(out, "%u:%u-%u", p.line, p.column, e.column);
    else
        buf_printf(out, "%u:%u-%u:%u", p.line, p.column, e.line, e.column);
}

static void put_word(struct compile *c, struct buf *out, const char *what, const struct df_word *w)
{
    buf_printf(out, "  %s ", what);
    put_quoted(out, w->s);
    buf_putc(out, ' ');
    put_place(c, out, df_word_span(w));
    buf_putc(out, '\n');
}

static void put_directive(struct compile *c, struct buf *out, const char *name,
                          const struct df_directive *d)
{
    if (!d->is_set)
        return;
    put_place(c, out, d->span);
    buf_printf(out, " directive %s ", name);
    put_quoted(out, d->value);
    buf_putc(out, '\n');
}

static void put_pair(struct compile *c, struct buf *out, const struct df_pair *p)
{
    put_word(c, out, "name", &p->name);
    if (p->has_value)
        put_word(c, out, "value", &p->value);
}

static void put_heredoc(struct compile *c, struct buf *out, const struct df_heredoc *h)
{
    put_word(c, out, h->expand ? "heredoc" : "heredoc-literal", &h->word);
    buf_puts(out, "    body ");
    put_quoted(out,
               str_of(source_at(c->sources, h->body.source)->text.p + h->body.off, h->body.len));
    buf_putc(out, '\n');
}

static void put_insn(struct compile *c, struct buf *out, const struct df_insn *in);

static void put_parts(struct compile *c, struct buf *out, const struct df_insn *in)
{
    vec_for (const struct df_flag, f, &in->flags) {
        put_word(c, out, "flag", &f->name);
        if (f->has_value)
            put_word(c, out, "flag-value", &f->value);
    }
    vec_for (const struct df_pair, p, &in->pairs)
        put_pair(c, out, p);
    vec_for (const struct df_word, w, &in->words)
        put_word(c, out, "word", w);
    vec_for (const struct df_heredoc, h, &in->heredocs)
        put_heredoc(c, out, h);
    if (!in->trigger)
        return;
    buf_puts(out, "  trigger ");
    put_insn(c, out, in->trigger);
}

static void put_insn(struct compile *c, struct buf *out, const struct df_insn *in)
{
    put_place(c, out, df_insn_span(in));
    buf_printf(out, " " STR_FMT "%s%s%s%s\n", STR_ARG(in->type ? in->type->name : STR("UNKNOWN")),
               in->is_broken ? " broken" : "", in->is_exec ? " json" : "",
               in->is_legacy ? " legacy" : "", in->is_none ? " none" : "");
    if (!in->is_broken)
        put_parts(c, out, in);
}

bool df_dump(struct compile *c, uint32_t source, struct buf *out)
{
    size_t errors = c->diags->n_errors;
    struct df_file file;
    if (!df_parse_file(c, source, &file))
        return false;
    df_checks_apply(c, &file);
    put_directive(c, out, "syntax", &file.directives.syntax);
    put_directive(c, out, "escape", &file.directives.escape);
    put_directive(c, out, "check", &file.directives.check);
    vec_for (const struct df_insn, in, &file.insns)
        put_insn(c, out, in);
    return c->diags->n_errors == errors;
}
