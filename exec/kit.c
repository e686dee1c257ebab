/* SPDX-License-Identifier: Apache-2.0 */
/* The list of backends, and choosing from it. */
#include <config.h>

#include "exec/kit.h"

#include "backends/backends.h"
#include "backends/platform.h"
#include "backends/tree_copy.h"
#include "backends/tree_size.h"
#include "backends/unpack.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* In the order in which the default is tried: the fastest first. */
static const struct store_ops *const stores[] = {
    &store_overlayfs_ops,
    &store_copy_ops,
};

static const struct sandbox_ops *const sandboxes[] = {
    &sandbox_native_ops,
};

const struct fetch_ops *const kit_fetchers[] = {
    &fetch_oci_layout_ops, &fetch_oci_archive_ops, &fetch_docker_archive_ops,
    &fetch_tar_ops,        &fetch_dir_ops,         NULL,
};

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const struct store_ops *find_store(struct str kind)
{
    for (size_t i = 0; i < COUNT(stores); i++)
        if (str_eq(str_from(stores[i]->name), kind))
            return stores[i];
    return NULL;
}

static int unknown_store(struct str kind, struct ob_err *err)
{
    struct buf known = BUF_INIT;
    for (size_t i = 0; i < COUNT(stores); i++)
        buf_printf(&known, "%s%s:PATH", i ? ", " : "", stores[i]->name);
    ob_err_set(err, 0, "unknown kind of store \"" STR_FMT "\": there is %s", STR_ARG(kind),
               known.p);
    err->errnum = KIT_USAGE;
    buf_free(&known);
    return -1;
}

int kit_default_dir(struct buf *out, struct ob_err *err)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (geteuid() == 0)
        buf_puts(out, "/var/cache/obkit");
    else if (cache && cache[0] == '/')
        buf_printf(out, "%s/obkit", cache);
    else if (home && home[0] == '/')
        buf_printf(out, "%s/.cache/obkit", home);
    else
        return ob_err_set(err, 0, "no place for a store: give --store or set HOME");
    return 0;
}

/* For those that only look at a store: opening it must not make it. */
static int check_is_there(const struct kit_request *q, const char *path, struct ob_err *err)
{
    if (!q->must_exist || access(path, F_OK) == 0)
        return 0;
    return ob_err_set(err, errno, "no store at \"%s\"", path);
}

static int open_default_store(const struct kit_request *q, struct store **out, struct ob_err *err)
{
    struct buf dir = BUF_INIT;
    int rc = 0;
    if (q->dir)
        buf_puts(&dir, q->dir);
    else
        rc = kit_default_dir(&dir, err);
    for (size_t i = 0; rc == 0 && i < COUNT(stores); i++) {
        struct buf path = BUF_INIT;
        buf_printf(&path, "%s/%s", dir.p, stores[i]->name);
        rc = check_is_there(q, path.p, err) < 0 ? -1 : fs_mkdir_p(dir.p, 0755, err);
        if (rc == 0 && (rc = store_open(stores[i], path.p, out, err)) == 0) {
            log_info("store: %s:%s", stores[i]->name, path.p);
            buf_free(&path);
            break;
        }
        buf_free(&path);
        if (i + 1 < COUNT(stores)) {
            log_info("store %s does not work here: %s", stores[i]->name, err->text);
            rc = 0;
        }
    }
    buf_free(&dir);
    return rc;
}

static int open_store(const struct kit_request *q, struct store **out, struct ob_err *err)
{
    const char *spec = q->store;
    struct str kind, arg;
    if (!spec)
        return open_default_store(q, out, err);
    bool has_arg = str_cut(str_from(spec), ':', &kind, &arg);
    const struct store_ops *ops = find_store(kind);
    if (!ops)
        return unknown_store(kind, err);
    if (!has_arg || arg.n == 0) {
        ob_err_set(err, 0, "store \"%s\" needs a path: %s:PATH", spec, ops->name);
        err->errnum = KIT_USAGE;
        return -1;
    }
    return check_is_there(q, arg.p, err) < 0 ? -1 : store_open(ops, arg.p, out, err);
}

static int unfit_sandbox(const char *name, const struct store_ops *store, struct ob_err *err)
{
    struct buf fit = BUF_INIT;
    for (size_t i = 0; i < COUNT(sandboxes); i++)
        if (sandboxes[i]->kinds & store->kind)
            buf_printf(&fit, "%s%s", fit.n ? ", " : "", sandboxes[i]->name);
    bool known = false;
    for (size_t i = 0; i < COUNT(sandboxes); i++)
        known |= name && strcmp(name, sandboxes[i]->name) == 0;
    ob_err_set(err, 0,
               known || !name ? "sandbox %s can't run on store %s: there is %s"
                              : "unknown sandbox \"%s\" (for store %s there is %s)",
               name ? name : "(any)", store->name, fit.n ? fit.p : "none");
    err->errnum = KIT_USAGE;
    buf_free(&fit);
    return -1;
}

static int open_sandbox(const struct kit_request *q, const struct store_ops *store,
                        struct sandbox **out, struct ob_err *err)
{
    for (size_t i = 0; i < COUNT(sandboxes); i++)
        if ((!q->sandbox || strcmp(q->sandbox, sandboxes[i]->name) == 0) &&
            (sandboxes[i]->kinds & store->kind))
            return sandbox_open(sandboxes[i], &q->options, out, err);
    return unfit_sandbox(q->sandbox, store, err);
}

int kit_open(const struct kit_request *q, struct kit *out, struct ob_err *err)
{
    *out = (struct kit){0};
    if (open_store(q, &out->store, err) < 0)
        return -1;
    bool wants_sandbox = !q->sandbox || q->sandbox[0];
    if (wants_sandbox && open_sandbox(q, out->store->ops, &out->sandbox, err) < 0) {
        kit_close(out);
        return -1;
    }
    return 0;
}

void kit_close(struct kit *k)
{
    sandbox_close(k->sandbox);
    store_close(k->store);
    *k = (struct kit){0};
}

int kit_platform(struct str text, struct str *os, struct str *arch, struct str *variant,
                 struct ob_err *err)
{
    struct platform p;
    if (platform_parse(text, &p, err) < 0)
        return -1;
    *os = p.os;
    *arch = p.arch;
    *variant = p.variant;
    return 0;
}

/* A directory that is there, at `path` or above it. */
static int open_above(struct buf *path, struct ob_err *err)
{
    for (;;) {
        int fd = open(path->p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        char *slash = strrchr(path->p, '/');
        if (fd >= 0 || errno != ENOENT || !slash || slash[1] == '\0')
            return fd < 0 ? ob_err_set(err, errno, "\"%s\"", path->p) : fd;
        slash[slash == path->p] = '\0';
        path->n = strlen(path->p);
    }
}

/* One line, and a second one that says why not. */
static void describe(struct buf *out, const char *name, const char *summary, int rc,
                     const struct ob_err *err)
{
    buf_printf(out, "  %-16s%s%s\n", name, summary, rc < 0 ? " (not here)" : "");
    if (rc < 0)
        buf_printf(out, "  %-16s%s\n", "", err->text);
}

static void try_stores(const char *dir, struct buf *out)
{
    for (size_t i = 0; i < COUNT(stores); i++) {
        struct buf path = BUF_INIT;
        struct store *s = NULL;
        struct ob_err err;
        buf_printf(&path, "%s/%s", dir, stores[i]->name);
        int rc = store_open(stores[i], path.p, &s, &err);
        store_close(s);
        describe(out, stores[i]->name, stores[i]->summary, rc, &err);
        buf_free(&path);
    }
}

/* Tries them in a directory of its own, which it removes. */
static int describe_stores(const char *dir, struct buf *place, struct buf *out, struct ob_err *err)
{
    if (dir)
        buf_puts(place, dir);
    else if (kit_default_dir(place, err) < 0)
        return -1;
    int fd = open_above(place, err);
    if (fd < 0)
        return -1;
    struct buf path = BUF_INIT;
    buf_printf(&path, "%s/obkit-stores-XXXXXX", place->p);
    int rc = mkdtemp(path.p) ? 0 : ob_err_set(err, errno, "can't write in \"%s\"", place->p);
    if (rc == 0) {
        buf_printf(out, "stores (--store=KIND:PATH), tried in \"%s\"\n", place->p);
        try_stores(path.p, out);
        rc = fs_remove_tree_at(fd, strrchr(path.p, '/') + 1, err);
    }
    buf_free(&path);
    close(fd);
    return rc;
}

static void describe_sandboxes(struct buf *out)
{
    buf_puts(out, "sandboxes (--sandbox=KIND)\n");
    for (size_t i = 0; i < COUNT(sandboxes); i++) {
        const struct sandbox_options none = {0};
        struct sandbox *s = NULL;
        struct ob_err err;
        int rc = sandbox_open(sandboxes[i], &none, &s, &err);
        sandbox_close(s);
        describe(out, sandboxes[i]->name, sandboxes[i]->summary, rc, &err);
    }
}

void kit_describe(const char *dir, struct buf *out)
{
    struct buf place = BUF_INIT;
    struct ob_err err;
    if (describe_stores(dir, &place, out, &err) < 0)
        buf_printf(out, "stores (--store=KIND:PATH): not tried, %s\n", err.text);
    buf_free(&place);
    describe_sandboxes(out);
    buf_puts(out, "base images (--build-context=NAME=SCHEME:WHERE)\n");
    for (size_t i = 0; kit_fetchers[i]; i++)
        buf_printf(out, "  %-16s%s\n", kit_fetchers[i]->scheme, kit_fetchers[i]->summary);
}

static int blob_of(int fd, struct blob *out, struct ob_err *err)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return ob_err_set(err, errno, "can't examine the archive");
    *out = (struct blob){.fd = fd, .size = (uint64_t)st.st_size};
    return 0;
}

int kit_is_archive(int fd, struct ob_err *err)
{
    struct blob b;
    return blob_of(fd, &b, err) < 0 ? -1 : unpack_is_archive(&b, NULL, err);
}

int kit_archive_root(int fd, mode_t *mode, uid_t *uid, gid_t *gid, struct ob_err *err)
{
    struct blob b;
    struct unpack_root root = {*mode, *uid, *gid};
    int rc = blob_of(fd, &b, err) < 0 ? -1 : unpack_is_archive(&b, &root, err);
    if (rc <= 0)
        return rc;
    *mode = root.mode;
    *uid = root.uid;
    *gid = root.gid;
    return 1;
}

int kit_unpack(int fd, int root, struct str dir, const struct look *look, struct ob_err *err)
{
    struct blob b;
    const struct unpack_add add = {
        .dir = dir,
        .set_owner = !look->keep_owner,
        .uid = look->uid,
        .gid = look->gid,
        .set_time = look->set_time,
        .time = look->time,
    };
    return blob_of(fd, &b, err) < 0 ? -1 : unpack_archive(root, &b, &add, err);
}

int kit_copy_tree(int from, int to, struct ob_err *err)
{
    return tree_copy(from, to, err);
}

int kit_unpack_whole(int fd, int root, struct ob_err *err)
{
    struct blob b;
    const struct unpack_add add = {
        .set_owner = true, .uid = geteuid(), .gid = getegid(), .is_marked = true};
    return blob_of(fd, &b, err) < 0 ? -1 : unpack_archive(root, &b, &add, err);
}

int kit_tree_size(int dir, uint64_t *bytes, struct ob_err *err)
{
    return tree_size(dir, ".", bytes, err);
}
