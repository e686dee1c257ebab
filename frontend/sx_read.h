/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading S-expressions: the scanner (sx_lex.re) and the grammar (sx_parse.y) share this state and
 * keep none of their own. They know parentheses, atoms and comments, and nothing of specs.
 */
#ifndef FRONTEND_SX_READ_H
#define FRONTEND_SX_READ_H

#include "base/diag.h"
#include "frontend/sx_ast.h"

DEFINE_VEC(span_vec, struct span);

enum { SX_ERRORS_MAX = 1000 }; /* a file with more is not worth reading on */

struct sx_reader {
    struct arena *arena;
    struct diag_sink *diags;
    uint32_t source;
    const char *text;           /* the whole source, with a NUL behind it */
    const char *cursor, *limit; /* what is left to scan */
    struct span_vec *comments;  /* gets where each comment is, unless it is NULL */
    bool is_cut;                /* the rest of the file was not read, or as one string */
    struct diag *mistake;       /* the last syntax error, for its rule to add a note */
    struct sx_datum_vec data;   /* the result: what stands at the top level of the file */
};

/* At the start of a source that compile_check_text has passed. */
void sx_reader_init(struct sx_reader *rd, struct arena *a, struct diag_sink *diags,
                    const struct sources *ss, uint32_t source);

/* Reads a source that compile_check_text has passed. Everything readable is in *data, errors are
 * in the sink. */
void sx_read(struct arena *a, struct diag_sink *diags, const struct sources *ss, uint32_t source,
             struct sx_datum_vec *data);

#endif
