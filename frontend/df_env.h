/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An ordered set of variables (or labels, or ports) that steps and stages share without copying:
 * vars.at up to vars.n never changes once somebody holds it. Setting appends, or replaces in a
 * copy if the list is held.
 */
#ifndef FRONTEND_DF_ENV_H
#define FRONTEND_DF_ENV_H

#include "base/map.h"
#include "ir/plan.h"

/* A text and its size with everything it refers to, its parts' structures included. Texts share
 * parts, so that the size written out can be exponential in the source; whoever builds texts keeps
 * an eye on it. */
struct df_value {
    struct text text;
    size_t weight;
};

struct df_env {
    struct name_value_vec vars;
    VEC(size_t) weights; /* of vars, index by index */
    size_t weight;       /* of the names and values together */
    struct map index;    /* name -> index + 1 */
    bool is_held;        /* replacing must copy */
    bool is_index_held;  /* the index is a parent stage's */
};

/* Sets a variable. Gives the number of bytes that had to be copied for it. */
size_t df_env_set(struct arena *a, struct df_env *env, struct str name, struct df_value value);
bool df_env_get(const struct df_env *env, struct str name, struct df_value *value);
/* The list as it is now, for a step or an image; and the whole for a stage that goes on from it. */
struct name_value_vec df_env_hold(struct df_env *env);
struct df_env df_env_inherit(struct df_env *env);

#endif
