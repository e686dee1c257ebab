/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expands a word: variables, quotes, escapes, by the rules of BuildKit's shell/lex.go. What the
 * file sets is replaced at once; a variable that only the base image can have set stays a
 * reference in the text. Every text is built once, front to back, so the work is linear.
 */
#include <config.h>

#include "base/err.h"
#include "frontend/df_letters.h"
#include "frontend/df_variable.h"
#include "ir/text_pattern.h"

/* A match compares at most each character of the one with each of the other; so many of them count
 * as a byte that the file makes. */
enum { MAX_NESTING = 200, MATCH_STEPS_PER_BYTE = 16 };

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
    char escape;
    bool has_quotes; /* quotes are not ordinary characters */
    bool is_raw;     /* escapes stay: in patterns and replacements */
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
    return df_error(x->lo, at, "%s", text);
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

/* The bytes of the character at the cursor if names may have it, else 0. */
static size_t name_char_len(const struct expander *x)
{
    struct str s = str_skip(x->word->s, x->pos);
    if (s.n == 0 || (unsigned char)s.p[0] < 0x80)
        return s.n && (s.p[0] == '_' || ascii_is_alnum(s.p[0]));
    size_t n = str_char_len(s);
    uint32_t c = (unsigned char)s.p[0] & (n == 2 ? 0x1f : n == 3 ? 0x0f : 0x07);
    for (size_t i = 1; i < n; i++)
        c = c << 6 | ((unsigned char)s.p[i] & 0x3f);
    return df_is_letter(c) ? n : 0;
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
        for (size_t n; (n = name_char_len(x)) > 0;)
            x->pos += n;
    }
    return str_of(x->word->s.p + from, x->pos - from);
}

static struct df_variable lookup(struct expander *x, struct str name, bool may_be_unset)
{
    struct df_variable v = df_variable_find(x->lo, name);
    size_t off = (size_t)(name.p - x->word->s.p);
    if (!may_be_unset && v.found != DF_SET)
        df_variable_check(x->lo, df_word_part(x->word, off, name.n), name, &v);
    return v;
}

static bool expand_until(struct expander *x, int stop, size_t opener, struct builder *b);

/* Up to `stop`, with its escapes left in if it is raw; from is where the opener stands. */
static bool read_word(struct expander *x, size_t from, int stop, bool raw, struct value *word)
{
    struct builder b = {0};
    bool outer = x->is_raw;
    if (++x->depth > MAX_NESTING) {
        fail(x, from, from + 2, "variables are nested too deeply, more than 200 levels");
        return false;
    }
    x->is_raw = raw;
    if (!expand_until(x, stop, from, &b))
        return false;
    x->is_raw = outer;
    x->depth--;
    *word = finish(x, &b);
    return true;
}

/* One substitution: ${name OP word} or ${name OP word / with}. */
struct substitution {
    size_t from, at, word_at; /* of "${", of the operator, of the word */
    struct str name;
    enum text_op op;
    struct df_variable v;
    struct value word, with;
};

static bool fail_modifier(struct expander *x, const struct substitution *s, int ch)
{
    size_t n = ch >= 0x80 ? 0 : x->pos - s->at;
    if (ch < 0 || ch == '"' || ch == '\'' || ascii_is_blank((char)ch))
        fail(x, s->from, x->pos, "\"${\" without its \"}\"");
    else
        df_error(x->lo, df_word_part(x->word, s->at, x->pos - s->at),
                 "unknown modifier \"%.*s\" of a variable", (int)n, x->word->s.p + s->at);
    return false;
}

static bool read_operator(struct expander *x, struct substitution *s)
{
    s->at = x->pos;
    bool colon = peek(x) == ':';
    x->pos += colon;
    int ch = peek(x);
    x->pos += ch >= 0;
    s->word_at = x->pos;
    switch (colon && ch >= 0 && strchr("#%/", ch) ? 0 : ch) {
    case '-': s->op = colon ? TEXT_OP_DEFAULT_IF_EMPTY : TEXT_OP_DEFAULT; return true;
    case '+': s->op = colon ? TEXT_OP_ALT_IF_NONEMPTY : TEXT_OP_ALT; return true;
    case '?': s->op = colon ? TEXT_OP_REQUIRE_NONEMPTY : TEXT_OP_REQUIRE; return true;
    case '#': s->op = TEXT_OP_CUT_PREFIX; return true;
    case '%': s->op = TEXT_OP_CUT_SUFFIX; return true;
    case '/': s->op = peek(x) == '/' ? TEXT_OP_REPLACE_ALL : TEXT_OP_REPLACE; break;
    default: return fail_modifier(x, s, ch);
    }
    x->pos += s->op == TEXT_OP_REPLACE_ALL;
    s->word_at = x->pos;
    return true;
}

/* Whether what is known of the pattern has no escape that patterns don't have. In the source it is
 * looked for between its ends, as it may have come from a variable. */
static bool check_pattern(struct expander *x, const struct substitution *s, size_t end)
{
    struct str bad, head = text_head(s->word.text), source = str_of(x->word->s.p, end);
    if (text_pattern_is_valid(head, &bad) || (bad.n == 1 && s->word.text.n > 1))
        return true;
    size_t from = s->word_at, to = end;
    for (size_t i = from; i + 1 < end; i++) {
        if (str_starts(str_skip(source, i), bad)) {
            from = i;
            to = i + bad.n;
            break;
        }
        i += source.p[i] == '\\';
    }
    struct diag *d = df_error(x->lo, df_word_part(x->word, from, to - from),
                              "invalid escape \"" STR_FMT "\" in a pattern", STR_ARG(bad));
    diag_note(d, "patterns have the escapes \"\\*\", \"\\?\", \"\\\\\", \"\\}\" and \"\\/\"");
    return false;
}

/* A second "#" or "%" is one even if it comes out of quotes or a variable, as in BuildKit. */
static void take_longest(struct expander *x, struct substitution *s)
{
    struct str head = text_head(s->word.text);
    char mark = s->op == TEXT_OP_CUT_PREFIX ? '#' : '%';
    if (head.n == 0 || head.p[0] != mark)
        return;
    s->op = mark == '#' ? TEXT_OP_CUT_LONGEST_PREFIX : TEXT_OP_CUT_LONGEST_SUFFIX;
    struct builder b = {0};
    add_literal(x, &b, str_skip(head, 1));
    flush_literal(x, &b);
    for (size_t i = 1; i < s->word.text.n; i++)
        vec_push(arena_of(x), &b.parts, s->word.text.part[i]);
    s->word = (struct value){{b.parts.at, b.parts.n}, s->word.weight - 1};
}

static bool read_operands(struct expander *x, struct substitution *s)
{
    bool has_with = text_op_has_with(s->op), raw = text_op_is_pattern(s->op);
    if (!read_word(x, has_with ? s->at : s->from, has_with ? '/' : '}', raw, &s->word))
        return false;
    size_t end = x->pos - 1;
    if (has_with && !read_word(x, s->from, '}', true, &s->with))
        return false;
    if (s->op == TEXT_OP_CUT_PREFIX || s->op == TEXT_OP_CUT_SUFFIX)
        take_longest(x, s);
    return !raw || check_pattern(x, s, end);
}

static bool fail_required(struct expander *x, const struct substitution *s)
{
    bool has_text = text_is_literal(s->word.text) && s->word.text.n;
    struct str text = has_text ? text_str(s->word.text) : STR("");
    df_error(x->lo, df_word_part(x->word, s->from, x->pos - s->from),
             "required variable \"" STR_FMT "\" is %s%s" STR_FMT, STR_ARG(s->name),
             s->v.found == DF_SET ? "empty" : "not set", has_text ? ": " : "", STR_ARG(text));
    return false;
}

static bool require(struct expander *x, const struct substitution *s, struct value *out)
{
    bool may_be_empty = s->op == TEXT_OP_REQUIRE;
    *out = s->v.value;
    if (s->v.found == DF_UNSET ||
        (s->v.found == DF_SET && !may_be_empty && text_is_empty(out->text)))
        return fail_required(x, s);
    if (s->v.found == DF_SET && may_be_empty)
        return true;
    out->text = text_expand(arena_of(x), s->op, s->v.value.text, s->word.text);
    out->weight += s->word.weight + DF_PART_WEIGHT;
    return true;
}

static bool choose(struct expander *x, const struct substitution *s, struct value *out)
{
    bool is_default = s->op == TEXT_OP_DEFAULT_IF_EMPTY || s->op == TEXT_OP_DEFAULT;
    *out = is_default ? s->word : (struct value){TEXT_EMPTY, 0};
    if (s->v.found == DF_UNSET)
        return true;
    if (s->v.found == DF_SET && (s->op == TEXT_OP_DEFAULT || s->op == TEXT_OP_ALT)) {
        *out = is_default ? s->v.value : s->word;
        return true;
    }
    out->text = text_expand(arena_of(x), s->op, s->v.value.text, s->word.text);
    out->weight = s->v.value.weight + s->word.weight + DF_PART_WEIGHT;
    return true;
}

/* What all operands being known did not decide fails, and says so. */
static bool check_match(struct expander *x, const struct substitution *s, struct text t)
{
    static const struct base_config none;
    struct str unused;
    struct ob_err err;
    if (!text_is_literal(s->v.value.text) || !text_is_literal(s->word.text) ||
        !text_is_literal(s->with.text) || text_is_literal(t) ||
        text_value(arena_of(x), t, &none, &unused, &err) == 0)
        return true;
    df_error(x->lo, df_word_part(x->word, s->from, x->pos - s->from), "%s", err.text);
    return false;
}

static bool match(struct expander *x, const struct substitution *s, struct value *out)
{
    struct text of = s->v.value.text;
    size_t weight = s->v.value.weight + s->word.weight + s->with.weight;
    size_t work = s->v.value.weight * s->word.weight / MATCH_STEPS_PER_BYTE;
    if (!compile_spend(x->lo->c, df_word_span(x->word), weight + work))
        return false;
    out->text = text_op_has_with(s->op)
                    ? text_replace(arena_of(x), s->op, of, s->word.text, s->with.text)
                    : text_expand(arena_of(x), s->op, of, s->word.text);
    out->weight = text_is_literal(out->text) ? text_str(out->text).n : weight + DF_PART_WEIGHT;
    return check_match(x, s, out->text);
}

static bool substitute(struct expander *x, const struct substitution *s, struct value *out)
{
    if (text_op_is_pattern(s->op))
        return match(x, s, out);
    bool is_required = s->op == TEXT_OP_REQUIRE || s->op == TEXT_OP_REQUIRE_NONEMPTY;
    return is_required ? require(x, s, out) : choose(x, s, out);
}

/* What follows ${name. Late values also nest from one instruction to the next. */
static bool expand_modifier(struct expander *x, size_t from, struct str name, struct value *out)
{
    struct substitution s = {.from = from, .name = name};
    if (!read_operator(x, &s) || !read_operands(x, &s))
        return false;
    s.v = lookup(x, name, !text_op_is_pattern(s.op));
    if (!substitute(x, &s, out))
        return false;
    if (text_depth(out->text) <= TEXT_DEPTH_MAX)
        return true;
    struct diag *d =
        fail(x, from, x->pos, "late expansions are nested too deeply, more than 600 levels");
    diag_note(d, "the base image decides each of them, so none can be done before it is known");
    return false;
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
        x->pos++;
        return add_value(x, b, lookup(x, name, false).value);
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
    if (name.n == 0) {
        add_char(x, b, '$');
        return true;
    }
    return add_value(x, b, lookup(x, name, false).value);
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

static void quoted_char(struct expander *x, struct builder *b)
{
    int ch = peek(x);
    x->pos++;
    int next = peek(x);
    if (ch == x->escape) {
        if (x->is_raw)
            add_char(x, b, ch);
        if (next < 0)
            return;
        if (next == '"' || next == '$' || next == x->escape) {
            ch = next;
            x->pos++;
        }
    }
    add_char(x, b, ch);
}

static bool expand_double_quotes(struct expander *x, struct builder *b)
{
    size_t from = x->pos++;
    for (int ch; (ch = peek(x)) != '"';) {
        if (ch < 0) {
            fail(x, from, from + 1, "double quote without its other half");
            return false;
        }
        if (ch != '$')
            quoted_char(x, b);
        else if (!expand_dollar(x, b))
            return false;
    }
    x->pos++;
    return true;
}

static void plain_char(struct expander *x, struct builder *b)
{
    int ch = peek(x);
    x->pos++;
    if (ch == x->escape) {
        if (x->is_raw)
            add_char(x, b, ch);
        ch = peek(x);
        x->pos += ch >= 0;
    }
    if (ch >= 0)
        add_char(x, b, ch);
}

static void fail_stop(struct expander *x, int stop, size_t opener)
{
    if (stop == '}') {
        fail(x, opener, opener + 2, "\"${\" without its \"}\"");
        return;
    }
    struct diag *d = fail(x, opener, opener + 1, "pattern without the \"/\" that ends it");
    diag_note(d, "it is written ${name/pattern/replacement}");
}

/* Up to the character `stop` (-1: to the end), which is consumed; opener is for messages. */
static bool expand_until(struct expander *x, int stop, size_t opener, struct builder *b)
{
    for (int ch; (ch = peek(x)) >= 0;) {
        bool ok = true;
        if (ch == stop) {
            x->pos++;
            return true;
        }
        if (ch == '$')
            ok = expand_dollar(x, b);
        else if (ch == '\'' && x->has_quotes)
            ok = expand_single_quotes(x, b);
        else if (ch == '"' && x->has_quotes)
            ok = expand_double_quotes(x, b);
        else
            plain_char(x, b);
        if (!ok)
            return false;
    }
    if (stop >= 0)
        fail_stop(x, stop, opener);
    return stop < 0;
}

static bool expand_word(struct expander *x, struct value *out)
{
    struct builder b = {0};
    if (!expand_until(x, -1, 0, &b))
        return false;
    *out = finish(x, &b);
    return true;
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
    const char escape = lo->file->directives.escape_char;
    struct expander x = {.lo = lo, .word = word, .escape = escape, .has_quotes = true};
    return expand_word(&x, out);
}

bool df_expand_raw(struct df_lower *lo, const struct df_word *word, struct value *out)
{
    struct expander x = {.lo = lo, .word = word, .escape = '\\'};
    return expand_word(&x, out);
}

bool df_expand_literal(struct df_lower *lo, const struct df_word *word, struct str *out)
{
    struct value v;
    if (!df_expand(lo, word, &v))
        return false;
    if (!text_is_literal(v.text)) {
        struct diag *d =
            df_error(lo, df_word_span(word), "the value of \"" STR_FMT "\" must be known here",
                     STR_ARG(word->s));
        diag_note(d, "a variable in it is not set in this file, only the base image may have it");
        return false;
    }
    *out = text_str(v.text);
    return true;
}
