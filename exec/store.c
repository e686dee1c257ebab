/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only door to a store. Each front function checks what the caller promised, calls the
 * backend, and checks what the backend promised; a broken promise is our own mistake and ends
 * the program. No policy lives here.
 */
#include <config.h>

#include "exec/store.h"

#include <stdlib.h>
#include <unistd.h>

enum { KEY_LENGTH = 64 };

static void check_key(const struct store *s, const char *key)
{
    size_t n = 0;
    while (n <= KEY_LENGTH &&
           ((key[n] >= '0' && key[n] <= '9') || (key[n] >= 'a' && key[n] <= 'f')))
        n++;
    if (n != KEY_LENGTH || key[n] != '\0')
        BUG("%s store: \"%s\" is not a key", s->ops->name, key);
}

/* `rc` is a backend's answer, at most `max`. Hands it on. */
static int check_answer(const struct store_ops *ops, const char *slot, int rc, int max,
                        const struct ob_err *err)
{
    if (rc < -1 || rc > max)
        BUG("%s store: %s answered %d", ops->name, slot, rc);
    if (rc < 0 && err->text[0] == '\0')
        BUG("%s store: %s failed without saying why", ops->name, slot);
    return rc;
}

static void check_rootfs(const struct store_ops *ops, const char *slot, const struct rootfs *r)
{
    if (r->kind != ops->kind)
        BUG("%s store: %s gave a rootfs of kind %d", ops->name, slot, (int)r->kind);
    if ((r->kind == ROOTFS_DIR) != (r->fd >= 0) || (r->kind == ROOTFS_DIR) != (r->name == NULL))
        BUG("%s store: %s gave an incomplete rootfs", ops->name, slot);
}

void rootfs_close(struct rootfs *r)
{
    if (r->fd >= 0)
        close(r->fd);
    if (r->plain >= 0)
        close(r->plain);
    free(r->name);
    *r = ROOTFS_INIT;
}

int store_open(const struct store_ops *ops, const char *arg, struct store **out, struct ob_err *err)
{
    *out = NULL;
    *err = OB_ERR_INIT;
    int rc = check_answer(ops, "open", ops->open(arg, out, err), 0, err);
    if (rc == 0 && (!*out || !(*out)->ops || (*out)->root < 0))
        BUG("%s store: open gave an incomplete store", ops->name);
    return rc;
}

void store_close(struct store *s)
{
    if (s)
        s->ops->close(s);
}

int store_lookup(struct store *s, const char *key, struct rootfs *out, struct ob_err *err)
{
    check_key(s, key);
    if (out)
        *out = ROOTFS_INIT;
    *err = OB_ERR_INIT;
    int rc = check_answer(s->ops, "lookup", s->ops->lookup(s, key, out, err), 1, err);
    if (rc == 1 && out)
        check_rootfs(s->ops, "lookup", out);
    return rc;
}

int store_begin(struct store *s, const char *key, const char *base, struct store_txn **txn,
                struct rootfs *out, struct ob_err *err)
{
    check_key(s, key);
    if (base)
        check_key(s, base);
    *txn = NULL;
    *out = ROOTFS_INIT;
    *err = OB_ERR_INIT;
    int rc = check_answer(s->ops, "begin", s->ops->begin(s, key, base, txn, out, err), 0, err);
    if (rc == 0 && (!*txn || (*txn)->store != s))
        BUG("%s store: begin gave an incomplete transaction", s->ops->name);
    if (rc == 0)
        check_rootfs(s->ops, "begin", out);
    return rc;
}

int store_commit(struct store_txn *txn, struct ob_err *err)
{
    const struct store_ops *ops = txn->store->ops;
    *err = OB_ERR_INIT;
    return check_answer(ops, "commit", ops->commit(txn, err), 0, err);
}

int store_abort(struct store_txn *txn, struct ob_err *err)
{
    const struct store_ops *ops = txn->store->ops;
    *err = OB_ERR_INIT;
    return check_answer(ops, "abort", ops->abort(txn, err), 0, err);
}

int store_remove(struct store *s, const char *key, struct ob_err *err)
{
    check_key(s, key);
    *err = OB_ERR_INIT;
    return check_answer(s->ops, "remove", s->ops->remove(s, key, err), 0, err);
}

int store_each(struct store *s, int (*fn)(void *arg, const char *key, struct ob_err *err),
               void *arg, struct ob_err *err)
{
    *err = OB_ERR_INIT;
    return check_answer(s->ops, "each", s->ops->each(s, fn, arg, err), 0, err);
}

int store_usage(struct store *s, struct store_usage *out, struct ob_err *err)
{
    *out = (struct store_usage){0};
    *err = OB_ERR_INIT;
    return check_answer(s->ops, "usage", s->ops->usage(s, out, err), 0, err);
}

int store_size(struct store *s, const char *key, uint64_t *bytes, struct ob_err *err)
{
    check_key(s, key);
    *bytes = 0;
    *err = OB_ERR_INIT;
    return check_answer(s->ops, "size", s->ops->size(s, key, bytes, err), 0, err);
}

int store_settle(struct store *s, struct ob_err *err)
{
    *err = OB_ERR_INIT;
    return check_answer(s->ops, "settle", s->ops->settle(s, err), 0, err);
}

int store_difference(struct store *s, const char *key, const char *base, int *fd,
                     struct ob_err *err)
{
    check_key(s, key);
    check_key(s, base);
    *fd = -1;
    *err = OB_ERR_INIT;
    if (!s->ops->difference)
        return 0;
    int rc = s->ops->difference(s, key, base, fd, err);
    check_answer(s->ops, "difference", rc, 1, err);
    if ((rc == 1) != (*fd >= 0))
        BUG("%s store: difference answered %d and gave descriptor %d", s->ops->name, rc, *fd);
    return rc;
}
