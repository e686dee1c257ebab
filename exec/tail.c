/* SPDX-License-Identifier: Apache-2.0 */
/* Lines are looked for only when they are shown: to take 100 MB of output is to copy some KiB of
 * each piece. */
#include <config.h>

#include "exec/tail.h"

enum { KEPT = 16 << 10 };

void tail_add(struct tail *t, struct str text)
{
    struct buf *b = &t->text;
    if (b->n + text.n > 2 * KEPT) {
        size_t old = text.n < KEPT ? KEPT - text.n : 0;
        if (old > b->n)
            old = b->n;
        if (old)
            memmove(b->p, b->p + b->n - old, old);
        b->n = old;
        text = str_skip(text, text.n < KEPT ? 0 : text.n - KEPT);
        t->is_cut = true;
    }
    buf_add_str(b, text);
}

struct str tail_shown(struct str line)
{
    while (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    for (size_t i = line.n; i-- > 0;)
        if (line.p[i] == '\r')
            return str_skip(line, i + 1);
    return line;
}

static void reverse(struct str *lines, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        struct str swapped = lines[i];
        lines[i] = lines[n - 1 - i];
        lines[n - 1 - i] = swapped;
    }
}

size_t tail_lines(const struct tail *t, struct str *lines, size_t max, bool *cut)
{
    const struct buf *b = &t->text;
    size_t n = 0, end = b->n;
    bool more = end > 0;
    if (end && b->p[end - 1] == '\n')
        end--;
    while (more && n < max) {
        const char *newline = memrchr(b->p, '\n', end);
        size_t from = newline ? (size_t)(newline - b->p) + 1 : 0;
        lines[n++] = tail_shown(str_of(b->p + from, end - from));
        more = newline != NULL;
        end = more ? from - 1 : 0;
    }
    *cut = more || t->is_cut;
    reverse(lines, n);
    return n;
}
