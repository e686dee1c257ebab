/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expands a word: variables, quotes, escapes, by the rules of BuildKit's shell/lex.go. What the
 * file sets is replaced at once; a variable that only the base image can have set stays a
 * reference in the text. Every text is built once, front to back, so the work is linear.
 */
#include <config.h>

#include "frontend/df_lower.h"

#include "frontend/pin.h"

enum { MAX_NESTING = 200, PART_WEIGHT = sizeof(struct text_part) };

/* Where the image has no PATH, this is what it gets. */
#define DEFAULT_PATH STR("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")

struct builder {
    VEC(char) lit; /* the literal that is growing */
    VEC(struct text_part) parts;
    size_t weight;
};

struct expander {
    struct df_lower *lo;
    const struct df_word *word;
    size_t pos;
    unsigned depth;
    bool is_raw; /* quotes are ordinary, and the escape character is a backslash */
};

enum found { UNSET, SET, FROM_BASE };

struct variable {
    enum found found;
    struct value value;
};

static struct arena *arena_of(const struct expander *x)
{
    return x->lo->c->arena;
}

static int peek(const struct expander *x) /* -1 at the end */
{
    return x->pos < x->word->s.n ? (unsigned char)x->word->s.p[x->pos] : -1;
}

static struct diag *fail(struct expander *x, size_t from, size_t to, const char *text)
{
    struct span at = df_word_part(x->word, from, to > from ? to - from : 0);
    return diag_error(x->lo->c->diags, at, "%s", text);
}

static void add_literal(struct expander *x, struct builder *b, struct str s)
{
    if (s.n)
        vec_append(arena_of(x), &b->lit, s.p, s.n);
}

static void add_char(struct expander *x, struct builder *b, int ch)
{
    char byte = (char)ch;
    add_literal(x, b, str_of(&byte, 1));
}

static void flush_literal(struct expander *x, struct builder *b)
{
    if (b->lit.n == 0)
        return;
    struct text_part p = {.kind = TEXT_LITERAL, .s = str_of(b->lit.at, b->lit.n)};
    vec_push(arena_of(x), &b->parts, p);
    b->weight += b->lit.n;
    memset(&b->lit, 0, sizeof b->lit);
}

static bool add_value(struct expander *x, struct builder *b, struct value v)
{
    if (!compile_spend(x->lo->c, df_word_span(x->word), v.weight))
        return false;
    for (size_t i = 0; i < v.text.n; i++) {
        const struct text_part *p = &v.text.part[i];
        if (p->kind == TEXT_LITERAL) {
            add_literal(x, b, p->s);
            v.weight -= p->s.n; /* counted again when it is flushed */
        } else {
            flush_literal(x, b);
            vec_push(arena_of(x), &b->parts, *p);
        }
    }
    b->weight += v.weight;
    return true;
}

static struct value finish(struct expander *x, struct builder *b)
{
    flush_literal(x, b);
    return (struct value){{b->parts.at, b->parts.n}, b->weight};
}

static bool is_special_name(struct str name)
{
    return ascii_is_digit(name.p[0]) || strchr("@*#?-$!", name.p[0]);
}

static bool lookup(struct expander *x, struct str name, struct variable *v)
{
    const struct df_stage *st = x->lo->stage;
    *v = (struct variable){UNSET};
    if (name.n == 0 || is_special_name(name))
        return true;
    if (vars_get(st ? &st->run_env : &x->lo->globals, name, &v->value)) {
        v->found = SET;
        return true;
    }
    if (!st)
        return true;
    struct str value;
    if (st->base && pin_env(st->base, name, &value))
        *v = (struct variable){SET, {text_lit(arena_of(x), value), value.n}};
    else if (!st->is_scratch && !st->base)
        *v = (struct variable){FROM_BASE, {text_env(arena_of(x), name), PART_WEIGHT + name.n}};
    else if (str_eq(name, STR("PATH")))
        *v = (struct variable){SET, {text_lit(arena_of(x), DEFAULT_PATH), DEFAULT_PATH.n}};
    return true;
}

static bool is_name_byte(int ch)
{
    return ch == '_' || ch >= 0x80 || (ch >= 0 && ascii_is_alnum((char)ch));
}

static struct str read_name(struct expander *x)
{
    size_t from = x->pos;
    int ch = peek(x);
    if (ch >= 0 && ascii_is_digit((char)ch)) {
        while (peek(x) >= 0 && ascii_is_digit((char)peek(x)))
            x->pos++;
    } else if (ch > 0 && strchr("@*#?-$!", ch)) {
        x->pos++;
    } else {
        while (is_name_byte(peek(x)))
            x->pos++;
    }
    return str_of(x->word->s.p + from, x->pos - from);
}

static bool expand_until(struct expander *x, int stop, size_t opener, struct builder *b);

/* "word}" of ${name-word}; from is where the "${" stands. */
static bool read_word(struct expander *x, size_t from, struct value *word)
{
    struct builder b = {0};
    if (++x->depth > MAX_NESTING) {
        fail(x, from, from + 2, "variables are nested too deeply, more than 200 levels");
        return false;
    }
    if (!expand_until(x, '}', from, &b))
        return false;
    x->depth--;
    *word = finish(x, &b);
    return true;
}

static struct value substitute(struct expander *x, enum text_op op, const struct variable *v,
                               struct value word)
{
    bool is_default = op == TEXT_OP_DEFAULT_IF_EMPTY || op == TEXT_OP_DEFAULT;
    struct value empty = {TEXT_EMPTY, 0};
    if (v->found == UNSET)
        return is_default ? word : empty;
    if (v->found == SET && (op == TEXT_OP_DEFAULT || op == TEXT_OP_ALT))
        return is_default ? v->value : word;
    struct value r;
    r.text = text_expand(arena_of(x), op, v->value.text, word.text);
    r.weight = v->value.weight + word.weight + PART_WEIGHT;
    return r;
}

/* What follows ${name. */
static bool expand_modifier(struct expander *x, size_t from, struct str name, struct value *out)
{
    size_t at = x->pos;
    bool colon = peek(x) == ':';
    x->pos += colon;
    int ch = peek(x);
    x->pos += ch >= 0;
    if (ch != '-' && ch != '+') {
        if (ch < 0 || ch == '"' || ch == '\'' || ascii_is_blank((char)ch)) {
            fail(x, from, x->pos, "\"${\" without its \"}\"");
            return false;
        }
        bool later = (!colon && (ch == '#' || ch == '%' || ch == '/')) || ch == '?';
        while (peek(x) == ch && !colon && ch != '?')
            x->pos++;
        size_t n = ch >= 0x80 ? 0 : x->pos - at;
        diag_error(x->lo->c->diags, df_word_part(x->word, at, x->pos - at),
                   later ? "modifier \"%.*s\" of a variable is not supported yet"
                         : "unknown modifier \"%.*s\" of a variable",
                   (int)n, x->word->s.p + at);
        return false;
    }
    enum text_op op = ch == '-' ? (colon ? TEXT_OP_DEFAULT_IF_EMPTY : TEXT_OP_DEFAULT)
                                : (colon ? TEXT_OP_ALT_IF_NONEMPTY : TEXT_OP_ALT);
    struct variable v;
    struct value word;
    if (!read_word(x, from, &word) || !lookup(x, name, &v))
        return false;
    *out = substitute(x, op, &v, word);
    return true;
}

static bool expand_braces(struct expander *x, size_t from, struct builder *b)
{
    int ch = peek(x);
    if (ch == '{' || ch == '}' || ch == ':') {
        fail(x, from, x->pos + 1, "\"${\" must be followed by the name of a variable");
        return false;
    }
    struct str name = read_name(x);
    struct value value;
    if (peek(x) == '}') {
        struct variable v;
        x->pos++;
        return lookup(x, name, &v) && add_value(x, b, v.value);
    }
    return expand_modifier(x, from, name, &value) && add_value(x, b, value);
}

static bool expand_dollar(struct expander *x, struct builder *b)
{
    size_t from = x->pos++;
    if (peek(x) == '{') {
        x->pos++;
        return expand_braces(x, from, b);
    }
    struct str name = read_name(x);
    struct variable v;
    if (name.n == 0) {
        add_char(x, b, '$');
        return true;
    }
    return lookup(x, name, &v) && add_value(x, b, v.value);
}

static bool expand_single_quotes(struct expander *x, struct builder *b)
{
    size_t from = x->pos++;
    ptrdiff_t n = str_find(str_skip(x->word->s, x->pos), '\'');
    if (n < 0) {
        fail(x, from, from + 1, "single quote without its other half");
        return false;
    }
    add_literal(x, b, str_of(x->word->s.p + x->pos, (size_t)n));
    x->pos += (size_t)n + 1;
    return true;
}

static bool expand_double_quotes(struct expander *x, struct builder *b)
{
    const int escape = x->lo->file->directives.escape_char;
    size_t from = x->pos++;
    for (int ch; (ch = peek(x)) != '"';) {
        if (ch < 0) {
            fail(x, from, from + 1, "double quote without its other half");
            return false;
        }
        if (ch == '$') {
            if (!expand_dollar(x, b))
                return false;
            continue;
        }
        x->pos++;
        int next = peek(x);
        if (ch == escape && next < 0)
            continue;
        if (ch == escape && (next == '"' || next == '$' || next == escape)) {
            ch = next;
            x->pos++;
        }
        add_char(x, b, ch);
    }
    x->pos++;
    return true;
}

/* Up to the character `stop` (-1: to the end), which is consumed; opener is for messages. */
static bool expand_until(struct expander *x, int stop, size_t opener, struct builder *b)
{
    const int escape = x->is_raw ? '\\' : x->lo->file->directives.escape_char;
    for (int ch; (ch = peek(x)) >= 0;) {
        bool ok = true;
        if (ch == stop) {
            x->pos++;
            return true;
        }
        if (ch == '$') {
            ok = expand_dollar(x, b);
        } else if (ch == '\'' && !x->is_raw) {
            ok = expand_single_quotes(x, b);
        } else if (ch == '"' && !x->is_raw) {
            ok = expand_double_quotes(x, b);
        } else {
            x->pos++;
            if (ch == escape && (ch = peek(x)) >= 0)
                x->pos++;
            if (ch >= 0)
                add_char(x, b, ch);
        }
        if (!ok)
            return false;
    }
    if (stop >= 0)
        fail(x, opener, opener + 2, "\"${\" without its \"}\"");
    return stop < 0;
}

static bool is_plain(struct str s, char escape)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '$' || s.p[i] == '\'' || s.p[i] == '"' || s.p[i] == escape)
            return false;
    return true;
}

bool df_expand(struct df_lower *lo, const struct df_word *word, struct value *out)
{
    if (is_plain(word->s, lo->file->directives.escape_char)) {
        *out = (struct value){text_lit(lo->c->arena, word->s), word->s.n};
        return true;
    }
    struct expander x = {.lo = lo, .word = word};
    struct builder b = {0};
    if (!expand_until(&x, -1, 0, &b))
        return false;
    *out = finish(&x, &b);
    return true;
}

bool df_expand_raw(struct df_lower *lo, const struct df_word *word, struct value *out)
{
    struct expander x = {.lo = lo, .word = word, .is_raw = true};
    struct builder b = {0};
    if (!expand_until(&x, -1, 0, &b))
        return false;
    *out = finish(&x, &b);
    return true;
}

bool df_expand_literal(struct df_lower *lo, const struct df_word *word, struct str *out)
{
    struct value v;
    if (!df_expand(lo, word, &v))
        return false;
    if (!text_is_literal(v.text)) {
        struct diag *d =
            diag_error(lo->c->diags, df_word_span(word),
                       "the value of \"" STR_FMT "\" must be known here", STR_ARG(word->s));
        diag_note(d, "a variable in it is not set in this file, only the base image may have it");
        return false;
    }
    *out = text_str(v.text);
    return true;
}
