/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The database behind the index: a file in the store, or, where the disk takes nothing more, one in
 * memory with what the results' records say. For exec/index.c only, which has the statements.
 */
#ifndef EXEC_INDEX_DB_H
#define EXEC_INDEX_DB_H

#include "exec/layout.h"

#include <sqlite3.h>
#include <sys/types.h>

struct index {
    const struct layout *layout;
    struct store *store;
    sqlite3 *db; /* NULL until it is needed */
    bool is_in_memory;
    bool is_recovering;
    bool in_transaction;
    dev_t dev; /* the file */
    ino_t ino;
    int code, system_errno; /* of the last failure */
};

/* Opens the database unless it is open, and fills a new one. */
int index_db_open(struct index *ix, struct ob_err *err);
void index_db_close(struct index *ix);

/* Runs a statement without rows. */
int index_db_exec(struct index *ix, const char *sql, struct ob_err *err);
/* Keeps and says why SQLite's last call failed; gives -1. */
int index_db_fail(struct index *ix, struct ob_err *err);

/* After a failure, when no statement is left: whether it is worth another try, as there is another
 * database now. A damaged one is put aside; one that could not be written is replaced by one in
 * memory. A transaction that was begun is begun again. */
bool index_db_recover(struct index *ix, struct ob_err *err);

#endif
