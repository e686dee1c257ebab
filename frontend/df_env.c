/* SPDX-License-Identifier: Apache-2.0 */
/* Variables by name, copied only when a list that somebody holds is changed within. */
#include <config.h>

#include "frontend/df_env.h"

/* Both give the number of bytes that they copied. */
static size_t own_index(struct arena *a, struct df_env *env)
{
    if (!env->index.arena)
        env->index = MAP_INIT(a);
    if (!env->is_index_held)
        return 0;
    env->is_index_held = false;
    return map_copy(&env->index);
}

static size_t own_vars(struct arena *a, struct df_env *env)
{
    if (!env->is_held)
        return 0;
    size_t n = env->vars.n;
    struct name_value *vars = arena_new_n(a, struct name_value, n);
    size_t *weights = arena_new_n(a, size_t, n);
    memcpy(vars, env->vars.at, n * sizeof *vars);
    memcpy(weights, env->weights.at, n * sizeof *weights);
    env->vars.at = vars;
    env->weights.at = weights;
    env->vars.cap = env->weights.cap = n;
    env->is_held = false;
    return n * (sizeof *vars + sizeof *weights);
}

size_t df_env_set(struct arena *a, struct df_env *env, struct str name, struct df_value value)
{
    size_t copied = own_index(a, env);
    void **slot = map_slot(&env->index, name);
    if (!*slot) {
        *slot = (void *)(env->vars.n + 1);
        struct name_value nv = {name, value.text};
        env->weight += sizeof nv + name.n + value.weight;
        size_t room = env->vars.cap;
        vec_push(a, &env->vars, nv);
        vec_push(a, &env->weights, value.weight);
        return copied + (env->vars.cap - room) * (sizeof nv + sizeof value.weight);
    }
    size_t i = (size_t)*slot - 1;
    copied += own_vars(a, env);
    env->weight += value.weight - env->weights.at[i];
    env->vars.at[i].value = value.text;
    env->weights.at[i] = value.weight;
    return copied;
}

bool df_env_get(const struct df_env *env, struct str name, struct df_value *value)
{
    void *slot = map_get(&env->index, name);
    if (!slot)
        return false;
    size_t i = (size_t)slot - 1;
    *value = (struct df_value){env->vars.at[i].value, env->weights.at[i]};
    return true;
}

struct name_value_vec df_env_hold(struct df_env *env)
{
    env->is_held = true;
    struct name_value_vec v = env->vars;
    v.cap = v.n; /* whoever appends to it copies */
    return v;
}

struct df_env df_env_inherit(struct df_env *env)
{
    struct df_env e = *env;
    e.vars = df_env_hold(env);
    e.weights.cap = e.weights.n;
    e.is_held = e.is_index_held = true;
    return e;
}
