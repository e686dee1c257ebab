/* SPDX-License-Identifier: Apache-2.0 */
/* Folding walks the tables of ir/field.c, so that it finds every text that a step has. */
#include <config.h>

#include "ir/fold.h"

#include "base/err.h"
#include "ir/field.h"
#include "ir/verify.h"

struct fold {
    struct arena *arena;
    const struct base_config *base; /* NULL = not known */
    bool has_changed;
};

/* Whether x asks if PATH is set, which it always is. */
static bool is_decided(const struct text_expand *x)
{
    bool asks = x->op == TEXT_OP_DEFAULT || x->op == TEXT_OP_ALT || x->op == TEXT_OP_REQUIRE;
    return asks && text_may_be_unset(x->of) && str_eq(x->of.part[0].s, STR("PATH"));
}

static bool has_decided(struct text t)
{
    for (size_t i = 0; i < t.n; i++) {
        const struct text_expand *x = t.part[i].x;
        if (t.part[i].kind == TEXT_EXPAND &&
            (is_decided(x) || has_decided(x->of) || has_decided(x->word) || has_decided(x->with)))
            return true;
    }
    return false;
}

static struct text decide(struct arena *a, struct text t);

static struct text decide_expand(struct arena *a, const struct text_expand *x)
{
    struct text of = decide(a, x->of), word = decide(a, x->word);
    if (is_decided(x))
        return x->op == TEXT_OP_ALT ? word : of;
    return text_op_has_with(x->op) ? text_replace(a, x->op, of, word, decide(a, x->with))
                                   : text_expand(a, x->op, of, word);
}

/* The same text without what is decided. */
static struct text decide(struct arena *a, struct text t)
{
    struct text out = TEXT_EMPTY;
    for (size_t i = 0; i < t.n; i++) {
        bool is_expand = t.part[i].kind == TEXT_EXPAND;
        out = text_join(a, out,
                        is_expand ? decide_expand(a, t.part[i].x) : (struct text){&t.part[i], 1});
    }
    return out;
}

static struct text fold_text(struct fold *f, struct text t)
{
    struct ob_err unused;
    struct str value;
    if (!f->base && has_decided(t)) {
        f->has_changed = true;
        return decide(f->arena, t);
    }
    if (!f->base || text_is_literal(t) ||
        text_value_up_to(f->arena, t, f->base, FOLD_VALUE_MAX, &value, &unused) < 0)
        return t;
    f->has_changed = true;
    return text_lit(f->arena, value);
}

/* Makes *v a vector of its own. */
static void own_elements(struct arena *a, struct any_vec *v, size_t size)
{
    const char *shared = v->at;
    if (v->n == 0)
        return;
    v->at = arena_alloc_n(a, size, v->n);
    v->cap = v->n;
    memcpy(v->at, shared, size * v->n);
}

/* The text at this offset in each element. */
static void fold_each(struct fold *f, struct any_vec *v, size_t size, size_t offset)
{
    bool is_own = false;
    for (size_t i = 0; i < v->n; i++) {
        struct text t, known;
        memcpy(&t, v->at + i * size + offset, sizeof t);
        known = fold_text(f, t);
        if (known.part == t.part)
            continue;
        if (!is_own)
            own_elements(f->arena, v, size);
        is_own = true;
        memcpy(v->at + i * size + offset, &known, sizeof known);
    }
}

static void fold_fields(struct fold *f, const struct field *table, void *obj)
{
    field_for(field, table)
    {
        void *at = (char *)obj + field->offset;
        if (field->type == FIELD_TEXT || field->type == FIELD_STR_OR_TEXT) {
            *(struct text *)at = fold_text(f, *(struct text *)at);
        } else if (field->type == FIELD_TEXT_LIST) {
            fold_each(f, at, sizeof(struct text), 0);
        } else if (field->type == FIELD_TEXT_PAIRS) {
            fold_each(f, at, sizeof(struct name_value), offsetof(struct name_value, value));
        } else if (field->type == FIELD_OBJECTS) {
            struct any_vec *v = at;
            own_elements(f->arena, v, field->size);
            for (size_t i = 0; i < v->n; i++)
                fold_fields(f, field->fields, v->at + i * field->size);
        }
    }
}

/* What a command leaves to the image is as late as what it takes from it. */
static void fill_run(struct fold *f, struct op_run *op)
{
    const struct base_config *base = f->base;
    f->has_changed |= (op->cwd.n == 0 && base->workdir.n) || (op->user.n == 0 && base->user.n);
    if (op->cwd.n == 0)
        op->cwd = text_lit(f->arena, base->workdir);
    if (op->user.n == 0)
        op->user = text_lit(f->arena, base->user);
}

/* As literals these would be the base image's user, and no file at all. */
static bool means_something_else(const struct op_run *was, const struct op_run *is)
{
    if (was->user.n && is->user.n == 0)
        return true;
    for (size_t i = 0; i < was->mounts.n; i++)
        if (was->mounts.at[i].target.n && is->mounts.at[i].target.n == 0)
            return true;
    return false;
}

bool fold_step(struct arena *a, struct step *s, const struct base_config *base)
{
    struct fold f = {a, base, false};
    struct step known = *s;
    if (s->kind == STEP_RUN && base)
        fill_run(&f, &known.op.run);
    fold_fields(&f, op_fields(s->kind), &known.op);
    if (!f.has_changed || !ir_op_is_valid(&known) ||
        (s->kind == STEP_RUN && means_something_else(&s->op.run, &known.op.run)))
        return false;
    *s = known;
    return true;
}

bool fold_config(struct arena *a, struct image_config *c, const struct base_config *base)
{
    struct fold f = {a, base, false};
    fold_fields(&f, config_fields, c);
    return f.has_changed;
}
