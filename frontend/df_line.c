/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Joins physical lines to logical ones, as BuildKit does: a line goes on if it ends with one escape
 * character (blanks may follow it, a second one may not precede it); comment lines and empty lines
 * within a continued line vanish; leading blanks are dropped from the first line only. A line that
 * is not continued is not copied.
 */
#include <config.h>

#include "frontend/df_line.h"

#define BYTE_ORDER_MARK STR("\xef\xbb\xbf")

void df_reader_init(struct df_reader *r, struct compile *c, uint32_t source,
                    struct df_directives *d)
{
    struct str text = source_at(c->sources, source)->text;
    size_t start = str_starts(text, BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.n : 0;
    size_t pos = df_directives_read(c, source, text, start, d);
    *r = (struct df_reader){
        .c = c, .source = source, .text = text, .pos = pos, .escape = d->escape_char};
}

bool df_reader_physical(struct df_reader *r, struct str *line)
{
    if (r->pos >= r->text.n)
        return false;
    struct str rest = str_skip(r->text, r->pos);
    ptrdiff_t nl = str_find(rest, '\n');
    size_t n = nl < 0 ? rest.n : (size_t)nl;
    r->pos += nl < 0 ? n : n + 1;
    if (n > 0 && rest.p[n - 1] == '\r')
        n--;
    *line = str_of(rest.p, n);
    return true;
}

static struct str trim_left(struct str s)
{
    while (s.n && ascii_is_blank(s.p[0]))
        s = str_skip(s, 1);
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
    if (s.n == 0)
        return;
    struct df_segment seg = {(uint32_t)r->joined.n, (uint32_t)(s.p - r->text.p)};
    vec_push(a, &r->segments, seg);
    vec_append(a, &r->joined, s.p, s.n);
}

static const struct df_line *line_new(struct df_reader *r, struct str text,
                                      const struct df_segment *seg, size_t n)
{
    struct df_line *l = arena_new(r->c->arena, struct df_line);
    *l = (struct df_line){text, r->source, (uint32_t)n, seg};
    return l;
}

static const struct df_line *plain_line(struct df_reader *r, struct str text)
{
    struct df_segment *seg = arena_new(r->c->arena, struct df_segment);
    seg->src = (uint32_t)(text.p - r->text.p);
    return line_new(r, text, seg, 1);
}

/* A line out of what was joined: trimmed, with its own copy of the segments. */
static const struct df_line *joined_line(struct df_reader *r)
{
    struct str all = str_of(r->joined.at, r->joined.n);
    struct str text = str_trim(all);
    if (text.n == 0)
        return NULL;
    uint32_t cut = (uint32_t)(text.p - all.p);
    size_t first = 0;
    while (first + 1 < r->segments.n && r->segments.at[first + 1].at <= cut)
        first++;
    size_t n = r->segments.n - first;
    struct df_segment *seg = arena_new_n(r->c->arena, struct df_segment, n);
    for (size_t i = 0; i < n; i++) {
        seg[i] = r->segments.at[first + i];
        uint32_t skip = i == 0 ? cut - seg[i].at : 0;
        seg[i].src += skip;
        seg[i].at += skip - cut;
    }
    return line_new(r, arena_str(r->c->arena, text), seg, n);
}

/* Joins what follows a first line that goes on. A trailing escape at the end of the file is
 * dropped. */
static const struct df_line *continued_line(struct df_reader *r, struct str line)
{
    r->joined.n = r->segments.n = 0;
    append(r, line);
    for (bool goes_on = true; goes_on && df_reader_physical(r, &line);) {
        struct str trimmed = trim_left(line);
        if (trimmed.n == 0 || trimmed.p[0] == '#')
            continue;
        goes_on = cut_continuation(&line, r->escape);
        append(r, line);
    }
    return joined_line(r);
}

const struct df_line *df_reader_next(struct df_reader *r)
{
    struct str line;
    while (df_reader_physical(r, &line)) {
        line = trim_left(line);
        if (line.n == 0 || line.p[0] == '#')
            continue;
        const struct df_line *l = cut_continuation(&line, r->escape)
                                      ? continued_line(r, line)
                                      : plain_line(r, str_trim(line));
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
    uint32_t from = source_offset(line, at);
    if (part.n == 0)
        return span_of(line->source, from, 0);
    uint32_t to = source_offset(line, at + (uint32_t)part.n - 1) + 1;
    return span_of(line->source, from, to - from);
}
