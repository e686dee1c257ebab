/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing a store with its layout and index. */
#include <config.h>

#include "exec/open.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/userns.h"
#include "exec/durable.h"
#include "exec/reindex.h"
#include "exec/cache.h"

#include <errno.h>
#include <limits.h>

static char *root_path(int root)
{
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", root);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n < 0 ? 0 : n] = '\0';
    char *copy = strdup(path);
    if (!copy)
        ob_out_of_memory();
    return copy;
}

/* On a read-only disk what dead processes left stays, as all does. */
static int unless_read_only(int rc, const struct ob_err *err)
{
    return rc < 0 && err->errnum == EROFS ? 0 : rc;
}

/* What can't be removed takes space, but is in nobody's way. */
static void settle_store(struct opened *o)
{
    struct ob_err err;
    int rc = store_settle(o->kit.store, &err);
    if (rc == 0)
        rc = cache_settle(&o->layout, o->kit.store, o->path, &err);
    if (unless_read_only(rc, &err) < 0)
        log_warning("store \"%s\": %s", o->path, err.text);
}

static bool runs_steps(const struct kit_request *q)
{
    return !q->sandbox || q->sandbox[0];
}

/* Becomes root of a user namespace if this process is no root. 1 = the only user there is root. */
static int become_root(const struct kit_request *q, struct ob_err *err)
{
    struct ob_err why;
    if (!userns_is_needed())
        return userns_has_one_user();
    int rc = userns_enter(&why, err);
    if (rc > 0 && runs_steps(q))
        log_warning("all files belong to root, and steps run as root only: %s", why.text);
    return rc;
}

/* The place of the default store is that of the user who calls, whoever he becomes. */
static int open_kit(const struct kit_request *q, struct kit *out, struct ob_err *err)
{
    struct kit_request r = *q;
    cleanup_buf struct buf dir = BUF_INIT;
    if (!q->store && !q->dir) {
        if (kit_default_dir(&dir, err) < 0)
            return -1;
        r.dir = dir.p;
    }
    int one_user = become_root(q, err);
    if (one_user < 0 || kit_open(&r, out, err) < 0)
        return -1;
    out->has_one_owner = one_user > 0;
    return 0;
}

/* What a crash of the machine may have damaged can be looked at where it can't be removed, but not
 * be built on. */
static int recover(const struct kit_request *q, const struct opened *o, struct ob_err *err)
{
    int rc = durable_recover(o->kit.store, &o->layout, err);
    return runs_steps(q) ? rc : unless_read_only(rc, err);
}

/* Whatever could not be written on a read-only disk is not what the user has to know. */
static void name_store(const struct opened *o, struct ob_err *err)
{
    if (err->errnum != EROFS) {
        ob_err_wrap(err, "store \"%s\"", o->path);
        return;
    }
    ob_err_set(err, 0, "the store \"%s\" is read-only", o->path);
    err->errnum = EROFS;
}

int opened_open(const struct kit_request *q, struct opened *out, struct ob_err *err)
{
    *out = (struct opened){.layout = LAYOUT_INIT};
    if (open_kit(q, &out->kit, err) < 0)
        return -1;
    out->path = root_path(out->kit.store->root);
    if (layout_open(&out->layout, out->kit.store, err) == 0 && recover(q, out, err) == 0 &&
        unless_read_only(layout_settle_scratch(&out->layout, err), err) == 0) {
        settle_store(out);
        out->index = index_new(&out->layout, out->kit.store);
        return 0;
    }
    name_store(out, err);
    opened_close(out, false);
    return -1;
}

void opened_close(struct opened *o, bool settle)
{
    struct ob_err ignored; /* the next to open it will try again */
    index_free(o->index);
    if (settle)
        cache_settle(&o->layout, o->kit.store, o->path, &ignored);
    layout_close(&o->layout);
    if (settle)
        store_settle(o->kit.store, &ignored);
    kit_close(&o->kit);
    free(o->path);
    *o = (struct opened){.layout = LAYOUT_INIT};
}

int opened_reconcile(struct opened *o, struct ob_err *err)
{
    if (unless_read_only(layout_settle_logs(&o->layout, err), err) < 0)
        return -1;
    layout_settle_replaced(&o->layout);
    return reindex(o->index, &o->layout, o->kit.store, err);
}

int opened_exit_status(const struct ob_err *err)
{
    switch (err->errnum) {
    case KIT_USAGE: return OB_EXIT_USAGE;
    case OPENED_NO_RESULT: return OB_EXIT_FAILED;
    default: return OB_EXIT_ENVIRONMENT;
    }
}

static int no_result(struct ob_err *err, const char *fmt, const char *prefix)
{
    ob_err_set(err, 0, fmt, prefix);
    err->errnum = OPENED_NO_RESULT;
    return -1;
}

/* A result that the index does not know, since its builder died, is found as well. */
static int match(struct opened *o, struct arena *a, const char *prefix, struct str_vec *found,
                 struct ob_err *err)
{
    int rc = index_match(o->index, a, str_from(prefix), found, err);
    if (rc < 0 || found->n > 0)
        return rc;
    return opened_reconcile(o, err) < 0 ? -1
                                        : index_match(o->index, a, str_from(prefix), found, err);
}

int opened_find(struct opened *o, struct arena *a, const char *prefix, struct str *key,
                struct ob_err *err)
{
    struct str_vec found = {0};
    if (strlen(prefix) < 4)
        return no_result(err, "\"%s\" is too short for an id: give four digits or more", prefix);
    if (match(o, a, prefix, &found, err) < 0)
        return -1;
    if (found.n == 0)
        return no_result(err, "no result \"%s\" in the store", prefix);
    if (found.n > 1)
        return no_result(err, "\"%s\" fits more than one result: give more digits", prefix);
    *key = found.at[0];
    return 0;
}
