/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that is freed all at once. Compilation allocates from one arena and frees nothing on the
 * way. Running out of memory ends the program with exit status 3: no caller checks for NULL.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

#include <stdarg.h>
#include <stddef.h>

struct arena_chunk;
struct arena_adopted;

struct arena {
    struct arena_chunk *head; /* the chunk that is being filled */
    char *next, *end;         /* free room in it */
    struct arena_adopted *adopted;
};

#define ARENA_INIT ((struct arena){0})

/* Room for n bytes, zeroed, aligned for pointers and 64-bit numbers. */
void *arena_alloc(struct arena *a, size_t n);
#define arena_new(a, T) ((T *)arena_alloc((a), sizeof(T)))
#define arena_new_n(a, T, n) ((T *)arena_alloc_n((a), sizeof(T), (n)))
void *arena_alloc_n(struct arena *a, size_t size, size_t n); /* checks size * n */

/* Makes the n bytes at p longer where they are. False if they are not what was allocated last, or
 * there is no room. */
bool arena_extend(struct arena *a, const void *p, size_t n, size_t more);
void arena_adopt(struct arena *a, void *p); /* frees p, which malloc gave, with the arena */

struct str arena_str(struct arena *a, struct str s); /* a copy, terminated behind its end */
char *arena_cstr(struct arena *a, struct str s);     /* the same as a C string */
struct str str_concat(struct arena *a, struct str x, struct str y);
struct str arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
struct str arena_vprintf(struct arena *a, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

void arena_free(struct arena *a); /* frees everything; the arena can be used again */

#endif
