/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the index's database, and having another one when it can't be used. */
#include <config.h>

#include "exec/index_db.h"

#include "base/log.h"
#include "exec/reindex.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* A database of an older version is made anew: it only says more about what the store has. */
enum { INDEX_VERSION = 4 };
static const char schema[] =
    "DROP TABLE IF EXISTS results; DROP TABLE IF EXISTS images;"
    "CREATE TABLE IF NOT EXISTS results(key TEXT PRIMARY KEY, parent TEXT NOT NULL,"
    " heading TEXT NOT NULL, created INTEGER NOT NULL, ms INTEGER NOT NULL,"
    " bytes INTEGER NOT NULL);"
    "CREATE INDEX IF NOT EXISTS results_parent ON results(parent);"
    "PRAGMA user_version = 4;";

int index_db_fail(struct index *ix, struct ob_err *err)
{
    ix->code = sqlite3_errcode(ix->db);
    ix->system_errno = 0;
    if (ix->code == SQLITE_FULL)
        return ob_err_set(err, ENOSPC, "the store's index");
    if (ix->code == SQLITE_IOERR || ix->code == SQLITE_CANTOPEN) /* on a full disk, too */
        ix->system_errno = sqlite3_system_errno(ix->db);
    return ob_err_set(err, ix->system_errno, "the store's index: %s", sqlite3_errmsg(ix->db));
}

int index_db_exec(struct index *ix, const char *sql, struct ob_err *err)
{
    return sqlite3_exec(ix->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : index_db_fail(ix, err);
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
        return index_db_fail(ix, err);
    if (*version > INDEX_VERSION)
        return ob_err_set(err, 0, "the store's index is of a newer obkit (version %d)", *version);
    return 0;
}

static int fill(struct index *ix, struct ob_err *err)
{
    if (index_db_exec(ix, "BEGIN IMMEDIATE", err) < 0)
        return -1;
    if (index_db_exec(ix, schema, err) == 0 && reindex_fill(ix, ix->layout, ix->store, err) == 0 &&
        index_db_exec(ix, "COMMIT", err) == 0)
        return 0;
    sqlite3_exec(ix->db, "ROLLBACK", NULL, NULL, NULL);
    return -1;
}

static int lock(const struct index *ix, struct ob_err *err)
{
    while (flock(ix->layout->state, LOCK_EX) < 0)
        if (errno != EINTR)
            return ob_err_set(err, errno, "can't lock the store's index");
    return 0;
}

static void unlock(const struct index *ix)
{
    flock(ix->layout->state, LOCK_UN);
}

/* One process at a time: SQLite does not wait for another that changes the journal's mode, and a
 * second one would drop the first one's rows. */
static int make_database(struct index *ix, struct ob_err *err)
{
    int version;
    if (lock(ix, err) < 0)
        return -1;
    int rc = read_version(ix, &version, err);
    if (rc == 0 && version < INDEX_VERSION)
        rc = index_db_exec(ix, "PRAGMA journal_mode = WAL", err) < 0 ? -1 : fill(ix, err);
    unlock(ix);
    return rc;
}

static int prepare_database(struct index *ix, struct ob_err *err)
{
    int version;
    sqlite3_busy_timeout(ix->db, 60000);
    /* A crash of the machine may damage the file: it is then put aside. A sync costs more than a
     * step. */
    if (index_db_exec(ix, "PRAGMA synchronous = OFF", err) < 0 ||
        read_version(ix, &version, err) < 0)
        return -1;
    return version < INDEX_VERSION ? make_database(ix, err) : 0;
}

static int find_file(const struct index *ix, struct stat *st)
{
    return fstatat(ix->layout->state, "index.db", st, AT_SYMLINK_NOFOLLOW);
}

static int open_file(struct index *ix, struct ob_err *err)
{
    char path[64];
    struct stat st;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    snprintf(path, sizeof path, "/proc/self/fd/%d/index.db", ix->layout->state);
    if (sqlite3_open_v2(path, &ix->db, flags, NULL) != SQLITE_OK)
        return index_db_fail(ix, err);
    if (find_file(ix, &st) == 0) {
        ix->dev = st.st_dev;
        ix->ino = st.st_ino;
    }
    return prepare_database(ix, err);
}

static int open_in_memory(struct index *ix, struct ob_err *err)
{
    ix->is_in_memory = true;
    if (sqlite3_open_v2(":memory:", &ix->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK)
        return index_db_fail(ix, err);
    return fill(ix, err);
}

/* SQLite maps a file beside the database, after it has written a byte of every 4 KiB. Where blocks
 * are smaller, what is left are holes, and one that a full disk can't fill ends in a SIGBUS. */
static bool is_dangerous(const struct index *ix)
{
    enum { WRITTEN = 4096, ROOM = 256 << 10 };
    struct statvfs v;
    if (fstatvfs(ix->layout->state, &v) < 0)
        return false;
    bool is_full = (uint64_t)v.f_bavail * v.f_frsize < ROOM; /* f_bfree counts what nobody gets */
    return is_full && v.f_frsize < WRITTEN;
}

/* Whether the last failure was that nothing can be written. */
static bool is_unwritable(const struct index *ix)
{
    int e = ix->system_errno;
    return ix->code == SQLITE_FULL || ix->code == SQLITE_READONLY || ix->code == SQLITE_CANTOPEN ||
           (ix->code == SQLITE_IOERR && (e == ENOSPC || e == EDQUOT || e == EROFS));
}

/* Whether it was that the file is no index. Statements are always the same, so that a wrong one
 * means other tables. */
static bool is_damaged(const struct index *ix)
{
    return ix->code == SQLITE_NOTADB || ix->code == SQLITE_CORRUPT || ix->code == SQLITE_ERROR;
}

static bool is_still_there(const struct index *ix)
{
    struct stat st;
    return find_file(ix, &st) == 0 && st.st_dev == ix->dev && st.st_ino == ix->ino;
}

/* Unless another process was faster. */
static int put_aside(struct index *ix)
{
    int state = ix->layout->state, rc = 0;
    struct ob_err ignored;
    if (lock(ix, &ignored) < 0)
        return -1;
    if (is_still_there(ix)) {
        log_warning("the store's index is damaged: made a new one from the results' records");
        unlinkat(state, "index.db-wal", 0);
        unlinkat(state, "index.db-shm", 0);
        rc = renameat(state, "index.db", state, "index.db.damaged");
    }
    unlock(ix);
    return rc;
}

/* The last failure's way out: 0 = another database is open. */
static int replace(struct index *ix, struct ob_err *err)
{
    bool was_in_memory = ix->is_in_memory;
    index_db_close(ix);
    if (was_in_memory)
        return -1;
    if (is_damaged(ix) && put_aside(ix) < 0)
        return -1;
    if ((is_damaged(ix) || !is_still_there(ix)) && open_file(ix, err) == 0)
        return 0;
    if (!is_unwritable(ix))
        return -1;
    index_db_close(ix);
    return open_in_memory(ix, err);
}

int index_db_open(struct index *ix, struct ob_err *err)
{
    if (ix->db)
        return 0;
    ix->code = SQLITE_OK;
    ix->is_recovering = true;
    int rc = is_dangerous(ix) ? open_in_memory(ix, err) : open_file(ix, err);
    if (rc < 0)
        rc = replace(ix, err);
    ix->is_recovering = false;
    if (rc < 0)
        index_db_close(ix);
    return rc;
}

bool index_db_recover(struct index *ix, struct ob_err *err)
{
    bool was_begun = ix->in_transaction;
    if (ix->is_recovering || !ix->db || !(is_damaged(ix) || is_unwritable(ix)))
        return false;
    ix->is_recovering = true;
    int rc = replace(ix, err);
    ix->is_recovering = false;
    if (rc == 0 && was_begun)
        rc = index_db_exec(ix, "BEGIN IMMEDIATE", err);
    ix->in_transaction = rc == 0 && was_begun;
    if (rc < 0)
        index_db_close(ix);
    return rc == 0;
}

void index_db_close(struct index *ix)
{
    sqlite3_close(ix->db);
    ix->db = NULL;
    ix->is_in_memory = false;
    ix->in_transaction = false;
}
