/* SPDX-License-Identifier: Apache-2.0 */
/* Reading values by the field tables. Recursion is bounded by jansson's limit on nesting (2,048).
 */
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
static int unexpected(const struct reader *r, const struct at *at, const json_t *v,
                      const char *type)
{
    return v ? read_fail(r, at, "expected %s", type) : read_fail(r, at, "is missing");
}

int read_str(const struct reader *r, const struct at *at, const json_t *v, struct str *out)
{
    if (!json_is_string(v))
        return unexpected(r, at, v, "a string");
    *out = arena_str(r->arena, str_of(json_string_value(v), json_string_length(v)));
    return 0;
}

int read_u32(const struct reader *r, const struct at *at, const json_t *v, uint32_t *out)
{
    if (!json_is_integer(v) || json_integer_value(v) < 0 || json_integer_value(v) >= NO_STEP)
        return unexpected(r, at, v, "a number from 0 on");
    *out = (uint32_t)json_integer_value(v);
    return 0;
}

int read_digest(const struct reader *r, const struct at *at, const json_t *v, struct digest *out)
{
    if (!json_is_string(v) ||
        !digest_from_hex(str_of(json_string_value(v), json_string_length(v)), out))
        return unexpected(r, at, v, "64 lower-case hex digits");
    return 0;
}

int read_array(const struct reader *r, const struct at *at, const json_t *v, read_element *fn,
               void *out)
{
    size_t i;
    const json_t *e;
    if (!json_is_array(v))
        return unexpected(r, at, v, "an array");
    json_array_foreach(v, i, e)
    {
        struct at e_at = index_at(at, i);
        if (fn(r, &e_at, e, out) < 0)
            return -1;
    }
    return 0;
}

int read_check_keys(const struct reader *r, const struct at *at, const json_t *v,
                    const char *const *known)
{
    if (!json_is_object(v))
        return read_fail(r, at, "expected an object");
    const char *key;
    json_t *unused;
    json_object_foreach((json_t *)v, key, unused)
    {
        const char *const *k = known;
        while (*k && strcmp(*k, key) != 0)
            k++;
        if (!*k)
            return read_fail(r, at, "unknown key \"%s\"", key);
    }
    return 0;
}

static int read_text(const struct reader *r, const struct at *at, const json_t *v,
                     struct text *out);

static bool find_op(struct str name, enum text_op *op)
{
    for (*op = 0; *op <= TEXT_OP_REPLACE_ALL; (*op)++)
        if (str_eq(name, str_from(text_op_name(*op))))
            return true;
    return false;
}

static int read_expand(const struct reader *r, const struct at *at, const json_t *v,
                       struct text *out)
{
    static const char *const keys[] = {"expand", "of", "word", "with", NULL};
    struct at of_at = key_at(at, "of"), word_at = key_at(at, "word"), with_at = key_at(at, "with");
    const json_t *json_with = json_object_get(v, "with");
    struct text of, word, with = TEXT_EMPTY;
    struct str name;
    enum text_op op;
    if (read_check_keys(r, at, v, keys) < 0 ||
        read_str(r, at, json_object_get(v, "expand"), &name) < 0 ||
        read_text(r, &of_at, json_object_get(v, "of"), &of) < 0 ||
        read_text(r, &word_at, json_object_get(v, "word"), &word) < 0)
        return -1;
    if (!find_op(name, &op))
        return read_fail(r, at, "unknown expansion \"" STR_FMT "\"", STR_ARG(name));
    if (json_with && !text_op_has_with(op))
        return read_fail(r, &with_at, "only \"/\" and \"//\" have it");
    if (text_op_has_with(op) && read_text(r, &with_at, json_with, &with) < 0)
        return -1;
    *out = text_op_has_with(op) ? text_replace(r->arena, op, of, word, with)
                                : text_expand(r->arena, op, of, word);
    return 0;
}

static int read_part(const struct reader *r, const struct at *at, const json_t *v, struct text *out)
{
    struct str s;
    if (json_is_string(v)) {
        if (read_str(r, at, v, &s) < 0)
            return -1;
        *out = text_lit(r->arena, s);
        return 0;
    }
    if (!json_is_object(v))
        return read_fail(r, at, "expected a string or a reference");
    if (json_object_get(v, "expand"))
        return read_expand(r, at, v, out);
    if (json_object_size(v) == 1 && json_is_string(json_object_get(v, "env"))) {
        if (read_str(r, at, json_object_get(v, "env"), &s) < 0)
            return -1;
        *out = text_env(r->arena, s);
        return 0;
    }
    const char *base = json_string_value(json_object_get(v, "base"));
    if (json_object_size(v) != 1 || !base ||
        (strcmp(base, "workdir") != 0 && strcmp(base, "user") != 0))
        return read_fail(r, at,
                         "expected {\"env\": NAME}, {\"base\": \"workdir\"}, "
                         "{\"base\": \"user\"} or an expansion");
    *out = text_ref(r->arena, strcmp(base, "user") == 0 ? TEXT_USER : TEXT_WORKDIR);
    return 0;
}

/* Joins by halves: one after the other would copy the beginning for every part. */
static struct text join_all(struct arena *a, const struct text *t, size_t n)
{
    if (n == 0)
        return TEXT_EMPTY;
    if (n == 1)
        return t[0];
    return text_join(a, join_all(a, t, n / 2), join_all(a, t + n / 2, n - n / 2));
}

static int add_part(const struct reader *r, const struct at *at, const json_t *v, void *out)
{
    struct text t;
    if (read_part(r, at, v, &t) < 0)
        return -1;
    vec_push(r->arena, (struct text_vec *)out, t);
    return 0;
}

static int read_text(const struct reader *r, const struct at *at, const json_t *v, struct text *out)
{
    static const char *const keys[] = {"late", NULL};
    struct str s;
    if (json_is_string(v)) {
        if (read_str(r, at, v, &s) < 0)
            return -1;
        *out = text_lit(r->arena, s);
        return 0;
    }
    if (!json_is_object(v))
        return unexpected(r, at, v, "a string or {\"late\": […]}");
    struct at late_at = key_at(at, "late");
    struct text_vec parts = {0};
    if (read_check_keys(r, at, v, keys) < 0 ||
        read_array(r, &late_at, json_object_get(v, "late"), add_part, &parts) < 0)
        return -1;
    *out = join_all(r->arena, parts.at, parts.n);
    return 0;
}

static int add_str(const struct reader *r, const struct at *at, const json_t *v, void *out)
{
    struct str s;
    if (read_str(r, at, v, &s) < 0)
        return -1;
    vec_push(r->arena, (struct str_vec *)out, s);
    return 0;
}

static int add_text(const struct reader *r, const struct at *at, const json_t *v, void *out)
{
    struct text t;
    if (read_text(r, at, v, &t) < 0)
        return -1;
    vec_push(r->arena, (struct text_vec *)out, t);
    return 0;
}

/* One [NAME, VALUE] of a list of pairs. */
static int read_pair(const struct reader *r, const struct at *at, const json_t *v, struct str *name,
                     struct text *value)
{
    struct at name_at = index_at(at, 0), value_at = index_at(at, 1);
    if (json_array_size(v) != 2)
        return read_fail(r, at, "expected [NAME, VALUE]");
    if (read_str(r, &name_at, json_array_get(v, 0), name) < 0)
        return -1;
    return read_text(r, &value_at, json_array_get(v, 1), value);
}

static int add_text_pair(const struct reader *r, const struct at *at, const json_t *v, void *out)
{
    struct name_value p;
    if (read_pair(r, at, v, &p.name, &p.value) < 0)
        return -1;
    vec_push(r->arena, (struct name_value_vec *)out, p);
    return 0;
}

int read_str_pair(const struct reader *r, const struct at *at, const json_t *v, void *out)
{
    struct name_str s;
    struct text value;
    if (read_pair(r, at, v, &s.name, &value) < 0)
        return -1;
    if (!text_is_literal(value))
        return read_fail(r, at, "expected a string");
    s.value = text_str(value);
    vec_push(r->arena, (struct name_str_vec *)out, s);
    return 0;
}

/* A command's keys in object v; none of them = COMMAND_NONE. */
static int read_command(const struct reader *r, const struct at *at, const json_t *v,
                        struct command *out)
{
    const json_t *argv = json_object_get(v, "argv"), *shell = json_object_get(v, "shell");
    const json_t *line = json_object_get(v, "command");
    struct at argv_at = key_at(at, "argv"), shell_at = key_at(at, "shell");
    struct at line_at = key_at(at, "command");
    if (argv && (shell || line))
        return read_fail(r, at, "\"argv\" stands alone, without \"shell\" and \"command\"");
    if (argv) {
        out->form = COMMAND_ARGV;
        return read_array(r, &argv_at, argv, add_str, &out->argv);
    }
    if (!shell && !line)
        return 0;
    out->form = COMMAND_SHELL;
    if (!shell || !line)
        return read_fail(r, at, "\"shell\" and \"command\" need each other");
    if (read_str(r, &line_at, line, &out->line) < 0)
        return -1;
    const char *name = json_string_value(shell);
    out->shell_kind = name == NULL                   ? SHELL_LIST
                      : strcmp(name, "sandbox") == 0 ? SHELL_SANDBOX
                                                     : SHELL_BASE;
    if (name && strcmp(name, "base") != 0 && strcmp(name, "sandbox") != 0)
        return read_fail(r, &shell_at, "expected a list, \"base\" or \"sandbox\"");
    return name ? 0 : read_array(r, &shell_at, shell, add_str, &out->shell);
}

static int read_objects(const struct reader *r, const struct at *at, const json_t *v,
                        const struct field *f, struct any_vec *out)
{
    size_t i, n = json_array_size(v);
    const json_t *e;
    if (!json_is_array(v))
        return read_fail(r, at, "expected an array");
    out->at = arena_alloc_n(r->arena, f->size, n);
    json_array_foreach(v, i, e)
    {
        struct at e_at = index_at(at, i);
        if (read_fields(r, &e_at, e, f->fields, out->at + i * f->size) < 0)
            return -1;
    }
    out->n = out->cap = (uint32_t)n;
    return 0;
}

static int read_enum(const struct reader *r, const struct at *at, const json_t *v,
                     const char *const *names, void *out)
{
    const char *s = json_string_value(v);
    for (int i = 0; s && names[i]; i++)
        if (strcmp(s, names[i]) == 0) {
            memcpy(out, &i, sizeof i);
            return 0;
        }
    return s ? read_fail(r, at, "unknown value \"%s\"", s) : read_fail(r, at, "expected a string");
}

static int read_object_command(const struct reader *r, const struct at *at, const json_t *v,
                               struct command *out)
{
    static const char *const keys[] = {"argv", "shell", "command", NULL};
    if (read_check_keys(r, at, v, keys) < 0 || read_command(r, at, v, out) < 0)
        return -1;
    return out->form != COMMAND_NONE ? 0 : read_fail(r, at, "expected \"argv\" or \"shell\"");
}

static int read_value(const struct reader *r, const struct at *at, const json_t *v,
                      const struct field *f, void *obj)
{
    void *out = (char *)obj + f->offset;
    switch (f->type) {
    case FIELD_STR: return read_str(r, at, v, out);
    case FIELD_TEXT:
    case FIELD_STR_OR_TEXT: return read_text(r, at, v, out);
    case FIELD_BOOL:
        if (!json_is_boolean(v))
            return read_fail(r, at, "expected true or false");
        *(bool *)out = json_is_true(v);
        return 0;
    case FIELD_INT:
        if (!json_is_integer(v) || json_integer_value(v) < 0)
            return read_fail(r, at, "expected a number from 0 on");
        *(int64_t *)out = json_integer_value(v);
        return 0;
    case FIELD_ENUM: return read_enum(r, at, v, f->names, out);
    case FIELD_STR_LIST: return read_array(r, at, v, add_str, out);
    case FIELD_TEXT_LIST: return read_array(r, at, v, add_text, out);
    case FIELD_TEXT_PAIRS: return read_array(r, at, v, add_text_pair, out);
    case FIELD_STR_PAIRS: return read_array(r, at, v, read_str_pair, out);
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

static int check_field_keys(const struct reader *r, const struct at *at, const json_t *v,
                            const struct field *table)
{
    if (!json_is_object(v))
        return read_fail(r, at, "expected an object");
    const char *key;
    json_t *unused;
    json_object_foreach((json_t *)v, key, unused)
    {
        bool known = false;
        field_for(f, table) known |= f->name ? strcmp(f->name, key) == 0 : is_command_key(key);
        if (!known)
            return read_fail(r, at, "unknown key \"%s\"", key);
    }
    return 0;
}

int read_fields(const struct reader *r, const struct at *at, const json_t *v,
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
        const json_t *m = json_object_get(v, f->name);
        struct at f_at = key_at(at, f->name);
        if (!m && f->required)
            return read_fail(r, at, "\"%s\" is missing", f->name);
        if (m && read_value(r, &f_at, m, f, obj) < 0)
            return -1;
    }
    return 0;
}
