/* SPDX-License-Identifier: Apache-2.0 */
/* Interner: a map from text to its only symbol. */
#include <config.h>

#include "base/intern.h"

const struct sym *intern(struct interner *in, struct str text)
{
    struct sym *known = map_get(&in->syms, text);
    if (known)
        return known;
    struct sym *s = arena_new(in->syms.arena, struct sym);
    s->text = arena_str(in->syms.arena, text);
    *map_slot(&in->syms, s->text) = s;
    return s;
}
