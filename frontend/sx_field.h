/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the parts of a form by tables: words, and records of named fields such as
 * (copy (src a) (dst b)). What forms there are is said in sx_form.c.
 */
#ifndef FRONTEND_SX_FIELD_H
#define FRONTEND_SX_FIELD_H

#include "base/diag.h"
#include "base/suggest.h"
#include "frontend/sx_read.h"

enum { SX_FIELDS_MAX = 8 };

struct sx_checker {
    struct arena *arena;
    struct diag_sink *diags;
    unsigned depth; /* of nested builds */
};

struct sx_field {
    struct str name;
    bool is_required;
    const char *usage; /* "(dst PATH)" */
    /* Reads the whole field into the member at `at` of the record's struct. */
    void (*read)(struct sx_checker *ck, const struct sx_field *f, const struct sx_datum *form,
                 void *member);
    size_t at;
};

struct sx_record {
    const char *usage; /* of the whole form */
    const struct sx_field *field;
    size_t n_fields;
    bool (*is_operation)(struct str name); /* may be NULL; for a hint at a missing ")" */
};

/* Reads the fields in form's items from number `first` on into *out. The answer tells which were
 * there, bit by bit; it has all bits if an unknown one might stand for any. */
unsigned sx_read_fields(struct sx_checker *ck, const struct sx_record *rec,
                        const struct sx_datum *form, size_t first, void *out);

/* Values of sx_field.read. */
void sx_read_word(struct sx_checker *ck, const struct sx_field *f, const struct sx_datum *form,
                  void *member); /* one atom: struct sx_word */
void sx_read_words(struct sx_checker *ck, const struct sx_field *f, const struct sx_datum *form,
                   void *member); /* any number: struct sx_word_vec */
void sx_read_number(struct sx_checker *ck, const struct sx_field *f, const struct sx_datum *form,
                    void *member); /* a user or group id: struct sx_word */

/* Takes d as a word. False, and an error that says what was expected, if it is a list. */
bool sx_take_word(struct sx_checker *ck, const struct sx_datum *d, const char *usage,
                  struct sx_word *out);

/* The name that a form begins with; .p is NULL if it is not a list that begins with an atom. */
struct str sx_form_name(const struct sx_datum *form);

/* The span of a form's opening parenthesis: long forms are not underlined as a whole. */
struct span sx_opener(const struct sx_datum *form);

bool sx_is_full(const struct sx_checker *ck); /* enough errors for one file */

struct str sx_shown(struct arena *a, struct str text); /* cut for a message */

/* The note to a misspelt name: the best candidate, or else a text that lists them. */
void sx_note_suggestion(struct diag *e, const struct suggest *s, const char *otherwise);

#endif
