/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite side of the index. Statements are made when they are used: most builds use two. */
#include <config.h>

#include "exec/index.h"

#include "base/log.h"
#include "exec/reindex.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

struct index {
    const struct layout *layout;
    struct store *store;
    sqlite3 *db; /* NULL until it is needed */
};

/* A database of an older version is made anew: it only says more about what the store has. */
enum { INDEX_VERSION = 4 };
static const char schema[] =
    "DROP TABLE IF EXISTS results; DROP TABLE IF EXISTS images;"
    "CREATE TABLE IF NOT EXISTS results(key TEXT PRIMARY KEY, parent TEXT NOT NULL,"
    " heading TEXT NOT NULL, created INTEGER NOT NULL, ms INTEGER NOT NULL,"
    " bytes INTEGER NOT NULL);"
    "CREATE INDEX IF NOT EXISTS results_parent ON results(parent);"
    "PRAGMA user_version = 4;";

static int fail(struct index *ix, struct ob_err *err)
{
    int code = sqlite3_errcode(ix->db);
    if (code == SQLITE_FULL)
        return ob_err_set(err, ENOSPC, "the store's index");
    bool is_system = code == SQLITE_IOERR || code == SQLITE_CANTOPEN; /* on a full disk, too */
    return ob_err_set(err, is_system ? sqlite3_system_errno(ix->db) : 0, "the store's index: %s",
                      sqlite3_errmsg(ix->db));
}

static int exec(struct index *ix, const char *sql, struct ob_err *err)
{
    return sqlite3_exec(ix->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(ix, err);
}

static int on_version(void *arg, int n, char **values, char **names)
{
    (void)n, (void)names;
    *(int *)arg = atoi(values[0]);
    return 0;
}

static int read_version(struct index *ix, int *version, struct ob_err *err)
{
    *version = 0;
    int rc = sqlite3_exec(ix->db, "PRAGMA user_version", on_version, version, NULL);
    if (rc != SQLITE_OK)
        return fail(ix, err);
    if (*version > INDEX_VERSION)
        return ob_err_set(err, 0, "the store's index is of a newer obkit (version %d)", *version);
    return 0;
}

static int fill_database(struct index *ix, struct ob_err *err)
{
    if (index_begin(ix, err) < 0)
        return -1;
    if (exec(ix, schema, err) == 0 && reindex_fill(ix, ix->layout, ix->store, err) == 0)
        return index_end(ix, err);
    sqlite3_exec(ix->db, "ROLLBACK", NULL, NULL, NULL);
    return -1;
}

/* One process at a time: SQLite does not wait for another that changes the journal's mode, and a
 * second one would drop the first one's rows. */
static int make_database(struct index *ix, struct ob_err *err)
{
    int version;
    while (flock(ix->layout->state, LOCK_EX) < 0)
        if (errno != EINTR)
            return ob_err_set(err, errno, "can't lock the store's index");
    int rc = read_version(ix, &version, err);
    if (rc == 0 && version < INDEX_VERSION)
        rc = exec(ix, "PRAGMA journal_mode = WAL", err) < 0 ? -1 : fill_database(ix, err);
    flock(ix->layout->state, LOCK_UN);
    return rc;
}

static int prepare_database(struct index *ix, struct ob_err *err)
{
    int version;
    sqlite3_busy_timeout(ix->db, 60000);
    /* A crash of the machine may damage the file: it is then put aside. A sync costs more than a
     * step. */
    if (exec(ix, "PRAGMA synchronous = OFF", err) < 0 || read_version(ix, &version, err) < 0)
        return -1;
    return version < INDEX_VERSION ? make_database(ix, err) : 0;
}

struct index *index_new(const struct layout *l, struct store *s)
{
    struct index *ix = calloc(1, sizeof *ix);
    if (!ix)
        ob_out_of_memory();
    ix->layout = l;
    ix->store = s;
    return ix;
}

static void close_database(struct index *ix)
{
    sqlite3_close(ix->db);
    ix->db = NULL;
}

static int open_file(struct index *ix, struct ob_err *err)
{
    char path[64];
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    snprintf(path, sizeof path, "/proc/self/fd/%d/index.db", ix->layout->state);
    if (sqlite3_open_v2(path, &ix->db, flags, NULL) != SQLITE_OK)
        return fail(ix, err);
    return prepare_database(ix, err);
}

/* Whether the last failure was that the file is no index; it is then put aside. */
static bool put_aside(struct index *ix)
{
    int state = ix->layout->state, code = sqlite3_errcode(ix->db);
    if (code != SQLITE_NOTADB && code != SQLITE_CORRUPT)
        return false;
    close_database(ix);
    unlinkat(state, "index.db-wal", 0);
    unlinkat(state, "index.db-shm", 0);
    return renameat(state, "index.db", state, "index.db.damaged") == 0;
}

static int open_database(struct index *ix, struct ob_err *err)
{
    if (ix->db)
        return 0;
    int rc = open_file(ix, err);
    if (rc < 0 && put_aside(ix)) {
        log_warning("the store's index is damaged: made a new one from the results' records");
        rc = open_file(ix, err);
    }
    if (rc < 0)
        close_database(ix);
    return rc;
}

int index_begin(struct index *ix, struct ob_err *err)
{
    return open_database(ix, err) < 0 ? -1 : exec(ix, "BEGIN IMMEDIATE", err);
}

int index_end(struct index *ix, struct ob_err *err)
{
    return exec(ix, "COMMIT", err);
}

void index_close(struct index *ix)
{
    close_database(ix);
}

void index_free(struct index *ix)
{
    if (!ix)
        return;
    close_database(ix);
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
    if (open_database(ix, err) < 0)
        return NULL;
    if (sqlite3_prepare_v2(ix->db, sql, -1, &st, NULL) != SQLITE_OK) {
        fail(ix, err);
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
        fail(ix, err);
    sqlite3_finalize(st);
    return rc == SQLITE_DONE ? 0 : -1;
}

/* Runs a statement without rows. */
static int change(struct index *ix, const char *sql, const struct bind *binds, int n,
                  struct ob_err *err)
{
    sqlite3_stmt *st = prepare(ix, sql, binds, n, err);
    return st ? finish(ix, st, sqlite3_step(st), err) : -1;
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

int index_list(struct index *ix, struct arena *a, struct index_row_vec *out, struct ob_err *err)
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

static int list_keys(struct index *ix, struct arena *a, const char *sql, const struct bind *binds,
                     int n, struct str_vec *out, struct ob_err *err)
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
    static const char sql[] =
        "SELECT key FROM results WHERE substr(key, 1, length(?1)) = ?1 LIMIT 2";
    const struct bind binds[] = {TEXT(prefix)};
    return list_keys(ix, a, sql, binds, 1, out, err);
}
