/* SPDX-License-Identifier: Apache-2.0 */
/*
 * overlayfs:PATH: a result is the difference to its base, a directory, and result/KEY/chain has
 * the keys of all layers below it, the nearest first, one a line. To begin on a base is to mount
 * an overlay whose upper directory is the transaction's; to commit is one rename.
 *
 * The mounts are attached nowhere (overlay_mount.h), so none can be left behind. A base with as
 * many layers as the kernel can stack is copied into one directory, which starts a new chain.
 */
#include <config.h>

#include "backends/backends.h"
#include "backends/dir_store.h"
#include "backends/overlay_mount.h"
#include "backends/tree_copy.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/userns.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

struct overlayfs {
    struct dir_store dirs;
    bool by_mount2;
    bool in_userns;
};

/* In the store's directory if its layers have the marks that overlays use in a user namespace. */
static const char USER_MARKS[] = "user-marks";

enum { LINE = 65 }; /* a key and its newline */

/* What the kernel leaves of a work directory after a volatile mount. */
static const char *const scraps[] = {
    "work/work/incompat/volatile", "work/work/incompat", "work/work", "work", NULL,
};

static struct overlayfs *overlayfs_of(struct store *s)
{
    return (struct overlayfs *)s;
}

/* Layers. */

/* Reads the layers that make up `key` into *layers, itself first. 0 = key is not there. */
static int read_layers(struct overlayfs *s, const char *key, struct buf *layers, struct ob_err *err)
{
    char name[LINE + sizeof "/chain"];
    snprintf(name, sizeof name, "%s/chain", key);
    buf_printf(layers, "%s\n", key);
    int rc = fs_read_file_at(s->dirs.result, name, layers, OVERLAY_MAX_LOWERS * LINE, err);
    if (rc < 0)
        return ob_err_wrap(err, "\"%s/result\"", s->dirs.path);
    bool is_whole = layers->n % LINE == 0;
    for (size_t end = LINE; is_whole && end <= layers->n; end += LINE)
        is_whole = layers->p[end - 1] == '\n';
    if (!is_whole)
        return ob_err_set(err, 0, "\"%s/result/%s\" is damaged: delete that result", s->dirs.path,
                          key);
    return rc;
}

static int mount_failed(struct overlayfs *s, struct ob_err *err)
{
    switch (err->errnum) {
    case EINVAL:
    case ENODEV:
    case EOPNOTSUPP:
    case EPERM:
    case ENOSYS:
        return ob_err_wrap(err, "no overlay can be mounted on \"%s\" (use --store=copy:PATH)",
                           s->dirs.path);
    default: return ob_err_wrap(err, "\"%s\"", s->dirs.path);
    }
}

/* t = NULL mounts read-only. */
static int mount_layers(struct overlayfs *s, struct str layers, const struct dir_txn *t,
                        struct rootfs *out, struct ob_err *err)
{
    char upper[sizeof t->name + sizeof "tmp/"];
    snprintf(upper, sizeof upper, "tmp/%s", t ? t->name : "");
    const struct overlay o = {.dir = s->dirs.store.root,
                              .lower_prefix = "result/",
                              .lowers = layers,
                              .upper = t ? upper : NULL,
                              .by_mount2 = s->by_mount2,
                              .in_userns = s->in_userns};
    if (overlay_mount(&o, &out->fd, err) < 0)
        return mount_failed(s, err);
    out->kind = ROOTFS_DIR;
    out->is_detached = out->is_whole = true;
    return 0;
}

/* Opens a result for reading. */
static int open_result(struct overlayfs *s, const char *key, struct str layers, struct rootfs *out,
                       struct ob_err *err)
{
    if (layers.n > LINE)
        return mount_layers(s, layers, NULL, out, err) < 0 ? -1 : 1;
    out->kind = ROOTFS_DIR;
    return dir_store_lookup(&s->dirs, key, &out->fd, err);
}

/* Opening. */

/* Does what needs all that an upper directory's filesystem must be able to hold: an attribute and
 * a whiteout. Renaming a directory of a lower layer leaves a redirection in its new place; where
 * that can't be, removing it and making it again leaves the mark that hides the lower one. */
static int try_marks(const struct overlayfs *s, int mount, int dir)
{
    struct stat st;
    if (!s->in_userns && renameat(mount, "a", mount, "b") < 0)
        return -1;
    if (s->in_userns && (unlinkat(mount, "a", AT_REMOVEDIR) < 0 || mkdirat(mount, "a", 0700) < 0 ||
                         unlinkat(mount, "a", AT_REMOVEDIR) < 0))
        return -1;
    if (fstatat(dir, "new/fs/a", &st, AT_SYMLINK_NOFOLLOW) < 0)
        return -1;
    if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0))
        return 0;
    errno = EOPNOTSUPP;
    return -1;
}

/* The kernel's EXDEV means that it could not note the old name, maybe for want of space. */
static int reason(int dir, int errnum)
{
    enum { FEW = 8 };
    struct statvfs st;
    return errnum == EXDEV && fstatvfs(dir, &st) == 0 && st.f_bfree < FEW ? ENOSPC : errnum;
}

static int note_user_marks(const struct overlayfs *s, struct ob_err *err)
{
    int fd = openat(s->dirs.store.root, USER_MARKS, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return ob_err_set(err, errno, "can't make \"%s/%s\"", s->dirs.path, USER_MARKS);
    close(fd);
    return 0;
}

/* Layers with the marks of the one kind, mounted as the other, would show what they hide. */
static int check_marks(const struct overlayfs *s, struct ob_err *err)
{
    bool has_user_marks = faccessat(s->dirs.store.root, USER_MARKS, F_OK, 0) == 0;
    if (has_user_marks == s->in_userns)
        return 0;
    return ob_err_set(err, 0,
                      "overlayfs store: \"%s\" was made %s a user namespace and can't be used %s "
                      "one: name another directory",
                      s->dirs.path, has_user_marks ? "in" : "outside of",
                      has_user_marks ? "outside of" : "in");
}

static int probe(struct dir_store *dirs, int dir, struct ob_err *err)
{
    struct overlayfs *s = overlayfs_of(&dirs->store);
    static const char *const names[] = {"low", "low/fs", "low/fs/a", "new", "new/fs", "work"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (mkdirat(dir, names[i], 0700) < 0)
            return ob_err_set(err, errno, "\"%s\"", dirs->path);
    cleanup_close int mount = -1;
    const struct overlay o = {.dir = dir,
                              .lower_prefix = "",
                              .lowers = STR("low\n"),
                              .upper = ".",
                              .by_mount2 = s->by_mount2,
                              .in_userns = s->in_userns};
    if (overlay_mount(&o, &mount, err) < 0)
        return mount_failed(s, err);
    if (try_marks(s, mount, dir) == 0)
        return s->in_userns ? note_user_marks(s, err) : 0;
    ob_err_set(err, reason(dir, errno), "the filesystem can't hold layers");
    return ob_err_wrap(err, "no overlay can be used on \"%s\" (use --store=copy:PATH)", dirs->path);
}

static void overlayfs_close(struct store *store)
{
    dir_store_finish(&overlayfs_of(store)->dirs);
    free(store);
}

static int overlayfs_open(const char *arg, struct store **out, struct ob_err *err)
{
    struct overlayfs *s = malloc(sizeof *s);
    if (!s)
        ob_out_of_memory();
    const char *how = getenv("OBKIT_OVERLAYFS_MOUNT"); /* for tests of the older way */
    s->by_mount2 = how && strcmp(how, "mount2") == 0;
    s->in_userns = !userns_is_initial();
    if (dir_store_open(&s->dirs, &store_overlayfs_ops, arg, probe, err) < 0) {
        free(s);
        return -1;
    }
    if (check_marks(s, err) < 0) {
        overlayfs_close(&s->dirs.store);
        return -1;
    }
    s->dirs.scraps = scraps;
    *out = &s->dirs.store;
    return 0;
}

static int overlayfs_lookup(struct store *store, const char *key, struct rootfs *out,
                            struct ob_err *err)
{
    struct overlayfs *s = overlayfs_of(store);
    if (!out)
        return dir_store_lookup(&s->dirs, key, NULL, err);
    cleanup_buf struct buf layers = BUF_INIT;
    int rc = read_layers(s, key, &layers, err);
    return rc <= 0 ? rc : open_result(s, key, buf_str(&layers), out, err);
}

/* A result that was begun on a copy of its base has a chain that starts anew. */
static int overlayfs_difference(struct store *store, const char *key, const char *base, int *fd,
                                struct ob_err *err)
{
    struct overlayfs *s = overlayfs_of(store);
    cleanup_buf struct buf layers = BUF_INIT;
    int rc = read_layers(s, key, &layers, err);
    if (rc <= 0)
        return rc;
    struct str below = layers.n > LINE ? str_of(layers.p + LINE, LINE - 1) : STR("");
    return str_eq(below, str_from(base)) ? dir_store_lookup(&s->dirs, key, fd, err) : 0;
}

/* Transactions. */

static int write_chain(struct dir_txn *t, struct str layers, struct ob_err *err)
{
    cleanup_close int fd =
        openat(t->dir, "new/chain", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return ob_err_set(err, errno, "can't create \"new/chain\"");
    return fs_write_all(fd, layers.p, layers.n, err);
}

static int begin_empty(struct dir_txn *t, struct rootfs *out, struct ob_err *err)
{
    if (write_chain(t, STR(""), err) < 0 || dir_txn_open_fs(t, &out->fd, err) < 0)
        return -1;
    out->kind = ROOTFS_DIR;
    return 0;
}

/* Copies the base into one directory. */
static int begin_flat(struct overlayfs *s, struct dir_txn *t, const char *base, struct str layers,
                      struct rootfs *out, struct ob_err *err)
{
    struct rootfs from = ROOTFS_INIT;
    if (begin_empty(t, out, err) < 0 || open_result(s, base, layers, &from, err) < 0)
        return -1;
    int rc = tree_copy(from.fd, out->fd, err);
    rootfs_close(&from);
    return rc;
}

/* The root directory of an overlay is the upper one's, so that gets the base's attributes. */
static int copy_root_attributes(struct overlayfs *s, struct dir_txn *t, const char *base,
                                struct ob_err *err)
{
    cleanup_close int from = -1, to = -1;
    int rc = dir_store_lookup(&s->dirs, base, &from, err);
    if (rc == 0)
        return ob_err_set(err, ENOENT, "\"%s/result/%s/fs\"", s->dirs.path, base);
    if (rc < 0 || dir_txn_open_fs(t, &to, err) < 0)
        return -1;
    return tree_copy_attributes(from, to, err);
}

static int begin_on_base(struct overlayfs *s, struct dir_txn *t, const char *base,
                         struct rootfs *out, struct ob_err *err)
{
    cleanup_buf struct buf layers = BUF_INIT;
    int rc = read_layers(s, base, &layers, err);
    if (rc == 0)
        return ob_err_set(err, 0, "the base \"%s\" is not in the store", base);
    if (rc < 0)
        return -1;
    if (layers.n >= OVERLAY_MAX_LOWERS * LINE)
        return begin_flat(s, t, base, buf_str(&layers), out, err);
    if (mkdirat(t->dir, "work", 0700) < 0)
        return ob_err_set(err, errno, "can't make \"%s/tmp/%s/work\"", s->dirs.path, t->name);
    if (write_chain(t, buf_str(&layers), err) < 0 || copy_root_attributes(s, t, base, err) < 0)
        return ob_err_wrap(err, "\"%s/tmp/%s\"", s->dirs.path, t->name);
    return mount_layers(s, buf_str(&layers), t, out, err) < 0
               ? -1
               : dir_txn_open_fs(t, &out->plain, err);
}

static int overlayfs_begin(struct store *store, const char *key, const char *base,
                           struct store_txn **txn, struct rootfs *out, struct ob_err *err)
{
    struct overlayfs *s = overlayfs_of(store);
    struct dir_txn *t = malloc(sizeof *t);
    if (!t)
        ob_out_of_memory();
    int rc = dir_txn_begin(&s->dirs, key, t, err);
    if (rc == 0)
        rc = base ? begin_on_base(s, t, base, out, err) : begin_empty(t, out, err);
    if (rc == 0) {
        *txn = &t->txn;
        return 0;
    }
    rootfs_close(out);
    dir_txn_drop(t);
    free(t);
    return -1;
}

static int overlayfs_commit(struct store_txn *txn, struct ob_err *err)
{
    cleanup_free struct dir_txn *t = (struct dir_txn *)txn;
    return dir_txn_publish(t, err);
}

static int overlayfs_abort(struct store_txn *txn, struct ob_err *err)
{
    cleanup_free struct dir_txn *t = (struct dir_txn *)txn;
    (void)err;
    dir_txn_drop(t);
    return 0;
}

const struct store_ops store_overlayfs_ops = {
    .name = "overlayfs",
    .summary = "layers of Linux's overlayfs in a directory",
    .kind = ROOTFS_DIR,
    .caps = STORE_CAP_SNAPSHOT | STORE_CAP_LAYER,
    .open = overlayfs_open,
    .close = overlayfs_close,
    .lookup = overlayfs_lookup,
    .begin = overlayfs_begin,
    .commit = overlayfs_commit,
    .abort = overlayfs_abort,
    .remove = dir_store_remove,
    .each = dir_store_each,
    .usage = dir_store_usage,
    .size = dir_store_size,
    .settle = dir_store_settle,
    .difference = overlayfs_difference,
};
