/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pairs of stages are found from the targets on, by what paired steps read, and told in the order
 * of the build, so that causes come first. Each step is told once.
 */
#include <config.h>

#include "ir/diff.h"

#include "base/terminal.h"
#include "ir/align.h"
#include "ir/diff_op.h"
#include "ir/pass.h"

#include <stdlib.h>

enum {
    SHOWN = 60,     /* bytes of a value or heading */
    BEFORE = 20,    /* of these, before the first that differs */
    MAX_LISTED = 20 /* steps of a stage that differ for what they stand on */
};

struct diff {
    struct arena arena;
    const struct plan *a, *b;
    const struct str *inputs_a, *inputs_b; /* NULL: see ir_diff_built */
    struct buf *out;
    struct step_pair_vec ends; /* of the stages that are compared */
    bool *met_b;               /* step by step: it ends one of them */
    bool *told_a, *told_b;
    VEC(struct op_difference) told; /* without its repetitions */
};

static const struct step *step_a(const struct diff *d, uint32_t i)
{
    return &d->a->steps.at[i];
}

static const struct step *step_b(const struct diff *d, uint32_t i)
{
    return &d->b->steps.at[i];
}

/* Where characters may be parted: not within one of UTF-8, nor behind a backslash. */
static bool is_boundary(struct str s, size_t i)
{
    return i == 0 || i == s.n || (((unsigned char)s.p[i] & 0xc0) != 0x80 && s.p[i - 1] != '\\');
}

/* A piece of s from about `from` on. */
static void put_piece(struct buf *out, struct str s, size_t from)
{
    size_t to = s.n - from > SHOWN ? from + SHOWN : s.n;
    while (!is_boundary(s, from))
        from--;
    while (!is_boundary(s, to))
        to++;
    buf_puts(out, from ? "..." : "");
    buf_add_str(out, str_of(s.p + from, to - from));
    buf_puts(out, to < s.n ? "..." : "");
}

/* What a stranger wrote goes to a terminal. */
static void put_safe(struct buf *out, struct buf *text)
{
    terminal_quote(out, buf_str(text));
    buf_free(text);
}

static void put_place(struct diff *d, const char *mark, const struct plan *p, const struct step *s)
{
    struct buf text = BUF_INIT;
    explain_place(&text, p, s);
    buf_puts(&text, ": ");
    put_piece(&text, s->meta.heading.n ? s->meta.heading : str_from(step_kind_name(s->kind)), 0);
    buf_puts(d->out, mark);
    put_safe(d->out, &text);
}

static void put_label(struct diff *d, const struct op_difference *what)
{
    buf_puts(d->out, ": ");
    terminal_quote(d->out, what->label);
    buf_puts(d->out, ": ");
}

/* The line of one side; both values are shown from a little before they differ. */
static void put_side(struct diff *d, const char *mark, const struct plan *p, const struct step *s,
                     const struct op_difference *what, bool is_b)
{
    size_t same = 0;
    while (same < what->a.n && same < what->b.n && what->a.p[same] == what->b.p[same])
        same++;
    struct str shown = is_b ? what->b : what->a;
    put_place(d, mark, p, s);
    put_label(d, what);
    struct buf text = BUF_INIT;
    put_piece(&text, shown, same > BEFORE && shown.n > SHOWN ? same - BEFORE : 0);
    put_safe(d->out, &text);
    buf_putc(d->out, '\n');
}

static bool was_told(struct diff *d, const struct op_difference *what)
{
    enum { REMEMBERED = 64 };
    vec_for (const struct op_difference, o, &d->told)
        if (str_eq(o->label, what->label) && str_eq(o->a, what->a) && str_eq(o->b, what->b))
            return true;
    if (d->told.n < REMEMBERED)
        vec_push(&d->arena, &d->told, *what);
    return false;
}

static bool reads_differ(const struct diff *d, const struct step *s, const struct step *t)
{
    if (s->reads.n != t->reads.n)
        return true;
    for (size_t i = 0; i < s->reads.n; i++)
        if (!digest_eq(&step_a(d, s->reads.at[i])->id, &step_b(d, t->reads.at[i])->id))
            return true;
    return false;
}

static bool parents_differ(const struct diff *d, const struct step *s, const struct step *t)
{
    return s->parent != NO_STEP && t->parent != NO_STEP &&
           !digest_eq(&step_a(d, s->parent)->id, &step_b(d, t->parent)->id);
}

/* For a pair that does the same. */
static const char *ground(const struct diff *d, const struct step *s, const struct step *t)
{
    if (!reads_differ(d, s, t))
        return "only its parent";
    return parents_differ(d, s, t) ? "only its parent and what it reads" : "only what it reads";
}

static const char *input_name(enum step_kind kind)
{
    switch (kind) {
    case STEP_FROM: return "content of the image";
    case STEP_COPY:
    case STEP_ADD: return "content of the files";
    default: return "network, mounts or --no-cache";
    }
}

static bool inputs_differ(struct diff *d, const struct step *s, const struct step *t,
                          struct op_difference *out)
{
    enum { DIGITS = 12 };
    if (!d->inputs_a)
        return false;
    struct str x = d->inputs_a[s - d->a->steps.at], y = d->inputs_b[t - d->b->steps.at];
    if (str_eq(x, y))
        return false;
    *out = (struct op_difference){
        .label = str_from(input_name(t->kind)),
        .a = x.n ? arena_printf(&d->arena, "%.*s", DIGITS, x.p) : STR("the default"),
        .b = y.n ? arena_printf(&d->arena, "%.*s", DIGITS, y.p) : STR("the default"),
    };
    return true;
}

/* Says why a pair differs. `listed` counts the steps that say no more than others. */
static void tell_pair(struct diff *d, const struct step *s, const struct step *t, size_t *listed)
{
    struct op_difference what;
    bool differs = op_first_difference(&d->arena, s, t, &what) || inputs_differ(d, s, t, &what);
    if (differs && !was_told(d, &what)) {
        put_side(d, "- ", d->a, s, &what, false);
        put_side(d, "+ ", d->b, t, &what, true);
        return;
    }
    if ((*listed)++ >= MAX_LISTED)
        return;
    put_place(d, "  ", d->b, t);
    if (differs)
        put_label(d, &what);
    else
        buf_puts(d->out, ": ");
    buf_puts(d->out, differs ? "as above" : ground(d, s, t));
    buf_putc(d->out, '\n');
}

static void tell_alone(struct diff *d, const char *mark, const struct plan *p, uint32_t i,
                       bool *told)
{
    if (told[i])
        return;
    told[i] = true;
    put_place(d, mark, p, &p->steps.at[i]);
    buf_puts(d->out, ": only here\n");
}

static void tell_stage(struct diff *d, const struct step_pair_vec *pairs)
{
    size_t listed = 0;
    vec_for (const struct step_pair, p, pairs) {
        if (p->a == NO_STEP) {
            tell_alone(d, "+ ", d->b, p->b, d->told_b);
        } else if (p->b == NO_STEP) {
            tell_alone(d, "- ", d->a, p->a, d->told_a);
        } else if (!d->told_b[p->b]) {
            d->told_a[p->a] = d->told_b[p->b] = true;
            tell_pair(d, step_a(d, p->a), step_b(d, p->b), &listed);
        }
    }
    if (listed > MAX_LISTED)
        buf_printf(d->out, "  and %zu more\n", listed - MAX_LISTED);
}

static void add_ends(struct diff *d, uint32_t a, uint32_t b)
{
    struct step_pair p = {a, b};
    if (d->met_b[b] || digest_eq(&step_a(d, a)->id, &step_b(d, b)->id))
        return;
    d->met_b[b] = true;
    vec_push(&d->arena, &d->ends, p);
}

static void add_reads(struct diff *d, const struct step_pair *p)
{
    if (p->a == NO_STEP || p->b == NO_STEP)
        return;
    const struct step *s = step_a(d, p->a), *t = step_b(d, p->b);
    for (size_t i = 0; i < s->reads.n && i < t->reads.n; i++)
        add_ends(d, s->reads.at[i], t->reads.at[i]);
}

static const struct target *target_named(const struct plan *p, struct str name)
{
    vec_for (const struct target, t, &p->targets)
        if (str_eq(t->name, name))
            return t;
    return NULL;
}

/* Targets of p without a counterpart of their name in `other`; the last may have it as the last. */
static bool tell_targets(struct diff *d, const char *mark, const struct plan *p,
                         const struct plan *other, bool last_is_paired)
{
    bool same = true;
    for (size_t i = 0; i < p->targets.n; i++) {
        struct str name = p->targets.at[i].name;
        if (target_named(other, name) || (last_is_paired && i + 1 == p->targets.n))
            continue;
        buf_printf(d->out, "%starget \"", mark);
        terminal_quote(d->out, name);
        buf_puts(d->out, "\": only here\n");
        same = false;
    }
    return same;
}

/* Finds the targets that belong together. */
static bool pair_targets(struct diff *d)
{
    const struct target *a = &d->a->targets.at[d->a->targets.n - 1];
    const struct target *b = &d->b->targets.at[d->b->targets.n - 1];
    bool last = !target_named(d->b, a->name) && !target_named(d->a, b->name);
    if (last)
        add_ends(d, a->step, b->step);
    vec_for (const struct target, t, &d->a->targets) {
        const struct target *other = target_named(d->b, t->name);
        if (other)
            add_ends(d, t->step, other->step);
    }
    bool same = tell_targets(d, "- ", d->a, d->b, last);
    return tell_targets(d, "+ ", d->b, d->a, last) && same;
}

static int by_step_of_b(const void *x, const void *y)
{
    uint32_t s = ((const struct step_pair *)x)->b, t = ((const struct step_pair *)y)->b;
    return (s > t) - (s < t);
}

/* Adds the stages that are read to the targets. */
static void find_ends(struct diff *d)
{
    struct aligner al;
    align_init(&al, &d->arena, d->a, d->b);
    for (uint32_t i = 0; i < d->ends.n; i++) { /* which grows on the way */
        struct step_pair e = d->ends.at[i];
        struct step_pair_vec pairs = {0};
        align_chains(&al, e.a, e.b, &pairs);
        vec_for (const struct step_pair, p, &pairs)
            add_reads(d, p);
    }
}

/* They are aligned anew, so that what several stand on is told with the first of them. */
static void tell_stages(struct diff *d)
{
    struct aligner al;
    align_init(&al, &d->arena, d->a, d->b);
    if (d->ends.n)
        qsort(d->ends.at, d->ends.n, sizeof d->ends.at[0], by_step_of_b);
    vec_for (const struct step_pair, e, &d->ends) {
        struct step_pair_vec pairs = {0};
        align_chains(&al, e->a, e->b, &pairs);
        tell_stage(d, &pairs);
    }
}

bool ir_diff_built(const struct plan *a, const struct plan *b, const struct str *inputs_a,
                   const struct str *inputs_b, struct buf *out)
{
    struct diff d = {
        .arena = ARENA_INIT,
        .a = a,
        .b = b,
        .inputs_a = inputs_a,
        .inputs_b = inputs_b,
        .out = out,
    };
    d.met_b = arena_new_n(&d.arena, bool, b->steps.n);
    d.told_a = arena_new_n(&d.arena, bool, a->steps.n);
    d.told_b = arena_new_n(&d.arena, bool, b->steps.n);
    bool same = pair_targets(&d) && d.ends.n == 0;
    find_ends(&d);
    tell_stages(&d);
    arena_free(&d.arena);
    return same;
}

bool ir_diff(const struct plan *a, const struct plan *b, struct buf *out)
{
    return ir_diff_built(a, b, NULL, NULL, out);
}
