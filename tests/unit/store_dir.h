/* SPDX-License-Identifier: Apache-2.0 */
/* A store of the simplest kind and what obexec keeps in it, in a directory for one test. */
#ifndef TESTS_STORE_DIR_H
#define TESTS_STORE_DIR_H

#include "backends/backends.h"
#include "exec/layout.h"
#include "tests/unit/scratch_dir.h"

struct store_dir {
    struct scratch_dir dir;
    struct store *store;
    struct layout layout;
};

static inline void store_dir_open(struct store_dir *d)
{
    struct ob_err err = OB_ERR_INIT;
    ck_assert_ok(store_open(&store_copy_ops, d->dir.path, &d->store, &err), &err);
    ck_assert_ok(layout_open(&d->layout, d->store, &err), &err);
}

static inline void store_dir_close(struct store_dir *d)
{
    layout_close(&d->layout);
    store_close(d->store);
}

static inline void store_dir_start(struct store_dir *d)
{
    scratch_start(&d->dir);
    store_dir_open(d);
}

static inline void store_dir_end(struct store_dir *d)
{
    store_dir_close(d);
    scratch_end(&d->dir);
}

static inline struct digest digest_filled(unsigned char byte)
{
    struct digest d;
    memset(d.b, byte, sizeof d.b);
    return d;
}

/* Commits an empty result. */
static inline void make_result(struct store_dir *d, const char *key)
{
    struct ob_err err = OB_ERR_INIT;
    struct store_txn *txn;
    struct rootfs root;
    ck_assert_ok(store_begin(d->store, key, NULL, &txn, &root, &err), &err);
    rootfs_close(&root);
    ck_assert_ok(store_commit(txn, &err), &err);
}

#endif
