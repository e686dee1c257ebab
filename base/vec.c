/* SPDX-License-Identifier: Apache-2.0 */
/* The one function behind vec_push. */
#include <config.h>

#include "base/vec.h"

enum { LARGE_ELEMENT = 32 }; /* many vectors have but one of these, so room for four is a waste */

void *vec_grow(struct arena *a, void *at, size_t n, size_t *cap, size_t size)
{
    *cap = *cap ? *cap * 2 : size > LARGE_ELEMENT ? 1 : 4;
    void *bigger = arena_alloc_n(a, size, *cap);
    if (n)
        memcpy(bigger, at, n * size);
    return bigger;
}
