/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing byte string on the heap. p is always terminated behind n bytes, and never NULL once
 * something was added. Free with buf_free, or hand the text over with buf_take.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

#include <stdarg.h>

struct buf {
    char *p;
    size_t n, cap;
};

#define BUF_INIT ((struct buf){0})

void buf_reserve(struct buf *b, size_t more); /* room for `more` bytes and the terminator */
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/* Makes b longer by n bytes, which the caller writes where the answer points. */
static inline char *buf_extend(struct buf *b, size_t n)
{
    if (n >= b->cap - b->n)
        buf_reserve(b, n);
    char *to = b->p + b->n;
    b->n += n;
    b->p[b->n] = '\0';
    return to;
}

static inline void buf_add(struct buf *b, const void *p, size_t n)
{
    char *to = buf_extend(b, n);
    if (n)
        memcpy(to, p, n);
}

static inline void buf_puts(struct buf *b, const char *cstr)
{
    buf_add(b, cstr, strlen(cstr));
}

static inline void buf_putc(struct buf *b, char c)
{
    if (b->cap - b->n < 2)
        buf_reserve(b, 1);
    b->p[b->n++] = c;
    b->p[b->n] = '\0';
}

static inline void buf_add_str(struct buf *b, struct str s)
{
    buf_add(b, s.p, s.n);
}

void buf_add_utf8(struct buf *b, struct str s); /* with U+FFFD for each byte that is not UTF-8 */

static inline struct str buf_str(const struct buf *b) /* valid until the next change */
{
    return str_of(b->p, b->n);
}

void buf_clear(struct buf *b); /* empties it, keeps the room */
char *buf_take(struct buf *b); /* the text, terminated; the caller frees it; b is empty again */
void buf_free(struct buf *b);

#endif
