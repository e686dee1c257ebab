/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration document of an image that is written: the base image's, the stage's on top, its
 * layers and its history. OCI's, with the members that docker adds. */
#ifndef EXEC_OUTPUT_CONFIG_H
#define EXEC_OUTPUT_CONFIG_H

#include "exec/output_layers.h"

struct image_document {
    struct str text;    /* JSON */
    struct str created; /* as RFC 3339 has it */
    struct str os, arch, variant;
};

int output_config_make(const struct output_source *s, struct arena *a,
                       const struct image_layers *layers, struct image_document *out,
                       struct ob_err *err);

#endif
