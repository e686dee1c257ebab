/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The results of a store as a tree: what stands on what. For those who look at all of them, and
 * for removing one.
 */
#ifndef EXEC_RESULTS_H
#define EXEC_RESULTS_H

#include "base/arena.h"
#include "base/vec.h"
#include "exec/layout.h"

enum { NO_RESULT = UINT32_MAX };

struct result {
    struct str key, parent; /* hex, terminated; parent empty for a base */
    struct str heading;
    int64_t created, used; /* seconds since 1970 */
    int64_t bytes;         /* that are freed when it is removed; -1 = not measured yet */
    uint32_t up;           /* its parent, or NO_RESULT if that is not there; set by results_link */
    uint32_t depth;        /* of the chain that it ends, from 1; same */
    uint32_t n_children;   /* same */
    bool is_lost;          /* for the caller */
};

DEFINE_VEC(result_vec, struct result);

/* Sets what depends on the others. Gives all of them in an order where parents come first. */
struct result **results_link(struct arena *a, struct result_vec *v);

/* Removes one result, on which none is built, with all that is kept of it but its row in the index.
 * Nobody may be using it (exec/uses.h). What it takes on disk is free after store_settle. */
int result_remove(struct store *s, const struct layout *l, const char *key, struct ob_err *err);

#endif
