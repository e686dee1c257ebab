/* SPDX-License-Identifier: Apache-2.0 */
/* Folding walks the tables of ir/field.c, so that it finds every text that a step has. */
#include <config.h>

#include "ir/fold.h"

#include "base/err.h"
#include "ir/field.h"
#include "ir/verify.h"

enum { MATCH_STEPS_PER_BYTE = 16 }; /* comparisons of characters that count as a byte */

/* Whether there is so much left, which is taken then. */
static bool spend(struct fold *f, size_t bytes)
{
    if (bytes > f->left)
        return false;
    f->left -= bytes;
    return true;
}

/* Whether x asks if PATH is set, which it always is. */
static bool is_decided(const struct text_expand *x)
{
    bool asks = x->op == TEXT_OP_DEFAULT || x->op == TEXT_OP_ALT || x->op == TEXT_OP_REQUIRE;
    return asks && text_may_be_unset(x->of) && str_eq(x->of.part[0].s, STR("PATH"));
}

static struct text decide(struct fold *f, struct text t);

/* Whether a match that can be made now may be. It compares at most each character of the one with
 * each of the other. */
static bool spend_match(struct fold *f, enum text_op op, struct text of, struct text word)
{
    if (!text_op_is_pattern(op) || !text_is_literal(of) || !text_is_literal(word))
        return true;
    return spend(f, text_str(of).n * text_str(word).n / MATCH_STEPS_PER_BYTE);
}

/* What x becomes; false if it stays. */
static bool decide_expand(struct fold *f, const struct text_expand *x, struct text *out)
{
    struct text of = decide(f, x->of), word = decide(f, x->word), with = decide(f, x->with);
    if (is_decided(x)) {
        *out = x->op == TEXT_OP_ALT ? word : of;
        return true;
    }
    bool is_same = of.part == x->of.part && word.part == x->word.part && with.part == x->with.part;
    if (is_same || !spend_match(f, x->op, of, word))
        return false;
    *out = text_op_has_with(x->op) ? text_replace(f->arena, x->op, of, word, with)
                                   : text_expand(f->arena, x->op, of, word);
    return true;
}

static size_t size_of(struct text t)
{
    size_t size = t.n * sizeof *t.part;
    for (size_t i = 0; i < t.n; i++)
        size += t.part[i].s.n;
    return size;
}

static struct text decide_parts(struct fold *f, struct text t)
{
    struct text *parts = arena_new_n(f->arena, struct text, t.n);
    bool has_changed = false;
    size_t size = 0;
    for (size_t i = 0; i < t.n; i++) {
        parts[i] = (struct text){&t.part[i], 1};
        if (t.part[i].kind == TEXT_EXPAND)
            has_changed |= decide_expand(f, t.part[i].x, &parts[i]);
        size += size_of(parts[i]);
    }
    return has_changed && spend(f, size) ? text_join_all(f->arena, parts, t.n) : t;
}

struct decided {
    struct text was, is;
};

/* The same text without what is decided, and the very same if nothing is. Each text is looked at
 * once, however many steps and texts it is a part of. */
static struct text decide(struct fold *f, struct text t)
{
    struct decided *d;
    if (text_is_literal(t))
        return t;
    if ((d = map_get(&f->decided, str_of((const char *)&t, sizeof t))))
        return d->is;
    d = arena_new(f->arena, struct decided);
    *d = (struct decided){t, decide_parts(f, t)};
    *map_slot(&f->decided, str_of((const char *)&d->was, sizeof d->was)) = d;
    return d->is;
}

static struct text evaluate(struct fold *f, struct text t)
{
    size_t max = f->left < FOLD_VALUE_MAX ? f->left : FOLD_VALUE_MAX, left = max;
    struct ob_err unused;
    struct str value;
    if (text_is_literal(t))
        return t;
    int rc = text_value_within(f->arena, t, f->base, &left, &value, &unused);
    f->left -= max - left;
    return rc < 0 ? t : text_lit(f->arena, value);
}

static struct text fold_text(struct fold *f, struct text t)
{
    struct text known = f->base ? evaluate(f, t) : decide(f, t);
    f->has_changed |= known.part != t.part;
    return known;
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

bool fold_step(struct fold *f, struct step *s, const struct base_config *base)
{
    struct step known = *s;
    f->base = base;
    f->has_changed = false;
    if (s->kind == STEP_RUN && base)
        fill_run(f, &known.op.run);
    fold_fields(f, op_fields(s->kind), &known.op);
    if (!f->has_changed || !ir_op_is_valid(&known) ||
        (s->kind == STEP_RUN && means_something_else(&s->op.run, &known.op.run)))
        return false;
    *s = known;
    return true;
}

bool fold_config(struct fold *f, struct image_config *c, const struct base_config *base)
{
    f->base = base;
    f->has_changed = false;
    fold_fields(f, config_fields, c);
    return f->has_changed;
}
