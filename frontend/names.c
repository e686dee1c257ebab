/* SPDX-License-Identifier: Apache-2.0 */
/* Equal names in any number take no square: each goes on counting where the one before stopped. */
#include <config.h>

#include "frontend/names.h"

#include "frontend/df_lower.h"

static struct str key_of(const struct names *n, struct str name)
{
    return n->any_case ? df_stage_key(n->arena, name) : name;
}

void names_take(struct names *n, struct str name)
{
    *map_slot(&n->taken, key_of(n, name)) = n;
}

static unsigned *last_number(struct names *n, struct str key)
{
    void **slot = map_slot(&n->last, key);
    if (!*slot)
        *slot = arena_new(n->arena, unsigned);
    unsigned *last = *slot;
    *last += *last == 0; /* the name alone is the first */
    return last;
}

struct str names_free(struct names *n, struct str wanted)
{
    struct str name = wanted, key = key_of(n, wanted);
    if (map_get(&n->taken, key)) {
        for (unsigned *last = last_number(n, key); map_get(&n->taken, key);) {
            name = arena_printf(n->arena, STR_FMT "-%u", STR_ARG(wanted), ++*last);
            key = key_of(n, name);
        }
    }
    *map_slot(&n->taken, key) = n;
    return name;
}
