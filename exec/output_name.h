/* SPDX-License-Identifier: Apache-2.0 */
/* Names of images that are written, in the forms that readers of images want. */
#ifndef EXEC_OUTPUT_NAME_H
#define EXEC_OUTPUT_NAME_H

#include "base/err.h"
#include "base/vec.h"

struct image_name {
    struct str full;     /* "docker.io/library/app:1.0" */
    struct str familiar; /* "app:1.0" */
    struct str tag;      /* "1.0"; "latest" if none was given */
};

DEFINE_VEC(image_names, struct image_name);

/* Reads [HOST[:PORT]/]PATH[:TAG]. */
int image_name_parse(struct arena *a, struct str text, struct image_name *out, struct ob_err *err);

#endif
