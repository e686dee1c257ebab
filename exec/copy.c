/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the files of a manifest below a root, by descriptors, never following a link out of it. */
#include <config.h>

#include "exec/copy.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/path.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

struct apply {
    struct arena arena; /* for paths; freed at the end */
    const struct copy_target *t;
    int source;
    int dir;             /* the directory that files are being made in, open */
    struct str dir_path; /* its path from the root; .p NULL = none is open */
    struct str item_dst; /* where the item's own root goes */
    struct made_dirs made;
    struct ob_err *err;
};

static int fail(struct apply *p, struct str path, const char *what)
{
    return ob_err_set(p->err, errno, "can't %s \"/" STR_FMT "\"", what, STR_ARG(path));
}

static struct str dir_name(struct str path)
{
    size_t n = path.n - path_base(path).n;
    return str_of(path.p, n ? n - 1 : 0);
}

/* Makes `path` (from the root) the open directory, with its parents. */
static int enter_dir(struct apply *p, struct str path)
{
    if (p->dir_path.p && str_eq(p->dir_path, path))
        return 0;
    const char *name = path.n ? arena_cstr(&p->arena, path) : "/";
    int fd = look_mkdirs(&p->t->look, p->t->root, name, &p->made, p->err);
    if (fd < 0)
        return -1;
    if (p->dir >= 0)
        close(p->dir);
    p->dir = fd;
    p->dir_path = str_of(path.p ? path.p : "", path.n);
    return 0;
}

static int set_xattrs(struct apply *p, int fd, const struct manifest_file *f, struct str path)
{
    vec_for (const struct file_xattr, x, &f->xattrs)
        if (fsetxattr(fd, x->name.p, x->value.p, x->value.n, 0) < 0)
            return fail(p, path, "set attributes of");
    return 0;
}

static mode_t mode_of(const struct apply *p, const struct manifest_file *f)
{
    return look_mode(&p->t->look, f->mode);
}

static uid_t uid_of(const struct apply *p, const struct manifest_file *f)
{
    return p->t->look.keep_owner ? f->uid : p->t->look.uid;
}

static gid_t gid_of(const struct apply *p, const struct manifest_file *f)
{
    return p->t->look.keep_owner ? f->gid : p->t->look.gid;
}

static struct timespec time_of(const struct apply *p, const struct manifest_file *f)
{
    return look_time(&p->t->look, f->mtime);
}

static int set_times(struct apply *p, const char *name, const struct manifest_file *f)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, time_of(p, f)};
    return utimensat(p->dir, name, times, AT_SYMLINK_NOFOLLOW);
}

static int make_regular(struct apply *p, const char *name, const struct manifest_file *f,
                        struct str path)
{
    const char *source = arena_cstr(&p->arena, f->source);
    cleanup_close int from = fs_open_in(p->source, source, O_RDONLY | O_NONBLOCK, 0);
    if (from < 0)
        return ob_err_set(p->err, errno, "can't open \"%s\"", source);
    cleanup_close int to = openat(p->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (to < 0)
        return fail(p, path, "create");
    if (fs_copy_data(from, to, f->size, p->err) < 0)
        return ob_err_wrap(p->err, "can't copy \"%s\"", source);
    if (!manifest_file_holds(f, from))
        return ob_err_set(p->err, 0, "\"%s\" changed while it was copied", source);
    /* chown clears setuid bits and capabilities, so it comes first. */
    if (fchown(to, uid_of(p, f), gid_of(p, f)) < 0 || fchmod(to, mode_of(p, f)) < 0)
        return fail(p, path, "set mode and owner of");
    if (set_xattrs(p, to, f, path) < 0)
        return -1;
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, time_of(p, f)};
    return futimens(to, times) < 0 ? fail(p, path, "set the time of") : 0;
}

static struct str target_path(struct apply *p, const struct manifest_file *f)
{
    if (f->path.n == 0)
        return p->item_dst;
    return path_join(&p->arena, p->item_dst, f->path);
}

/* Whether a failure says that links can't be had, not that the machine is in trouble: then the
 * content is copied again. */
static bool is_unlinkable(int errnum)
{
    return errnum == EMLINK || errnum == EPERM || errnum == EXDEV || errnum == EOPNOTSUPP;
}

static int make_hardlink(struct apply *p, const char *name, const struct manifest_file *f,
                         struct str path)
{
    const struct manifest_file *first = f->hardlink;
    struct manifest_file alone = *first;
    struct str first_path = target_path(p, first);
    cleanup_close int fd =
        fs_open_in(p->t->root, arena_cstr(&p->arena, first_path), O_PATH | O_NOFOLLOW, 0);
    char self[32];
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    if (fd < 0)
        return fail(p, first_path, "open");
    if (linkat(AT_FDCWD, self, p->dir, name, AT_SYMLINK_FOLLOW) == 0)
        return 0;
    if (!is_unlinkable(errno))
        return fail(p, path, "link");
    alone.source = f->source;
    return make_regular(p, name, &alone, path);
}

static int make_special(struct apply *p, const char *name, const struct manifest_file *f,
                        struct str path)
{
    int rc = S_ISLNK(f->mode) ? symlinkat(arena_cstr(&p->arena, f->link), p->dir, name)
                              : mknodat(p->dir, name, (f->mode & S_IFMT) | 0600, f->rdev);
    if (rc < 0)
        return fail(p, path, "create");
    if (fchownat(p->dir, name, uid_of(p, f), gid_of(p, f), AT_SYMLINK_NOFOLLOW) < 0 ||
        (!S_ISLNK(f->mode) && fchmodat(p->dir, name, mode_of(p, f), 0) < 0) ||
        set_times(p, name, f) < 0)
        return fail(p, path, "set mode and owner of");
    return 0;
}

/* Makes way for a file: removes what is there unless it is a directory. */
static int clear_name(struct apply *p, const char *name, struct str path)
{
    if (unlinkat(p->dir, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno == EISDIR)
        return ob_err_set(p->err, 0, "\"/" STR_FMT "\" is a directory, which a file can't replace",
                          STR_ARG(path));
    return fail(p, path, "replace");
}

static int make_file(struct apply *p, const struct manifest_file *f, struct str path)
{
    if (enter_dir(p, dir_name(path)) < 0)
        return -1;
    const char *name = arena_cstr(&p->arena, path_base(path));
    if (clear_name(p, name, path) < 0)
        return -1;
    if (f->hardlink)
        return make_hardlink(p, name, f, path);
    return S_ISREG(f->mode) ? make_regular(p, name, f, path) : make_special(p, name, f, path);
}

/* A directory below an item gets the source's mode and owner, also if it is there already; the
 * item's own root keeps what it has. */
static int make_dir(struct apply *p, const struct manifest_file *f, struct str path)
{
    cleanup_close int old = fs_open_in(p->t->root, path.n ? arena_cstr(&p->arena, path) : "/",
                                       O_RDONLY | O_DIRECTORY, 0);
    bool is_item_root = f->path.n == 0;
    if (old >= 0 && is_item_root)
        return 0;
    if (enter_dir(p, path) < 0)
        return -1;
    if (fchown(p->dir, uid_of(p, f), gid_of(p, f)) < 0 || fchmod(p->dir, mode_of(p, f)) < 0)
        return fail(p, path, "set mode and owner of");
    return 0;
}

/* Whether the item goes into dst under its own name. */
static bool goes_into(struct apply *p, const struct manifest_item *item, struct str dst)
{
    bool slash = str_ends(p->t->dst, STR("/"));
    if (p->t->style == COPY_SPEC)
        return slash;
    return !item->is_dir &&
           (slash || p->t->many_sources || look_is_dir(p->t->root, arena_cstr(&p->arena, dst)));
}

/* Where the item itself goes, from the root, without slashes around. */
static struct str item_destination(struct apply *p, const struct manifest_item *item)
{
    struct str dst = path_clean(&p->arena, p->t->dst);
    bool into = p->t->parents || goes_into(p, item, dst);
    return into && item->name.n ? path_join(&p->arena, dst, item->name) : dst;
}

static int make_files(struct apply *p, const struct manifest *m, const struct manifest_item *item)
{
    for (size_t i = 0; i < item->n; i++) {
        const struct manifest_file *f = m->files.at[item->first + i];
        struct str path = target_path(p, f);
        if (path.n == 0 && !S_ISDIR(f->mode))
            return ob_err_set(p->err, 0, "\"/\" is a directory, which a file can't replace");
        if ((S_ISDIR(f->mode) ? make_dir : make_file)(p, f, path) < 0)
            return -1;
    }
    return 0;
}

/* Times of directories come last, as every file made in one changes them. */
static int set_dir_times(struct apply *p, const struct manifest *m,
                         const struct manifest_item *item)
{
    for (size_t i = item->n; i-- > 1;) {
        const struct manifest_file *f = m->files.at[item->first + i];
        if (!S_ISDIR(f->mode))
            continue;
        const char *path = arena_cstr(&p->arena, target_path(p, f));
        cleanup_close int fd = fs_open_in(p->t->root, path, O_RDONLY | O_DIRECTORY, 0);
        struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, time_of(p, f)};
        if (fd < 0 || futimens(fd, times) < 0)
            return ob_err_set(p->err, errno, "can't set the time of \"/%s\"", path);
    }
    return 0;
}

/* Begins at the root: what was copied before may have changed the way to dst. */
static int apply_item(struct apply *p, const struct manifest *m, const struct manifest_item *item)
{
    if (p->dir >= 0)
        close(p->dir);
    p->dir = -1;
    p->dir_path = (struct str){0};
    /* A destination with a slash is made even if no file comes into it. */
    if (str_ends(p->t->dst, STR("/")) && enter_dir(p, path_clean(&p->arena, p->t->dst)) < 0)
        return -1;
    p->item_dst = item_destination(p, item);
    return make_files(p, m, item) < 0 ? -1 : set_dir_times(p, m, item);
}

int copy_apply(const struct manifest *m, int source, const struct copy_target *t,
               struct ob_err *err)
{
    struct apply p = {.t = t, .source = source, .dir = -1, .err = err};
    int rc = 0;
    p.made.arena = &p.arena;
    for (size_t i = 0; rc == 0 && i < m->items.n; i++)
        rc = apply_item(&p, m, &m->items.at[i]);
    if (rc == 0)
        rc = look_end_dirs(&t->look, t->root, &p.made, err);
    if (p.dir >= 0)
        close(p.dir);
    arena_free(&p.arena);
    return rc;
}
