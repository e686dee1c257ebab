/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash map from byte strings to pointers, in an arena. Nothing is ever removed. Keys are not
 * copied: they must live as long as the map.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/arena.h"
#include "base/str.h"

struct map_slot {
    struct str key;
    void *value; /* NULL = free slot */
    size_t hash;
};

struct map {
    struct arena *arena;
    struct map_slot *slot; /* cap of them, cap a power of two */
    size_t n, cap;
};

#define MAP_INIT(a) ((struct map){.arena = (a)})

/* Gives *m slots of its own where it was copied as a struct. Returns their size in bytes. */
size_t map_copy(struct map *m);

void *map_get(const struct map *m, struct str key); /* NULL if absent */

/* The slot of key, made if absent (then its value is NULL and the caller must set it at once).
 * Valid until the next map_slot. */
void **map_slot(struct map *m, struct str key);

#endif
