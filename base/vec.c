/* SPDX-License-Identifier: Apache-2.0 */
/* The functions behind vec_push and vec_append. */
#include <config.h>

#include "base/vec.h"

void *vec_room(struct arena *a, void *at, size_t n, size_t *cap, size_t size, size_t more)
{
    if (more <= *cap - n)
        return at;
    *cap = (n + more) * 2;
    void *bigger = arena_alloc_n(a, size, *cap);
    if (n)
        memcpy(bigger, at, n * size);
    return bigger;
}

enum { LARGE_ELEMENT = 32 }; /* many vectors have but one of these, so room for four is a waste */

void *vec_grow(struct arena *a, void *at, size_t n, size_t *cap, size_t size)
{
    *cap = *cap ? *cap * 2 : size > LARGE_ELEMENT ? 1 : 4;
    void *bigger = arena_alloc_n(a, size, *cap);
    if (n)
        memcpy(bigger, at, n * size);
    return bigger;
}
