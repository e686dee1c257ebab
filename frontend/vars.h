/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An ordered set of variables (or labels, or ports) that steps and stages share without copying:
 * list.at up to list.n never changes once somebody holds it. Setting appends, or replaces in a
 * copy if the list is held.
 */
#ifndef FRONTEND_VARS_H
#define FRONTEND_VARS_H

#include "base/map.h"
#include "ir/plan.h"

/* A text and its size with everything it refers to, its parts' structures included. Texts share
 * parts, so that the size written out can be exponential in the source; whoever builds texts keeps
 * an eye on it. */
struct value {
    struct text text;
    size_t weight;
};

struct vars {
    struct name_value_vec list;
    VEC(size_t) weights; /* of list, index by index */
    size_t weight;       /* of the names and values together */
    struct map index;    /* name -> index + 1 */
    bool is_held;        /* replacing must copy */
    bool is_index_held;  /* the index is a parent stage's */
};

/* Sets a variable. Gives the number of bytes that had to be copied for it. */
size_t vars_set(struct arena *a, struct vars *v, struct str name, struct value value);
bool vars_get(const struct vars *v, struct str name, struct value *value);
/* The list as it is now, for a step or an image; and the whole for a stage that goes on from it. */
struct name_value_vec vars_hold(struct vars *v);
struct vars vars_inherit(struct vars *v);

#endif
