/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers, entry by entry. Every name is split into a parent, which is looked up inside the root
 * (base/fs.h), and a last component, which is made by *at(2) calls that do not follow links; so
 * neither "..", nor absolute names, nor links from this or a lower layer lead out. The parent of
 * the last entry stays open, as most entries have the same one as the entry before.
 */
#include <config.h>

#include "backends/unpack.h"

#include "backends/libarchive_read.h"
#include "backends/unpack_tree.h"
#include "base/cleanup.h"
#include "base/fs.h"
#include "base/owner.h"
#include "base/xattr.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

static struct timespec entry_mtime(const struct unpack_tree *t, struct archive_entry *e)
{
    if (t->add && t->add->set_time)
        return t->add->time;
    return (struct timespec){archive_entry_mtime(e), archive_entry_mtime_nsec(e)};
}

static uid_t entry_uid(const struct unpack_tree *t, struct archive_entry *e)
{
    return t->add && t->add->set_owner ? t->add->uid : (uid_t)archive_entry_uid(e);
}

static gid_t entry_gid(const struct unpack_tree *t, struct archive_entry *e)
{
    return t->add && t->add->set_owner ? t->add->gid : (gid_t)archive_entry_gid(e);
}

static int fail(int errnum, const char *what, struct ob_err *err)
{
    return ob_err_set(err, errnum, "%s", what);
}

static bool is_of_image(struct str xattr)
{
    return xattr_is_kept(xattr) || xattr_is_acl(xattr);
}

static int set_xattrs(int fd, struct archive_entry *e, struct ob_err *err)
{
    const char *name;
    const void *value;
    size_t n;
    archive_entry_xattr_reset(e);
    while (archive_entry_xattr_next(e, &name, &value, &n) == ARCHIVE_OK) {
        if (!name || !is_of_image(str_from(name)) || fsetxattr(fd, name, value, n, 0) == 0)
            continue;
        /* A program that loses its capabilities fails later and far away; the others are marks
         * that work without. */
        if (errno != EOPNOTSUPP || strcmp(name, "security.capability") == 0)
            return ob_err_set(err, errno, "can't set the attribute \"%s\"", name);
    }
    return 0;
}

/* Attributes come last: chown(2) clears capabilities. */
static int set_owner_and_mode(const struct unpack_tree *t, int fd, struct archive_entry *e,
                              struct ob_err *err)
{
    if (owner_set(fd, entry_uid(t, e), entry_gid(t, e), archive_entry_perm(e)) < 0)
        return fail(errno, "can't set the owner and mode", err);
    return set_xattrs(fd, e, err);
}

static int pwrite_all(int fd, const char *p, size_t n, off_t off, struct ob_err *err)
{
    while (n > 0) {
        ssize_t w = pwrite(fd, p, n, off);
        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0)
            return fail(errno, "write", err);
        p += w;
        n -= (size_t)w;
        off += w;
    }
    return 0;
}

/* Holes stay holes: libarchive gives the data of a sparse member with offsets. */
static int write_data(struct archive *ar, int fd, la_int64_t size, struct ob_err *err)
{
    const void *p;
    size_t n;
    la_int64_t off, end = 0;
    int rc;
    while ((rc = archive_read_data_block(ar, &p, &n, &off)) == ARCHIVE_OK) {
        if (pwrite_all(fd, p, n, off, err) < 0)
            return -1;
        end = off + (la_int64_t)n;
    }
    if (rc != ARCHIVE_EOF)
        return libarchive_error(ar, err);
    if (end < size && ftruncate(fd, size) < 0)
        return fail(errno, "can't set the size", err);
    return 0;
}

static int make_file(struct unpack_tree *t, struct archive *ar, struct archive_entry *e,
                     struct ob_err *err)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    cleanup_close int fd = openat(t->parent, t->last, flags, 0600);
    if (fd < 0 && errno == EEXIST && unpack_tree_replace(t, err) == 0)
        fd = openat(t->parent, t->last, flags, 0600);
    if (fd < 0)
        return fail(errno, "can't create the file", err);
    struct timespec times[2] = {entry_mtime(t, e), entry_mtime(t, e)};
    if (write_data(ar, fd, archive_entry_size(e), err) < 0 || set_owner_and_mode(t, fd, e, err) < 0)
        return -1;
    return futimens(fd, times) < 0 ? fail(errno, "can't set the time", err) : 0;
}

static int make_dir(struct unpack_tree *t, struct archive_entry *e, struct ob_err *err)
{
    struct stat st;
    bool is_root = *t->last == '\0';
    if (!is_root && mkdirat(t->parent, t->last, 0700) < 0) {
        if (errno != EEXIST || fstatat(t->parent, t->last, &st, AT_SYMLINK_NOFOLLOW) < 0)
            return fail(errno, "can't make the directory", err);
        if (!S_ISDIR(st.st_mode) &&
            (unpack_tree_replace(t, err) < 0 || mkdirat(t->parent, t->last, 0700) < 0))
            return fail(errno, "can't make the directory", err);
    }
    cleanup_close int fd =
        openat(t->parent, is_root ? "." : t->last, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return fail(errno, "can't open the directory", err);
    unpack_tree_late_time(t, entry_mtime(t, e));
    return set_owner_and_mode(t, fd, e, err);
}

/* What has no descriptor of its own to work on: links and special files, just made. */
static int set_by_name(struct unpack_tree *t, struct archive_entry *e, struct ob_err *err)
{
    struct timespec times[2] = {entry_mtime(t, e), entry_mtime(t, e)};
    if (owner_set_at(t->parent, t->last, entry_uid(t, e), entry_gid(t, e), archive_entry_mode(e)) <
        0)
        return fail(errno, "can't set the owner and mode", err);
    if (utimensat(t->parent, t->last, times, AT_SYMLINK_NOFOLLOW) < 0)
        return fail(errno, "can't set the time", err);
    return 0;
}

static int make_symlink(struct unpack_tree *t, struct archive_entry *e, struct ob_err *err)
{
    const char *target = archive_entry_symlink(e);
    if (!target)
        return fail(0, "the link has no target", err);
    if (symlinkat(target, t->parent, t->last) < 0 &&
        (errno != EEXIST || unpack_tree_replace(t, err) < 0 ||
         symlinkat(target, t->parent, t->last) < 0))
        return fail(errno, "can't make the link", err);
    return set_by_name(t, e, err);
}

static int make_special(struct unpack_tree *t, struct archive_entry *e, struct ob_err *err)
{
    mode_t type = archive_entry_filetype(e);
    mode_t mode = type | 0600;
    dev_t dev = type == AE_IFIFO ? 0
                                 : makedev((unsigned)archive_entry_rdevmajor(e),
                                           (unsigned)archive_entry_rdevminor(e));
    int rc = mknodat(t->parent, t->last, mode, dev);
    if (rc < 0 && errno == EEXIST && unpack_tree_replace(t, err) == 0)
        rc = mknodat(t->parent, t->last, mode, dev);
    if (rc < 0 && errno == EPERM && type != AE_IFIFO)
        return 0; /* in a user namespace nobody makes devices; sandboxes have a /dev of their own */
    if (rc < 0)
        return fail(errno, "can't make the special file", err);
    return set_by_name(t, e, err);
}

/* Without AT_SYMLINK_FOLLOW a link to a symbolic link links that. Gives -1 and errno. */
static int link_to(struct unpack_tree *t, const struct unpack_name *target, struct ob_err *err)
{
    cleanup_close int dir = fs_open_in(t->root, target->parent, O_PATH | O_DIRECTORY, 0);
    if (dir < 0)
        return -1;
    if (linkat(dir, target->last, t->parent, t->last, 0) == 0)
        return 0;
    if (errno != EEXIST || unpack_tree_replace(t, err) < 0)
        return -1;
    return linkat(dir, target->last, t->parent, t->last, 0);
}

static int make_hardlink(struct unpack_tree *t, const char *target, struct ob_err *err)
{
    struct unpack_name name = {0};
    const char *path = t->add ? unpack_tree_added(t, target) : target;
    int rc = unpack_name_clean(&name, path ? path : "", err);
    if (rc < 0)
        ob_err_wrap(err, "link to \"%.200s\"", target);
    else if ((rc = link_to(t, &name, err)) < 0)
        ob_err_set(err, errno, "can't link to \"%s\"", target);
    unpack_name_free(&name);
    return rc;
}

static int make_entry(struct unpack_tree *t, struct archive *ar, struct archive_entry *e,
                      struct ob_err *err)
{
    const char *hardlink = archive_entry_hardlink(e);
    if (*t->last == '\0' && (hardlink || archive_entry_filetype(e) != AE_IFDIR))
        return fail(0, "the root of an image must be a directory", err);
    unpack_tree_mark(t);
    if (hardlink)
        return make_hardlink(t, hardlink, err);
    switch (archive_entry_filetype(e)) {
    case AE_IFREG: return make_file(t, ar, e, err);
    case AE_IFDIR: return make_dir(t, e, err);
    case AE_IFLNK: return make_symlink(t, e, err);
    case AE_IFCHR:
    case AE_IFBLK:
    case AE_IFIFO: return make_special(t, e, err);
    default: return fail(0, "it is of a kind that is not known", err);
    }
}

static int unpack_entry(struct unpack_tree *t, struct archive *ar, struct archive_entry *e,
                        struct ob_err *err)
{
    const char *path = archive_entry_pathname(e);
    if (!path)
        return fail(0, "an entry has no name", err);
    const char *raw = t->add ? unpack_tree_added(t, path) : path;
    int rc = raw ? unpack_tree_go(t, raw, err) : 0;
    if (rc == 1 && unpack_tree_is_whiteout(t))
        rc = unpack_tree_whiteout(t, err);
    else if (rc == 1)
        rc = make_entry(t, ar, e, err);
    const char *more = strlen(path) > 200 ? "…" : ""; /* the reason is to have room */
    return rc < 0 ? ob_err_wrap(err, "entry \"%.200s%s\"", path, more) : 0;
}

/* libarchive warns of what it had to change, and of owners' names, which an image does not use. */
static bool is_bad_warning(struct archive *ar)
{
    struct str text = str_from(archive_error_string(ar) ? archive_error_string(ar) : "");
    return !str_starts(text, STR("Uname")) && !str_starts(text, STR("Gname"));
}

static int unpack_entries(struct unpack_tree *t, struct archive *ar, enum unpack_end end,
                          struct ob_err *err)
{
    struct archive_entry *e;
    la_int64_t after_last = 0;
    int rc;
    while ((rc = archive_read_next_header(ar, &e)) == ARCHIVE_OK || rc == ARCHIVE_WARN) {
        if (rc == ARCHIVE_WARN && is_bad_warning(ar))
            return libarchive_error(ar, err);
        if (unpack_entry(t, ar, e, err) < 0)
            return -1;
        if (archive_read_data_skip(ar) < ARCHIVE_WARN)
            return libarchive_error(ar, err);
        after_last = archive_filter_bytes(ar, 0);
    }
    if (rc != ARCHIVE_EOF)
        return libarchive_error(ar, err);
    /* What follows the last entry is its padding, under a block, and the marker, a block. */
    if (end == UNPACK_END_MARKED && archive_filter_bytes(ar, 0) - after_last < 512)
        return fail(0, "it has no end-of-archive block, so it is cut", err);
    return unpack_tree_set_late_times(t, err);
}

static int unpack(int root, struct blob_reader *r, enum unpack_end end,
                  const struct unpack_add *add, struct ob_err *err)
{
    struct unpack_tree t;
    struct libarchive_locale locale;
    unpack_tree_init(&t, root);
    t.add = add;
    libarchive_locale_begin(&locale);
    struct archive *ar = libarchive_open_tar(r, err);
    int rc = ar ? unpack_entries(&t, ar, end, err) : -1;
    archive_read_free(ar);
    libarchive_locale_end(&locale);
    unpack_tree_free(&t);
    return rc;
}

int unpack_layer(int root, const struct blob *b, enum unpack_end end, struct digest *digest,
                 struct ob_err *err)
{
    struct blob_reader r;
    blob_reader_init(&r, b);
    int rc = unpack(root, &r, end, NULL, err);
    if (rc == 0)
        rc = blob_reader_end(&r, digest, err);
    blob_reader_free(&r);
    return rc;
}

int unpack_archive(int root, const struct blob *b, const struct unpack_add *add, struct ob_err *err)
{
    struct blob_reader r;
    blob_reader_init(&r, b);
    enum unpack_end end = add->is_marked ? UNPACK_END_MARKED : UNPACK_END_ANY;
    int rc = unpack(root, &r, end, add, err);
    blob_reader_free(&r);
    return rc;
}

/* What the first entry says of the root, if it is about that. */
static void read_root(struct archive_entry *e, struct unpack_root *out)
{
    const char *name = archive_entry_pathname(e);
    if (!name || (strcmp(name, ".") != 0 && strcmp(name, "./") != 0))
        return;
    *out = (struct unpack_root){archive_entry_perm(e), (uid_t)archive_entry_uid(e),
                                (gid_t)archive_entry_gid(e)};
}

int unpack_is_archive(const struct blob *b, struct unpack_root *root, struct ob_err *err)
{
    struct blob_reader r;
    struct archive_entry *e;
    struct libarchive_locale locale;
    *err = OB_ERR_INIT;
    blob_reader_init(&r, b);
    libarchive_locale_begin(&locale);
    struct archive *ar = libarchive_open_tar(&r, err);
    int rc = ar ? archive_read_next_header(ar, &e) : ARCHIVE_FATAL;
    bool is_archive = rc == ARCHIVE_OK || rc == ARCHIVE_WARN;
    if (is_archive && root)
        read_root(e, root);
    if (ar && !is_archive)
        libarchive_error(ar, err);
    archive_read_free(ar);
    libarchive_locale_end(&locale);
    blob_reader_free(&r);
    return is_archive ? 1 : err->errnum ? -1 : 0;
}
