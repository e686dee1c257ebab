/* SPDX-License-Identifier: Apache-2.0 */
/* Variables by name, copied only when a list that somebody holds is changed within. */
#include <config.h>

#include "frontend/vars.h"

/* Both give the number of bytes that they copied. */
static size_t own_index(struct arena *a, struct vars *v)
{
    if (!v->index.arena)
        v->index = MAP_INIT(a);
    if (!v->is_index_held)
        return 0;
    v->is_index_held = false;
    return map_copy(&v->index);
}

static size_t own_list(struct arena *a, struct vars *v)
{
    if (!v->is_held)
        return 0;
    size_t n = v->list.n;
    struct name_value *list = arena_new_n(a, struct name_value, n);
    size_t *weights = arena_new_n(a, size_t, n);
    memcpy(list, v->list.at, n * sizeof *list);
    memcpy(weights, v->weights.at, n * sizeof *weights);
    v->list.at = list;
    v->weights.at = weights;
    v->list.cap = v->weights.cap = n;
    v->is_held = false;
    return n * (sizeof *list + sizeof *weights);
}

size_t vars_set(struct arena *a, struct vars *v, struct str name, struct value value)
{
    size_t copied = own_index(a, v);
    void **slot = map_slot(&v->index, name);
    if (!*slot) {
        *slot = (void *)((size_t)v->list.n + 1);
        struct name_value nv = {name, value.text};
        v->weight += sizeof nv + name.n + value.weight;
        size_t room = v->list.cap;
        vec_push(a, &v->list, nv);
        vec_push(a, &v->weights, value.weight);
        return copied + (v->list.cap - room) * (sizeof nv + sizeof value.weight);
    }
    size_t i = (size_t)*slot - 1;
    copied += own_list(a, v);
    v->weight += value.weight - v->weights.at[i];
    v->list.at[i].value = value.text;
    v->weights.at[i] = value.weight;
    return copied;
}

bool vars_get(const struct vars *v, struct str name, struct value *value)
{
    void *slot = map_get(&v->index, name);
    if (!slot)
        return false;
    size_t i = (size_t)slot - 1;
    *value = (struct value){v->list.at[i].value, v->weights.at[i]};
    return true;
}

struct name_value_vec vars_hold(struct vars *v)
{
    v->is_held = true;
    struct name_value_vec list = v->list;
    list.cap = list.n; /* whoever appends to it copies */
    return list;
}

struct vars vars_inherit(struct vars *v)
{
    struct vars e = *v;
    e.list = vars_hold(v);
    e.weights.cap = e.weights.n;
    e.is_held = e.is_index_held = true;
    return e;
}
