/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of an IR document: JSON to the plan's types, with the JSON path in every error. Each
 * function gives 0, or -1 with reader.err set.
 */
#ifndef IR_READ_VALUE_H
#define IR_READ_VALUE_H

#include "base/err.h"
#include "base/json_tree.h"
#include "ir/field.h"

/* Where we are, linked from the innermost up; printed only for an error. */
struct at {
    const struct at *up;
    const char *key; /* NULL: an element */
    size_t index;
};

struct reader {
    struct arena *arena; /* of the plan; strings are there already */
    struct ob_err *err;
    size_t *grown; /* bytes that expansions have made of known texts, in the whole document */
};

static inline struct at key_at(const struct at *up, const char *key)
{
    return (struct at){up, key, 0};
}

static inline struct at index_at(const struct at *up, size_t i)
{
    return (struct at){up, NULL, i};
}

/* Sets the error "PATH: …" and gives -1. */
int read_fail(const struct reader *r, const struct at *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

int read_str(const struct reader *r, const struct at *at, const struct json_node *v,
             struct str *out);
int read_u32(const struct reader *r, const struct at *at, const struct json_node *v, uint32_t *out);
int read_digest(const struct reader *r, const struct at *at, const struct json_node *v,
                struct digest *out);

/* Array v into a vector of structs of this size, which fn reads one by one from zeroes. */
typedef int read_element(const struct reader *r, const struct at *at, const struct json_node *v,
                         void *element);
int read_array(const struct reader *r, const struct at *at, const struct json_node *v, size_t size,
               read_element *fn, void *vec);

/* Refuses anything but an object with keys out of the NULL-terminated list. */
int read_check_keys(const struct reader *r, const struct at *at, const struct json_node *v,
                    const char *const *known);

/* Object v by a field table into the table's struct. */
int read_fields(const struct reader *r, const struct at *at, const struct json_node *v,
                const struct field *table, void *obj);

/* A read_element: one ["NAME", "VALUE"] into a struct name_str. */
int read_str_pair(const struct reader *r, const struct at *at, const struct json_node *v,
                  void *out);

#endif
