/* SPDX-License-Identifier: Apache-2.0 */
/* Headings of steps that bring none, as those of a graph that no front end of ours made. */
#include <config.h>

#include "exec/heading.h"

static void add_text(struct buf *out, struct text t)
{
    buf_putc(out, ' ');
    for (size_t i = 0; i < t.n; i++) {
        const struct text_part *p = &t.part[i];
        if (p->kind == TEXT_LITERAL)
            buf_add_str(out, p->s);
        else if (p->kind == TEXT_ENV)
            buf_printf(out, "$" STR_FMT, STR_ARG(p->s));
        else
            buf_puts(out, "...");
    }
}

static void add_command(struct buf *out, const struct command *c)
{
    if (c->form == COMMAND_SHELL)
        buf_printf(out, " " STR_FMT, STR_ARG(c->line));
    vec_for (const struct str, arg, &c->argv)
        buf_printf(out, " " STR_FMT, STR_ARG(*arg));
}

static void add_copy(struct buf *out, const struct text_vec *src, struct text dst)
{
    vec_for (const struct text, t, src)
        add_text(out, *t);
    add_text(out, dst);
}

static void add_op(struct buf *out, const struct step *s)
{
    switch (s->kind) {
    case STEP_FROM: buf_printf(out, " " STR_FMT, STR_ARG(s->op.from.image)); break;
    case STEP_RUN: add_command(out, &s->op.run.command); break;
    case STEP_COPY: add_copy(out, &s->op.copy.src, s->op.copy.dst); break;
    case STEP_ADD: add_copy(out, &s->op.add.src, s->op.add.dst); break;
    case STEP_FILE: add_text(out, s->op.file.dst); break;
    case STEP_MKDIR: add_text(out, s->op.mkdir.path); break;
    case STEP_SCRATCH:
    case N_STEP_KINDS: break;
    }
}

void heading_add(struct buf *out, const struct step *s)
{
    if (s->meta.heading.n) {
        buf_add_str(out, s->meta.heading);
        return;
    }
    size_t from = out->n;
    buf_puts(out, step_kind_name(s->kind));
    add_op(out, s);
    for (size_t i = from; i < out->n; i++)
        if (out->p[i] == '\n')
            out->p[i] = ' ';
}

struct str heading_of(struct arena *a, const struct step *s)
{
    if (s->meta.heading.n)
        return s->meta.heading;
    struct buf b = BUF_INIT;
    heading_add(&b, s);
    struct str out = arena_str(a, buf_str(&b));
    buf_free(&b);
    return out;
}
