/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens inside one logical line. What may stand next follows from the instruction's shape, so the
 * lexer picks its mode itself and the parser never does: by the time the parser knows, the next
 * token has been read. re2c finds the ends of words; a line is followed by a blank, a newline or
 * a NUL byte, where every rule here stops.
 */
#include <config.h>

#include "frontend/df_scan.h"

#include "base/suggest.h"
#include "frontend/df_parse.h"
#include "frontend/df_rules.h"

/*!re2c
    re2c:define:YYCTYPE = "unsigned char";
    re2c:define:YYCURSOR = cursor;
    re2c:define:YYMARKER = marker;
    re2c:yyfill:enable = 0;
*/

const char *df_scan_plain(const char *p)
{
    const unsigned char *cursor = (const unsigned char *)p;
    /*!local:re2c
    [^ \t\v\f\r\n\x00]+ { return (const char *)cursor; }
    * { return p; }
    */
}

static const char *scan_backslash(const char *p)
{
    const unsigned char *cursor = (const unsigned char *)p, *marker;
    /*!local:re2c
    esc = [\\];
    plain = [^ \t\v\f\r\n\x00'"\\\x80-\xff];
    !include "df_word.re.inc";
    */
}

static const char *scan_backtick(const char *p)
{
    const unsigned char *cursor = (const unsigned char *)p, *marker;
    /*!local:re2c
    esc = [`];
    plain = [^ \t\v\f\r\n\x00'"`\x80-\xff];
    !include "df_word.re.inc";
    */
}

const char *df_scan_quoted(const char *p, char escape)
{
    return escape == '`' ? scan_backtick(p) : scan_backslash(p);
}

const char *df_scan_json_string(const char *p)
{
    const unsigned char *cursor = (const unsigned char *)p, *marker;
    /*!local:re2c
    hex = [0-9a-fA-F];
    escape = "\\" (["\\/bfnrt] | "u" hex{4});
    ["] ([^"\\\x00-\x1f] | escape)* ["] { return (const char *)cursor; }
    * { return p; }
    */
}

/* --name=value. Quotes are dropped and a backslash, whatever the escape character is, takes the
 * next character as it is. */
static const char *scan_flag(const char *p)
{
    const unsigned char *cursor = (const unsigned char *)p, *marker;
    /*!local:re2c
    any = [^\n\x00];
    quoted = ['] ([^'\\\n\x00] | "\\" any)* ['] | ["] ([^"\\\n\x00] | "\\" any)* ["];
    "--" ([^ \t\v\f\r\n\x00'"\\] | quoted | "\\" any)* "\\"? { return (const char *)cursor; }
    * { return p; }
    */
}

enum { AGAIN = -1 }; /* no token yet: only the mode has changed */

static struct str rest_of(const struct df_parse *ps)
{
    return str_of(ps->cur, (size_t)(ps->end - ps->cur));
}

/* Between NAME=VALUE all of Unicode's blanks count, as in BuildKit. */
static void skip_blanks(struct df_parse *ps)
{
    if (ps->mode == DF_MODE_PAIRS || ps->mode == DF_MODE_FIRST_PAIR)
        ps->cur = df_trim_left(rest_of(ps)).p;
    while (ps->cur < ps->end && ascii_is_blank(*ps->cur))
        ps->cur++;
}

/* Takes the text up to `to` as a token. */
static struct df_word take(struct df_parse *ps, const char *to)
{
    if (to > ps->end)
        to = ps->end;
    ps->token = str_of(ps->cur, (size_t)(to - ps->cur));
    ps->cur = to;
    return df_word_of(ps->insn.line, ps->token);
}

static enum df_mode first_mode(enum df_shape shape)
{
    switch (shape) {
    case DF_SHAPE_ARGS: return DF_MODE_PAIRS;
    case DF_SHAPE_COMMAND: return DF_MODE_COMMAND;
    case DF_SHAPE_FROM: return DF_MODE_IMAGE;
    case DF_SHAPE_HEALTHCHECK: return DF_MODE_HEALTH;
    case DF_SHAPE_PAIRS: return DF_MODE_FIRST_PAIR;
    case DF_SHAPE_PATHS: return DF_MODE_PATHS;
    case DF_SHAPE_TEXT: return DF_MODE_TEXT;
    case DF_SHAPE_TRIGGER: return DF_MODE_TRIGGER;
    case DF_SHAPE_WORDS: return DF_MODE_PORTS;
    }
    BUG("shape %d", shape);
}

static int shape_token(enum df_shape shape)
{
    switch (shape) {
    case DF_SHAPE_ARGS: return TOK_ARGS;
    case DF_SHAPE_COMMAND: return TOK_COMMAND;
    case DF_SHAPE_FROM: return TOK_FROM;
    case DF_SHAPE_HEALTHCHECK: return TOK_HEALTHCHECK;
    case DF_SHAPE_PAIRS: return TOK_PAIRS;
    case DF_SHAPE_PATHS: return TOK_PATHS;
    case DF_SHAPE_TEXT: return TOK_TEXT_LINE;
    case DF_SHAPE_TRIGGER: return TOK_ONBUILD;
    case DF_SHAPE_WORDS: return TOK_WORDS;
    }
    BUG("shape %d", shape);
}

/* After a message of the lexer's own: recovery starts without a second one. */
static int fail(struct df_parse *ps)
{
    ps->line_failed = true;
    return TOK_DF_error;
}

static bool has_heredocs(enum df_kind kind)
{
    return kind == DF_RUN || kind == DF_COPY || kind == DF_ADD;
}

/* The other forms in which BuildKit looks for `syntax` are no Dockerfile; what follows belongs to the
 * front end that they name. */
static int foreign_directive(struct df_parse *ps)
{
    bool is_json = ps->insn.keyword.s.p[0] == '{';
    struct diag *d = diag_error(ps->c->diags, df_insn_span(&ps->insn), "%s, not a Dockerfile",
                                is_json ? "this is JSON" : "this line is a comment of another language");
    diag_note(d, "a directive of a Dockerfile is written \"# syntax=...\"");
    ps->reader.pos = is_json ? ps->reader.text.n : ps->reader.pos;
    return fail(ps);
}

static bool is_foreign(const struct df_parse *ps)
{
    struct str s = ps->insn.keyword.s;
    return ps->file->insns.n == 0 && !ps->is_trigger &&
           (str_starts(s, STR("//")) || s.p[0] == '{');
}

/* The letters at the start of s. */
static size_t ascii_head(struct str s)
{
    size_t n = 0;
    while (n < s.n && ascii_is_alpha(s.p[n]))
        n++;
    return n;
}

/* If it is a misspelt RUN or COPY, the bodies of its heredocs are no instructions. */
static int unknown_instruction(struct df_parse *ps)
{
    struct str word = ps->insn.keyword.s;
    struct diag *d = df_refuse(ps, df_word_span(&ps->insn.keyword),
                               "unknown instruction \"" STR_FMT "\"", STR_ARG(word));
    struct suggest s;
    if (df_blank_len(str_skip(word, ascii_head(word))))
        diag_note(d, "the blank in it is not a plain space, and so does not end it");
    suggest_init(&s, word);
    for (size_t i = 0; i < DF_N_KINDS; i++)
        suggest_offer(&s, df_insn_types[i].name);
    if (s.best.p)
        diag_note(d, "did you mean \"" STR_FMT "\"?", STR_ARG(s.best));
    const struct df_insn_type *meant = df_insn_find(s.best);
    if (meant && has_heredocs(meant->kind))
        df_heredocs_read(ps);
    return fail(ps);
}

static bool is_no_trigger(const struct df_parse *ps)
{
    enum df_kind kind = ps->insn.type->kind;
    return ps->is_trigger && (kind == DF_FROM || kind == DF_MAINTAINER || kind == DF_ONBUILD);
}

static int refuse_trigger(struct df_parse *ps)
{
    struct diag *d = diag_error(ps->c->diags, df_word_span(&ps->insn.keyword),
                                "ONBUILD can't have \"" STR_FMT "\" as its trigger",
                                STR_ARG(ps->insn.type->name));
    diag_note(d, "FROM, MAINTAINER and ONBUILD are not allowed there");
    return fail(ps);
}

static const struct df_line *next_line(struct df_parse *ps)
{
    if (!ps->is_trigger)
        return df_reader_next(&ps->reader);
    const struct df_line *line = ps->trigger;
    ps->trigger = NULL;
    return line;
}

static int lex_keyword(struct df_parse *ps)
{
    const struct df_line *line = next_line(ps);
    if (!line)
        return TOK_DF_EOF;
    ps->insn = (struct df_insn){.line = line, .check = ps->reader.check};
    ps->line_failed = false;
    ps->cur = line->text.p;
    ps->end = line->text.p + line->text.n;
    ps->insn.keyword = take(ps, df_scan_plain(ps->cur));
    ps->insn.type = df_insn_find(ps->insn.keyword.s);
    ps->mode = DF_MODE_FLAGS;
    if (!ps->insn.type)
        return is_foreign(ps) ? foreign_directive(ps) : unknown_instruction(ps);
    if (is_no_trigger(ps))
        return refuse_trigger(ps);
    return shape_token(ps->insn.type->shape);
}

/* A flag without its quotes, as a line of its own that knows where each of its bytes stands. */
struct unquoted {
    char *to;
    size_t n;
    VEC(struct df_segment) segments;
};

static void keep(struct df_parse *ps, struct unquoted *u, const char *p)
{
    struct span at = df_line_span(ps->insn.line, str_of(p, 1));
    const struct df_segment *last = u->segments.n ? &u->segments.at[u->segments.n - 1] : NULL;
    if (!last || at.off != last->src + (u->n - last->at)) {
        struct df_segment seg = {(uint32_t)u->n, at.off};
        vec_push(ps->c->arena, &u->segments, seg);
    }
    u->to[u->n++] = *p;
}

static struct df_word unquote(struct df_parse *ps, struct str s)
{
    struct arena *a = ps->c->arena;
    struct unquoted u = {.to = arena_alloc(a, s.n + 1)};
    char quote = 0;
    for (size_t i = 0; i < s.n; i++) {
        char ch = s.p[i];
        if (quote ? ch == quote : ch == '\'' || ch == '"')
            quote = quote ? 0 : ch;
        else if (ch != '\\')
            keep(ps, &u, s.p + i);
        else if (i + 1 < s.n)
            keep(ps, &u, s.p + ++i);
    }
    struct df_line *l = arena_new(a, struct df_line);
    *l = (struct df_line){.text = str_of(u.to, u.n), .source = ps->insn.line->source};
    l->n_segments = (uint32_t)u.segments.n;
    l->segment = u.segments.at;
    return df_word_of(l, l->text);
}

static bool is_plain_flag(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\'' || s.p[i] == '"' || s.p[i] == '\\')
            return false;
    return true;
}

static struct df_flag flag_of(struct df_parse *ps, struct df_word whole)
{
    struct df_word text = is_plain_flag(whole.s) ? whole : unquote(ps, whole.s);
    struct df_flag f = {.whole = whole, .name = text, .value = whole};
    f.has_value = str_cut(str_skip(text.s, 2), '=', &f.name.s, &f.value.s);
    f.name.raw = f.name.s;
    if (f.has_value)
        f.value = df_word_of(text.line, f.value.s);
    return f;
}

static int end_flags(struct df_parse *ps)
{
    ps->cur = df_trim_left(rest_of(ps)).p;
    ps->mode = first_mode(ps->insn.type->shape);
    return AGAIN;
}

/* The scanner stops at a quote without its other half: as in BuildKit, which does not tell, the
 * rest of the line belongs to the flag. */
static int lex_flag(struct df_parse *ps, struct df_flag **flag)
{
    const char *to = scan_flag(ps->cur);
    if (to < ps->end && !ascii_is_blank(*to)) {
        struct diag *d = diag_rule(ps->c->diags, &df_rule_unclosed_quote,
                                   df_line_span(ps->insn.line, str_of(to, 1)),
                                   "quote without its other half in a flag");
        diag_note(d, "the flag goes on to the end of the line");
        to = ps->end;
    }
    struct df_flag f = flag_of(ps, take(ps, to));
    if (f.name.s.n == 0 && !f.has_value)
        return end_flags(ps);
    *flag = arena_new(ps->c->arena, struct df_flag);
    **flag = f;
    return TOK_FLAG;
}

static int lex_text(struct df_parse *ps, struct df_word *word)
{
    if (has_heredocs(ps->insn.type->kind) && !df_heredocs_read(ps))
        return fail(ps);
    *word = take(ps, ps->end);
    ps->mode = DF_MODE_END;
    return TOK_TEXT;
}

static int lex_trigger(struct df_parse *ps, struct df_word *word)
{
    *word = take(ps, ps->end);
    ps->mode = DF_MODE_END;
    return df_parse_trigger(ps, word->s) ? TOK_TRIGGER : fail(ps);
}

/* A JSON array of strings; AGAIN if it is none. */
static int lex_exec(struct df_parse *ps)
{
    struct str text = rest_of(ps), other = text;
    switch (df_json_read(ps->c->arena, ps->insn.line, text, &ps->insn.words, &other)) {
    case DF_JSON_NONE: return AGAIN;
    case DF_JSON_STRINGS:
        take(ps, ps->end);
        ps->insn.is_exec = true;
        ps->mode = DF_MODE_END;
        return TOK_EXEC;
    case DF_JSON_OTHER:
        diag_error(ps->c->diags, df_line_span(ps->insn.line, other),
                   "the elements of a JSON array must be strings");
        return fail(ps);
    }
    BUG("result of JSON");
}

/* A bracket may also begin a pattern: `[a-z]*`. */
static void check_brackets(struct df_parse *ps)
{
    struct str text = rest_of(ps), inner = str_skip(text, 1);
    while (inner.n && ascii_is_blank(inner.p[0]))
        inner = str_skip(inner, 1);
    bool is_quote = inner.n && (inner.p[0] == '"' || inner.p[0] == '\'');
    if (text.p[0] != '[' || !(is_quote || str_ends(text, STR("]"))))
        return;
    struct diag *d = diag_rule(ps->c->diags, &df_rule_exec_form_fallback,
                               df_line_span(ps->insn.line, str_of(text.p, 1)),
                               "this is not a JSON array of strings, so blanks separate the paths");
    diag_note(d, "JSON needs double quotes, and commas between the strings");
}

static int lex_paths(struct df_parse *ps)
{
    int token = lex_exec(ps);
    if (token != AGAIN)
        return token;
    check_brackets(ps);
    if (has_heredocs(ps->insn.type->kind) && !df_heredocs_read(ps))
        return fail(ps);
    ps->mode = DF_MODE_PATH_WORDS;
    return AGAIN;
}

static int lex_health(struct df_parse *ps, struct df_word *word)
{
    *word = take(ps, df_scan_plain(ps->cur));
    bool is_cmd = str_eq_nocase(word->s, STR("CMD"));
    ps->mode = is_cmd ? DF_MODE_COMMAND : DF_MODE_END;
    return is_cmd ? TOK_CMD : str_eq_nocase(word->s, STR("NONE")) ? TOK_NONE : TOK_WORD;
}

static int lex_pair(struct df_parse *ps, DF_STYPE *lval)
{
    struct df_word whole = take(ps, df_scan_quoted(ps->cur, ps->reader.escape));
    struct df_pair pair = {.name = whole, .value = whole};
    pair.has_value = str_cut(whole.s, '=', &pair.name.s, &pair.value.s);
    bool is_legacy = !pair.has_value && ps->mode == DF_MODE_FIRST_PAIR;
    if (is_legacy) { /* its name ends at a blank, quotes or not */
        ps->cur = whole.s.p;
        whole = take(ps, df_scan_plain(ps->cur));
    }
    ps->mode = is_legacy ? DF_MODE_TEXT : DF_MODE_PAIRS;
    if (!pair.has_value) {
        lval->TOK_NAME = whole;
        return TOK_NAME;
    }
    pair.name.raw = pair.name.s;
    pair.value.raw = pair.value.s;
    lval->TOK_PAIR = arena_new(ps->c->arena, struct df_pair);
    *lval->TOK_PAIR = pair;
    return TOK_PAIR;
}

static int lex_image(struct df_parse *ps, struct df_word *image)
{
    *image = take(ps, df_scan_plain(ps->cur));
    ps->mode = DF_MODE_AS;
    return TOK_IMAGE;
}

static int lex_as(struct df_parse *ps, struct df_word *word)
{
    *word = take(ps, df_scan_plain(ps->cur));
    bool is_as = str_eq_nocase(word->s, STR("AS"));
    ps->mode = is_as ? DF_MODE_NAME : DF_MODE_END;
    return is_as ? TOK_AS : TOK_WORD;
}

static int lex_word(struct df_parse *ps, struct df_word *word, enum df_mode next, int token)
{
    *word = take(ps, df_scan_plain(ps->cur));
    ps->mode = next;
    return token;
}

/* The token at `cur`, where something is left of the line. */
static int lex_argument(struct df_parse *ps, DF_STYPE *lval)
{
    switch (ps->mode) {
    case DF_MODE_FLAGS:
        return str_starts(rest_of(ps), STR("--")) ? lex_flag(ps, &lval->TOK_FLAG) : end_flags(ps);
    case DF_MODE_COMMAND: ps->mode = DF_MODE_TEXT; return lex_exec(ps);
    case DF_MODE_PATHS: return lex_paths(ps);
    case DF_MODE_HEALTH: return lex_health(ps, &lval->TOK_WORD);
    case DF_MODE_TEXT: return lex_text(ps, &lval->TOK_TEXT);
    case DF_MODE_TRIGGER: return lex_trigger(ps, &lval->TOK_TRIGGER);
    case DF_MODE_FIRST_PAIR:
    case DF_MODE_PAIRS: return lex_pair(ps, lval);
    case DF_MODE_IMAGE: return lex_image(ps, &lval->TOK_IMAGE);
    case DF_MODE_AS: return lex_as(ps, &lval->TOK_WORD);
    case DF_MODE_NAME: return lex_word(ps, &lval->TOK_NAME, DF_MODE_END, TOK_NAME);
    case DF_MODE_PATH_WORDS: return lex_word(ps, &lval->TOK_PATH, ps->mode, TOK_PATH);
    case DF_MODE_PORTS: return lex_word(ps, &lval->TOK_PORT, ps->mode, TOK_PORT);
    case DF_MODE_END: return lex_word(ps, &lval->TOK_WORD, ps->mode, TOK_WORD);
    case DF_MODE_LINE: break;
    }
    BUG("mode %d", ps->mode);
}

int df_lex(DF_STYPE *lval, struct span *lloc, struct df_parse *ps)
{
    int token = ps->mode == DF_MODE_LINE ? lex_keyword(ps) : AGAIN;
    while (token == AGAIN) {
        skip_blanks(ps);
        if (ps->cur == ps->end || ps->line_failed) {
            ps->cur = ps->end;
            take(ps, ps->end);
            ps->mode = DF_MODE_LINE;
            token = TOK_EOL;
        } else {
            token = lex_argument(ps, lval);
        }
    }
    *lloc = token == TOK_DF_EOF ? span_of(ps->file->source, ps->reader.text.n, 0)
                                : df_line_span(ps->insn.line, ps->token);
    return token;
}
