/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base images of a build: which image a FROM means, and its configuration. A name is looked up in
 * the --build-context options, then in the store, where it means what it meant last time.
 */
#ifndef EXEC_BASES_H
#define EXEC_BASES_H

#include "exec/build.h"

struct base_image {
    struct image_info info;
    struct digest key;    /* of the imported filesystem */
    struct fetch_ref ref; /* ops NULL: it is in the store already */
};

/* Finds out about one STEP_FROM. */
int base_find(struct build *b, const struct op_from *op, struct base_image *out,
              struct ob_err *err);
/* The same for a build. An image with ONBUILD triggers can be copied from, but to be built on it
 * must come from a compiler that knew them. */
int base_resolve(struct build *b, const struct step *step, struct base_image *out,
                 struct ob_err *err);

/* After the image is in the store: the name means this image from now on. */
int base_remember(struct build *b, const struct op_from *op, const struct base_image *image,
                  struct ob_err *err);

/* Writes what spec2ir --pin reads: each base image of the plan with its digest and configuration,
 * as JSON. */
int bases_describe(struct build *b, struct buf *out, struct ob_err *err);

#endif
