/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Heredocs of RUN, COPY and ADD (also under ONBUILD): finds `<<NAME` among the words of a line and
 * reads the bodies that follow it, in order. The terminator is data, so this is no job for lexer
 * rules. Words are split as BuildKit splits them here: by its own idea of a shell, with a backslash
 * as escape character whatever the directive says. If that fails, for a quote without its other
 * half or a `${` that it can't read, the line has no heredocs at all.
 */
#include <config.h>

#include "frontend/df_scan.h"

enum { DEPTH_MAX = 100 }; /* of "${" in each other */

/* What is left of a line. */
struct scan {
    const char *p, *end;
    int depth;
};

static bool at(const struct scan *s, char ch)
{
    return s->p < s->end && *s->p == ch;
}

static struct str rest_of(const struct scan *s)
{
    return str_of(s->p, (size_t)(s->end - s->p));
}

static bool skip_dollar(struct scan *s);

/* At a quote. False: it has no other half. */
static bool skip_single(struct scan *s)
{
    const char *to = memchr(s->p + 1, '\'', (size_t)(s->end - s->p - 1));
    s->p = to ? to + 1 : s->end;
    return to != NULL;
}

static bool skip_double(struct scan *s)
{
    for (s->p++; s->p < s->end;) {
        if (*s->p == '"') {
            s->p++;
            return true;
        }
        if (*s->p == '$') {
            if (!skip_dollar(s))
                return false;
            continue;
        }
        s->p += *s->p == '\\' && s->end - s->p > 1 && strchr("\"$\\", s->p[1]) ? 2 : 1;
    }
    return false;
}

/* One character with what belongs to it: what it quotes or escapes, or its variable. */
static bool skip_one(struct scan *s)
{
    switch (*s->p) {
    case '\'': return skip_single(s);
    case '"': return skip_double(s);
    case '$': return skip_dollar(s);
    case '\\': s->p += s->end - s->p > 1 ? 2 : 1; return true;
    default: s->p++; return true;
    }
}

/* Goes behind the next `stop`. */
static bool skip_to(struct scan *s, char stop)
{
    while (s->p < s->end && *s->p != stop)
        if (!skip_one(s))
            return false;
    return s->p++ < s->end;
}

static bool is_name_char(char ch)
{
    return ascii_is_alnum(ch) || ch == '_' || (unsigned char)ch >= 0x80;
}

static void skip_name(struct scan *s)
{
    if (s->p < s->end && strchr("@*#?-$!", *s->p)) {
        s->p++;
        return;
    }
    bool is_number = s->p < s->end && ascii_is_digit(*s->p);
    while (s->p < s->end && (is_number ? ascii_is_digit(*s->p) : is_name_char(*s->p)))
        s->p++;
}

/* What stands behind the name in "${NAME", to the closing brace. */
static bool skip_modifier(struct scan *s)
{
    if (s->p == s->end)
        return false;
    char ch = *s->p++;
    if (ch == ':') {
        if (s->p == s->end || *s->p == '#' || *s->p == '%')
            return false;
        s->p++;
        return skip_to(s, '}');
    }
    if (ch == '/') {
        s->p += at(s, '/');
        return skip_to(s, '/') && skip_to(s, '}');
    }
    return ch == '}' || (strchr("+-?#%", ch) && skip_to(s, '}'));
}

static bool skip_dollar(struct scan *s)
{
    s->p++;
    if (!at(s, '{')) {
        skip_name(s);
        return true;
    }
    s->p++;
    if (s->p == s->end || strchr("{}:", *s->p) || ++s->depth > DEPTH_MAX)
        return false;
    skip_name(s);
    bool ok = skip_modifier(s);
    s->depth--;
    return ok;
}

/* The name without quotes; *quoted tells whether there were any. As in BuildKit, and not as in a
 * shell, an escaped character is no quoted one. */
static struct str unquote(struct arena *a, struct str s, bool *quoted)
{
    char *to = arena_alloc(a, s.n + 1), quote = 0;
    size_t n = 0;
    *quoted = false;
    for (size_t i = 0; i < s.n; i++) {
        char ch = s.p[i], next = i + 1 < s.n ? s.p[i + 1] : '\0';
        bool escapes =
            ch == '\\' && (quote == 0 || (quote == '"' && next && strchr("\"$\\", next)));
        if (quote ? ch == quote : ch == '\'' || ch == '"') {
            quote = quote ? 0 : ch;
            *quoted = true;
        } else if (!escapes) {
            to[n++] = ch;
        } else if (i + 1 < s.n) {
            to[n++] = s.p[++i];
        }
    }
    return str_of(to, n);
}

/* Whether s can be read as one word. */
static bool is_whole(struct str s)
{
    struct scan scan = {s.p, s.p + s.n, 0};
    while (scan.p < scan.end)
        if (!skip_one(&scan))
            return false;
    return true;
}

/* Reads [digits]<<[-]NAME. */
static bool read_opener(struct arena *a, struct df_word word, struct df_heredoc *out)
{
    struct str s = word.s;
    while (s.n && ascii_is_digit(s.p[0]))
        s = str_skip(s, 1);
    if (!str_starts(s, STR("<<")))
        return false;
    s = str_skip(s, 2);
    bool strip_tabs = s.n && s.p[0] == '-', quoted;
    s = str_skip(s, strip_tabs);
    while (s.n && ascii_is_blank(s.p[0]))
        s = str_skip(s, 1);
    if (s.n == 0 || str_find(s, '<') >= 0 || !is_whole(s))
        return false;
    struct str name = unquote(a, s, &quoted);
    *out = (struct df_heredoc){.word = word, .name = name, .strip_tabs = strip_tabs};
    out->expand = !quoted;
    return name.n > 0;
}

/* Goes over one character of a word, with what belongs to it. Blanks between "<<" and the name do,
 * those within a "${...}" do not. */
static bool skip_part(struct scan *s)
{
    if (*s->p == '<' && s->end - s->p > 1 && s->p[1] == '<') {
        for (s->p += 2; s->p < s->end && ascii_is_blank(*s->p);)
            s->p++;
        return true;
    }
    struct scan ahead = *s;
    if (!skip_one(&ahead))
        return false;
    s->p = *s->p == '$' ? s->p + 1 : ahead.p;
    return true;
}

static void add_opener(struct df_parse *ps, const char *from, const char *to,
                       struct df_heredoc_vec *found)
{
    struct df_heredoc h;
    struct df_word word = df_word_of(ps->insn.line, str_of(from, (size_t)(to - from)));
    if (read_opener(ps->c->arena, word, &h))
        vec_push(ps->c->arena, found, h);
}

/* All heredocs that the line opens; none if it can't be split. */
static struct df_heredoc_vec find_openers(struct df_parse *ps, struct str text)
{
    struct df_heredoc_vec found = {0};
    struct scan s = {text.p, text.p + text.n, 0};
    while (s.p < s.end) {
        const char *from = s.p;
        while (s.p < s.end && df_blank_len(rest_of(&s)) == 0)
            if (!skip_part(&s))
                return (struct df_heredoc_vec){0};
        add_opener(ps, from, s.p, &found);
        s.p = df_trim_left(rest_of(&s)).p;
    }
    return found;
}

static bool blank_behind_mark(struct str word)
{
    word = str_skip(word, (size_t)str_find(word, '<') + 2);
    return word.n && ascii_is_blank(word.p[word.p[0] == '-' && word.n > 1]);
}

static void no_end(struct df_parse *ps, const struct df_heredoc *h)
{
    struct diag *d =
        diag_error(ps->c->diags, df_word_span(&h->word),
                   "heredoc without an end: expected a line \"" STR_FMT "\"", STR_ARG(h->name));
    diag_note(d, "the end is a line of its own, without blanks around the word");
    if (blank_behind_mark(h->word.s))
        diag_note(d,
                  "in arithmetic write \"1<<2\": with a blank behind it, \"<<\" opens a heredoc");
}

/* Reads physical lines up to the terminator. */
static bool read_body(struct df_parse *ps, struct df_heredoc *h)
{
    struct df_reader *r = &ps->reader;
    size_t from = r->pos, to = from;
    for (struct str line; df_reader_physical(r, &line); to = r->pos) {
        while (h->strip_tabs && line.n && line.p[0] == '\t')
            line = str_skip(line, 1);
        if (str_eq(line, h->name)) {
            h->body = h->content = span_of(r->source, from, to - from);
            return df_reader_is_text(r, str_of(r->text.p + from, to - from));
        }
    }
    no_end(ps, h);
    return false;
}

/* BuildKit looks bodies up by name. */
static void join_names(struct df_heredoc_vec *all)
{
    vec_for (struct df_heredoc, h, all)
        for (struct df_heredoc *later = h + 1; later < all->at + all->n; later++)
            if (str_eq(h->name, later->name))
                h->content = later->content;
}

/* Most lines have no "<" at all, and memchr finds out faster than memmem. */
static bool may_open(struct str text)
{
    for (ptrdiff_t at; (at = str_find(text, '<')) >= 0;) {
        text = str_skip(text, (size_t)at + 1);
        if (str_starts(text, STR("<")))
            return true;
    }
    return false;
}

bool df_heredocs_read(struct df_parse *ps)
{
    struct str text = ps->insn.line->text;
    enum { HEREDOCS_MAX = 1000 };
    if (!may_open(text))
        return true;
    struct df_heredoc_vec found = find_openers(ps, text);
    vec_for (struct df_heredoc, h, &found)
        if (!read_body(ps, h))
            return false;
    if (found.n > HEREDOCS_MAX) {
        diag_error(ps->c->diags, df_word_span(&found.at[HEREDOCS_MAX].word),
                   "more than %d heredocs in one instruction", HEREDOCS_MAX);
        return false;
    }
    join_names(&found);
    ps->insn.heredocs = found;
    return true;
}

const struct df_heredoc *df_heredoc_of(const struct df_insn *in, const struct df_word *w)
{
    vec_for (const struct df_heredoc, h, &in->heredocs)
        if (h->word.raw.p == w->raw.p && h->word.raw.n == w->raw.n)
            return h;
    return NULL;
}

static struct str content_of(struct compile *c, const struct df_heredoc *h)
{
    return str_of(source_at(c->sources, h->content.source)->text.p + h->content.off,
                  h->content.len);
}

/* Takes one line off *rest, with its newline; *line gets it without its end. */
static void next_line(struct str *rest, struct str *line)
{
    str_cut(*rest, '\n', line, rest);
    if (line->n && line->p[line->n - 1] == '\r')
        line->n--;
}

struct df_word df_heredoc_word(struct compile *c, const struct df_heredoc *h)
{
    struct str rest = content_of(c, h), line;
    const char *start = rest.p - h->content.off;
    struct df_line *l = arena_new(c->arena, struct df_line);
    *l = (struct df_line){.text = rest, .source = h->content.source, .n_segments = 1};
    l->whole.src = h->content.off;
    l->segment = &l->whole;
    if (!h->strip_tabs && str_find(rest, '\r') < 0)
        return df_word_of(l, rest);
    VEC(struct df_segment) segments = {0};
    char *to = arena_alloc(c->arena, rest.n + 1);
    size_t n = 0;
    while (rest.n) {
        next_line(&rest, &line);
        while (h->strip_tabs && line.n && line.p[0] == '\t')
            line = str_skip(line, 1);
        struct df_segment seg = {(uint32_t)n, (uint32_t)(line.p - start)};
        vec_push(c->arena, &segments, seg);
        memcpy(to + n, line.p, line.n);
        n += line.n;
        to[n++] = '\n';
    }
    l->text = str_of(to, n);
    if (segments.n) {
        l->segment = segments.at;
        l->n_segments = (uint32_t)segments.n;
    }
    return df_word_of(l, l->text);
}

struct str df_heredoc_raw(struct compile *c, const struct df_heredoc *h)
{
    struct str rest = content_of(c, h), line;
    if (str_find(rest, '\r') < 0)
        return rest;
    char *to = arena_alloc(c->arena, rest.n + 1);
    size_t n = 0;
    while (rest.n) {
        next_line(&rest, &line);
        memcpy(to + n, line.p, line.n);
        n += line.n;
        to[n++] = '\n';
    }
    return str_of(to, n);
}
