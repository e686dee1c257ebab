/* SPDX-License-Identifier: Apache-2.0 */
/* Canonical bytes of a step, and their SHA-256. Their definition is in the header. */
#include <config.h>

#include "ir/identify.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "ir/field.h"

#include <endian.h>

enum { TAGGED = 9 }; /* bytes of a tag and its number */

static char *write_tagged(char *to, char tag, uint64_t v)
{
    uint64_t little = htole64(v);
    *to = tag;
    memcpy(to + 1, &little, sizeof little);
    return to + TAGGED;
}

static void put_tagged(struct buf *b, char tag, uint64_t v)
{
    write_tagged(buf_extend(b, TAGGED), tag, v);
}

/* Inline, as half of them are literals. */
static inline void put_str(struct buf *b, struct str s)
{
    char *to = write_tagged(buf_extend(b, TAGGED + s.n), 's', s.n);
    if (s.n)
        memcpy(to, s.p, s.n);
}

static void put_text(struct buf *b, struct text t)
{
    put_tagged(b, 't', t.n);
    for (size_t i = 0; i < t.n; i++) {
        const struct text_part *p = &t.part[i];
        static const char tags[] = {
            [TEXT_LITERAL] = 'L', [TEXT_ENV] = 'E',    [TEXT_WORKDIR] = 'W',
            [TEXT_USER] = 'U',    [TEXT_EXPAND] = 'X',
        };
        buf_putc(b, tags[p->kind]);
        if (p->kind == TEXT_LITERAL || p->kind == TEXT_ENV)
            put_str(b, p->s);
        if (p->kind == TEXT_EXPAND) {
            put_str(b, str_from(text_op_name(p->x->op)));
            put_text(b, p->x->of);
            put_text(b, p->x->word);
            if (text_op_has_with(p->x->op))
                put_text(b, p->x->with);
        }
    }
}

static void put_str_or_text(struct buf *b, struct text t)
{
    if (text_is_literal(t))
        put_str(b, text_str(t));
    else
        put_text(b, t);
}

static void put_str_list(struct buf *b, const struct str_vec *v)
{
    put_tagged(b, 'l', v->n);
    vec_for (const struct str, s, v)
        put_str(b, *s);
}

/* A command is up to two fields: "argv", or "shell" and "command". */
static void put_command(struct buf *b, const struct command *c)
{
    if (c->form == COMMAND_ARGV) {
        put_str(b, STR("argv"));
        put_str_list(b, &c->argv);
        return;
    }
    put_str(b, STR("shell"));
    if (c->shell_kind == SHELL_LIST)
        put_str_list(b, &c->shell);
    else
        put_str(b, c->shell_kind == SHELL_BASE ? STR("base") : STR("sandbox"));
    put_str(b, STR("command"));
    put_str(b, c->line);
}

static void put_fields(struct buf *b, const struct field *table, const void *obj);

static void put_value(struct buf *b, const struct field *f, const void *obj)
{
    switch (f->type) {
    case FIELD_STR: put_str(b, *FIELD_AT(struct str, f, obj)); return;
    case FIELD_TEXT: put_text(b, *FIELD_AT(struct text, f, obj)); return;
    case FIELD_STR_OR_TEXT: put_str_or_text(b, *FIELD_AT(struct text, f, obj)); return;
    case FIELD_BOOL: put_tagged(b, 'n', *FIELD_AT(bool, f, obj)); return;
    case FIELD_INT: put_tagged(b, 'n', (uint64_t)*FIELD_AT(int64_t, f, obj)); return;
    case FIELD_ENUM: put_str(b, str_from(f->names[field_enum(f, obj)])); return;
    case FIELD_STR_LIST: put_str_list(b, FIELD_AT(struct str_vec, f, obj)); return;
    case FIELD_TEXT_LIST:
        put_tagged(b, 'l', FIELD_AT(struct text_vec, f, obj)->n);
        vec_for (const struct text, t, FIELD_AT(struct text_vec, f, obj))
            put_text(b, *t);
        return;
    case FIELD_TEXT_PAIRS:
        put_tagged(b, 'l', FIELD_AT(struct name_value_vec, f, obj)->n);
        vec_for (const struct name_value, e, FIELD_AT(struct name_value_vec, f, obj)) {
            put_str(b, e->name);
            put_text(b, e->value);
        }
        return;
    case FIELD_STR_PAIRS:
        put_tagged(b, 'l', FIELD_AT(struct name_str_vec, f, obj)->n);
        vec_for (const struct name_str, e, FIELD_AT(struct name_str_vec, f, obj)) {
            put_str(b, e->name);
            put_str(b, e->value);
        }
        return;
    case FIELD_OBJECTS:
        put_tagged(b, 'l', FIELD_AT(struct any_vec, f, obj)->n);
        field_for_objects(o, f, obj)
        {
            put_fields(b, f->fields, o);
            put_str(b, STR("")); /* ends one object: no field has an empty name */
        }
        return;
    case FIELD_COMMAND: put_command(b, FIELD_AT(struct command, f, obj)); return;
    case FIELD_HEALTHCHECK: break; /* not part of any op */
    }
    BUG("field type %d is not hashed", f->type);
}

static void put_fields(struct buf *b, const struct field *table, const void *obj)
{
    field_for(f, table)
    {
        if (field_is_default(f, obj))
            continue;
        if (f->name)
            put_str(b, str_from(f->name));
        put_value(b, f, obj);
    }
}

/* Both clear b and use it for the bytes to hash. */
static struct digest op_digest(struct buf *b, const struct step *s)
{
    buf_clear(b);
    put_str(b, STR("obkit-op 1"));
    put_str(b, str_from(step_kind_name(s->kind)));
    put_fields(b, op_fields(s->kind), &s->op);
    return sha256_of(b->p, b->n);
}

static struct digest step_id(struct buf *b, const struct plan *p, const struct step *s)
{
    buf_clear(b);
    put_str(b, STR("obkit-step 1"));
    buf_add(b, s->op_digest.b, SHA256_BYTES);
    put_tagged(b, 'n', s->parent != NO_STEP);
    if (s->parent != NO_STEP)
        buf_add(b, p->steps.at[s->parent].id.b, SHA256_BYTES);
    put_tagged(b, 'n', s->reads.n);
    vec_for (const uint32_t, r, &s->reads)
        buf_add(b, p->steps.at[*r].id.b, SHA256_BYTES);
    return sha256_of(b->p, b->n);
}

struct digest ir_op_digest(const struct step *s)
{
    cleanup_buf struct buf bytes = BUF_INIT;
    return op_digest(&bytes, s);
}

void ir_identify(struct plan *p)
{
    cleanup_buf struct buf bytes = BUF_INIT;
    vec_for (struct step, s, &p->steps) {
        s->op_digest = op_digest(&bytes, s);
        s->id = step_id(&bytes, p, s);
    }
}

bool ir_ids_hold(struct plan *p, size_t *wrong, struct digest *right)
{
    cleanup_buf struct buf bytes = BUF_INIT;
    for (size_t i = 0; i < p->steps.n; i++) {
        struct step *s = &p->steps.at[i];
        s->op_digest = op_digest(&bytes, s);
        *right = step_id(&bytes, p, s);
        *wrong = i;
        if (!digest_eq(right, &s->id))
            return false;
    }
    return true;
}
