/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON text as a tree in an arena, for documents as large as a graph of 10,000 steps: there
 * jansson, which reads everything smaller, takes ten times as long, nearly all of it for the heap.
 *
 * Stricter than RFC 8259: strings are UTF-8 without U+0000, no object has a name twice, integers
 * fit 64 bits, and nesting ends at JSON_DEPTH_MAX. Other numbers are not converted.
 */
#ifndef BASE_JSON_TREE_H
#define BASE_JSON_TREE_H

#include "base/arena.h"
#include "base/err.h"

#include <stdint.h>

enum { JSON_DEPTH_MAX = 2048 };

enum json_kind {
    JSON_IS_NULL,
    JSON_IS_BOOL,
    JSON_IS_INT,
    JSON_IS_REAL,
    JSON_IS_STRING,
    JSON_IS_ARRAY,
    JSON_IS_OBJECT,
};

struct json_node {
    enum json_kind kind;
    uint32_t n; /* bytes of a string, elements of an array, members of an object */
    union {
        bool boolean;
        int64_t integer;
        const char *string;           /* terminated behind its end */
        const struct json_node *item; /* of an object: name, value, name, value, … */
    };
};

/* NULL and "line L, column C: …" in *err if it is not JSON. Strings live in `strings`, nodes in
 * `nodes`; text is copied. */
const struct json_node *json_tree_parse(struct arena *strings, struct arena *nodes, struct str text,
                                        struct ob_err *err);

/* For all of these v may be NULL and of any kind. */
static inline bool json_is(const struct json_node *v, enum json_kind kind)
{
    return v && v->kind == kind;
}

/* An object's member; NULL = it has none of this name, or is no object. */
const struct json_node *json_member(const struct json_node *v, const char *name);

static inline struct str json_node_str(const struct json_node *v) /* a string */
{
    return str_of(v->string, v->n);
}

#define json_for_items(e, v)                                                                       \
    for (const struct json_node *e = (v)->item, *e##_end = (v)->n ? e + (v)->n : e; e != e##_end;  \
         e++)
/* Goes over the names; each value is name + 1. */
#define json_for_members(name, v)                                                                  \
    for (const struct json_node *name = (v)->item,                                                 \
                                *name##_end = (v)->n ? name + 2 * (size_t)(v)->n : name;           \
         name != name##_end; name += 2)

#endif
