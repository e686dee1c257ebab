/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store contract: root filesystems by key, made in transactions.
 *
 * A key is 64 lower-case hex digits. A result, once committed, never changes. What a transaction
 * holds does not exist for anybody else until commit has returned 0; after a crash at any moment
 * it never did. Locking between processes, logs, the index and the choice of what to remove live
 * above the store, once; a backend stores trees and nothing else.
 *
 * Backends fill a `static const struct store_ops`; callers use only the front functions below,
 * which check both sides of the contract (exec/store.c).
 */
#ifndef EXEC_STORE_H
#define EXEC_STORE_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

/* What a root filesystem is. Stores hand out one kind, sandboxes and fetchers accept some. */
enum rootfs_kind {
    ROOTFS_DIR = 1,      /* a directory of this host */
    ROOTFS_IMAGE = 2,    /* an image of a daemon, by tag */
    ROOTFS_SNAPSHOT = 4, /* a containerd snapshot, by key */
    ROOTFS_DISK = 8,     /* a disk image file */
};

struct rootfs {
    enum rootfs_kind kind;
    int fd;           /* ROOTFS_DIR: the directory, maybe opened with O_PATH; else -1 */
    bool is_detached; /* fd is the root of a mount that is attached nowhere (fsmount(2),
                         open_tree(2)): move_mount(2) it into the sandbox's namespace.
                         Otherwise fd is a plain directory, to be bind-mounted. */
    bool is_whole;    /* fd is the root of a filesystem of its own, of which there is no other
                         mount: a sandbox may make all of it read-only when the step is over. A
                         detached root must be so, or it can be changed after that by who got one
                         of the step's descriptors. */
    int plain;        /* a directory in which every file that was made below fd since it was handed
                         out is too, at its path without links: its data can be written there, past an
                         overlay, as long as nobody reads it. -1 = none */
    char *name;       /* the other kinds: tag, snapshot key or path, on the heap; else NULL */
};

#define ROOTFS_INIT ((struct rootfs){.fd = -1, .plain = -1})

/* Closes and frees what a rootfs holds. The store's data stays. */
void rootfs_close(struct rootfs *r);

enum store_caps {
    STORE_CAP_SNAPSHOT = 1, /* begin on a base copies nothing */
    STORE_CAP_REFLINK = 2,  /* begin on a base copies names, not data */
    STORE_CAP_LAYER = 4,    /* a result is a difference to its base */
};

struct store_usage {
    uint64_t bytes_total, bytes_free; /* of the filesystem */
};

struct store;
struct store_txn;

struct store_ops {
    const char *name;    /* as in --store NAME:ARG */
    const char *summary; /* one line for `obexec stores` and --help */
    enum rootfs_kind kind;
    unsigned caps; /* enum store_caps */

    /* Opens the store at `arg`, making it if it is not there. Only checks what is needed to use
     * it; cleaning up is settle's work. Several processes may have one store open. */
    int (*open)(const char *arg, struct store **out, struct ob_err *err);
    void (*close)(struct store *s);

    /* 1 = key is committed. If out is not NULL it gets the filesystem, to be read only; the
     * caller closes it. 0 = it is not there. */
    int (*lookup)(struct store *s, const char *key, struct rootfs *out, struct ob_err *err);

    /* Starts to make `key` as a changeable copy of `base` (NULL = empty). The caller holds the
     * lock of key and knows that it is absent and that base is there. *out gets the filesystem,
     * valid until commit or abort; the caller closes it before either. Runs in the worker
     * process of the step. */
    int (*begin)(struct store *s, const char *key, const char *base, struct store_txn **txn,
                 struct rootfs *out, struct ob_err *err);
    /* Publishes, in one atomic step. Consumes txn, also when it fails (then nothing is published).
     */
    int (*commit)(struct store_txn *txn, struct ob_err *err);
    /* Forgets. Consumes txn. */
    int (*abort)(struct store_txn *txn, struct ob_err *err);

    /* Removes a result on which no other one is built. A missing key is fine. It is quick: what the
     * result takes on disk is freed by settle. */
    int (*remove)(struct store *s, const char *key, struct ob_err *err);

    /* Every committed key, in no order. The callback's -1 stops and is handed on. */
    int (*each)(struct store *s, int (*fn)(void *arg, const char *key, struct ob_err *err),
                void *arg, struct ob_err *err);

    int (*usage)(struct store *s, struct store_usage *out, struct ob_err *err);
    /* What removing a result would free, in bytes. It may take time. 0 for a missing key. */
    int (*size)(struct store *s, const char *key, uint64_t *bytes, struct ob_err *err);

    /* Removes what dead processes left: transactions without an owner, and trees that were only
     * renamed away. Touches nothing that does not carry this store's own mark, and nothing of a
     * live process. Called after open and, for what was renamed away, before close. */
    int (*settle)(struct store *s, struct ob_err *err);

    /* NULL for stores without STORE_CAP_LAYER. If `key` is kept as a difference to `base`: 1, and
     * *fd gets a directory, to be read only, that has every name that may not be the same in both,
     * in the form of an upper directory of overlayfs. 0 = it is not. */
    int (*difference)(struct store *s, const char *key, const char *base, int *fd,
                      struct ob_err *err);
};

/* What every backend's struct starts with. */
struct store {
    const struct store_ops *ops;
    int root; /* directory of the host in which exec/ keeps its own files (see exec/layout.h) */
};

struct store_txn {
    struct store *store;
};

int store_open(const struct store_ops *ops, const char *arg, struct store **out,
               struct ob_err *err);
void store_close(struct store *s); /* NULL is fine */
int store_lookup(struct store *s, const char *key, struct rootfs *out, struct ob_err *err);
int store_begin(struct store *s, const char *key, const char *base, struct store_txn **txn,
                struct rootfs *out, struct ob_err *err);
int store_commit(struct store_txn *txn, struct ob_err *err);
int store_abort(struct store_txn *txn, struct ob_err *err);
int store_remove(struct store *s, const char *key, struct ob_err *err);
int store_each(struct store *s, int (*fn)(void *arg, const char *key, struct ob_err *err),
               void *arg, struct ob_err *err);
int store_usage(struct store *s, struct store_usage *out, struct ob_err *err);
int store_size(struct store *s, const char *key, uint64_t *bytes, struct ob_err *err);
int store_settle(struct store *s, struct ob_err *err);
/* 0 for any store that has no such slot. */
int store_difference(struct store *s, const char *key, const char *base, int *fd,
                     struct ob_err *err);

#endif
