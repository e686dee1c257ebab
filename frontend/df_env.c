/* SPDX-License-Identifier: Apache-2.0 */
/* Variables by name, copied only when a list that somebody holds is changed within. */
#include <config.h>

#include "frontend/df_env.h"

static void own_index(struct arena *a, struct df_env *env)
{
    if (!env->is_index_held && env->index.arena)
        return;
    env->index = MAP_INIT(a);
    for (size_t i = 0; i < env->vars.n; i++)
        *map_slot(&env->index, env->vars.at[i].name) = (void *)(i + 1);
    env->is_index_held = false;
}

static void own_vars(struct arena *a, struct df_env *env)
{
    struct name_value_vec vars = {0};
    size_t n = env->vars.n;
    vars.at = arena_new_n(a, struct name_value, n + 1);
    memcpy(vars.at, env->vars.at, n * sizeof *vars.at);
    vars.n = n;
    vars.cap = n + 1;
    size_t *weights = arena_new_n(a, size_t, n + 1);
    memcpy(weights, env->weights.at, n * sizeof *weights);
    env->weights.at = weights;
    env->weights.cap = n + 1;
    env->vars = vars;
    env->is_held = false;
}

size_t df_env_set(struct arena *a, struct df_env *env, struct str name, struct df_value value)
{
    size_t copied = env->is_index_held ? env->vars.n : 0;
    own_index(a, env);
    void **slot = map_slot(&env->index, name);
    if (!*slot) {
        *slot = (void *)(env->vars.n + 1);
        struct name_value nv = {name, value.text};
        vec_push(a, &env->vars, nv);
        vec_push(a, &env->weights, value.weight);
        return copied;
    }
    size_t i = (size_t)*slot - 1;
    if (env->is_held) {
        copied += env->vars.n;
        own_vars(a, env);
    }
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
