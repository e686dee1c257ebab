/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only list of what an op and an image configuration consist of. Hashing, writing, reading and
 * verifying all walk these tables, so a new field is one row here and one member in ir/plan.h.
 *
 * A field at its default (empty, 0, false, the first enumerator) is left out of JSON and of the
 * canonical bytes alike, so writing a default out changes no id. The order of rows is the order in
 * both and must not change.
 */
#ifndef IR_FIELD_H
#define IR_FIELD_H

#include "ir/need.h"

enum field_type {
    FIELD_STR,
    FIELD_TEXT,
    FIELD_STR_OR_TEXT, /* a struct text, hashed as a FIELD_STR while it is a literal */
    FIELD_BOOL,
    FIELD_INT,  /* int64_t, not negative */
    FIELD_ENUM, /* names[] gives the values from 0 */
    FIELD_STR_LIST,
    FIELD_TEXT_LIST,
    FIELD_TEXT_PAIRS,  /* struct name_value_vec, as [["NAME", TEXT], …] */
    FIELD_STR_PAIRS,   /* pairs of strings, the same way */
    FIELD_COMMAND,     /* struct command: argv, or shell and command */
    FIELD_OBJECTS,     /* a vector of structs, each by `fields` */
    FIELD_HEALTHCHECK, /* struct healthcheck, by healthcheck_fields */
};

struct field {
    const char *name; /* NULL: the object's own keys (a command inside an op) */
    enum field_type type;
    size_t offset;              /* in the struct that the table is of */
    bool required;              /* written even at its default, and must be there when read */
    enum ir_need need;          /* of an executor, if it is not at its default */
    const char *const *names;   /* FIELD_ENUM: NULL-terminated */
    const struct field *fields; /* FIELD_OBJECTS: of one, */
    size_t size;                /* and its size */
};

/* What all vectors have in common (base/vec.h). */
DEFINE_VEC(any_vec, char);

/* Tables end with a row of name NULL and offset SIZE_MAX. */
#define FIELD_END                                                                                  \
    {                                                                                              \
        .offset = SIZE_MAX                                                                         \
    }
#define field_for(f, table) for (const struct field *f = (table); f->offset != SIZE_MAX; f++)

const struct field *op_fields(enum step_kind kind); /* offsets in the kind's struct op_… */
extern const struct field mount_fields[];
extern const struct field device_fields[];
extern const struct field file_fields[];
extern const struct field config_fields[]; /* of struct image_config */
extern const struct field healthcheck_fields[];

/* Whether a field has its default value. `obj` is the struct of the table. */
bool field_is_default(const struct field *f, const void *obj);

/* Typed access. */
#define FIELD_AT(T, f, obj) ((const T *)((const char *)(obj) + (f)->offset))
int field_enum(const struct field *f, const void *obj);

/* Goes over the structs of a FIELD_OBJECTS. */
#define field_for_objects(p, f, obj)                                                               \
    for (const char *p = FIELD_AT(struct any_vec, f, obj)->at,                                     \
                    *p##_end = p ? p + FIELD_AT(struct any_vec, f, obj)->n * (f)->size : p;        \
         p != p##_end; p += (f)->size)

#endif
