/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the stores that keep results as directories share: the layout on disk, transactions as
 * directories with a lock, and cleaning up. Under the store's path:
 *
 *     obkit-store      the mark: "obkit-store VERSION KIND"
 *     result/KEY/fs    a result; what else a kind keeps of it stands beside fs
 *     tmp/txn-PID-N/   a transaction, or something that is being removed; new/ becomes result/KEY
 *
 * An entry of tmp/ lives as long as somebody holds a flock(2) on it, so one that can be locked
 * has lost its owner and may be removed by anybody. Nothing on disk names the store's own path:
 * a store may be moved while it is not in use.
 */
#ifndef BACKENDS_DIR_STORE_H
#define BACKENDS_DIR_STORE_H

#include "exec/store.h"

struct dir_store {
    struct store store;
    int result, tmp; /* those directories */
    unsigned serial; /* N of the next entry of tmp/ */
    /* Entries of tmp/ with what was removed: locked, so that others who settle do not spend their
     * time on them, until this process does. */
    int removed[32];
    unsigned n_removed;
    /* Directories in a transaction that are empty after it, innermost first, then NULL; settle
     * tries these before it looks around. The kind sets it after open; may be NULL. */
    const char *const *scraps;
    char *path; /* as the user wrote it, for messages */
};

struct dir_txn {
    struct store_txn txn;
    int dir;       /* tmp/NAME, locked; holds new/fs */
    char name[40]; /* in tmp/ */
    char key[65];
};

/* Finds out if a new store can work here, in `dir`, an empty directory that is removed later. */
typedef int dir_store_probe(struct dir_store *s, int dir, struct ob_err *err);

/* Opens or makes the store; the caller has set nothing of *s. probe may be NULL. */
int dir_store_open(struct dir_store *s, const struct store_ops *ops, const char *path,
                   dir_store_probe *probe, struct ob_err *err);
void dir_store_finish(struct dir_store *s); /* what open filled, not *s itself */

/* 1 = result/KEY/fs is there, and is opened into *fd unless fd is NULL; 0 = it is not. */
int dir_store_lookup(struct dir_store *s, const char *key, int *fd, struct ob_err *err);

/* Makes a transaction with an empty new/fs. */
int dir_txn_begin(struct dir_store *s, const char *key, struct dir_txn *t, struct ob_err *err);
/* Opens new/fs. */
int dir_txn_open_fs(struct dir_txn *t, int *fd, struct ob_err *err);
/* Renames new/ to result/KEY, and lets go of the rest. */
int dir_txn_publish(struct dir_txn *t, struct ob_err *err);
/* Lets go: what is on disk stays for settle. */
void dir_txn_drop(struct dir_txn *t);

/* These are slots of struct store_ops as they stand. */
int dir_store_remove(struct store *s, const char *key, struct ob_err *err);
int dir_store_each(struct store *s, int (*fn)(void *arg, const char *key, struct ob_err *err),
                   void *arg, struct ob_err *err);
int dir_store_usage(struct store *s, struct store_usage *out, struct ob_err *err);
int dir_store_size(struct store *s, const char *key, uint64_t *bytes, struct ob_err *err);
int dir_store_settle(struct store *s, struct ob_err *err);

#endif
