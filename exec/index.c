/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite side of the index. Statements are made when they are used: most builds use two. */
#include <config.h>

#include "exec/index.h"

#include "base/log.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct index {
    sqlite3 *db;
    struct arena arena;
    VEC(struct digest) used;
};

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS results(key TEXT PRIMARY KEY, parent TEXT NOT NULL,"
    " heading TEXT NOT NULL, created INTEGER NOT NULL, used INTEGER NOT NULL,"
    " ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS results_parent ON results(parent);"
    "CREATE TABLE IF NOT EXISTS images(image TEXT NOT NULL, platform TEXT NOT NULL,"
    " key TEXT NOT NULL, PRIMARY KEY(image, platform)) WITHOUT ROWID;"
    "PRAGMA user_version = 1;";

static int fail(struct index *ix, struct ob_err *err)
{
    return ob_err_set(err, 0, "the store's index: %s", sqlite3_errmsg(ix->db));
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

static int prepare_database(struct index *ix, struct ob_err *err)
{
    int version = 0;
    sqlite3_busy_timeout(ix->db, 60000);
    /* A crash of the machine may lose the last rows, never the file: the index can be rebuilt. */
    if (exec(ix, "PRAGMA synchronous = OFF", err) < 0)
        return -1;
    if (sqlite3_exec(ix->db, "PRAGMA user_version", on_version, &version, NULL) != SQLITE_OK)
        return fail(ix, err);
    if (version > 1)
        return ob_err_set(err, 0, "the store's index is of a newer obkit (version %d)", version);
    if (version == 1)
        return 0;
    return exec(ix, "PRAGMA journal_mode = WAL", err) < 0 ? -1 : exec(ix, schema, err);
}

static int open_database(struct index *ix, const char *path, struct ob_err *err)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, &ix->db, flags, NULL) != SQLITE_OK)
        return fail(ix, err);
    return prepare_database(ix, err);
}

/* Whether the last failure was that the file is no index; it is then put aside. */
static bool put_aside(struct index *ix, const struct layout *l)
{
    int code = sqlite3_errcode(ix->db);
    if (code != SQLITE_NOTADB && code != SQLITE_CORRUPT)
        return false;
    sqlite3_close(ix->db);
    ix->db = NULL;
    unlinkat(l->state, "index.db-wal", 0);
    unlinkat(l->state, "index.db-shm", 0);
    return renameat(l->state, "index.db", l->state, "index.db.damaged") == 0;
}

int index_open(const struct layout *l, struct index **out, struct ob_err *err)
{
    char path[64];
    struct index *ix = calloc(1, sizeof *ix);
    if (!ix)
        ob_out_of_memory();
    snprintf(path, sizeof path, "/proc/self/fd/%d/index.db", l->state);
    int rc = open_database(ix, path, err);
    if (rc < 0 && put_aside(ix, l)) {
        log_warning("the store's index is damaged: made a new one, which knows no old results");
        rc = open_database(ix, path, err);
    }
    if (rc < 0) {
        index_close(ix);
        return -1;
    }
    *out = ix;
    return 0;
}

/* A bound parameter: text, or a number if p is NULL. */
struct bind {
    struct str text;
    int64_t number;
    bool is_number;
};

#define TEXT(s) ((struct bind){.text = (s)})
#define NUMBER(n) ((struct bind){.number = (n), .is_number = true})

static sqlite3_stmt *prepare(struct index *ix, const char *sql, const struct bind *binds, int n)
{
    sqlite3_stmt *st;
    if (sqlite3_prepare_v2(ix->db, sql, -1, &st, NULL) != SQLITE_OK)
        return NULL;
    for (int i = 0; i < n; i++) {
        const struct bind *b = &binds[i];
        if (b->is_number)
            sqlite3_bind_int64(st, i + 1, b->number);
        else
            sqlite3_bind_text(st, i + 1, b->text.n ? b->text.p : "", (int)b->text.n, SQLITE_STATIC);
    }
    return st;
}

/* Runs a statement without rows. */
static int change(struct index *ix, const char *sql, const struct bind *binds, int n,
                  struct ob_err *err)
{
    sqlite3_stmt *st = prepare(ix, sql, binds, n);
    int rc = st ? sqlite3_step(st) : SQLITE_ERROR;
    if (rc != SQLITE_DONE)
        fail(ix, err);
    sqlite3_finalize(st);
    return rc == SQLITE_DONE ? 0 : -1;
}

static struct str column(struct arena *a, sqlite3_stmt *st, int i)
{
    const char *p = (const char *)sqlite3_column_text(st, i);
    return arena_str(a, str_of(p, (size_t)sqlite3_column_bytes(st, i)));
}

int index_add(struct index *ix, const struct index_row *row, struct ob_err *err)
{
    const struct bind binds[] = {TEXT(row->key),       TEXT(row->parent), TEXT(row->heading),
                                 NUMBER(row->created), NUMBER(row->used), NUMBER(row->ms)};
    return change(ix, "INSERT OR REPLACE INTO results VALUES(?,?,?,?,?,?)", binds, 6, err);
}

void index_used(struct index *ix, const struct digest *key)
{
    vec_push(&ix->arena, &ix->used, *key);
}

static void write_used(struct index *ix)
{
    struct ob_err err;
    if (ix->used.n == 0 || exec(ix, "BEGIN IMMEDIATE", &err) < 0)
        return; /* the index is advice */
    int64_t now = time(NULL);
    vec_for (const struct digest, key, &ix->used) {
        char hex[SHA256_HEX + 1];
        digest_hex(key, hex);
        const struct bind binds[] = {NUMBER(now), TEXT(str_from(hex))};
        change(ix, "UPDATE results SET used = ? WHERE key = ?", binds, 2, &err);
    }
    exec(ix, "COMMIT", &err);
}

void index_close(struct index *ix)
{
    if (!ix)
        return;
    write_used(ix);
    sqlite3_close(ix->db);
    arena_free(&ix->arena);
    free(ix);
}

int index_remove(struct index *ix, struct str key, struct ob_err *err)
{
    const struct bind binds[] = {TEXT(key)};
    if (change(ix, "DELETE FROM results WHERE key = ?", binds, 1, err) < 0)
        return -1;
    return change(ix, "DELETE FROM images WHERE key = ?", binds, 1, err);
}

int index_find_image(struct index *ix, struct str image, struct str platform, struct digest *key,
                     struct ob_err *err)
{
    const struct bind binds[] = {TEXT(image), TEXT(platform)};
    sqlite3_stmt *st =
        prepare(ix, "SELECT key FROM images WHERE image = ? AND platform = ?", binds, 2);
    int rc = st ? sqlite3_step(st) : SQLITE_ERROR;
    int found = rc == SQLITE_DONE ? 0 : -1;
    if (rc == SQLITE_ROW) {
        struct str hex =
            str_of((const char *)sqlite3_column_text(st, 0), (size_t)sqlite3_column_bytes(st, 0));
        found = digest_from_hex(hex, key);
    }
    if (found < 0)
        fail(ix, err);
    sqlite3_finalize(st);
    return found;
}

int index_set_image(struct index *ix, struct str image, struct str platform,
                    const struct digest *key, struct ob_err *err)
{
    char hex[SHA256_HEX + 1];
    digest_hex(key, hex);
    const struct bind binds[] = {TEXT(image), TEXT(platform), TEXT(str_from(hex))};
    return change(ix, "INSERT OR REPLACE INTO images VALUES(?,?,?)", binds, 3, err);
}

int index_list(struct index *ix, struct arena *a, struct index_row_vec *out, struct ob_err *err)
{
    sqlite3_stmt *st = prepare(
        ix, "SELECT key, parent, heading, created, used, ms FROM results ORDER BY created, key",
        NULL, 0);
    int rc = SQLITE_ERROR;
    while (st && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        struct index_row row = {
            .key = column(a, st, 0),
            .parent = column(a, st, 1),
            .heading = column(a, st, 2),
            .created = sqlite3_column_int64(st, 3),
            .used = sqlite3_column_int64(st, 4),
            .ms = sqlite3_column_int64(st, 5),
        };
        vec_push(a, out, row);
    }
    if (rc != SQLITE_DONE)
        fail(ix, err);
    sqlite3_finalize(st);
    return rc == SQLITE_DONE ? 0 : -1;
}

static int list_keys(struct index *ix, struct arena *a, const char *sql, struct str arg,
                     struct str_vec *out, struct ob_err *err)
{
    const struct bind binds[] = {TEXT(arg)};
    sqlite3_stmt *st = prepare(ix, sql, binds, 1);
    int rc = SQLITE_ERROR;
    while (st && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        struct str key = column(a, st, 0);
        vec_push(a, out, key);
    }
    if (rc != SQLITE_DONE)
        fail(ix, err);
    sqlite3_finalize(st);
    return rc == SQLITE_DONE ? 0 : -1;
}

int index_children(struct index *ix, struct arena *a, struct str key, struct str_vec *out,
                   struct ob_err *err)
{
    return list_keys(ix, a, "SELECT key FROM results WHERE parent = ?", key, out, err);
}

int index_match(struct index *ix, struct arena *a, struct str prefix, struct str_vec *out,
                struct ob_err *err)
{
    return list_keys(ix, a, "SELECT key FROM results WHERE substr(key, 1, length(?1)) = ?1 LIMIT 2",
                     prefix, out, err);
}
