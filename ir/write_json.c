/* SPDX-License-Identifier: Apache-2.0 */
/* The IR writer: one step a line, keys in the order of the field tables. */
#include <config.h>

#include "ir/write.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "ir/field.h"
#include "ir/need.h"

static void write_part(struct json_out *j, const struct text_part *p)
{
    if (p->kind == TEXT_LITERAL) {
        json_str(j, p->s);
        return;
    }
    json_open(j, '{');
    switch (p->kind) {
    case TEXT_ENV: json_key_str(j, "env", p->s); break;
    case TEXT_WORKDIR: json_key_str(j, "base", STR("workdir")); break;
    case TEXT_USER: json_key_str(j, "base", STR("user")); break;
    case TEXT_EXPAND:
        json_key_str(j, "expand", str_from(text_op_name(p->x->op)));
        json_key(j, "of");
        ir_write_text(j, p->x->of);
        json_key(j, "word");
        ir_write_text(j, p->x->word);
        if (!text_op_has_with(p->x->op))
            break;
        json_key(j, "with");
        ir_write_text(j, p->x->with);
        break;
    case TEXT_LITERAL: break;
    }
    json_close(j, '}');
}

void ir_write_text(struct json_out *j, struct text t)
{
    if (text_is_literal(t)) {
        json_str(j, text_str(t));
        return;
    }
    json_open(j, '{');
    json_key(j, "late");
    json_open(j, '[');
    for (size_t i = 0; i < t.n; i++)
        write_part(j, &t.part[i]);
    json_close(j, ']');
    json_close(j, '}');
}

static void write_str_list(struct json_out *j, const struct str_vec *v)
{
    json_open(j, '[');
    vec_for (const struct str, s, v)
        json_str(j, *s);
    json_close(j, ']');
}

static void write_command_keys(struct json_out *j, const struct command *c)
{
    if (c->form == COMMAND_ARGV) {
        json_key(j, "argv");
        write_str_list(j, &c->argv);
        return;
    }
    json_key(j, "shell");
    if (c->shell_kind == SHELL_LIST)
        write_str_list(j, &c->shell);
    else
        json_str(j, c->shell_kind == SHELL_BASE ? STR("base") : STR("sandbox"));
    json_key_str(j, "command", c->line);
}

static void write_pairs(struct json_out *j, const struct field *f, const void *obj)
{
    json_open(j, '[');
    if (f->type == FIELD_TEXT_PAIRS)
        vec_for (const struct name_value, e, FIELD_AT(struct name_value_vec, f, obj)) {
            json_open(j, '[');
            json_str(j, e->name);
            ir_write_text(j, e->value);
            json_close(j, ']');
        }
    else
        vec_for (const struct name_str, e, FIELD_AT(struct name_str_vec, f, obj)) {
            json_open(j, '[');
            json_str(j, e->name);
            json_str(j, e->value);
            json_close(j, ']');
        }
    json_close(j, ']');
}

static void write_fields(struct json_out *j, const struct field *table, const void *obj);

static void write_object(struct json_out *j, const struct field *table, const void *obj)
{
    json_open(j, '{');
    write_fields(j, table, obj);
    json_close(j, '}');
}

static void write_value(struct json_out *j, const struct field *f, const void *obj)
{
    switch (f->type) {
    case FIELD_STR: json_str(j, *FIELD_AT(struct str, f, obj)); return;
    case FIELD_TEXT:
    case FIELD_STR_OR_TEXT: ir_write_text(j, *FIELD_AT(struct text, f, obj)); return;
    case FIELD_BOOL: json_bool(j, *FIELD_AT(bool, f, obj)); return;
    case FIELD_INT: json_int(j, *FIELD_AT(int64_t, f, obj)); return;
    case FIELD_ENUM: json_plain(j, str_from(f->names[field_enum(f, obj)])); return;
    case FIELD_STR_LIST: write_str_list(j, FIELD_AT(struct str_vec, f, obj)); return;
    case FIELD_TEXT_LIST:
        json_open(j, '[');
        vec_for (const struct text, t, FIELD_AT(struct text_vec, f, obj))
            ir_write_text(j, *t);
        json_close(j, ']');
        return;
    case FIELD_TEXT_PAIRS:
    case FIELD_STR_PAIRS: write_pairs(j, f, obj); return;
    case FIELD_COMMAND:
        json_open(j, '{');
        write_command_keys(j, FIELD_AT(struct command, f, obj));
        json_close(j, '}');
        return;
    case FIELD_OBJECTS:
        json_open(j, '[');
        field_for_objects(o, f, obj) write_object(j, f->fields, o);
        json_close(j, ']');
        return;
    case FIELD_HEALTHCHECK:
        write_object(j, healthcheck_fields, FIELD_AT(struct healthcheck, f, obj));
        return;
    }
    BUG("field type %d", f->type);
}

static void write_fields(struct json_out *j, const struct field *table, const void *obj)
{
    field_for(f, table)
    {
        if (!f->required && field_is_default(f, obj))
            continue;
        if (!f->name) {
            write_command_keys(j, FIELD_AT(struct command, f, obj));
            continue;
        }
        json_key(j, f->name);
        write_value(j, f, obj);
    }
}

static void write_digest(struct json_out *j, const char *key, const struct digest *d)
{
    char hex[SHA256_HEX + 1];
    digest_hex(d, hex);
    json_key(j, key);
    json_plain(j, str_of(hex, SHA256_HEX));
}

static void write_meta(struct json_out *j, const struct step_meta *m)
{
    json_key(j, "meta");
    json_open(j, '{');
    if (m->line != 0) {
        json_key_int(j, "source", m->source);
        json_key_int(j, "line", m->line);
        json_key_int(j, "column", m->column);
        json_key_int(j, "end_line", m->end_line);
        json_key_int(j, "end_column", m->end_column);
    }
    json_key_str(j, "heading", m->heading);
    json_close(j, '}');
}

void ir_write_op(struct json_out *j, const struct step *s)
{
    write_object(j, op_fields(s->kind), &s->op);
}

static void write_step(struct json_out *j, const struct step *s)
{
    json_newline(j);
    json_open(j, '{');
    write_digest(j, "id", &s->id);
    json_key(j, "kind");
    json_plain(j, str_from(step_kind_name(s->kind)));
    if (s->parent != NO_STEP)
        json_key_int(j, "parent", s->parent);
    if (s->reads.n) {
        json_key(j, "reads");
        json_open(j, '[');
        vec_for (const uint32_t, r, &s->reads)
            json_int(j, *r);
        json_close(j, ']');
    }
    json_key(j, "op");
    ir_write_op(j, s);
    write_meta(j, &s->meta);
    json_close(j, '}');
}

static void write_sources(struct json_out *j, const struct plan *p)
{
    json_key(j, "sources");
    json_open(j, '[');
    vec_for (const struct plan_source, s, &p->sources) {
        json_newline(j);
        json_open(j, '{');
        json_key_str(j, "path", s->path);
        write_digest(j, "sha256", &s->sha256);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void write_stages(struct json_out *j, const struct plan *p)
{
    json_key(j, "stages");
    json_open(j, '[');
    vec_for (const struct stage, s, &p->stages) {
        json_newline(j);
        json_open(j, '{');
        json_key_str(j, "name", s->name);
        json_key_int(j, "step", s->step);
        json_key(j, "config");
        write_object(j, config_fields, &s->config);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void write_targets(struct json_out *j, const struct plan *p)
{
    json_key(j, "targets");
    json_open(j, '[');
    vec_for (const struct target, t, &p->targets) {
        json_newline(j);
        json_open(j, '{');
        json_key_str(j, "name", t->name);
        json_key_int(j, "step", t->step);
        if (t->stage != NO_STEP)
            json_key_int(j, "stage", t->stage);
        json_close(j, '}');
    }
    json_close(j, ']');
}

/* Empties the buffer into fd when it is full enough; fd -1 keeps all in the buffer. */
static int flush(struct buf *b, size_t enough, int fd, struct ob_err *err)
{
    if (fd < 0 || b->n < enough)
        return 0;
    int rc = fs_write_all(fd, b->p, b->n, err);
    buf_clear(b);
    return rc;
}

static void write_proxies(struct json_out *j, const struct plan *p)
{
    if (p->proxies.n == 0)
        return;
    json_key(j, "proxies");
    json_open(j, '[');
    vec_for (const struct name_str, v, &p->proxies) {
        json_open(j, '[');
        json_str(j, v->name);
        json_str(j, v->value);
        json_close(j, ']');
    }
    json_close(j, ']');
    json_newline(j);
}

/* None are left out, like every default. */
static void write_needs(struct json_out *j, struct ir_needs needs)
{
    if (needs.bits == 0)
        return;
    json_key(j, "needs");
    json_open(j, '[');
    needs_for (n, needs)
        json_plain(j, str_from(need_name(n)));
    json_close(j, ']');
    json_newline(j);
}

static int write_document(const struct plan *p, struct buf *out, int fd, struct ob_err *err)
{
    enum { PIECE = 64 << 10 };
    struct json_out j = JSON_OUT_INIT(out);
    json_open(&j, '{');
    json_key_int(&j, "obir", IR_VERSION);
    json_newline(&j);
    write_needs(&j, plan_needs(p));
    write_sources(&j, p);
    json_newline(&j);
    write_proxies(&j, p);
    json_key(&j, "steps");
    json_open(&j, '[');
    vec_for (const struct step, s, &p->steps) {
        write_step(&j, s);
        if (flush(out, PIECE, fd, err) < 0)
            return -1;
    }
    json_close(&j, ']');
    json_newline(&j);
    write_stages(&j, p);
    json_newline(&j);
    write_targets(&j, p);
    json_close(&j, '}');
    buf_putc(out, '\n');
    return flush(out, 1, fd, err);
}

void ir_write_json(const struct plan *p, struct buf *out)
{
    struct ob_err none; /* a buffer does not fail */
    write_document(p, out, -1, &none);
}

int ir_write_json_fd(const struct plan *p, int fd, struct ob_err *err)
{
    struct buf piece = BUF_INIT;
    int rc = write_document(p, &piece, fd, err);
    buf_free(&piece);
    return rc;
}
