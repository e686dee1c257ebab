/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arena: a list of chunks, each four times the last up to a limit; large requests get their own.
 * Large chunks are mapped with huge pages where the kernel gives them: touching 4 KiB at a time for
 * the first time is a fifth of the time that compiling a large file takes.
 */
#include <config.h>

#include "base/arena.h"

#include "base/err.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

/* A chunk of LARGE is one that fills a huge page for the most part. */
enum {
    FIRST_CHUNK = 16 << 10,
    HUGE_PAGE = 2 << 20,
    LARGE = HUGE_PAGE / 2,
    LARGEST_CHUNK = 4 << 20
};

struct arena_chunk {
    struct arena_chunk *prev;
    size_t size;   /* of data */
    size_t mapped; /* of the mapping; 0 = from the heap */
    uint64_t data[];
};

struct arena_adopted {
    void *p;
    struct arena_adopted *next;
};

/* Zeroed memory for a chunk of `bytes` or more with its header; NULL if there is none. */
static struct arena_chunk *chunk_map(size_t bytes)
{
#ifdef OBKIT_DEBUG
    (void)bytes; /* leak checkers look only into the heap for pointers to the heap */
    return NULL;
#else
    size_t mapped = (bytes + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1);
    void *p = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    madvise(p, mapped, MADV_HUGEPAGE); /* without them it only takes longer */
    struct arena_chunk *c = p;
    c->mapped = mapped;
    c->size = mapped - sizeof *c;
    return c;
#endif
}

/* A chunk with `size` bytes or more. */
static struct arena_chunk *chunk_new(size_t size)
{
    size_t bytes = sizeof(struct arena_chunk) + size;
    struct arena_chunk *c = bytes >= LARGE ? chunk_map(bytes) : NULL;
    if (c)
        return c;
    c = calloc(1, bytes);
    if (!c)
        ob_out_of_memory();
    c->size = size;
    return c;
}

/* A large request gets a chunk of its own. What is left of that, or of the one being filled, is
 * filled next, whichever is more. */
static void *alloc_slow(struct arena *a, size_t n)
{
    size_t size = a->head ? a->head->size * 4 : FIRST_CHUNK;
    if (size > LARGEST_CHUNK)
        size = LARGEST_CHUNK;
    size -= size >= LARGE ? sizeof(struct arena_chunk) : 0; /* fills its pages to the last byte */
    struct arena_chunk *c = chunk_new(n > size / 4 ? n : size);
    if (c->size - n > (size_t)(a->end - a->next) || !a->head) {
        c->prev = a->head;
        a->head = c;
        a->next = (char *)c->data + n;
        a->end = (char *)c->data + c->size;
    } else {
        c->prev = a->head->prev;
        a->head->prev = c;
    }
    return c->data;
}

void arena_adopt(struct arena *a, void *p)
{
    struct arena_adopted *o = arena_new(a, struct arena_adopted);
    *o = (struct arena_adopted){p, a->adopted};
    a->adopted = o;
}

enum { ALIGN = sizeof(uint64_t) };

static size_t aligned(size_t n)
{
    if (n > SIZE_MAX / 2)
        ob_out_of_memory();
    return (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

void *arena_alloc(struct arena *a, size_t n)
{
    n = aligned(n);
    if (!a->head || n > (size_t)(a->end - a->next))
        return alloc_slow(a, n);
    void *p = a->next;
    a->next += n;
    return p;
}

bool arena_extend(struct arena *a, const void *p, size_t n, size_t more)
{
    if ((const char *)p + n != a->next || n % ALIGN != 0)
        return false;
    more = aligned(more);
    if (more > (size_t)(a->end - a->next))
        return false;
    a->next += more;
    return true;
}

void *arena_alloc_n(struct arena *a, size_t size, size_t n)
{
    size_t bytes;
    if (__builtin_mul_overflow(size, n, &bytes))
        ob_out_of_memory();
    return arena_alloc(a, bytes);
}

char *arena_cstr(struct arena *a, struct str s)
{
    char *p = arena_alloc(a, s.n + 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    return p;
}

struct str arena_str(struct arena *a, struct str s)
{
    return str_of(arena_cstr(a, s), s.n);
}

struct str str_concat(struct arena *a, struct str x, struct str y)
{
    char *p = arena_alloc(a, x.n + y.n + 1);
    if (x.n)
        memcpy(p, x.p, x.n);
    if (y.n)
        memcpy(p + x.n, y.p, y.n);
    return str_of(p, x.n + y.n);
}

struct str arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    if (n < 0)
        BUG("bad format \"%s\"", fmt);
    char *p = arena_alloc(a, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return str_of(p, (size_t)n);
}

struct str arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    struct str s = arena_vprintf(a, fmt, ap);
    va_end(ap);
    return s;
}

void arena_free(struct arena *a)
{
    for (struct arena_adopted *o = a->adopted; o; o = o->next)
        free(o->p);
    for (struct arena_chunk *c = a->head, *prev; c; c = prev) {
        prev = c->prev;
        if (c->mapped)
            munmap(c, c->mapped);
        else
            free(c);
    }
    *a = ARENA_INIT;
}
