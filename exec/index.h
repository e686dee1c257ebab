/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index: what is known of results beyond their files, in SQLite. The scheduling process uses
 * it, and the one that prunes for it, but never a worker. It may be lost: the store decides what
 * exists, and a new index is made from the store and its records. The database is opened when it is
 * first needed: a build that finds everything cached does without.
 */
#ifndef EXEC_INDEX_H
#define EXEC_INDEX_H

#include "base/sha256.h"
#include "base/vec.h"
#include "exec/layout.h"

struct index;

struct index_row {
    struct str key;    /* hex */
    struct str parent; /* hex; empty for a base */
    struct str heading;
    int64_t created; /* seconds since 1970 */
    int64_t ms;      /* what it took to make */
    int64_t bytes;   /* on disk, of its own; -1 = not measured yet */
};

/* l and s must stay open as long as the index. */
struct index *index_new(const struct layout *l, struct store *s);
/* Closes the database until it is needed again. */
void index_close(struct index *ix);
void index_free(struct index *ix); /* NULL is fine */

/* A row is added when a builder hears that its result was begun, and again when it is made: while
 * the builder lives, no result that somebody could remove is without one. One whose builder was
 * killed may lack a row until exec/reindex.h adds it. Rows without a result mean nothing. */
int index_add(struct index *ix, const struct index_row *row, struct ob_err *err);
int index_remove(struct index *ix, struct str key, struct ob_err *err);
int index_set_bytes(struct index *ix, struct str key, int64_t bytes, struct ob_err *err);
/* What is done in between is one transaction: quicker, if it is much. */
int index_begin(struct index *ix, struct ob_err *err);
int index_end(struct index *ix, struct ob_err *err);

DEFINE_VEC(index_row_vec, struct index_row);
/* All rows, oldest first. */
int index_list(struct index *ix, struct arena *a, struct index_row_vec *out, struct ob_err *err);
/* Keys that were made on top of `key`. */
int index_children(struct index *ix, struct arena *a, struct str key, struct str_vec *out,
                   struct ob_err *err);
/* Keys of rows that are older than that of `row` and have its heading or its parent, the youngest
 * first, at most a few hundred. */
int index_alike(struct index *ix, struct arena *a, const struct index_row *row, struct str_vec *out,
                struct ob_err *err);
/* Keys that begin with `prefix`, at most two. */
int index_match(struct index *ix, struct arena *a, struct str prefix, struct str_vec *out,
                struct ob_err *err);

#endif
