/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fetcher dir: a directory as root filesystem. One walk, in the order of the names' bytes,
 * hashes everything that is copied and, when fetching, copies what it hashes; so a directory that
 * changes between the two is noticed. Times are copied but not hashed. Sockets are left out, and
 * what is mounted in the directory is an empty directory in the image.
 */
#include <config.h>

#include "backends/backends.h"
#include "backends/blob.h"
#include "base/cleanup.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/owner.h"
#include "base/path.h"
#include "base/userns.h"
#include "base/xattr.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

struct dir_walk {
    struct sha256 hash;
    struct arena arena;
    struct map links; /* "dev:inode" of files with several names: the first name */
    int root;         /* of the copy, or -1 if there is none */
    bool is_foreign;  /* in a user namespace, which does not know all owners */
    dev_t dev;
    char *chunk;
};

DEFINE_VEC(name_vec, const char *);

enum { CHUNK = 64 << 10, MAX_LINK = 4096 }; /* an attribute fits into it; fresh memory is slow */

/* A field of the manifest: its length keeps two fields from looking like one. */
static void add_field(struct dir_walk *w, struct str s)
{
    char n[32];
    sha256_add(&w->hash, n, (size_t)snprintf(n, sizeof n, "%zu:", s.n));
    sha256_add(&w->hash, s.p, s.n);
}

static void add_number(struct dir_walk *w, uint64_t v)
{
    char n[32];
    add_field(w, str_of(n, (size_t)snprintf(n, sizeof n, "%llu", (unsigned long long)v)));
}

static int fail(const char *path, struct ob_err *err)
{
    return ob_err_set(err, errno, "\"%s\"", path);
}

/* Owners that the user namespace does not have all look like this one. In a directory that a user
 * may build on they are root's, most of all: so it is the same image for both. */
static void know_owner(const struct dir_walk *w, struct stat *st)
{
    enum { OVERFLOW = 65534 };
    if (w->is_foreign && st->st_uid == OVERFLOW)
        st->st_uid = 0;
    if (w->is_foreign && st->st_gid == OVERFLOW)
        st->st_gid = 0;
}

static int write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t w = write(fd, p, n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0)
            return -1;
        p += w;
        n -= (size_t)w;
    }
    return 0;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int walk_xattr(struct dir_walk *w, int from, int to, const char *name)
{
    ssize_t n = fgetxattr(from, name, w->chunk, CHUNK);
    if (n < 0)
        return -1;
    add_field(w, str_from(name));
    add_field(w, str_of(w->chunk, (size_t)n));
    return to >= 0 ? fsetxattr(to, name, w->chunk, (size_t)n, 0) : 0;
}

static int walk_xattrs(struct dir_walk *w, int from, int to)
{
    struct name_vec names = {0};
    ssize_t n = flistxattr(from, w->chunk, CHUNK);
    if (n < 0 && errno == EOPNOTSUPP)
        n = 0;
    for (ssize_t i = 0; i < n; i += (ssize_t)strlen(w->chunk + i) + 1)
        if (xattr_is_kept(str_from(w->chunk + i)))
            vec_push(&w->arena, &names, arena_cstr(&w->arena, str_from(w->chunk + i)));
    if (names.n)
        qsort(names.at, names.n, sizeof *names.at, by_text);
    add_number(w, names.n);
    for (size_t i = 0; i < names.n; i++)
        if (walk_xattr(w, from, to, names.at[i]) < 0)
            return -1;
    return n < 0 ? -1 : 0;
}

static int set_meta(int to, const struct stat *st)
{
    const struct timespec times[2] = {st->st_mtim, st->st_mtim};
    return owner_set(to, st->st_uid, st->st_gid, st->st_mode) < 0 || futimens(to, times) < 0 ? -1
                                                                                             : 0;
}

static int walk_data(struct dir_walk *w, int from, int to, const struct stat *st)
{
    uint64_t size = 0;
    add_number(w, (uint64_t)st->st_size);
    for (;;) {
        ssize_t n = read(from, w->chunk, CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        sha256_add(&w->hash, w->chunk, (size_t)n);
        if (to >= 0 && write_all(to, w->chunk, (size_t)n) < 0)
            return -1;
        size += (uint64_t)n;
    }
    errno = EAGAIN; /* the size hashed above is not what was read: it changes meanwhile */
    return size == (uint64_t)st->st_size ? 0 : -1;
}

static int walk_file(struct dir_walk *w, int src, int dst, const char *name, const struct stat *st)
{
    cleanup_close int to = -1;
    cleanup_close int path = openat(src, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    cleanup_close int from = path < 0 ? -1 : fs_open_found(path, st->st_dev, st->st_ino);
    if (from < 0) {
        errno = errno == ESTALE ? EAGAIN : errno;
        return -1;
    }
    if (dst >= 0 && (to = openat(dst, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) < 0)
        return -1;
    if (walk_data(w, from, to, st) < 0 || (to >= 0 && set_meta(to, st) < 0))
        return -1;
    return walk_xattrs(w, from, to); /* last: chown(2) clears capabilities */
}

static int set_meta_by_name(int dst, const char *name, const struct stat *st)
{
    const struct timespec times[2] = {st->st_mtim, st->st_mtim};
    if (owner_set_at(dst, name, st->st_uid, st->st_gid, st->st_mode) < 0)
        return -1;
    return utimensat(dst, name, times, AT_SYMLINK_NOFOLLOW);
}

static int walk_symlink(struct dir_walk *w, int src, int dst, const char *name,
                        const struct stat *st)
{
    char target[MAX_LINK + 1];
    ssize_t n = readlinkat(src, name, target, MAX_LINK);
    if (n < 0)
        return -1;
    target[n] = '\0';
    add_field(w, str_of(target, (size_t)n));
    if (dst < 0)
        return 0;
    return symlinkat(target, dst, name) < 0 ? -1 : set_meta_by_name(dst, name, st);
}

static int walk_special(struct dir_walk *w, int dst, const char *name, const struct stat *st)
{
    add_number(w, st->st_rdev);
    if (dst < 0)
        return 0;
    if (mknodat(dst, name, st->st_mode, st->st_rdev) < 0)
        return errno == EPERM ? 0 : -1; /* see backends/unpack.c */
    return set_meta_by_name(dst, name, st);
}

/* The first name of a file with several, or NULL if this is it. */
static const char *first_name(struct dir_walk *w, const struct stat *st, const char *path)
{
    if (st->st_nlink < 2 || S_ISDIR(st->st_mode))
        return NULL;
    void **slot =
        map_slot(&w->links, arena_printf(&w->arena, "%llu:%llu", (unsigned long long)st->st_dev,
                                         (unsigned long long)st->st_ino));
    if (*slot)
        return *slot;
    *slot = arena_cstr(&w->arena, str_from(path));
    return NULL;
}

static int walk_dir(struct dir_walk *w, int src, int dst, const char *path, struct ob_err *err);

static int walk_subdir(struct dir_walk *w, int src, int dst, const char *name, const char *path,
                       const struct stat *st, struct ob_err *err)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    cleanup_close int to = -1;
    cleanup_close int from = openat(src, name, flags);
    if (from < 0)
        return fail(path, err);
    if (dst >= 0 && (mkdirat(dst, name, 0700) < 0 || (to = openat(dst, name, flags)) < 0))
        return fail(path, err);
    if (walk_xattrs(w, from, to) < 0)
        return fail(path, err);
    if (st->st_dev == w->dev && walk_dir(w, from, to, path, err) < 0)
        return -1;
    return to >= 0 && set_meta(to, st) < 0 ? fail(path, err) : 0;
}

static int walk_entry(struct dir_walk *w, int src, int dst, const char *name, const char *path,
                      struct ob_err *err)
{
    struct stat st;
    if (fstatat(src, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return fail(path, err);
    if (S_ISSOCK(st.st_mode))
        return 0;
    know_owner(w, &st);
    const char *first = first_name(w, &st, path);
    add_field(w, str_from(path));
    add_field(w, str_from(first ? first : ""));
    if (first)
        return dst < 0 || linkat(w->root, first, dst, name, 0) == 0 ? 0 : fail(path, err);
    add_number(w, st.st_mode);
    add_number(w, st.st_uid);
    add_number(w, st.st_gid);
    int rc;
    switch (st.st_mode & S_IFMT) {
    case S_IFDIR: return walk_subdir(w, src, dst, name, path, &st, err);
    case S_IFREG: rc = walk_file(w, src, dst, name, &st); break;
    case S_IFLNK: rc = walk_symlink(w, src, dst, name, &st); break;
    default: rc = walk_special(w, dst, name, &st);
    }
    return rc < 0 ? fail(path, err) : 0;
}

static int list_names(struct dir_walk *w, int src, struct name_vec *out)
{
    cleanup_dir DIR *d = fs_opendir(src);
    if (!d)
        return -1;
    struct dirent *e;
    while (errno = 0, (e = readdir(d)))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            vec_push(&w->arena, out, arena_cstr(&w->arena, str_from(e->d_name)));
    if (errno)
        return -1;
    if (out->n)
        qsort(out->at, out->n, sizeof *out->at, by_text);
    return 0;
}

static int walk_dir(struct dir_walk *w, int src, int dst, const char *path, struct ob_err *err)
{
    struct name_vec names = {0};
    if (list_names(w, src, &names) < 0)
        return fail(path, err);
    for (size_t i = 0; i < names.n; i++) {
        const char *child =
            *path ? arena_printf(&w->arena, "%s/%s", path, names.at[i]).p : names.at[i];
        if (path_check(str_from(child), err) < 0)
            return ob_err_wrap(err, "\"%.200s…\"", child);
        if (walk_entry(w, src, dst, names.at[i], child, err) < 0)
            return -1;
    }
    return 0;
}

/* The root is hashed like any directory, but for its name. */
static int walk_root(struct dir_walk *w, int src, int dst, struct ob_err *err)
{
    struct stat st;
    if (fstat(src, &st) < 0)
        return fail(".", err);
    know_owner(w, &st);
    w->dev = st.st_dev;
    add_number(w, st.st_mode);
    add_number(w, st.st_uid);
    add_number(w, st.st_gid);
    if (walk_xattrs(w, src, dst) < 0)
        return fail(".", err);
    if (walk_dir(w, src, dst, "", err) < 0)
        return -1;
    return dst >= 0 && set_meta(dst, &st) < 0 ? fail(".", err) : 0;
}

/* Hashes the tree, and copies it to `dst` unless that is -1. */
static int walk(struct str ref, int dst, struct digest *digest, struct ob_err *err)
{
    struct dir_walk w = {.root = dst,
                         .is_foreign = !userns_is_initial(),
                         .chunk = malloc(CHUNK),
                         .links = MAP_INIT(&w.arena)};
    if (!w.chunk)
        ob_out_of_memory();
    sha256_init(&w.hash);
    cleanup_close int src = open(arena_cstr(&w.arena, ref), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = src < 0 ? ob_err_set(err, errno, "can't open it") : walk_root(&w, src, dst, err);
    sha256_final(&w.hash, digest);
    arena_free(&w.arena);
    free(w.chunk);
    return rc;
}

static int dir_resolve(struct arena *a, struct str ref, struct str platform, struct image_info *out,
                       struct ob_err *err)
{
    (void)a;
    (void)platform; /* a directory does not say what it is for */
    if (walk(ref, -1, &out->digest, err) < 0)
        return ob_err_wrap(err, "directory \"" STR_FMT "\"", STR_ARG(ref));
    return 0;
}

static int dir_fetch(struct str ref, struct str platform, const struct digest *digest,
                     const struct rootfs *root, struct ob_err *err)
{
    (void)platform;
    struct digest got;
    if (walk(ref, root->fd, &got, err) < 0 || digest_check(&got, digest, err) < 0)
        return ob_err_wrap(err, "directory \"" STR_FMT "\"", STR_ARG(ref));
    return 0;
}

const struct fetch_ops fetch_dir_ops = {
    .scheme = "dir",
    .summary = "a directory as root filesystem: dir:DIR",
    .kinds = ROOTFS_DIR,
    .resolve = dir_resolve,
    .fetch = dir_fetch,
};
