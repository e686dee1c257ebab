/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict reading of the JSON documents of images. A node knows its way from the root, so that an
 * error can name it: `"config.Env[2]" must be a string`. The caller adds which document it is.
 */
#ifndef BACKENDS_JSON_READ_H
#define BACKENDS_JSON_READ_H

#include "base/err.h"
#include "base/vec.h"

#include <jansson.h>

struct json_node {
    json_t *v; /* borrowed from the document */
    char path[160];
};

/* Parses a document whose root must be of the given type; free it with json_decref(out->v). */
int json_read_document(struct str text, json_type type, struct json_node *out, struct ob_err *err);

/* A member of an object: 1, 0 if it is absent or null, -1 if it has another type. */
int json_read_member(const struct json_node *object, const char *key, json_type type,
                     struct json_node *out, struct ob_err *err);
/* A member that must be there: 0 or -1. */
int json_need_member(const struct json_node *object, const char *key, json_type type,
                     struct json_node *out, struct ob_err *err);
/* Element i, which exists, of an array: 0 or -1. */
int json_read_element(const struct json_node *array, size_t i, json_type type,
                      struct json_node *out, struct ob_err *err);

/* A string member; *out is empty if it is absent. Valid as long as the document. */
int json_read_str(const struct json_node *object, const char *key, struct str *out,
                  struct ob_err *err);

/* Appends copies of the strings of an array, which may be absent, to *out. */
int json_read_strings(const struct json_node *object, const char *key, struct arena *a,
                      struct str_vec *out, struct ob_err *err);

static inline struct str json_node_str(const struct json_node *n)
{
    return str_of(json_string_value(n->v), json_string_length(n->v));
}

#endif
