/* SPDX-License-Identifier: Apache-2.0 */
/* The graph for Graphviz: solid edges are parents, dashed ones are reads. */
#include <config.h>

#include "ir/write.h"

static void add_label(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' || s.p[i] == '\\')
            buf_putc(out, '\\');
        buf_putc(out, s.p[i]);
    }
}

static void add_step(struct buf *out, size_t i, const struct step *s)
{
    char hex[SHA256_HEX + 1];
    digest_hex(&s->id, hex);
    buf_printf(out, "  s%zu [label=\"", i);
    add_label(out, s->meta.heading);
    buf_printf(out, "\\n%.12s\"];\n", hex);
    if (s->parent != NO_STEP)
        buf_printf(out, "  s%u -> s%zu;\n", s->parent, i);
    vec_for (const uint32_t, r, &s->reads)
        buf_printf(out, "  s%u -> s%zu [style=dashed];\n", *r, i);
}

void ir_write_dot(const struct plan *p, struct buf *out)
{
    buf_puts(out, "digraph obkit {\n  node [shape=box, fontname=\"monospace\"];\n");
    for (size_t i = 0; i < p->steps.n; i++)
        add_step(out, i, &p->steps.at[i]);
    for (size_t i = 0; i < p->targets.n; i++) {
        buf_printf(out, "  t%zu [shape=oval, label=\"", i);
        add_label(out, p->targets.at[i].name);
        buf_printf(out, "\"];\n  s%u -> t%zu;\n", p->targets.at[i].step, i);
    }
    buf_puts(out, "}\n");
}
