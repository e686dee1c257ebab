/* SPDX-License-Identifier: Apache-2.0 */
/*
 * copy:PATH, the store that works everywhere: a result is a directory, and to begin on a base is
 * to copy it (by reflink where the filesystem can). The shortest backend, and the template for
 * the next: what all directory stores share is in dir_store.c.
 */
#include <config.h>

#include "backends/backends.h"
#include "backends/dir_store.h"
#include "backends/tree_copy.h"

#include "base/cleanup.h"

static int copy_open(const char *arg, struct store **out, struct ob_err *err)
{
    struct dir_store *s = malloc(sizeof *s);
    if (!s)
        ob_out_of_memory();
    if (dir_store_open(s, &store_copy_ops, arg, NULL, err) < 0) {
        free(s);
        return -1;
    }
    *out = &s->store;
    return 0;
}

static void copy_close(struct store *store)
{
    dir_store_finish((struct dir_store *)store);
    free(store);
}

static int copy_lookup(struct store *store, const char *key, struct rootfs *out, struct ob_err *err)
{
    int rc = dir_store_lookup((struct dir_store *)store, key, out ? &out->fd : NULL, err);
    if (rc == 1 && out)
        out->kind = ROOTFS_DIR;
    return rc;
}

/* Fills the transaction's fs, open as `to`, with what base holds. */
static int copy_base(struct dir_store *s, const char *base, int to, struct ob_err *err)
{
    cleanup_close int from = -1;
    int rc = dir_store_lookup(s, base, &from, err);
    if (rc == 0)
        return ob_err_set(err, 0, "the base \"%s\" is not in the store", base);
    if (rc < 0)
        return -1;
    if (tree_copy(from, to, err) < 0)
        return ob_err_wrap(err, "can't copy \"%s/result/%s\"", s->path, base);
    return 0;
}

static int copy_begin(struct store *store, const char *key, const char *base,
                      struct store_txn **txn, struct rootfs *out, struct ob_err *err)
{
    struct dir_store *s = (struct dir_store *)store;
    struct dir_txn *t = malloc(sizeof *t);
    if (!t)
        ob_out_of_memory();
    cleanup_close int fd = -1;
    if (dir_txn_begin(s, key, t, err) < 0) {
        free(t);
        return -1;
    }
    if (dir_txn_open_fs(t, &fd, err) < 0 || (base && copy_base(s, base, fd, err) < 0)) {
        dir_txn_drop(t);
        free(t);
        return -1;
    }
    out->kind = ROOTFS_DIR;
    out->fd = take_fd(&fd);
    *txn = &t->txn;
    return 0;
}

static int copy_commit(struct store_txn *txn, struct ob_err *err)
{
    cleanup_free struct dir_txn *t = (struct dir_txn *)txn;
    return dir_txn_publish(t, err);
}

static int copy_abort(struct store_txn *txn, struct ob_err *err)
{
    cleanup_free struct dir_txn *t = (struct dir_txn *)txn;
    (void)err;
    dir_txn_drop(t);
    return 0;
}

const struct store_ops store_copy_ops = {
    .name = "copy",
    .summary = "plain copies in a directory of any filesystem",
    .kind = ROOTFS_DIR,
    .open = copy_open,
    .close = copy_close,
    .lookup = copy_lookup,
    .begin = copy_begin,
    .commit = copy_commit,
    .abort = copy_abort,
    .remove = dir_store_remove,
    .each = dir_store_each,
    .usage = dir_store_usage,
    .size = dir_store_size,
    .settle = dir_store_settle,
};
