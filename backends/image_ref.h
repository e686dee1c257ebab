/* SPDX-License-Identifier: Apache-2.0 */
/* References of the form PATH[:TAG], where both may hold colons. */
#ifndef BACKENDS_IMAGE_REF_H
#define BACKENDS_IMAGE_REF_H

#include "base/arena.h"
#include "base/err.h"

struct image_ref {
    const char *path;
    struct str tag; /* empty = none given */
};

/* PATH is all of ref if there is such a file, else the shortest part before a colon that exists. */
int image_ref_parse(struct arena *a, struct str ref, struct image_ref *out, struct ob_err *err);

#endif
