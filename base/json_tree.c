/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parser works in a copy of the text: a string is decoded and terminated where it stands, as it
 * never becomes longer. The copy ends with a NUL, which is right nowhere, so that nothing needs to
 * look for the end. Elements of open arrays and objects stand on one stack and move to the arena,
 * side by side, when theirs is closed.
 */
#include <config.h>

#include "base/json_tree.h"

#include "base/buf.h"

#include <stdlib.h>

enum { SLACK = 8 }; /* NULs behind the text, for plain_length */

struct parser {
    struct arena *nodes;
    char *at; /* the next character */
    struct buf stack;
    unsigned depth;
    const char *why; /* what is wrong at `at` */
};

static bool fail(struct parser *ps, const char *why)
{
    ps->why = why;
    return false;
}

static void skip_blanks(struct parser *ps)
{
    while (*ps->at == ' ' || *ps->at == '\n' || *ps->at == '\t' || *ps->at == '\r')
        ps->at++;
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* How many characters of a string stand for themselves. In eight bytes, subtracting sets the high
 * bit of one that was less, and perhaps of one above it. */
static size_t plain_length(const char *p)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
    size_t n = 0;
    for (uint64_t v;; n += sizeof v) {
        memcpy(&v, p + n, sizeof v);
        uint64_t odd = (v - ones * 0x20) | ((v ^ ones * '"') - ones) | ((v ^ ones * '\\') - ones);
        if ((odd | v) & high)
            break;
    }
    while (is_plain((unsigned char)p[n]))
        n++;
    return n;
}

static int hex_digit(char c)
{
    c = ascii_lower(c);
    return ascii_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits behind "\u"; -1 = there are none. */
static long hex_four(const char *p)
{
    long v = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(p[i]);
        if (digit < 0)
            return -1;
        v = v << 4 | digit;
    }
    return v;
}

static char *put_utf8(char *to, long c)
{
    if (c < 0x80) {
        *to++ = (char)c;
        return to;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};
    *to++ = (char)(first[more] | c >> 6 * more);
    while (more-- > 0)
        *to++ = (char)(0x80 | (c >> 6 * more & 0x3f));
    return to;
}

/* "\uXXXX", or two of them for a character beyond 16 bits. */
static bool decode_unicode(struct parser *ps, char **to)
{
    long c = hex_four(ps->at + 2), low;
    if (c < 0)
        return fail(ps, "expected four hexadecimal digits");
    if (c == 0)
        return fail(ps, "a string can't hold U+0000");
    size_t n = 6;
    if (c >= 0xd800 && c < 0xe000) {
        low = ps->at[6] == '\\' && ps->at[7] == 'u' ? hex_four(ps->at + 8) : -1;
        if (c >= 0xdc00 || low < 0xdc00 || low >= 0xe000)
            return fail(ps, "half of a surrogate pair");
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        n = 12;
    }
    ps->at += n;
    *to = put_utf8(*to, c);
    return true;
}

static bool decode_escape(struct parser *ps, char **to)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    if (ps->at[1] == 'u')
        return decode_unicode(ps, to);
    const char *name = ps->at[1] ? strchr(names, ps->at[1]) : NULL;
    if (!name)
        return fail(ps, "unknown escape in a string");
    *(*to)++ = values[name - names];
    ps->at += 2;
    return true;
}

/* A character beyond ASCII, or one that can't be in a string. */
static bool decode_other(struct parser *ps, char **to)
{
    if (*ps->at == '\0')
        return fail(ps, "a string without an end");
    if ((unsigned char)*ps->at < 0x20)
        return fail(ps, "a control character in a string");
    size_t n = str_char_len(str_of(ps->at, 4));
    if (n == 0)
        return fail(ps, "not UTF-8");
    memmove(*to, ps->at, n);
    *to += n;
    ps->at += n;
    return true;
}

static bool parse_string(struct parser *ps, struct json_node *out)
{
    if (*ps->at != '"')
        return fail(ps, "expected a string");
    char *from = ++ps->at, *to = from;
    for (;;) {
        size_t n = plain_length(ps->at);
        if (to != ps->at)
            memmove(to, ps->at, n);
        to += n;
        ps->at += n;
        if (*ps->at == '"')
            break;
        if (*ps->at == '\\' ? !decode_escape(ps, &to) : !decode_other(ps, &to))
            return false;
    }
    ps->at++;
    *to = '\0';
    *out = (struct json_node){.kind = JSON_IS_STRING, .n = (uint32_t)(to - from), .string = from};
    return true;
}

static bool skip_digits(struct parser *ps)
{
    if (!ascii_is_digit(*ps->at))
        return fail(ps, "expected a digit");
    while (ascii_is_digit(*ps->at))
        ps->at++;
    return true;
}

/* What makes a number more than an integer. */
static bool skip_fraction(struct parser *ps)
{
    if (*ps->at == '.') {
        ps->at++;
        if (!skip_digits(ps))
            return false;
    }
    if (*ps->at != 'e' && *ps->at != 'E')
        return true;
    ps->at++;
    ps->at += *ps->at == '+' || *ps->at == '-';
    return skip_digits(ps);
}

static bool parse_number(struct parser *ps, struct json_node *out)
{
    char *from = ps->at;
    ps->at += *ps->at == '-';
    char *digits = ps->at;
    if (!skip_digits(ps))
        return fail(ps, "expected a value");
    if (*digits == '0' && ps->at - digits > 1)
        return fail(ps, "a number with a 0 in front");
    *out = (struct json_node){.kind = JSON_IS_REAL};
    if (*ps->at == '.' || *ps->at == 'e' || *ps->at == 'E')
        return skip_fraction(ps);
    out->kind = JSON_IS_INT;
    for (const char *p = digits; p != ps->at; p++) {
        int digit = *from == '-' ? '0' - *p : *p - '0';
        if (__builtin_mul_overflow(out->integer, 10, &out->integer) ||
            __builtin_add_overflow(out->integer, digit, &out->integer))
            return fail(ps, "an integer of more than 64 bits");
    }
    return true;
}

static bool parse_word(struct parser *ps, const char *word, struct json_node value,
                       struct json_node *out)
{
    size_t n = strlen(word);
    if (strncmp(ps->at, word, n) != 0)
        return fail(ps, "expected a value");
    ps->at += n;
    *out = value;
    return true;
}

static void push(struct parser *ps, const struct json_node *v)
{
    buf_add(&ps->stack, v, sizeof *v);
}

/* Takes what was pushed since the stack had `base` bytes. */
static struct json_node pop_all(struct parser *ps, size_t base, enum json_kind kind)
{
    size_t bytes = ps->stack.n - base, n = bytes / sizeof(struct json_node);
    struct json_node *item = arena_alloc(ps->nodes, bytes);
    if (bytes)
        memcpy(item, ps->stack.p + base, bytes);
    ps->stack.n = base;
    n /= kind == JSON_IS_OBJECT ? 2 : 1;
    return (struct json_node){.kind = kind, .n = (uint32_t)n, .item = item};
}

static bool node_str_eq(const struct json_node *x, const struct json_node *y)
{
    return x->n == y->n && memcmp(x->string, y->string, x->n) == 0;
}

static int by_name(const void *x, const void *y)
{
    return str_cmp(json_node_str(x), json_node_str(y));
}

static bool has_twice_many(const struct json_node *object)
{
    size_t size = 2 * sizeof *object, n = object->n;
    struct json_node *sorted = malloc(n * size);
    if (!sorted)
        ob_out_of_memory();
    memcpy(sorted, object->item, n * size);
    qsort(sorted, n, size, by_name);
    size_t i = 1;
    while (i < n && !node_str_eq(&sorted[2 * i - 2], &sorted[2 * i]))
        i++;
    free(sorted);
    return i < n;
}

static bool has_name_twice(const struct json_node *object)
{
    enum { FEW = 32 }; /* so many are faster compared with each other than sorted */
    if (object->n > FEW)
        return has_twice_many(object);
    json_for_members (x, object)
        for (const struct json_node *y = object->item; y != x; y += 2)
            if (node_str_eq(x, y))
                return true;
    return false;
}

static bool parse_value(struct parser *ps, struct json_node *out);

static bool parse_element(struct parser *ps)
{
    struct json_node v;
    if (!parse_value(ps, &v))
        return false;
    push(ps, &v);
    return true;
}

static bool parse_member(struct parser *ps)
{
    struct json_node name;
    skip_blanks(ps);
    if (!parse_string(ps, &name))
        return false;
    push(ps, &name);
    skip_blanks(ps);
    if (*ps->at != ':')
        return fail(ps, "expected \":\"");
    ps->at++;
    return parse_element(ps);
}

/* Elements or members up to the closing bracket, behind the opening one. */
static bool parse_list(struct parser *ps, bool (*parse)(struct parser *), char close)
{
    skip_blanks(ps);
    while (*ps->at != close) {
        if (!parse(ps))
            return false;
        skip_blanks(ps);
        if (*ps->at == close)
            break;
        if (*ps->at != ',')
            return fail(ps, close == ']' ? "expected \",\" or \"]\"" : "expected \",\" or \"}\"");
        ps->at++;
        skip_blanks(ps);
        if (*ps->at == close)
            return fail(ps, "a comma at the end");
    }
    ps->at++;
    return true;
}

static bool parse_container(struct parser *ps, struct json_node *out)
{
    size_t base = ps->stack.n;
    bool is_array = *ps->at++ == '[';
    if (++ps->depth > JSON_DEPTH_MAX)
        return fail(ps, "nested too deeply");
    if (!(is_array ? parse_list(ps, parse_element, ']') : parse_list(ps, parse_member, '}')))
        return false;
    ps->depth--;
    *out = pop_all(ps, base, is_array ? JSON_IS_ARRAY : JSON_IS_OBJECT);
    return is_array || !has_name_twice(out) || fail(ps, "an object with the same name twice");
}

static bool parse_value(struct parser *ps, struct json_node *out)
{
    skip_blanks(ps);
    switch (*ps->at) {
    case '{':
    case '[': return parse_container(ps, out);
    case '"': return parse_string(ps, out);
    case 't':
        return parse_word(ps, "true", (struct json_node){.kind = JSON_IS_BOOL, .boolean = true},
                          out);
    case 'f': return parse_word(ps, "false", (struct json_node){.kind = JSON_IS_BOOL}, out);
    case 'n': return parse_word(ps, "null", (struct json_node){.kind = JSON_IS_NULL}, out);
    default: return parse_number(ps, out);
    }
}

static int fail_at(struct ob_err *err, struct str before, const char *why)
{
    size_t line = 1, column = 1;
    for (size_t i = 0; i < before.n; i++) {
        column += ((unsigned char)before.p[i] & 0xc0) != 0x80;
        if (before.p[i] == '\n') {
            line++;
            column = 1;
        }
    }
    return ob_err_set(err, 0, "line %zu, column %zu: %s", line, column, why);
}

const struct json_node *json_tree_parse(struct arena *strings, struct arena *nodes, struct str text,
                                        struct ob_err *err)
{
    if (text.n >= UINT32_MAX) {
        ob_err_set(err, 0, "larger than 4 GiB");
        return NULL;
    }
    char *copy = arena_alloc(strings, text.n + SLACK);
    if (text.n)
        memcpy(copy, text.p, text.n);
    struct parser ps = {.nodes = nodes, .at = copy};
    struct json_node *root = arena_new(nodes, struct json_node);
    bool ok = parse_value(&ps, root);
    buf_free(&ps.stack);
    if (ok) {
        skip_blanks(&ps);
        ok = ps.at == copy + text.n || fail(&ps, "expected the end");
    }
    if (ok)
        return root;
    fail_at(err, str_of(text.p, (size_t)(ps.at - copy)), ps.why);
    return NULL;
}

const struct json_node *json_member(const struct json_node *v, const char *name)
{
    if (!json_is(v, JSON_IS_OBJECT))
        return NULL;
    json_for_members (m, v)
        if (strcmp(m->string, name) == 0)
            return m + 1;
    return NULL;
}
