/* SPDX-License-Identifier: Apache-2.0 */
/* The functions behind vec_push and vec_append. */
#include <config.h>

#include "base/vec.h"

#include "base/err.h"

/* Gives at, of which n elements are in use, room for `wanted`. */
static void *with_room(struct arena *a, void *at, size_t n, uint32_t *cap, size_t size,
                       size_t wanted)
{
    if (wanted > UINT32_MAX)
        ob_out_of_memory();
    size_t more = wanted - *cap;
    bool is_longer = at && arena_extend(a, at, *cap * size, more * size);
    *cap = (uint32_t)wanted;
    if (is_longer)
        return at;
    void *bigger = arena_alloc_n(a, size, wanted);
    if (n)
        memcpy(bigger, at, n * size);
    return bigger;
}

void *vec_room(struct arena *a, void *at, size_t n, uint32_t *cap, size_t size, size_t more)
{
    return more <= *cap - n ? at : with_room(a, at, n, cap, size, (n + more) * 2);
}

enum { LARGE_ELEMENT = 32 }; /* many vectors have but one of these, so room for four is a waste */

void *vec_grow(struct arena *a, void *at, size_t n, uint32_t *cap, size_t size)
{
    size_t first = size > LARGE_ELEMENT ? 1 : 4;
    return with_room(a, at, n, cap, size, n ? n * 2 : first);
}
