/* SPDX-License-Identifier: Apache-2.0 */
/* Reading values by the field tables. Recursion is bounded by JSON_DEPTH_MAX. */
#include <config.h>

#include "ir/read_value.h"

#include "base/buf.h"

static void add_path(struct buf *b, const struct at *at)
{
    if (!at) {
        buf_putc(b, '$');
        return;
    }
    add_path(b, at->up);
    if (at->key)
        buf_printf(b, ".%s", at->key);
    else
        buf_printf(b, "[%zu]", at->index);
}

int read_fail(const struct reader *r, const struct at *at, const char *fmt, ...)
{
    struct buf b = BUF_INIT;
    add_path(&b, at);
    buf_puts(&b, ": ");
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(&b, fmt, ap);
    va_end(ap);
    ob_err_set(r->err, 0, "%s", b.p);
    buf_free(&b);
    return -1;
}

/* What is there instead of a value of this type, if anything is. */
static int unexpected(const struct reader *r, const struct at *at, const struct json_node *v,
                      const char *type)
{
    return v ? read_fail(r, at, "expected %s", type) : read_fail(r, at, "is missing");
}

int read_str(const struct reader *r, const struct at *at, const struct json_node *v,
             struct str *out)
{
    if (!json_is(v, JSON_IS_STRING))
        return unexpected(r, at, v, "a string");
    *out = json_node_str(v);
    return 0;
}

int read_u32(const struct reader *r, const struct at *at, const struct json_node *v, uint32_t *out)
{
    if (!json_is(v, JSON_IS_INT) || v->integer < 0 || v->integer >= NO_STEP)
        return unexpected(r, at, v, "a number from 0 on");
    *out = (uint32_t)v->integer;
    return 0;
}

int read_digest(const struct reader *r, const struct at *at, const struct json_node *v,
                struct digest *out)
{
    if (!json_is(v, JSON_IS_STRING) || !digest_from_hex(json_node_str(v), out))
        return unexpected(r, at, v, "64 lower-case hex digits");
    return 0;
}

int read_array(const struct reader *r, const struct at *at, const struct json_node *v, size_t size,
               read_element *fn, void *vec)
{
    if (!json_is(v, JSON_IS_ARRAY))
        return unexpected(r, at, v, "an array");
    struct any_vec *out = vec;
    out->at = arena_alloc_n(r->arena, size, v->n);
    out->cap = v->n;
    for (out->n = 0; out->n < v->n; out->n++) {
        struct at e_at = index_at(at, out->n);
        if (fn(r, &e_at, &v->item[out->n], out->at + out->n * size) < 0)
            return -1;
    }
    return 0;
}

int read_check_keys(const struct reader *r, const struct at *at, const struct json_node *v,
                    const char *const *known)
{
    if (!json_is(v, JSON_IS_OBJECT))
        return read_fail(r, at, "expected an object");
    json_for_members (key, v) {
        const char *const *k = known;
        while (*k && strcmp(*k, key->string) != 0)
            k++;
        if (!*k)
            return read_fail(r, at, "unknown key \"%s\"", key->string);
    }
    return 0;
}

static int read_text(const struct reader *r, const struct at *at, const struct json_node *v,
                     struct text *out);

static bool node_is(const struct json_node *v, const char *string)
{
    return json_is(v, JSON_IS_STRING) && strcmp(v->string, string) == 0;
}

static bool find_op(struct str name, enum text_op *op)
{
    for (*op = 0; *op <= TEXT_OP_REPLACE_ALL; (*op)++)
        if (str_eq(name, str_from(text_op_name(*op))))
            return true;
    return false;
}

static size_t known_bytes(struct text t)
{
    size_t n = 0;
    for (size_t i = 0; i < t.n; i++)
        n += t.part[i].kind == TEXT_LITERAL ? t.part[i].s.n : 0;
    return n;
}

/* A few nested replacements can make gigabytes of kilobytes. */
static int count_growth(const struct reader *r, const struct at *at, size_t before, size_t after)
{
    enum { GROWN_MAX = 64 << 20 };
    if (after > before)
        *r->grown += after - before;
    if (*r->grown <= GROWN_MAX)
        return 0;
    return read_fail(r, at, "the expansions of the document grow to more than 64 MiB");
}

static int read_expand(const struct reader *r, const struct at *at, const struct json_node *v,
                       struct text *out)
{
    static const char *const keys[] = {"expand", "of", "word", "with", NULL};
    struct at of_at = key_at(at, "of"), word_at = key_at(at, "word"), with_at = key_at(at, "with");
    const struct json_node *json_with = json_member(v, "with");
    struct text of, word, with = TEXT_EMPTY;
    struct str name;
    enum text_op op;
    if (read_check_keys(r, at, v, keys) < 0 ||
        read_str(r, at, json_member(v, "expand"), &name) < 0 ||
        read_text(r, &of_at, json_member(v, "of"), &of) < 0 ||
        read_text(r, &word_at, json_member(v, "word"), &word) < 0)
        return -1;
    if (!find_op(name, &op))
        return read_fail(r, at, "unknown expansion \"" STR_FMT "\"", STR_ARG(name));
    if (json_with && !text_op_has_with(op))
        return read_fail(r, &with_at, "only \"/\" and \"//\" have it");
    if (text_op_has_with(op) && read_text(r, &with_at, json_with, &with) < 0)
        return -1;
    *out = text_op_has_with(op) ? text_replace(r->arena, op, of, word, with)
                                : text_expand(r->arena, op, of, word);
    return count_growth(r, at, known_bytes(of) + known_bytes(word) + known_bytes(with),
                        known_bytes(*out));
}

static int read_reference(const struct reader *r, const struct at *at, const struct json_node *v,
                          struct text *out)
{
    const struct json_node *env = json_member(v, "env"), *base = json_member(v, "base");
    if (v->n == 1 && json_is(env, JSON_IS_STRING))
        *out = text_env(r->arena, json_node_str(env));
    else if (v->n == 1 && node_is(base, "workdir"))
        *out = text_ref(r->arena, TEXT_WORKDIR);
    else if (v->n == 1 && node_is(base, "user"))
        *out = text_ref(r->arena, TEXT_USER);
    else
        return read_fail(r, at,
                         "expected {\"env\": NAME}, {\"base\": \"workdir\"}, "
                         "{\"base\": \"user\"} or an expansion");
    return 0;
}

static int read_part(const struct reader *r, const struct at *at, const struct json_node *v,
                     void *out)
{
    if (json_is(v, JSON_IS_STRING)) {
        *(struct text *)out = text_lit(r->arena, json_node_str(v));
        return 0;
    }
    if (!json_is(v, JSON_IS_OBJECT))
        return read_fail(r, at, "expected a string or a reference");
    return json_member(v, "expand") ? read_expand(r, at, v, out) : read_reference(r, at, v, out);
}

static int read_text(const struct reader *r, const struct at *at, const struct json_node *v,
                     struct text *out)
{
    static const char *const keys[] = {"late", NULL};
    if (json_is(v, JSON_IS_STRING)) {
        *out = text_lit(r->arena, json_node_str(v));
        return 0;
    }
    if (!json_is(v, JSON_IS_OBJECT))
        return unexpected(r, at, v, "a string or {\"late\": […]}");
    struct at late_at = key_at(at, "late");
    struct any_vec parts = {0};
    if (read_check_keys(r, at, v, keys) < 0 ||
        read_array(r, &late_at, json_member(v, "late"), sizeof *out, read_part, &parts) < 0)
        return -1;
    *out = text_join_all(r->arena, (const struct text *)(void *)parts.at, parts.n);
    return 0;
}

static int read_str_element(const struct reader *r, const struct at *at, const struct json_node *v,
                            void *out)
{
    return read_str(r, at, v, out);
}

static int read_text_element(const struct reader *r, const struct at *at, const struct json_node *v,
                             void *out)
{
    return read_text(r, at, v, out);
}

/* One [NAME, VALUE] of a list of pairs. */
static int read_text_pair(const struct reader *r, const struct at *at, const struct json_node *v,
                          void *out)
{
    struct name_value *p = out;
    struct at name_at = index_at(at, 0), value_at = index_at(at, 1);
    if (!json_is(v, JSON_IS_ARRAY) || v->n != 2)
        return read_fail(r, at, "expected [NAME, VALUE]");
    if (read_str(r, &name_at, &v->item[0], &p->name) < 0)
        return -1;
    return read_text(r, &value_at, &v->item[1], &p->value);
}

int read_str_pair(const struct reader *r, const struct at *at, const struct json_node *v, void *out)
{
    struct name_value p;
    if (read_text_pair(r, at, v, &p) < 0)
        return -1;
    if (!text_is_literal(p.value))
        return read_fail(r, at, "expected a string");
    *(struct name_str *)out = (struct name_str){p.name, text_str(p.value)};
    return 0;
}

static int read_str_list(const struct reader *r, const struct at *at, const struct json_node *v,
                         void *out)
{
    return read_array(r, at, v, sizeof(struct str), read_str_element, out);
}

/* A command's keys in object v; none of them = COMMAND_NONE. */
static int read_command(const struct reader *r, const struct at *at, const struct json_node *v,
                        struct command *out)
{
    const struct json_node *argv = json_member(v, "argv"), *shell = json_member(v, "shell");
    const struct json_node *line = json_member(v, "command");
    struct at argv_at = key_at(at, "argv"), shell_at = key_at(at, "shell");
    struct at line_at = key_at(at, "command");
    if (argv && (shell || line))
        return read_fail(r, at, "\"argv\" stands alone, without \"shell\" and \"command\"");
    if (argv) {
        out->form = COMMAND_ARGV;
        return read_str_list(r, &argv_at, argv, &out->argv);
    }
    if (!shell && !line)
        return 0;
    out->form = COMMAND_SHELL;
    if (!shell || !line)
        return read_fail(r, at, "\"shell\" and \"command\" need each other");
    if (read_str(r, &line_at, line, &out->line) < 0)
        return -1;
    if (!json_is(shell, JSON_IS_STRING)) {
        out->shell_kind = SHELL_LIST;
        return read_str_list(r, &shell_at, shell, &out->shell);
    }
    if (!node_is(shell, "base") && !node_is(shell, "sandbox"))
        return read_fail(r, &shell_at, "expected a list, \"base\" or \"sandbox\"");
    out->shell_kind = node_is(shell, "base") ? SHELL_BASE : SHELL_SANDBOX;
    return 0;
}

static int read_objects(const struct reader *r, const struct at *at, const struct json_node *v,
                        const struct field *f, struct any_vec *out)
{
    if (!json_is(v, JSON_IS_ARRAY))
        return read_fail(r, at, "expected an array");
    out->at = arena_alloc_n(r->arena, f->size, v->n);
    out->cap = v->n;
    for (out->n = 0; out->n < v->n; out->n++) {
        struct at e_at = index_at(at, out->n);
        if (read_fields(r, &e_at, &v->item[out->n], f->fields, out->at + out->n * f->size) < 0)
            return -1;
    }
    return 0;
}

static int read_enum(const struct reader *r, const struct at *at, const struct json_node *v,
                     const char *const *names, void *out)
{
    if (!json_is(v, JSON_IS_STRING))
        return read_fail(r, at, "expected a string");
    for (int i = 0; names[i]; i++)
        if (node_is(v, names[i])) {
            memcpy(out, &i, sizeof i);
            return 0;
        }
    return read_fail(r, at, "unknown value \"%s\"", v->string);
}

static int read_object_command(const struct reader *r, const struct at *at,
                               const struct json_node *v, struct command *out)
{
    static const char *const keys[] = {"argv", "shell", "command", NULL};
    if (read_check_keys(r, at, v, keys) < 0 || read_command(r, at, v, out) < 0)
        return -1;
    return out->form != COMMAND_NONE ? 0 : read_fail(r, at, "expected \"argv\" or \"shell\"");
}

static int read_value(const struct reader *r, const struct at *at, const struct json_node *v,
                      const struct field *f, void *obj)
{
    void *out = (char *)obj + f->offset;
    switch (f->type) {
    case FIELD_STR: return read_str(r, at, v, out);
    case FIELD_TEXT:
    case FIELD_STR_OR_TEXT: return read_text(r, at, v, out);
    case FIELD_BOOL:
        if (!json_is(v, JSON_IS_BOOL))
            return read_fail(r, at, "expected true or false");
        *(bool *)out = v->boolean;
        return 0;
    case FIELD_INT:
        if (!json_is(v, JSON_IS_INT) || v->integer < 0)
            return read_fail(r, at, "expected a number from 0 on");
        *(int64_t *)out = v->integer;
        return 0;
    case FIELD_ENUM: return read_enum(r, at, v, f->names, out);
    case FIELD_STR_LIST: return read_str_list(r, at, v, out);
    case FIELD_TEXT_LIST: return read_array(r, at, v, sizeof(struct text), read_text_element, out);
    case FIELD_TEXT_PAIRS:
        return read_array(r, at, v, sizeof(struct name_value), read_text_pair, out);
    case FIELD_STR_PAIRS: return read_array(r, at, v, sizeof(struct name_str), read_str_pair, out);
    case FIELD_COMMAND: return read_object_command(r, at, v, out);
    case FIELD_OBJECTS: return read_objects(r, at, v, f, out);
    case FIELD_HEALTHCHECK:
        ((struct healthcheck *)out)->is_set = true;
        return read_fields(r, at, v, healthcheck_fields, out);
    }
    BUG("field type %d", f->type);
}

static bool is_command_key(const char *key)
{
    return strcmp(key, "argv") == 0 || strcmp(key, "shell") == 0 || strcmp(key, "command") == 0;
}

static int check_field_keys(const struct reader *r, const struct at *at, const struct json_node *v,
                            const struct field *table)
{
    if (!json_is(v, JSON_IS_OBJECT))
        return read_fail(r, at, "expected an object");
    json_for_members (key, v) {
        bool known = false;
        field_for(f, table) known |=
            f->name ? strcmp(f->name, key->string) == 0 : is_command_key(key->string);
        if (!known)
            return read_fail(r, at, "unknown key \"%s\"", key->string);
    }
    return 0;
}

int read_fields(const struct reader *r, const struct at *at, const struct json_node *v,
                const struct field *table, void *obj)
{
    if (check_field_keys(r, at, v, table) < 0)
        return -1;
    field_for(f, table)
    {
        if (!f->name) {
            if (read_command(r, at, v, (struct command *)((char *)obj + f->offset)) < 0)
                return -1;
            continue;
        }
        const struct json_node *m = json_member(v, f->name);
        struct at f_at = key_at(at, f->name);
        if (!m && f->required)
            return read_fail(r, at, "\"%s\" is missing", f->name);
        if (m && read_value(r, &f_at, m, f, obj) < 0)
            return -1;
    }
    return 0;
}
