/* SPDX-License-Identifier: Apache-2.0 */
/* Loading source texts, and turning byte offsets into lines and columns. */
#include <config.h>

#include "base/source.h"

#include "base/cleanup.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>

/* The text is terminated, and lives as long as the arena. */
static uint32_t add(struct sources *ss, struct str path, struct str text)
{
    if (text.n > SOURCE_MAX_BYTES)
        BUG("source of %zu bytes", text.n);
    struct source s = {.path = arena_str(ss->arena, path), .text = text};
    vec_push(ss->arena, &ss->list, s);
    return (uint32_t)(ss->list.n - 1);
}

uint32_t source_add(struct sources *ss, struct str path, struct str text)
{
    return add(ss, path, arena_str(ss->arena, text));
}

int source_load(struct sources *ss, const char *path, uint32_t *index, struct ob_err *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    cleanup_close int fd =
        is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return ob_err_set(err, errno, "can't open \"%s\"", path);
    cleanup_buf struct buf text = BUF_INIT;
    if (fs_read_all(fd, &text, SOURCE_MAX_BYTES, err) < 0)
        return ob_err_wrap(err, "can't read \"%s\"", path);
    size_t n = text.n;
    char *p = buf_take(&text);
    arena_adopt(ss->arena, p);
    *index = add(ss, str_from(path), str_of(p, n));
    return 0;
}

static void find_lines(struct arena *a, struct source *s)
{
    VEC(uint32_t) lines = {0};
    struct str rest = s->text;
    vec_push(a, &lines, 0);
    for (ptrdiff_t at; (at = str_find(rest, '\n')) >= 0;) {
        rest = str_skip(rest, (size_t)at + 1);
        vec_push(a, &lines, (uint32_t)(s->text.n - rest.n));
    }
    s->line_off = lines.at;
    s->n_lines = (uint32_t)lines.n;
}

static struct source *with_lines(struct sources *ss, uint32_t source)
{
    struct source *s = &ss->list.at[source];
    if (!s->line_off)
        find_lines(ss->arena, s);
    return s;
}

/* The line of a byte, counted from 0. Most questions are about the line of the last one or the
 * next. */
static uint32_t find_line(const struct source *s, uint32_t off)
{
    uint32_t lo = 0, hi = s->n_lines; /* line lo starts at or before off, line hi behind it */
    if (s->line_off[s->known_line] <= off) {
        lo = s->known_line;
        hi = hi - lo > 2 && s->line_off[lo + 2] > off ? lo + 2 : hi;
    }
    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (s->line_off[mid] <= off)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

struct place source_place(struct sources *ss, uint32_t source, uint32_t off)
{
    struct source *s = with_lines(ss, source);
    uint32_t lo = find_line(s, off);
    struct place p = {.line = lo + 1, .column = 1, .byte_column = off - s->line_off[lo] + 1};
    uint32_t i = s->line_off[lo], end = off < s->text.n ? off : (uint32_t)s->text.n;
    if (s->known_off > i && s->known_off <= end) { /* ascending questions in a long line */
        i = s->known_off;
        p.column = s->known_column;
    }
    while (i < end) {
        uint32_t ascii = (uint32_t)str_ascii_len(str_of(s->text.p + i, end - i));
        p.column += ascii;
        i += ascii;
        if (i == end)
            break;
        size_t len = str_char_len(str_skip(s->text, i));
        p.column++;
        i += len ? (uint32_t)len : 1;
    }
    s->known_line = lo;
    s->known_off = end;
    s->known_column = p.column;
    return p;
}

uint32_t source_line_count(struct sources *ss, uint32_t source)
{
    return with_lines(ss, source)->n_lines;
}

struct str source_line(struct sources *ss, uint32_t source, uint32_t line)
{
    struct source *s = with_lines(ss, source);
    uint32_t from = s->line_off[line - 1];
    uint32_t to = line < s->n_lines ? s->line_off[line] - 1 : (uint32_t)s->text.n;
    if (to > from && s->text.p[to - 1] == '\r')
        to--;
    return str_of(s->text.p + from, to - from);
}

struct span span_join(struct span a, struct span b)
{
    if (a.source != b.source)
        BUG("spans of two sources");
    uint32_t off = a.off < b.off ? a.off : b.off;
    uint32_t end = span_end(a) > span_end(b) ? span_end(a) : span_end(b);
    return (struct span){a.source, off, end - off};
}
