/* SPDX-License-Identifier: Apache-2.0 */
/* Growing byte strings; out of memory ends the program. */
#include <config.h>

#include "base/buf.h"

#include "base/err.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

void buf_reserve(struct buf *b, size_t more)
{
    if (more < b->cap - b->n)
        return;
    if (more > SIZE_MAX / 2 - b->n - 1)
        ob_out_of_memory();
    size_t cap = b->cap ? b->cap : 64;
    while (cap < b->n + more + 1)
        cap *= 2;
    char *p = realloc(b->p, cap);
    if (!p)
        ob_out_of_memory();
    b->p = p;
    b->cap = cap;
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    if (n < 0)
        BUG("bad format \"%s\"", fmt);
    buf_reserve(b, (size_t)n);
    vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
    va_end(again);
    b->n += (size_t)n;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(b, fmt, ap);
    va_end(ap);
}

void buf_clear(struct buf *b)
{
    b->n = 0;
    if (b->p)
        b->p[0] = '\0';
}

char *buf_take(struct buf *b)
{
    buf_reserve(b, 0);
    b->p[b->n] = '\0';
    char *p = b->p;
    *b = BUF_INIT;
    return p;
}

void buf_free(struct buf *b)
{
    free(b->p);
    *b = BUF_INIT;
}

void buf_add_utf8(struct buf *b, struct str s)
{
    for (size_t bad; !str_is_utf8(s, &bad); s = str_skip(s, bad + 1)) {
        buf_add(b, s.p, bad);
        buf_puts(b, "\xef\xbf\xbd");
    }
    buf_add_str(b, s);
}
