/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An op as a flat list of labels and values, in the order of the field tables: elements of lists
 * have their index, variables their name. Two such lists are easy to compare, whatever is in them.
 */
#include <config.h>

#include "ir/diff_op.h"

#include "ir/field.h"
#include "ir/write.h"

struct flat {
    struct arena *arena;
    struct buf text; /* of the value that is being written */
    struct op_value_vec entries;
};

/* Writes a value, which `add` takes. */
static struct json_out value(struct flat *fl)
{
    buf_clear(&fl->text);
    return JSON_OUT_INIT(&fl->text);
}

static void add(struct flat *fl, struct str label)
{
    struct op_value e = {label, arena_str(fl->arena, buf_str(&fl->text))};
    vec_push(fl->arena, &fl->entries, e);
}

static void add_str(struct flat *fl, struct str label, struct str s)
{
    struct json_out j = value(fl);
    json_str(&j, s);
    add(fl, label);
}

static void add_text(struct flat *fl, struct str label, struct text t)
{
    struct json_out j = value(fl);
    ir_write_text(&j, t);
    add(fl, label);
}

static struct str indexed(struct flat *fl, struct str label, size_t i)
{
    return arena_printf(fl->arena, STR_FMT "[%zu]", STR_ARG(label), i);
}

static struct str named(struct flat *fl, struct str label, struct str name)
{
    return arena_printf(fl->arena, STR_FMT " " STR_FMT, STR_ARG(label), STR_ARG(name));
}

static void add_list(struct flat *fl, struct str label, const struct str_vec *v)
{
    for (size_t i = 0; i < v->n; i++)
        add_str(fl, indexed(fl, label, i), v->at[i]);
}

static void add_command(struct flat *fl, const struct command *c)
{
    if (c->form == COMMAND_ARGV) {
        add_list(fl, STR("argv"), &c->argv);
        return;
    }
    if (c->shell_kind == SHELL_LIST)
        add_list(fl, STR("shell"), &c->shell);
    else
        add_str(fl, STR("shell"), c->shell_kind == SHELL_BASE ? STR("base") : STR("sandbox"));
    add_str(fl, STR("command"), c->line);
}

static void add_fields(struct flat *fl, struct str prefix, const struct field *table,
                       const void *obj);

static void add_objects(struct flat *fl, struct str label, const struct field *f, const void *obj)
{
    size_t i = 0;
    field_for_objects(o, f, obj)
    {
        struct str prefix = indexed(fl, label, i++);
        add_fields(fl, str_concat(fl->arena, prefix, STR(".")), f->fields, o);
    }
}

/* What is written in one piece. */
static void add_scalar(struct flat *fl, struct str label, const struct field *f, const void *obj)
{
    struct json_out j = value(fl);
    if (f->type == FIELD_BOOL)
        json_bool(&j, *FIELD_AT(bool, f, obj));
    else if (f->type == FIELD_INT)
        json_int(&j, *FIELD_AT(int64_t, f, obj));
    else
        json_plain(&j, str_from(f->names[field_enum(f, obj)]));
    add(fl, label);
}

static void add_field(struct flat *fl, struct str label, const struct field *f, const void *obj)
{
    switch (f->type) {
    case FIELD_STR: add_str(fl, label, *FIELD_AT(struct str, f, obj)); return;
    case FIELD_TEXT:
    case FIELD_STR_OR_TEXT: add_text(fl, label, *FIELD_AT(struct text, f, obj)); return;
    case FIELD_BOOL:
    case FIELD_INT:
    case FIELD_ENUM: add_scalar(fl, label, f, obj); return;
    case FIELD_STR_LIST: add_list(fl, label, FIELD_AT(struct str_vec, f, obj)); return;
    case FIELD_TEXT_LIST: {
        const struct text_vec *v = FIELD_AT(struct text_vec, f, obj);
        for (size_t i = 0; i < v->n; i++)
            add_text(fl, indexed(fl, label, i), v->at[i]);
        return;
    }
    case FIELD_TEXT_PAIRS:
        vec_for (const struct name_value, e, FIELD_AT(struct name_value_vec, f, obj))
            add_text(fl, named(fl, label, e->name), e->value);
        return;
    case FIELD_STR_PAIRS:
        vec_for (const struct name_str, e, FIELD_AT(struct name_str_vec, f, obj))
            add_str(fl, named(fl, label, e->name), e->value);
        return;
    case FIELD_COMMAND: add_command(fl, FIELD_AT(struct command, f, obj)); return;
    case FIELD_OBJECTS: add_objects(fl, label, f, obj); return;
    case FIELD_HEALTHCHECK: break; /* not part of any op */
    }
    BUG("field type %d in an op", f->type);
}

static void add_fields(struct flat *fl, struct str prefix, const struct field *table,
                       const void *obj)
{
    field_for(f, table)
    {
        if (field_is_default(f, obj))
            continue;
        struct str name = str_from(f->name ? f->name : "");
        add_field(fl, str_concat(fl->arena, prefix, name), f, obj);
    }
}

struct op_value_vec op_values(struct arena *a, const struct step *s)
{
    struct flat fl = {.arena = a};
    add_fields(&fl, STR(""), op_fields(s->kind), &s->op);
    buf_free(&fl.text);
    return fl.entries;
}

static bool has_label(const struct op_value_vec *v, struct str label)
{
    vec_for (const struct op_value, e, v)
        if (str_eq(e->label, label))
            return true;
    return false;
}

/* At the first place where the lists differ; x or y is NULL where a list ends. */
static struct op_difference at_place(const struct op_value *x, const struct op_value_vec *xs,
                                     const struct op_value *y, const struct op_value_vec *ys)
{
    static const struct str nothing = STR_INIT("not set");
    if (x && y && str_eq(x->label, y->label))
        return (struct op_difference){x->label, x->value, y->value};
    if (x && !has_label(ys, x->label))
        return (struct op_difference){x->label, x->value, nothing};
    if (y && !has_label(xs, y->label))
        return (struct op_difference){y->label, nothing, y->value};
    return (struct op_difference){STR("order"), x ? x->label : nothing, y ? y->label : nothing};
}

bool op_first_difference(struct arena *arena, const struct step *a, const struct step *b,
                         struct op_difference *out)
{
    if (digest_eq(&a->op_digest, &b->op_digest))
        return false;
    struct op_value_vec x = op_values(arena, a), y = op_values(arena, b);
    size_t i = 0;
    while (i < x.n && i < y.n && str_eq(x.at[i].label, y.at[i].label) &&
           str_eq(x.at[i].value, y.at[i].value))
        i++;
    if (i == x.n && i == y.n)
        return false;
    *out = at_place(i < x.n ? &x.at[i] : NULL, &x, i < y.n ? &y.at[i] : NULL, &y);
    return true;
}
