/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interned names: equal text, equal pointer. A struct sym is only ever compared by address, so
 * that it can't be mistaken for a plain string.
 */
#ifndef BASE_INTERN_H
#define BASE_INTERN_H

#include "base/map.h"

struct sym {
    struct str text; /* owned by the interner's arena, terminated */
};

struct interner {
    struct map syms;
};

#define INTERNER_INIT(a) ((struct interner){MAP_INIT(a)})

const struct sym *intern(struct interner *in, struct str text);

#endif
