/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing with linear probing, at most two thirds full. */
#include <config.h>

#include "base/map.h"

#include <stdint.h>

/* FNV-1a, with the high bits folded down because the table index is the low ones. */
static size_t hash_str(struct str s)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
    return (size_t)(h ^ (h >> 32));
}

/* The slot that holds key, or the free one where it belongs. */
static struct map_slot *probe(const struct map *m, struct str key, size_t hash)
{
    for (size_t i = hash & (m->cap - 1);; i = (i + 1) & (m->cap - 1)) {
        struct map_slot *s = &m->slot[i];
        if (!s->value || (s->hash == hash && str_eq(s->key, key)))
            return s;
    }
}

static void grow(struct map *m)
{
    struct map bigger = {.arena = m->arena, .n = m->n, .cap = m->cap ? m->cap * 2 : 16};
    bigger.slot = arena_new_n(m->arena, struct map_slot, bigger.cap);
    for (size_t i = 0; i < m->cap; i++)
        if (m->slot[i].value)
            *probe(&bigger, m->slot[i].key, m->slot[i].hash) = m->slot[i];
    *m = bigger;
}

size_t map_copy(struct map *m)
{
    struct map_slot *slot = arena_new_n(m->arena, struct map_slot, m->cap);
    if (m->cap)
        memcpy(slot, m->slot, m->cap * sizeof *slot);
    m->slot = slot;
    return m->cap * sizeof *slot;
}

void *map_get(const struct map *m, struct str key)
{
    return m->cap ? probe(m, key, hash_str(key))->value : NULL;
}

void **map_slot(struct map *m, struct str key)
{
    if ((m->n + 1) * 3 > m->cap * 2)
        grow(m);
    size_t hash = hash_str(key);
    struct map_slot *s = probe(m, key, hash);
    if (!s->value) {
        s->key = key;
        s->hash = hash;
        m->n++;
    }
    return &s->value;
}
