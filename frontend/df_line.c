/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Joins physical lines to logical ones, as BuildKit does: a line goes on if it ends with one escape
 * character (blanks may follow it, a second one may not precede it); comment lines and empty lines
 * within a continued line vanish; leading blanks are dropped from the first line only. A line that
 * is not continued is not copied. Lines have no limit of length.
 */
#include <config.h>

#include "frontend/df_line.h"

#include "frontend/df_rules.h"

#define BYTE_ORDER_MARK STR("\xef\xbb\xbf")

void df_reader_init(struct df_reader *r, struct compile *c, uint32_t source,
                    struct df_directives *d)
{
    struct str text = source_at(c->sources, source)->text;
    size_t start = str_starts(text, BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.n : 0;
    size_t pos = df_directives_read(c, source, text, start, d);
    *r = (struct df_reader){
        .c = c, .source = source, .text = text, .pos = pos, .escape = d->escape_char};
    r->is_dirty = str_find(text, '\0') >= 0 || !str_is_utf8(text, NULL);
}

bool df_reader_physical(struct df_reader *r, struct str *line)
{
    if (r->pos >= r->text.n)
        return false;
    struct str rest = str_skip(r->text, r->pos);
    ptrdiff_t nl = str_find(rest, '\n');
    size_t n = nl < 0 ? rest.n : (size_t)nl;
    r->pos += nl < 0 ? n : n + 1;
    while (n > 0 && rest.p[n - 1] == '\r')
        n--;
    *line = str_of(rest.p, n);
    return true;
}

bool df_reader_is_text(struct df_reader *r, struct str part)
{
    size_t bad;
    if (!r->is_dirty)
        return true;
    ptrdiff_t nul = str_find(part, '\0');
    if (nul < 0 && str_is_utf8(part, &bad))
        return true;
    if (nul >= 0)
        bad = (size_t)nul;
    struct span at = span_of(r->source, (size_t)(part.p - r->text.p) + bad, 1);
    if (nul >= 0)
        diag_error(r->c->diags, at, "NUL byte: this is not a text file");
    else
        diag_error(r->c->diags, at, "byte 0x%02x is not UTF-8", (unsigned char)part.p[bad]);
    r->pos = r->text.n;
    r->is_cut = true;
    return false;
}

/* The length of the blank at the start of s that Unicode has beyond ASCII; 0 if there is none. */
static size_t wide_blank(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    if (s.n >= 2 && p[0] == 0xc2)
        return p[1] == 0x85 || p[1] == 0xa0 ? 2 : 0;
    if (s.n < 3 || p[0] < 0xe1 || p[0] > 0xe3)
        return 0;
    switch ((p[0] & 0x0fU) << 12 | (p[1] & 0x3fU) << 6 | (p[2] & 0x3fU)) {
    case 0x1680:
    case 0x2000 ... 0x200a:
    case 0x2028:
    case 0x2029:
    case 0x202f:
    case 0x205f:
    case 0x3000: return 3;
    default: return 0;
    }
}

size_t df_blank_len(struct str s)
{
    if (s.n == 0)
        return 0;
    return (unsigned char)s.p[0] < 0x80 ? ascii_is_blank(s.p[0]) : wide_blank(s);
}

struct str df_trim_left(struct str s)
{
    for (size_t n; (n = df_blank_len(s)) > 0;)
        s = str_skip(s, n);
    return s;
}

static struct str trim_right(struct str s)
{
    while (s.n) {
        size_t n = 1;
        if ((unsigned char)s.p[s.n - 1] >= 0x80)
            n = s.n >= 3 && wide_blank(str_skip(s, s.n - 3)) == 3 ? 3 : 2;
        bool is_blank = n == 1 ? ascii_is_blank(s.p[s.n - 1])
                               : s.n >= n && wide_blank(str_skip(s, s.n - n)) == n;
        if (!is_blank)
            break;
        s.n -= n;
    }
    return s;
}

/* Takes the escape character off the end of a line that goes on. */
static bool cut_continuation(struct str *s, char escape)
{
    size_t n = s->n;
    while (n > 0 && (s->p[n - 1] == ' ' || s->p[n - 1] == '\t'))
        n--;
    if (n == 0 || s->p[n - 1] != escape || (n > 1 && s->p[n - 2] == escape))
        return false;
    s->n = n - 1;
    return true;
}

static void append(struct df_reader *r, struct str s)
{
    struct arena *a = r->c->arena;
    if (s.n == 0 || !df_reader_is_text(r, s))
        return;
    struct df_segment seg = {(uint32_t)r->joined.n, (uint32_t)(s.p - r->text.p)};
    vec_push(a, &r->segments, seg);
    vec_append(a, &r->joined, s.p, s.n);
}

static struct df_line *line_new(struct df_reader *r, struct str text)
{
    struct df_line *l = arena_new(r->c->arena, struct df_line);
    l->text = text;
    l->source = r->source;
    return l;
}

/* Most lines: nothing is copied. NULL if nothing is left of it. */
static const struct df_line *plain_line(struct df_reader *r, struct str text)
{
    if (!df_reader_is_text(r, text))
        return NULL;
    struct df_line *l = line_new(r, trim_right(text));
    l->whole.src = (uint32_t)(text.p - r->text.p);
    l->segment = &l->whole;
    l->n_segments = 1;
    return l;
}

/* Gives *l the segments of a text that begins at `cut`. */
static void take_segments(struct arena *a, struct df_line *l, const struct df_segment *from,
                          size_t n, uint32_t cut)
{
    size_t first = 0, last = n;
    while (first + 1 < n && from[first + 1].at <= cut)
        first++;
    while (last > first + 1 && from[last - 1].at >= cut + l->text.n)
        last--;
    struct df_segment *seg = arena_new_n(a, struct df_segment, last - first);
    for (size_t i = 0; i < last - first; i++) {
        seg[i] = from[first + i];
        uint32_t skip = i == 0 ? cut - seg[i].at : 0;
        seg[i].src += skip;
        seg[i].at += skip - cut;
    }
    l->segment = seg;
    l->n_segments = (uint32_t)(last - first);
}

/* A line out of what was joined: trimmed, with its own copy of the segments. */
static const struct df_line *joined_line(struct df_reader *r)
{
    struct str all = str_of(r->joined.at, r->joined.n);
    struct str text = trim_right(df_trim_left(all));
    if (text.n == 0)
        return NULL;
    struct df_line *l = line_new(r, arena_str(r->c->arena, text));
    take_segments(r->c->arena, l, r->segments.at, r->segments.n, (uint32_t)(text.p - all.p));
    return l;
}

const struct df_line *df_line_part(struct arena *a, const struct df_line *line, struct str part)
{
    struct df_line *l = arena_new(a, struct df_line);
    l->text = part;
    l->source = line->source;
    take_segments(a, l, line->segment, line->n_segments, (uint32_t)(part.p - line->text.p));
    return l;
}

static void empty_continuation(struct df_reader *r, struct str line)
{
    struct span at = span_of(r->source, (size_t)(line.p - r->text.p), 0);
    struct diag *d = diag_rule(r->c->diags, &df_rule_no_empty_continuation, at,
                               "empty line inside a continued instruction");
    diag_note(d, "a later version of Docker will end the instruction here: write a comment, \"#\"");
}

/* Joins what follows a first line that goes on. A trailing escape at the end of the file is
 * dropped. Of several empty lines the first is reported. */
static const struct df_line *continued_line(struct df_reader *r, struct str line)
{
    bool has_empty = false;
    r->joined.n = r->segments.n = 0;
    append(r, line);
    for (bool goes_on = true; goes_on && df_reader_physical(r, &line);) {
        struct str trimmed = df_trim_left(line);
        if (trimmed.n && trimmed.p[0] == '#')
            continue;
        if (trimmed.n == 0) {
            if (!has_empty)
                empty_continuation(r, line);
            has_empty = true;
            continue;
        }
        goes_on = cut_continuation(&line, r->escape);
        append(r, line);
    }
    return r->is_cut ? NULL : joined_line(r);
}

const struct df_line *df_reader_next(struct df_reader *r)
{
    struct str line;
    r->check = NULL;
    while (df_reader_physical(r, &line)) {
        line = df_trim_left(line);
        if (line.n == 0)
            continue;
        if (line.p[0] == '#') {
            df_check_comment(r, line);
            continue;
        }
        const struct df_line *l =
            cut_continuation(&line, r->escape) ? continued_line(r, line) : plain_line(r, line);
        if (l)
            return l;
    }
    return NULL;
}

static uint32_t source_offset(const struct df_line *line, uint32_t at)
{
    uint32_t lo = 0, hi = line->n_segments;
    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (line->segment[mid].at <= at)
            lo = mid;
        else
            hi = mid;
    }
    return line->segment[lo].src + (at - line->segment[lo].at);
}

struct span df_line_span(const struct df_line *line, struct str part)
{
    uint32_t at = (uint32_t)(part.p - line->text.p);
    if (line->n_segments == 1)
        return span_of(line->source, line->segment->src + at, part.n);
    uint32_t from = source_offset(line, at);
    if (part.n == 0)
        return span_of(line->source, from, 0);
    uint32_t to = source_offset(line, at + (uint32_t)part.n - 1) + 1;
    return span_of(line->source, from, to - from);
}
