/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of a spec as text: one node a line, its place behind it. */
#include <config.h>

#include "frontend/compile.h"
#include "frontend/sx_compile.h"
#include "frontend/sx_print.h"

struct dump {
    struct compile *c;
    struct buf *out;
    int indent;
};

/* "name "text" LINE:COLUMN"; without text if text.p is NULL */
static void node(struct dump *d, const char *name, struct str text, struct span at)
{
    buf_printf(d->out, "%*s%s ", d->indent, "", name);
    if (text.p) {
        sx_print_string(d->out, text);
        buf_putc(d->out, ' ');
    }
    struct place p = source_place(d->c->sources, at.source, at.off);
    buf_printf(d->out, "%u:%u\n", p.line, p.column);
}

static void word(struct dump *d, const char *name, const struct sx_word *w)
{
    if (w->text.p)
        node(d, name, w->text, w->span);
}

static void words(struct dump *d, const char *name, const struct sx_word_vec *list)
{
    vec_for (const struct sx_word, w, list)
        word(d, name, w);
}

static void mounts(struct dump *d, const char *name, const struct sx_mount_vec *list)
{
    vec_for (const struct sx_mount, m, list) {
        node(d, name, m->id.text, m->span);
        d->indent += 2;
        word(d, "target", &m->target);
        vec_for (const struct sx_option, o, &m->options) {
            node(d, "option", o->key.text, o->span);
            d->indent += 2;
            word(d, "value", &o->value);
            d->indent -= 2;
        }
        d->indent -= 2;
    }
}

static void copy_from(struct dump *d, const struct sx_copy *copy)
{
    if (!copy->build_ref)
        return;
    word(d, "build", &copy->build);
    d->indent += 2;
    node(d, "which-is", (struct str){0}, copy->build_ref->span);
    d->indent -= 2;
}

static void op_parts(struct dump *d, const struct sx_op *op)
{
    switch (op->kind) {
    case SX_COMMENT:
    case SX_WORKDIR:
    case SX_SHELL:
    case SX_ENV: words(d, "word", &op->args); break;
    case SX_USER:
        word(d, "uid", &op->user.uid);
        word(d, "gid", &op->user.gid);
        word(d, "name", &op->user.name);
        break;
    case SX_RUN:
        mounts(d, "cache", &op->run.caches);
        words(d, "network", &op->run.networks);
        mounts(d, "secret", &op->run.secrets);
        word(d, "shell", &op->run.command);
        break;
    case SX_COPY:
        copy_from(d, &op->copy);
        words(d, "src", &op->copy.src);
        word(d, "dst", &op->copy.dst);
        words(d, "exclude", &op->copy.exclude);
        break;
    }
}

static void spec(struct dump *d, const struct sx_spec *s)
{
    static const char *const names[] = {
        [SX_COMMENT] = "comment", [SX_WORKDIR] = "workdir", [SX_SHELL] = "shell", [SX_ENV] = "env",
        [SX_USER] = "user",       [SX_RUN] = "run",         [SX_COPY] = "copy",
    };
    node(d, "spec", (struct str){0}, s->span);
    d->indent += 2;
    for (size_t i = 0; i < s->builds.n; i++) {
        const struct sx_build *b = s->builds.at[i];
        node(d, "build", b->name.text, b->span);
        d->indent += 2;
        spec(d, b->spec);
        d->indent -= 2;
    }
    node(d, "from", s->image.text, s->from->span);
    vec_for (const struct sx_op, op, &s->ops) {
        node(d, names[op->kind], (struct str){0}, op->form->span);
        d->indent += 2;
        op_parts(d, op);
        d->indent -= 2;
    }
    d->indent -= 2;
}

bool sx_dump(struct compile *c, uint32_t source, struct buf *out)
{
    const struct sx_spec *s = sx_tree(c, source);
    if (!s)
        return false;
    struct dump d = {.c = c, .out = out};
    spec(&d, s);
    return true;
}
