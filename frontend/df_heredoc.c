/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Heredocs of RUN, COPY and ADD (also under ONBUILD): finds `<<NAME` among the words of a line and
 * reads the bodies that follow it, in order. The terminator is data, so this is no job for lexer
 * rules. The escape character within these words is a backslash whatever the directive says.
 */
#include <config.h>

#include "frontend/df_scan.h"

/* The name without quotes; *quoted tells whether there were any. */
static struct str unquote(struct arena *a, struct str s, bool *quoted)
{
    char *to = arena_alloc(a, s.n + 1);
    size_t n = 0;
    char quote = 0;
    *quoted = false;
    for (size_t i = 0; i < s.n; i++) {
        char ch = s.p[i];
        if (quote ? ch == quote : ch == '\'' || ch == '"') {
            quote = quote ? 0 : ch;
            *quoted = true;
        } else if (ch == '\\' && quote != '\'' && i + 1 < s.n) {
            to[n++] = s.p[++i];
            *quoted = true;
        } else {
            to[n++] = ch;
        }
    }
    return str_of(to, n);
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
    if (s.n == 0 || str_find(s, '<') >= 0)
        return false;
    struct str name = unquote(a, s, &quoted);
    *out = (struct df_heredoc){.word = word, .name = name, .strip_tabs = strip_tabs};
    out->expand = !quoted;
    return name.n > 0;
}

/* Reads physical lines up to the terminator. */
static bool read_body(struct df_parse *ps, struct df_heredoc *h)
{
    size_t from = ps->reader.pos, to = from;
    struct str line;
    while (df_reader_physical(&ps->reader, &line)) {
        while (h->strip_tabs && line.n && line.p[0] == '\t')
            line = str_skip(line, 1);
        if (str_eq(line, h->name)) {
            h->body = span_of(ps->file->source, from, to - from);
            return true;
        }
        to = ps->reader.pos;
    }
    struct diag *d =
        diag_error(ps->c->diags, df_word_span(&h->word),
                   "heredoc without an end: expected a line \"" STR_FMT "\"", STR_ARG(h->name));
    diag_note(d, "the end is a line of its own, without blanks around the word");
    return false;
}

bool df_heredocs_read(struct df_parse *ps, struct str text)
{
    if (str_find(text, '<') < 0)
        return true;
    struct arena *a = ps->c->arena;
    const char *end = text.p + text.n;
    for (const char *p = text.p; p < end;) {
        if (ascii_is_blank(*p)) {
            p++;
            continue;
        }
        const char *to = df_scan_quoted(p, '\\');
        if (to > end)
            to = end;
        struct df_heredoc h;
        struct df_word word = df_word_of(ps->insn.line, str_of(p, (size_t)(to - p)));
        if (read_opener(a, word, &h)) {
            if (!read_body(ps, &h))
                return false;
            vec_push(a, &ps->insn.heredocs, h);
        }
        p = to;
    }
    return true;
}
