/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite side of the index. Statements are made when they are used: most builds use two. */
#include <config.h>

#include "exec/index.h"

#include "exec/index_db.h"

#include <stdlib.h>

struct index *index_new(const struct layout *l, struct store *s)
{
    struct index *ix = calloc(1, sizeof *ix);
    if (!ix)
        ob_out_of_memory();
    ix->layout = l;
    ix->store = s;
    return ix;
}

static int try_begin(struct index *ix, struct ob_err *err)
{
    return index_db_open(ix, err) < 0 ? -1 : index_db_exec(ix, "BEGIN IMMEDIATE", err);
}

int index_begin(struct index *ix, struct ob_err *err)
{
    int rc = try_begin(ix, err);
    if (rc < 0 && index_db_recover(ix, err))
        rc = try_begin(ix, err);
    ix->in_transaction = rc == 0;
    return rc;
}

int index_end(struct index *ix, struct ob_err *err)
{
    bool has_ended = !ix->db || sqlite3_get_autocommit(ix->db); /* by a failure, which was told */
    int rc = has_ended ? 0 : index_db_exec(ix, "COMMIT", err);
    if (rc < 0 && index_db_recover(ix, err))
        rc = index_db_exec(ix, "COMMIT", err);
    ix->in_transaction = false;
    return rc;
}

void index_close(struct index *ix)
{
    index_db_close(ix);
}

void index_free(struct index *ix)
{
    if (!ix)
        return;
    index_db_close(ix);
    free(ix);
}

/* A bound parameter: text, or a number if p is NULL. */
struct bind {
    struct str text;
    int64_t number;
    bool is_number;
};

#define TEXT(s) ((struct bind){.text = (s)})
#define NUMBER(n) ((struct bind){.number = (n), .is_number = true})

/* NULL and *err if it can't be made. */
static sqlite3_stmt *prepare(struct index *ix, const char *sql, const struct bind *binds, int n,
                             struct ob_err *err)
{
    sqlite3_stmt *st;
    if (index_db_open(ix, err) < 0)
        return NULL;
    if (sqlite3_prepare_v2(ix->db, sql, -1, &st, NULL) != SQLITE_OK) {
        index_db_fail(ix, err);
        return NULL;
    }
    for (int i = 0; i < n; i++) {
        const struct bind *b = &binds[i];
        if (b->is_number)
            sqlite3_bind_int64(st, i + 1, b->number);
        else
            sqlite3_bind_text(st, i + 1, b->text.n ? b->text.p : "", (int)b->text.n, SQLITE_STATIC);
    }
    return st;
}

/* Ends a statement whose last step gave rc. */
static int finish(struct index *ix, sqlite3_stmt *st, int rc, struct ob_err *err)
{
    if (rc != SQLITE_DONE)
        index_db_fail(ix, err);
    sqlite3_finalize(st);
    return rc == SQLITE_DONE ? 0 : -1;
}

static int try_change(struct index *ix, const char *sql, const struct bind *binds, int n,
                      struct ob_err *err)
{
    sqlite3_stmt *st = prepare(ix, sql, binds, n, err);
    return st ? finish(ix, st, sqlite3_step(st), err) : -1;
}

/* Runs a statement without rows. */
static int change(struct index *ix, const char *sql, const struct bind *binds, int n,
                  struct ob_err *err)
{
    int rc = try_change(ix, sql, binds, n, err);
    return rc < 0 && index_db_recover(ix, err) ? try_change(ix, sql, binds, n, err) : rc;
}

static struct str column(struct arena *a, sqlite3_stmt *st, int i)
{
    const char *p = (const char *)sqlite3_column_text(st, i);
    return arena_str(a, str_of(p, (size_t)sqlite3_column_bytes(st, i)));
}

int index_add(struct index *ix, const struct index_row *row, struct ob_err *err)
{
    const struct bind binds[] = {TEXT(row->key),       TEXT(row->parent), TEXT(row->heading),
                                 NUMBER(row->created), NUMBER(row->ms),   NUMBER(row->bytes)};
    return change(ix, "INSERT OR REPLACE INTO results VALUES(?,?,?,?,?,?)", binds, 6, err);
}

int index_remove(struct index *ix, struct str key, struct ob_err *err)
{
    const struct bind binds[] = {TEXT(key)};
    return change(ix, "DELETE FROM results WHERE key = ?", binds, 1, err);
}

int index_set_bytes(struct index *ix, struct str key, int64_t bytes, struct ob_err *err)
{
    const struct bind binds[] = {NUMBER(bytes), TEXT(key)};
    return change(ix, "UPDATE results SET bytes = ? WHERE key = ?", binds, 2, err);
}

static int try_list(struct index *ix, struct arena *a, struct index_row_vec *out,
                    struct ob_err *err)
{
    static const char sql[] =
        "SELECT key, parent, heading, created, ms, bytes FROM results ORDER BY created, rowid";
    sqlite3_stmt *st = prepare(ix, sql, NULL, 0, err);
    int rc;
    if (!st)
        return -1;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        struct index_row row = {
            .key = column(a, st, 0),
            .parent = column(a, st, 1),
            .heading = column(a, st, 2),
            .created = sqlite3_column_int64(st, 3),
            .ms = sqlite3_column_int64(st, 4),
            .bytes = sqlite3_column_int64(st, 5),
        };
        vec_push(a, out, row);
    }
    return finish(ix, st, rc, err);
}

int index_list(struct index *ix, struct arena *a, struct index_row_vec *out, struct ob_err *err)
{
    uint32_t n = out->n;
    int rc = try_list(ix, a, out, err);
    if (rc == 0 || !index_db_recover(ix, err))
        return rc;
    out->n = n;
    return try_list(ix, a, out, err);
}

static int try_list_keys(struct index *ix, struct arena *a, const char *sql,
                         const struct bind *binds, int n, struct str_vec *out, struct ob_err *err)
{
    sqlite3_stmt *st = prepare(ix, sql, binds, n, err);
    int rc;
    if (!st)
        return -1;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        struct str key = column(a, st, 0);
        vec_push(a, out, key);
    }
    return finish(ix, st, rc, err);
}

static int list_keys(struct index *ix, struct arena *a, const char *sql, const struct bind *binds,
                     int n, struct str_vec *out, struct ob_err *err)
{
    uint32_t n_before = out->n;
    int rc = try_list_keys(ix, a, sql, binds, n, out, err);
    if (rc == 0 || !index_db_recover(ix, err))
        return rc;
    out->n = n_before;
    return try_list_keys(ix, a, sql, binds, n, out, err);
}

int index_children(struct index *ix, struct arena *a, struct str key, struct str_vec *out,
                   struct ob_err *err)
{
    const struct bind binds[] = {TEXT(key)};
    return list_keys(ix, a, "SELECT key FROM results WHERE parent = ?", binds, 1, out, err);
}

int index_alike(struct index *ix, struct arena *a, const struct index_row *row, struct str_vec *out,
                struct ob_err *err)
{
    static const char sql[] =
        "SELECT key FROM results WHERE (heading = ?2 OR parent = ?3) AND rowid <"
        " (SELECT rowid FROM results WHERE key = ?1) ORDER BY rowid DESC LIMIT 300";
    const struct bind binds[] = {TEXT(row->key), TEXT(row->heading), TEXT(row->parent)};
    return list_keys(ix, a, sql, binds, 3, out, err);
}

int index_match(struct index *ix, struct arena *a, struct str prefix, struct str_vec *out,
                struct ob_err *err)
{
    /* Keys are hex digits, so "g" is behind all that goes on from the prefix. */
    static const char sql[] = "SELECT key FROM results WHERE key >= ?1 AND key < ?1 || 'g' LIMIT 2";
    const struct bind binds[] = {TEXT(prefix)};
    return list_keys(ix, a, sql, binds, 1, out, err);
}
