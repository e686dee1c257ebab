/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matching goes from star to star. For the shortest match every piece between two stars stands as
 * early as it can, for the longest the last one as late as it can; that never misses a match, so
 * nothing is tried twice. A match from the end is one of the reversed pattern in the reversed
 * string. The cost is at most the length of the string times that of the pattern.
 */
#include <config.h>

#include "ir/text_pattern.h"

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>

/* Elements of a pattern that no character of UTF-8 looks like. */
#define ANY UINT32_MAX
#define STAR (UINT32_MAX - 1)
#define NOWHERE SIZE_MAX

struct chars {
    uint32_t *at;
    uint32_t *off; /* of each in the string, and one more: the string's length */
    size_t n;
};

struct matcher {
    struct arena arena;
    struct chars s, pattern;
    struct text_budget *budget;
    bool is_over; /* the budget is spent, and everything fails */
};

int text_budget_spend(struct text_budget *b, size_t bytes)
{
    if (bytes > b->bytes)
        return ob_err_set(b->err, 0, "a value would become too large, more than 64 MiB");
    b->bytes -= bytes;
    return 0;
}

static size_t char_len(struct str s)
{
    size_t n = str_char_len(s);
    return n ? n : 1;
}

/* The bytes of the character that s begins with, as one number. */
static uint32_t char_code(struct str s)
{
    uint32_t code = 0;
    for (size_t i = 0, n = char_len(s); i < n; i++)
        code = code << 8 | (unsigned char)s.p[i];
    return code;
}

static bool is_escapable(char c)
{
    return c == '*' || c == '?' || c == '\\' || c == '}' || c == '/';
}

bool text_pattern_is_valid(struct str s, struct str *bad)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '\\')
            continue;
        struct str next = str_skip(s, ++i);
        if (next.n && is_escapable(next.p[0]))
            continue;
        if (bad)
            *bad = str_of(s.p + i - 1, next.n ? 1 + char_len(next) : 1);
        return false;
    }
    return true;
}

static void read_string(struct matcher *m, struct str s)
{
    struct chars *c = &m->s;
    c->at = arena_new_n(&m->arena, uint32_t, s.n);
    c->off = arena_new_n(&m->arena, uint32_t, s.n + 1);
    for (size_t i = 0; i < s.n; i += char_len(str_skip(s, i))) {
        c->off[c->n] = (uint32_t)i;
        c->at[c->n++] = char_code(str_skip(s, i));
    }
    c->off[c->n] = (uint32_t)s.n;
}

static void read_pattern(struct matcher *m, struct str s)
{
    struct chars *c = &m->pattern;
    c->at = arena_new_n(&m->arena, uint32_t, s.n);
    for (; s.n; s = str_skip(s, char_len(s))) {
        uint32_t ch = char_code(s);
        if (ch == '\\') {
            s = str_skip(s, 1);
            ch = char_code(s);
        } else if (ch == '*') {
            ch = STAR;
        } else if (ch == '?') {
            ch = ANY;
        }
        if (ch != STAR || c->n == 0 || c->at[c->n - 1] != STAR)
            c->at[c->n++] = ch;
    }
}

static void reverse(struct chars *c)
{
    for (size_t i = 0; i < c->n / 2; i++) {
        uint32_t other = c->at[c->n - 1 - i];
        c->at[c->n - 1 - i] = c->at[i];
        c->at[i] = other;
    }
}

static int matcher_init(struct matcher *m, struct str s, struct str pattern, struct text_budget *b)
{
    struct str bad;
    *m = (struct matcher){.budget = b};
    if (!text_pattern_is_valid(pattern, &bad))
        return ob_err_set(b->err, 0, "invalid escape \"" STR_FMT "\" in pattern \"" STR_FMT "\"",
                          STR_ARG(bad), STR_ARG(pattern));
    if (s.n >= UINT32_MAX)
        return text_budget_spend(b, SIZE_MAX);
    read_string(m, s);
    read_pattern(m, pattern);
    return 0;
}

static bool step(struct matcher *m)
{
    if (m->budget->steps == 0)
        m->is_over = true;
    else
        m->budget->steps--;
    return !m->is_over;
}

/* 0, or -1 if the search ended only because the budget did. */
static int matcher_finish(struct matcher *m)
{
    arena_free(&m->arena);
    return m->is_over ? ob_err_set(m->budget->err, 0, "a pattern takes too long to match") : 0;
}

/* Whether the piece of the pattern at p stands in the string at `at`. */
static bool fits(struct matcher *m, size_t p, size_t len, size_t at)
{
    if (!step(m) || len > m->s.n - at)
        return false;
    for (size_t i = 0; i < len; i++) {
        uint32_t want = m->pattern.at[p + i], have = m->s.at[at + i];
        if (!step(m) || (want == ANY ? have == '\n' : have != want))
            return false;
    }
    return true;
}

static size_t piece_len(const struct matcher *m, size_t p)
{
    size_t n = 0;
    while (p + n < m->pattern.n && m->pattern.at[p + n] != STAR)
        n++;
    return n;
}

/* The first newline from `at` on, or the end. */
static size_t line_end(struct matcher *m, size_t at)
{
    while (at < m->s.n && m->s.at[at] != '\n' && step(m))
        at++;
    return at;
}

/* Where the piece stands behind a star that begins at `at`. */
static size_t seek(struct matcher *m, size_t p, size_t len, size_t at, bool last)
{
    size_t end = line_end(m, at);
    for (size_t i = 0; i <= end - at && !m->is_over; i++) {
        size_t here = last ? end - i : at + i;
        if (fits(m, p, len, here))
            return here;
    }
    return NOWHERE;
}

/* The end of the match that begins at `at`, or NOWHERE; then *next is where one could begin. What
 * failed behind a star fails for every beginning whose star could only get to the same newline. */
static size_t match_at(struct matcher *m, size_t at, bool longest, size_t *next)
{
    size_t len = piece_len(m, 0), first = len, begin = at;
    *next = at + 1;
    if (!fits(m, 0, len, at))
        return NOWHERE;
    at += len;
    for (size_t p = len; p < m->pattern.n; p += len) {
        len = piece_len(m, ++p);
        bool is_last = p + len == m->pattern.n;
        at = seek(m, p, len, at, longest && is_last);
        if (at == NOWHERE) {
            size_t newline = line_end(m, begin + first);
            if (newline + 1 - first > *next)
                *next = newline + 1 - first;
            return NOWHERE;
        }
        at += len;
    }
    return at;
}

static bool find(struct matcher *m, size_t *from, size_t *to)
{
    for (size_t at = *from, next; at <= m->s.n && !m->is_over; at = next) {
        *to = match_at(m, at, true, &next);
        *from = at;
        if (*to != NOWHERE)
            return true;
    }
    return false;
}

int text_pattern_find(struct str s, struct str pattern, struct text_budget *b, size_t *from,
                      size_t *to)
{
    struct matcher m;
    if (matcher_init(&m, s, pattern, b) < 0)
        return -1;
    *from = 0;
    bool found = find(&m, from, to);
    if (found) {
        *from = m.s.off[*from];
        *to = m.s.off[*to];
    }
    return matcher_finish(&m) < 0 ? -1 : found;
}

int text_pattern_cut(struct str s, struct str pattern, enum text_op op, struct text_budget *b,
                     struct str *out)
{
    bool longest = op == TEXT_OP_CUT_LONGEST_PREFIX || op == TEXT_OP_CUT_LONGEST_SUFFIX;
    bool prefix = op == TEXT_OP_CUT_PREFIX || op == TEXT_OP_CUT_LONGEST_PREFIX;
    struct matcher m;
    size_t unused;
    if (matcher_init(&m, s, pattern, b) < 0)
        return -1;
    if (!prefix) {
        reverse(&m.s);
        reverse(&m.pattern);
    }
    size_t n = match_at(&m, 0, longest, &unused);
    if (n == NOWHERE)
        n = 0;
    *out = prefix ? str_skip(s, m.s.off[n]) : str_of(s.p, m.s.off[m.s.n - n]);
    return matcher_finish(&m);
}

static bool is_name_char(struct str s)
{
    return s.p[0] == '_' || ascii_is_alnum(s.p[0]) || (unsigned char)s.p[0] >= 0x80;
}

/* The bytes of "$name" or "${name}" at the start of s, *name its name; 0 if it is neither. */
static size_t read_reference(struct str s, struct str *name)
{
    bool braces = s.n > 1 && s.p[1] == '{';
    size_t from = braces ? 2 : 1, to = from;
    while (to < s.n && is_name_char(str_skip(s, to)))
        to++;
    *name = str_of(s.p + from, to - from);
    if (to == from || (braces && (to == s.n || s.p[to] != '}')))
        return 0;
    return to + braces;
}

static void add_template(struct buf *out, struct str with, struct str match)
{
    while (with.n) {
        struct str head, name;
        if (!str_cut(with, '$', &head, &name)) {
            buf_add_str(out, with);
            return;
        }
        buf_add_str(out, head);
        with = str_skip(with, head.n);
        size_t n = read_reference(with, &name);
        if (n == 0) {
            buf_putc(out, '$');
            n = with.n > 1 && with.p[1] == '$' ? 2 : 1;
        } else if (str_eq(name, STR("0"))) {
            buf_add_str(out, match);
        }
        with = str_skip(with, n);
    }
}

/* Appends the string from byte `done` on with its matches replaced. Go's rule: an empty match right
 * behind another match is none. */
static int replace_into(struct matcher *m, struct str s, struct str with, bool all, struct buf *out)
{
    size_t done = 0;
    for (size_t at = 0, from = 0, to; find(m, &from, &to); from = at) {
        struct str match = str_of(s.p + m->s.off[from], m->s.off[to] - m->s.off[from]);
        buf_add(out, s.p + done, m->s.off[from] - done);
        if (!all)
            buf_add_str(out, with);
        else if (m->s.off[to] > done || from == 0)
            add_template(out, with, match);
        done = m->s.off[to];
        if (!all)
            break;
        if (out->n > m->budget->bytes)
            return text_budget_spend(m->budget, out->n);
        at = to > at ? to : at + 1;
    }
    buf_add(out, s.p + done, s.n - done);
    return 0;
}

int text_pattern_replace(struct arena *a, struct str s, struct str pattern, struct str with,
                         bool all, struct text_budget *b, struct str *out)
{
    struct matcher m;
    struct buf text = BUF_INIT;
    if (matcher_init(&m, s, pattern, b) < 0)
        return -1;
    int rc = replace_into(&m, s, with, all, &text);
    if (matcher_finish(&m) < 0 || rc < 0 || text_budget_spend(b, text.n) < 0)
        rc = -1;
    else
        *out = arena_str(a, buf_str(&text));
    buf_free(&text);
    return rc;
}
