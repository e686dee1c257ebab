/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tracing store. It has a table of its own per instance, because kind and capabilities are
 * those of the store inside.
 */
#include <config.h>

#include "backends/store_trace.h"

#include <stdlib.h>

struct trace {
    struct store store;
    struct store_ops ops;
    struct store *inner;
    FILE *out;
};

struct trace_txn {
    struct store_txn txn;
    struct store_txn *inner;
};

static struct trace *trace_of(struct store *s)
{
    return (struct trace *)s;
}

static int answer(struct trace *t, int rc, const struct ob_err *err)
{
    fprintf(t->out, rc < 0 ? " = %d: %s\n" : " = %d\n", rc, err->text);
    fflush(t->out);
    return rc;
}

static void trace_close(struct store *s)
{
    struct trace *t = trace_of(s);
    fputs("close\n", t->out);
    fflush(t->out);
    store_close(t->inner);
    free(t);
}

static int trace_lookup(struct store *s, const char *key, struct rootfs *out, struct ob_err *err)
{
    struct trace *t = trace_of(s);
    fprintf(t->out, "lookup %s%s", key, out ? " open" : "");
    return answer(t, store_lookup(t->inner, key, out, err), err);
}

static int trace_begin(struct store *s, const char *key, const char *base, struct store_txn **txn,
                       struct rootfs *out, struct ob_err *err)
{
    struct trace *t = trace_of(s);
    struct trace_txn *x = malloc(sizeof *x);
    if (!x)
        ob_out_of_memory();
    x->txn.store = s;
    fprintf(t->out, "begin %s %s", key, base ? base : "-");
    int rc = answer(t, store_begin(t->inner, key, base, &x->inner, out, err), err);
    if (rc == 0)
        *txn = &x->txn;
    else
        free(x);
    return rc;
}

/* Ends the outer transaction and gives the inner one. */
static struct store_txn *unwrap(struct store_txn *txn)
{
    struct trace_txn *x = (struct trace_txn *)txn;
    struct store_txn *inner = x->inner;
    free(x);
    return inner;
}

static int trace_commit(struct store_txn *txn, struct ob_err *err)
{
    struct trace *t = trace_of(txn->store);
    fputs("commit", t->out);
    return answer(t, store_commit(unwrap(txn), err), err);
}

static int trace_abort(struct store_txn *txn, struct ob_err *err)
{
    struct trace *t = trace_of(txn->store);
    fputs("abort", t->out);
    return answer(t, store_abort(unwrap(txn), err), err);
}

static int trace_remove(struct store *s, const char *key, struct ob_err *err)
{
    struct trace *t = trace_of(s);
    fprintf(t->out, "remove %s", key);
    return answer(t, store_remove(t->inner, key, err), err);
}

static int trace_each(struct store *s, int (*fn)(void *arg, const char *key, struct ob_err *err),
                      void *arg, struct ob_err *err)
{
    struct trace *t = trace_of(s);
    int rc = store_each(t->inner, fn, arg, err);
    fputs("each", t->out);
    return answer(t, rc, err);
}

static int trace_usage(struct store *s, struct store_usage *out, struct ob_err *err)
{
    struct trace *t = trace_of(s);
    fputs("usage", t->out);
    return answer(t, store_usage(t->inner, out, err), err);
}

static int trace_size(struct store *s, const char *key, uint64_t *bytes, struct ob_err *err)
{
    struct trace *t = trace_of(s);
    fprintf(t->out, "size %s", key);
    return answer(t, store_size(t->inner, key, bytes, err), err);
}

static int trace_settle(struct store *s, struct ob_err *err)
{
    struct trace *t = trace_of(s);
    fputs("settle", t->out);
    return answer(t, store_settle(t->inner, err), err);
}

static int trace_difference(struct store *s, const char *key, const char *base, int *fd,
                            struct ob_err *err)
{
    struct trace *t = trace_of(s);
    fprintf(t->out, "difference %s %s", key, base);
    return answer(t, store_difference(t->inner, key, base, fd, err), err);
}

static const struct store_ops trace_ops = {
    .close = trace_close,
    .lookup = trace_lookup,
    .begin = trace_begin,
    .commit = trace_commit,
    .abort = trace_abort,
    .remove = trace_remove,
    .each = trace_each,
    .usage = trace_usage,
    .size = trace_size,
    .settle = trace_settle,
    .difference = trace_difference,
};

struct store *store_trace_new(struct store *inner, FILE *out)
{
    struct trace *t = malloc(sizeof *t);
    if (!t)
        ob_out_of_memory();
    *t = (struct trace){.ops = trace_ops, .inner = inner, .out = out};
    t->ops.name = inner->ops->name;
    t->ops.summary = inner->ops->summary;
    t->ops.kind = inner->ops->kind;
    t->ops.caps = inner->ops->caps;
    t->store = (struct store){.ops = &t->ops, .root = inner->root};
    return &t->store;
}
