/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the files of a manifest below a root, by descriptors, never following a link out of it. */
#include <config.h>

#include "exec/copy.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/owner.h"
#include "base/parallel.h"
#include "base/path.h"
#include "exec/source.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

/* A thread's own. */
struct apply {
    struct arena arena; /* for paths; freed at the end */
    const struct copy_target *t;
    const struct manifest *m;
    const struct manifest_item *item;
    struct source source;
    int dir;             /* the directory that files are being made in, open */
    struct str dir_path; /* its path from the root; .p NULL = none is open */
    int plain;           /* the same directory in the target's plain one; -1 = not open */
    struct str item_dst; /* where the item's own root goes */
    struct made_dirs made;
    struct ob_err *err;
};

enum { MANY_FILES = 64 }; /* for fewer, threads are not worth their start */

static int fail(struct apply *p, struct str path, const char *what)
{
    return ob_err_set(p->err, errno, "can't %s \"/" STR_FMT "\"", what, STR_ARG(path));
}

static void leave_dir(struct apply *p)
{
    if (p->dir >= 0)
        close(p->dir);
    if (p->plain >= 0)
        close(p->plain);
    p->dir = p->plain = -1;
    p->dir_path = (struct str){0};
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
    leave_dir(p);
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
    return look_time(&p->t->look, f->state.mtime);
}

static int set_times(struct apply *p, const char *name, const struct manifest_file *f)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, time_of(p, f)};
    return utimensat(p->dir, name, times, AT_SYMLINK_NOFOLLOW);
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

/* A new file in place of what has its name: nothing, most often, so that is tried first. */
static int create_file(struct apply *p, const char *name, struct str path)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    int fd = openat(p->dir, name, flags, 0600);
    if (fd < 0 && errno == EEXIST) {
        if (clear_name(p, name, path) < 0)
            return -1;
        fd = openat(p->dir, name, flags, 0600);
    }
    return fd < 0 ? fail(p, path, "create") : fd;
}

/* The plain file of one that was just made in the open directory, where links have led there. -1 =
 * there is none. */
static int open_plain(struct apply *p, const char *name)
{
    char link[32], path[PATH_MAX];
    if (p->t->plain < 0)
        return -1;
    if (p->plain < 0) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", p->dir);
        ssize_t n = readlink(link, path, sizeof path - 1);
        path[n < 0 ? 0 : n] = '\0';
        p->plain = fs_open_in(p->t->plain, path, O_PATH | O_DIRECTORY, 0);
    }
    return p->plain < 0 ? -1 : openat(p->plain, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
}

/* Content goes past an overlay, which can't share blocks with other filesystems. */
static int copy_content(struct apply *p, const char *name, const struct manifest_file *f, int from,
                        int to)
{
    cleanup_close int plain = f->state.size == 0 ? -1 : open_plain(p, name);
    if (fs_copy_data(from, plain < 0 ? to : plain, f->state.size, p->err) < 0)
        return ob_err_wrap(p->err, "can't copy \"" STR_FMT "\"", STR_ARG(f->source));
    return 0;
}

static int make_regular(struct apply *p, const char *name, const struct manifest_file *f,
                        struct str path)
{
    cleanup_close int from = source_open(&p->source, f, "copied", p->err);
    if (from < 0)
        return -1;
    cleanup_close int to = create_file(p, name, path);
    if (to < 0)
        return -1;
    if (copy_content(p, name, f, from, to) < 0)
        return -1;
    if (source_check(f, from, "copied", p->err) < 0)
        return -1;
    if (owner_set(to, uid_of(p, f), gid_of(p, f), mode_of(p, f)) < 0)
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
    mode_t mode = (f->mode & S_IFMT) | mode_of(p, f);
    if (owner_set_at(p->dir, name, uid_of(p, f), gid_of(p, f), mode) < 0 ||
        set_times(p, name, f) < 0)
        return fail(p, path, "set mode and owner of");
    return 0;
}

static int make_file(struct apply *p, const struct manifest_file *f, struct str path)
{
    if (enter_dir(p, path_dir(path)) < 0)
        return -1;
    const char *name = arena_cstr(&p->arena, path_base(path));
    if (S_ISREG(f->mode) && !f->hardlink)
        return make_regular(p, name, f, path);
    if (clear_name(p, name, path) < 0)
        return -1;
    return f->hardlink ? make_hardlink(p, name, f, path) : make_special(p, name, f, path);
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
    if (owner_set(p->dir, uid_of(p, f), gid_of(p, f), mode_of(p, f)) < 0)
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

static int make_at(struct apply *p, const struct manifest_file *f)
{
    struct str path = target_path(p, f);
    if (path.n == 0 && !S_ISDIR(f->mode))
        return ob_err_set(p->err, 0, "\"/\" is a directory, which a file can't replace");
    return (S_ISDIR(f->mode) ? make_dir : make_file)(p, f, path);
}

/* Which files of an item are made in one go. */
enum kind { MAKE_ALL, MAKE_DIRS, MAKE_LINKS };

static bool is_of_kind(const struct manifest_file *f, enum kind kind)
{
    switch (kind) {
    case MAKE_ALL: return true;
    case MAKE_DIRS: return S_ISDIR(f->mode);
    case MAKE_LINKS: return f->hardlink != NULL;
    }
    BUG("kind of file %d", kind);
}

static const struct manifest_file *file_at(const struct apply *p, size_t i)
{
    return p->m->files.at[p->item->first + i];
}

static int make_in_order(struct apply *p, enum kind kind)
{
    for (size_t i = 0; i < p->item->n; i++)
        if (is_of_kind(file_at(p, i), kind) && make_at(p, file_at(p, i)) < 0)
            return -1;
    return 0;
}

static int make_one(void *own, size_t i, struct ob_err *err)
{
    struct apply *p = own;
    const struct manifest_file *f = file_at(p, i);
    p->err = err;
    return S_ISDIR(f->mode) || f->hardlink ? 0 : make_at(p, f);
}

static struct apply new_apply(const struct manifest *m, int source, const struct copy_target *t)
{
    return (struct apply){.t = t, .m = m, .source = SOURCE_INIT(source), .dir = -1, .plain = -1};
}

static void end_apply(struct apply *p)
{
    leave_dir(p);
    source_close(&p->source);
    arena_free(&p->arena);
}

/* What is in the directories, which are there. */
static int make_on_threads(struct apply *p)
{
    struct apply more[PARALLEL_MAX];
    void *own[PARALLEL_MAX];
    unsigned n = parallel_threads();
    for (unsigned k = 0; k < n; k++) {
        more[k] = new_apply(p->m, p->source.root, p->t);
        more[k].item = p->item;
        more[k].item_dst = p->item_dst;
        more[k].made.arena = &more[k].arena;
        own[k] = &more[k];
    }
    int rc = parallel_run(p->item->n, own, n, make_one, p->err);
    for (unsigned k = 0; k < n; k++)
        end_apply(&more[k]);
    return rc;
}

/* Whether all files of an item go to places of their own: not if a directory is there already, as
 * it may be a link to another one, and then the order of files counts. */
static bool is_new_ground(struct apply *p)
{
    for (size_t i = 1; i < p->item->n; i++) {
        const struct manifest_file *f = file_at(p, i);
        if (S_ISDIR(f->mode) && look_is_dir(p->t->root, arena_cstr(&p->arena, target_path(p, f))))
            return false;
    }
    return true;
}

static int make_files(struct apply *p)
{
    if (p->item->n < MANY_FILES || !is_new_ground(p))
        return make_in_order(p, MAKE_ALL);
    if (make_in_order(p, MAKE_DIRS) < 0 || make_on_threads(p) < 0)
        return -1;
    return make_in_order(p, MAKE_LINKS); /* to files that are there now */
}

/* Times of directories come last, as every file made in one changes them. */
static int set_dir_times(struct apply *p)
{
    for (size_t i = p->item->n; i-- > 1;) {
        const struct manifest_file *f = file_at(p, i);
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
static int apply_item(struct apply *p, const struct manifest_item *item)
{
    leave_dir(p);
    /* A destination with a slash is made even if no file comes into it. */
    if (str_ends(p->t->dst, STR("/")) && enter_dir(p, path_clean(&p->arena, p->t->dst)) < 0)
        return -1;
    p->item = item;
    p->item_dst = item_destination(p, item);
    return make_files(p) < 0 ? -1 : set_dir_times(p);
}

int copy_apply(const struct manifest *m, int source, const struct copy_target *t,
               struct ob_err *err)
{
    struct apply p = new_apply(m, source, t);
    int rc = 0;
    p.err = err;
    p.made.arena = &p.arena;
    for (size_t i = 0; rc == 0 && i < m->items.n; i++)
        rc = apply_item(&p, &m->items.at[i]);
    if (rc == 0)
        rc = look_end_dirs(&t->look, t->root, &p.made, err);
    end_apply(&p);
    return rc;
}
