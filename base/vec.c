/* SPDX-License-Identifier: Apache-2.0 */
/* The one function behind vec_push. */
#include <config.h>

#include "base/vec.h"

void *vec_grow(struct arena *a, void *at, size_t n, size_t *cap, size_t size)
{
    *cap = *cap ? *cap * 2 : 4;
    void *bigger = arena_alloc_n(a, size, *cap);
    if (n)
        memcpy(bigger, at, n * size);
    return bigger;
}
