/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The failing store. It has a table of its own per instance, because kind and capabilities are
 * those of the store inside.
 */
#include <config.h>

#include "backends/store_fail.h"

#include <errno.h>
#include <stdlib.h>

struct fail {
    struct store store;
    struct store_ops ops;
    struct store *inner;
    unsigned calls, at; /* calls so far; the one that fails */
};

struct fail_txn {
    struct store_txn txn;
    struct store_txn *inner;
};

static struct fail *fail_of(struct store *s)
{
    return (struct fail *)s;
}

/* -1 if it is this call's turn to fail. */
static int count(struct store *s, const char *call, struct ob_err *err)
{
    struct fail *f = fail_of(s);
    if (++f->calls != f->at)
        return 0;
    return ob_err_set(err, EIO, "%s fails, as call %u of a test", call, f->calls);
}

static void fail_close(struct store *s)
{
    store_close(fail_of(s)->inner);
    free(s);
}

static int fail_lookup(struct store *s, const char *key, struct rootfs *out, struct ob_err *err)
{
    return count(s, "lookup", err) < 0 ? -1 : store_lookup(fail_of(s)->inner, key, out, err);
}

static int fail_begin(struct store *s, const char *key, const char *base, struct store_txn **txn,
                      struct rootfs *out, struct ob_err *err)
{
    struct fail_txn *x = malloc(sizeof *x);
    if (!x)
        ob_out_of_memory();
    x->txn.store = s;
    if (count(s, "begin", err) < 0 ||
        store_begin(fail_of(s)->inner, key, base, &x->inner, out, err) < 0) {
        free(x);
        return -1;
    }
    *txn = &x->txn;
    return 0;
}

/* Commits or aborts. */
static int end(struct store_txn *txn, const char *call,
               int (*call_inner)(struct store_txn *txn, struct ob_err *err), struct ob_err *err)
{
    struct fail_txn *x = (struct fail_txn *)txn;
    struct store_txn *inner = x->inner;
    struct ob_err ignored;
    int rc = count(txn->store, call, err);
    free(x);
    if (rc == 0)
        return call_inner(inner, err);
    store_abort(inner, &ignored);
    return rc;
}

static int fail_commit(struct store_txn *txn, struct ob_err *err)
{
    return end(txn, "commit", store_commit, err);
}

static int fail_abort(struct store_txn *txn, struct ob_err *err)
{
    return end(txn, "abort", store_abort, err);
}

static int fail_remove(struct store *s, const char *key, struct ob_err *err)
{
    return count(s, "remove", err) < 0 ? -1 : store_remove(fail_of(s)->inner, key, err);
}

static int fail_each(struct store *s, int (*fn)(void *arg, const char *key, struct ob_err *err),
                     void *arg, struct ob_err *err)
{
    return count(s, "each", err) < 0 ? -1 : store_each(fail_of(s)->inner, fn, arg, err);
}

static int fail_usage(struct store *s, struct store_usage *out, struct ob_err *err)
{
    return count(s, "usage", err) < 0 ? -1 : store_usage(fail_of(s)->inner, out, err);
}

static int fail_size(struct store *s, const char *key, uint64_t *bytes, struct ob_err *err)
{
    return count(s, "size", err) < 0 ? -1 : store_size(fail_of(s)->inner, key, bytes, err);
}

static int fail_settle(struct store *s, struct ob_err *err)
{
    return count(s, "settle", err) < 0 ? -1 : store_settle(fail_of(s)->inner, err);
}

static int fail_difference(struct store *s, const char *key, const char *base, int *fd,
                           struct ob_err *err)
{
    return count(s, "difference", err) < 0
               ? -1
               : store_difference(fail_of(s)->inner, key, base, fd, err);
}

static const struct store_ops fail_ops = {
    .close = fail_close,
    .lookup = fail_lookup,
    .begin = fail_begin,
    .commit = fail_commit,
    .abort = fail_abort,
    .remove = fail_remove,
    .each = fail_each,
    .usage = fail_usage,
    .size = fail_size,
    .settle = fail_settle,
    .difference = fail_difference,
};

struct store *store_fail_new(struct store *inner, unsigned n)
{
    struct fail *f = malloc(sizeof *f);
    if (!f)
        ob_out_of_memory();
    *f = (struct fail){.ops = fail_ops, .inner = inner, .at = n};
    f->ops.name = inner->ops->name;
    f->ops.summary = inner->ops->summary;
    f->ops.kind = inner->ops->kind;
    f->ops.caps = inner->ops->caps;
    f->store = (struct store){.ops = &f->ops, .root = inner->root};
    return &f->store;
}

bool store_fail_happened(const struct store *s)
{
    const struct fail *f = (const struct fail *)s;
    return f->at != 0 && f->calls >= f->at;
}
