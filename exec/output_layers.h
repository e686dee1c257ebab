/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layers of an image: its base in one, and above it one for each step that changed something,
 * or one for all of them. Each is made by a process of its own, as many at once as steps are run.
 */
#ifndef EXEC_OUTPUT_LAYERS_H
#define EXEC_OUTPUT_LAYERS_H

#include "exec/output.h"

struct image_layer {
    uint32_t step;  /* whose result it ends with */
    uint32_t below; /* the step whose result it begins with; NO_STEP = nothing */
    bool is_empty;  /* nothing has changed: there is no blob */
    struct layer_blob blob;
    int fd; /* a file with the blob, which has no name */
};

DEFINE_VEC(image_layers, struct image_layer);

int image_layers_make(const struct output_source *s, struct arena *a, enum layer_compression c,
                      struct image_layers *out, struct ob_err *err);
void image_layers_close(struct image_layers *l);

#endif
