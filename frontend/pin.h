/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What base images are, where that is known when compiling: their digests, and the configuration
 * that otherwise makes values late. obexec --resolve writes the file that --pin reads.
 */
#ifndef FRONTEND_PIN_H
#define FRONTEND_PIN_H

#include "frontend/compile.h"

struct pin {
    struct str image, platform; /* as a FROM names them */
    struct str digest;          /* hex */
    struct str_vec env;         /* "NAME=VALUE" */
    struct str user, workdir;   /* empty if the image says nothing */
    struct str_vec shell;       /* the same; files of older versions do not have it */
    struct str_vec onbuild;
    struct str passwd, group; /* texts of the image's files; empty if they are not known */
};

struct pins {
    VEC(struct pin) list;
};

int pins_load(struct arena *a, const char *path, struct pins *out, struct ob_err *err);

/* What --pin knows of an image; NULL = nothing. */
const struct pin *pin_find(const struct compile *c, struct str image, struct str platform);

/* The name to put into the plan: with its digest if p is not NULL. */
struct str pin_name(struct arena *a, struct str image, const struct pin *p);

/* The image's value of a variable: true if it has one. */
bool pin_env(const struct pin *p, struct str name, struct str *value);

#endif
