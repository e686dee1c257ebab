/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lays out a Dockerfile. Between the words of an instruction, blanks mean nothing: there is one of
 * them, or a continuation where there was one. Within a word, and a command is one word, every
 * blank is a part of the text that the shell gets and that ids hash, even the indentation of a
 * continued line: it stays, and only what joining lines drops is put in order.
 */
#include <config.h>

#include "frontend/df_scan.h"

#define INDENT STR("    ")

struct format {
    struct compile *c;
    struct buf *out;
    size_t start; /* length of out before anything was put */
    uint32_t source;
    struct str text; /* of the source */
    char escape;
    const struct df_line *line; /* of the instruction being put */
    const char *cur;            /* in it, behind what was put */
    uint32_t at;                /* the same in the source */
    bool saw_empty;             /* an empty line is to stand before what comes next */
};

static void put(struct format *f, struct str s)
{
    buf_add_str(f->out, s);
}

static void put_upper(struct format *f, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        buf_putc(f->out, s.p[i] >= 'a' && s.p[i] <= 'z' ? (char)(s.p[i] - 'a' + 'A') : s.p[i]);
}

/* Takes a line off *rest, without its end. False if it is the last one, which nothing ends. */
static bool cut_line(struct str *rest, struct str *line)
{
    bool is_ended = str_cut(*rest, '\n', line, rest);
    while (is_ended && line->n && line->p[line->n - 1] == '\r')
        line->n--;
    return is_ended;
}

static bool is_comment(struct str line)
{
    return str_starts(df_trim_left(line), STR("#"));
}

/* What joining drops: comments and lines without anything. */
static bool is_dropped(struct str line)
{
    struct str s = df_trim_left(line);
    return s.n == 0 || s.p[0] == '#';
}

/* Those of whole lines that are comments. */
static void put_comments(struct format *f, struct str lines, struct str indent)
{
    for (struct str line; cut_line(&lines, &line);)
        if (is_comment(line)) {
            put(f, indent);
            put(f, str_trim(df_trim_left(line)));
            put(f, STR("\n"));
        }
}

static struct str indent_of(struct str line)
{
    size_t n = 0;
    while (n < line.n && (line.p[n] == ' ' || line.p[n] == '\t'))
        n++;
    return str_of(line.p, n);
}

static struct str trim_blanks(struct str s)
{
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

/* Takes the lines off *rest that joining drops; they are indented as the line behind them. */
static void put_dropped(struct format *f, struct str *rest)
{
    struct str from = *rest, next = *rest, line;
    while (cut_line(&next, &line) && is_dropped(line))
        *rest = next;
    put_comments(f, str_of(from.p, from.n - rest->n), indent_of(*rest));
}

/* A word that goes over several lines. */
static void put_lines(struct format *f, struct str s, void (*put_text)(struct format *, struct str))
{
    struct str line;
    for (; cut_line(&s, &line); put_dropped(f, &s)) {
        put_text(f, trim_blanks(line)); /* up to the escape character */
        put(f, STR("\n"));
    }
    put_text(f, line);
}

static bool has_line_end(struct str s)
{
    return str_find(s, '\n') >= 0;
}

/* Between two words: a blank if they are apart, or what there is of a continuation. */
static void put_gap(struct format *f, struct str gap, bool apart, struct str indent)
{
    struct str line;
    if (!cut_line(&gap, &line)) {
        put(f, apart ? STR(" ") : STR(""));
        return;
    }
    buf_printf(f->out, " %c\n", f->escape);
    put_comments(f, gap, indent.n ? indent : INDENT);
    put(f, indent);
}

/* The indentation of the line that a gap ends in. */
static struct str own_indent(struct str gap)
{
    struct str line;
    while (cut_line(&gap, &line))
        ;
    return indent_of(line);
}

/* The first of some blanks that is not ASCII. */
static struct str wide_blank(struct str blanks)
{
    for (size_t n; (n = df_blank_len(blanks)) > 0; blanks = str_skip(blanks, n))
        if (n > 1)
            return str_of(blanks.p, n);
    return STR("");
}

/* A part of the line, which stands behind what was put. If it goes on in further lines, whose
 * indentation stays, so does that of its first one. */
static void put_part(struct format *f, struct str part, bool apart, struct str indent,
                     void (*put_text)(struct format *, struct str))
{
    struct span at = df_line_span(f->line, part);
    struct str text = str_of(f->text.p + at.off, at.len);
    if (part.p != f->line->text.p) {
        struct str gap = str_of(f->text.p + f->at, at.off - f->at);
        bool keeps = has_line_end(gap) && has_line_end(text);
        put_gap(f, gap, apart, keeps ? own_indent(gap) : indent);
        if (str_starts(part, STR("--"))) /* a blank that does not let a flag begin there */
            put(f, wide_blank(str_of(f->cur, (size_t)(part.p - f->cur))));
    }
    put_lines(f, text, put_text);
    f->cur = part.p + part.n;
    f->at = span_end(at);
}

static struct str rest_before(const struct format *f, const char *to)
{
    return df_trim_left(str_of(f->cur, (size_t)(to - f->cur)));
}

static void put_keyword(struct format *f, struct str rest)
{
    size_t n = (size_t)(df_scan_plain(rest.p) - rest.p);
    put_part(f, str_of(rest.p, n < rest.n ? n : rest.n), true, INDENT, put_upper);
}

/* What the tree does not have: AS, CMD, NONE and the "--" that ends flags. */
static void put_keywords(struct format *f, const char *to)
{
    for (struct str rest; (rest = rest_before(f, to)).n;)
        put_keyword(f, rest);
}

static void put_word(struct format *f, struct str raw)
{
    put_keywords(f, raw.p);
    put_part(f, raw, true, INDENT, put);
}

static void put_pair(struct format *f, const struct df_pair *p)
{
    const struct str *last = p->has_value ? &p->value.raw : &p->name.raw;
    put_word(f, str_of(p->name.raw.p, (size_t)(last->p + last->n - p->name.raw.p)));
}

static const char *line_end(const struct format *f)
{
    return f->line->text.p + f->line->text.n;
}

/* A JSON array of strings, all that is left of the line. */
static void put_array(struct format *f)
{
    bool apart = true;
    for (struct str rest; (rest = rest_before(f, line_end(f))).n;) {
        char ch = rest.p[0];
        size_t n = ch == '"' ? (size_t)(df_scan_json_string(rest.p) - rest.p) : 1;
        apart &= ch != ',' && ch != ']';
        put_part(f, str_of(rest.p, n), apart, ch == ']' ? STR("") : INDENT, put);
        apart = ch == ',';
    }
}

static void put_exec(struct format *f)
{
    for (struct str rest; (rest = rest_before(f, line_end(f))).n && rest.p[0] != '[';)
        put_keyword(f, rest);
    put_array(f);
}

/* Paths that look like an array and are none, which other blanks could make one. */
static bool is_near_array(const struct df_insn *in)
{
    return in->type->shape == DF_SHAPE_PATHS && str_starts(in->words.at[0].raw, STR("["));
}

static void put_arguments(struct format *f, const struct df_insn *in)
{
    if (in->is_exec) {
        put_exec(f);
        return;
    }
    if (is_near_array(in)) {
        const char *from = in->words.at[0].raw.p;
        put_word(f, str_of(from, (size_t)(line_end(f) - from)));
        return;
    }
    vec_for (const struct df_word, w, &in->words)
        put_word(f, w->raw);
    vec_for (const struct df_pair, p, &in->pairs) {
        if (!in->is_legacy) {
            put_pair(f, p);
            continue;
        }
        put_word(f, p->name.raw);
        put_word(f, p->value.raw);
    }
    put_keywords(f, line_end(f));
}

/* A line may end with an escape character only if something that is a blank, but not to who looks
 * for continuations, stands behind it: a form feed is one. */
static void end_line(struct format *f)
{
    struct str text = f->line->text;
    size_t n = text.n;
    if (text.p[n - 1] == f->escape && (n == 1 || text.p[n - 2] != f->escape))
        put(f, STR("\f"));
    put(f, STR("\n"));
}

/* The offset behind the line at `from`. */
static uint32_t behind_line(const struct format *f, uint32_t from)
{
    ptrdiff_t nl = str_find(str_skip(f->text, from), '\n');
    return nl < 0 ? (uint32_t)f->text.n : from + (uint32_t)nl + 1;
}

static void put_bodies(struct format *f, const struct df_heredoc_vec *heredocs)
{
    vec_for (const struct df_heredoc, h, heredocs) {
        struct str rest = str_skip(f->text, span_end(h->body)), line;
        put(f, str_of(f->text.p + h->body.off, h->body.len));
        cut_line(&rest, &line);
        while (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        put(f, line);
        put(f, STR("\n"));
        f->at = behind_line(f, span_end(h->body));
    }
}

/* Before what is not empty. */
static void put_empty_line(struct format *f)
{
    if (f->saw_empty)
        put(f, STR("\n"));
    f->saw_empty = false;
}

static void put_insn(struct format *f, const struct df_insn *in)
{
    put_empty_line(f);
    f->line = in->line;
    put_part(f, in->keyword.raw, false, INDENT, put_upper);
    vec_for (const struct df_flag, flag, &in->flags)
        put_word(f, flag->whole.raw);
    put_arguments(f, in);
    end_line(f);
    f->at = behind_line(f, f->at);
    put_bodies(f, in->trigger ? &in->trigger->heredocs : &in->heredocs);
}

static size_t read_directives(struct format *f, struct str text, size_t start)
{
    struct diag_sink ignored = DIAG_SINK_INIT(f->c->arena);
    struct compile c = {.arena = f->c->arena, .diags = &ignored};
    struct df_directives d;
    return df_directives_read(&c, f->source, text, start, &d);
}

/* An empty line above it may be all that keeps a comment from being a directive. */
static void put_comment(struct format *f, struct str line)
{
    if (f->out->n == f->start)
        f->saw_empty = read_directives(f, line, 0) > 0;
    put_empty_line(f);
    put(f, line);
    put(f, STR("\n"));
}

/* The lines between instructions; the last one, if nothing ends it, is the start of the next
 * instruction, or ends the file. What is no comment there is an escape character. */
static void put_between(struct format *f, uint32_t to)
{
    struct str rest = str_of(f->text.p + f->at, to - f->at), line;
    while (rest.n) {
        if (!cut_line(&rest, &line) && to < f->text.n)
            return;
        line = str_trim(df_trim_left(line));
        if (line.n == 0)
            f->saw_empty = f->out->n > f->start;
        else
            put_comment(f, line);
    }
}

static void put_directives(struct format *f, size_t start, size_t end)
{
    struct str rest = str_of(f->text.p + start, end - start), line, name, value;
    while (rest.n) {
        cut_line(&rest, &line);
        if (df_directive_split(line, &name, &value)) {
            put(f, STR("# "));
            for (size_t i = 0; i < name.n; i++)
                buf_putc(f->out, ascii_lower(name.p[i]));
            put(f, STR("="));
            put(f, value);
        } else {
            put(f, str_trim(line)); /* "#!" */
        }
        put(f, STR("\n"));
    }
}

bool df_format(struct compile *c, uint32_t source, struct buf *out)
{
    size_t errors = c->diags->n_errors;
    struct df_file file;
    if (!df_parse_file(c, source, &file) || c->diags->n_errors != errors)
        return false;
    struct str text = source_at(c->sources, source)->text, bom = STR("\xef\xbb\xbf");
    struct format f = {.c = c, .out = out, .start = out->n, .source = source, .text = text};
    size_t start = str_starts(text, bom) ? bom.n : 0, end = read_directives(&f, text, start);
    f.escape = file.directives.escape_char;
    f.at = (uint32_t)end;
    put_directives(&f, start, end);
    vec_for (const struct df_insn, in, &file.insns) {
        put_between(&f, df_word_span(&in->keyword).off);
        put_insn(&f, in);
    }
    put_between(&f, (uint32_t)text.n);
    return true;
}
