/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Typed vectors in an arena. VEC(T) is an anonymous struct; name those that cross a function
 * boundary with DEFINE_VEC. Growing may copy within the arena, so old `at` pointers stay readable
 * but may be stale. A copy of the struct with cap = n shares the elements until one of the two is
 * appended to.
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include "base/arena.h"
#include "base/str.h"

#include <stdint.h>

#define VEC_FIELDS(T)                                                                              \
    T *at;                                                                                         \
    uint32_t n, cap;
#define VEC(T)                                                                                     \
    struct {                                                                                       \
        VEC_FIELDS(T)                                                                              \
    }
#define DEFINE_VEC(name, T)                                                                        \
    struct name {                                                                                  \
        VEC_FIELDS(T)                                                                              \
    }

/* Appends x (evaluated once) to *v. */
#define vec_push(arena, v, x)                                                                      \
    ((v)->n == (v)->cap                                                                            \
         ? (void)((v)->at = vec_grow((arena), (v)->at, (v)->n, &(v)->cap, sizeof *(v)->at))        \
         : (void)0,                                                                                \
     (v)->at[(v)->n++] = (x))

/* Appends `count` elements that stand at p. */
#define vec_append(arena, v, p, count)                                                             \
    ((v)->at = vec_room((arena), (v)->at, (v)->n, &(v)->cap, sizeof *(v)->at, (count)),            \
     memcpy((v)->at + (v)->n, (p), (count) * sizeof *(v)->at), (void)((v)->n += (count)))

#define vec_for(T, it, v)                                                                          \
    for (__typeof__(T) *it = (v)->at, *it##_end = it ? it + (v)->n : it; it != it##_end; it++)

/* Room for n elements at once, where their number is known: growing may leave old copies behind.
 * *v must be empty. */
#define vec_reserve(arena, v, n)                                                                   \
    ((v)->at = arena_alloc_n((arena), sizeof *(v)->at, (n)), (v)->cap = (n))

/* For vec_append and vec_push: the elements with room for `more`, or for one; *cap is updated. */
void *vec_room(struct arena *a, void *at, size_t n, uint32_t *cap, size_t size, size_t more);
void *vec_grow(struct arena *a, void *at, size_t n, uint32_t *cap, size_t size);

DEFINE_VEC(str_vec, struct str);

#endif
