/* SPDX-License-Identifier: Apache-2.0 */
/* Names that nothing else has: a translation gives them to stages and builds. */
#ifndef FRONTEND_NAMES_H
#define FRONTEND_NAMES_H

#include "base/map.h"

struct names {
    struct arena *arena;
    bool any_case; /* they are the same in any case */
    struct map taken;
    struct map last; /* a name -> the last number that was put behind it */
};

#define NAMES_INIT(a, case_)                                                                       \
    ((struct names){.arena = (a), .any_case = (case_), .taken = MAP_INIT(a), .last = MAP_INIT(a)})

void names_take(struct names *n, struct str name); /* it may be taken already */

/* `wanted`, or if that is taken the first of `wanted`-2, `wanted`-3 and so on that is not. The name
 * is taken with that. */
struct str names_free(struct names *n, struct str wanted);

#endif
