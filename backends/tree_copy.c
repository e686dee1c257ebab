/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies a tree, by descriptors and without recursion. The walk keeps one open directory on each
 * side and the names of the directories it has still to enter; the way up is "..", checked
 * against the identity that the parent had on the way down.
 *
 * Attributes of overlayfs itself are not copied: they would give a plain directory a meaning that
 * its maker did not intend.
 */
#include <config.h>

#include "backends/tree_copy.h"

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/vec.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/xattr.h>

struct level {
    struct str_vec subdirs; /* still to be entered */
    struct stat from_id, to_id;
    size_t path_length; /* of this directory in copy.path */
};
DEFINE_VEC(level_vec, struct level);

/* Where a copy is. A path for each would take memory as the square of the depth. */
struct place {
    const struct place *dir; /* NULL = the top */
    struct str name;
};

struct copy {
    struct arena arena;
    struct map links; /* "DEV:INO" of a file with several links -> place of its first copy */
    const struct place *place; /* of the open directories */
    struct level_vec level;    /* from the top down to the directories that are open */
    struct buf path;           /* of the open directories from the top, each name followed by "/" */
    int top;                   /* where the copy goes */
    int from, to;              /* the open directories */
};

/* Attributes. */

static bool is_ours(const char *xattr)
{
    return str_starts(str_from(xattr), STR("trusted.overlay.")) ||
           str_starts(str_from(xattr), STR("user.overlay."));
}

/* Both are paths; links at their ends are not followed. */
static int copy_xattr(const char *from, const char *to, const char *name, struct ob_err *err)
{
    char small[1024];
    cleanup_free char *large = NULL;
    char *value = small;
    ssize_t n = lgetxattr(from, name, small, sizeof small);
    if (n < 0 && errno == ERANGE) {
        value = large = malloc(XATTR_SIZE_MAX);
        if (!large)
            ob_out_of_memory();
        n = lgetxattr(from, name, large, XATTR_SIZE_MAX);
    }
    if (n < 0 || lsetxattr(to, name, value, (size_t)n, 0) < 0)
        return ob_err_set(err, errno, "can't copy the attribute \"%s\"", name);
    return 0;
}

static int copy_xattrs(const char *from, const char *to, struct ob_err *err)
{
    char small[1024];
    cleanup_free char *large = NULL;
    char *list = small;
    ssize_t n = llistxattr(from, small, sizeof small);
    if (n < 0 && errno == ERANGE) {
        list = large = malloc(XATTR_LIST_MAX);
        if (!large)
            ob_out_of_memory();
        n = llistxattr(from, large, XATTR_LIST_MAX);
    }
    if (n < 0 && errno != EOPNOTSUPP)
        return ob_err_set(err, errno, "can't list the extended attributes");
    for (char *name = list; n > 0 && name < list + n; name += strlen(name) + 1)
        if (!is_ours(name) && copy_xattr(from, to, name, err) < 0)
            return -1;
    return 0;
}

static int set_times(int dir, const char *name, const struct stat *st, struct ob_err *err)
{
    const struct timespec times[] = {st->st_atim, st->st_mtim};
    if (utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) < 0)
        return ob_err_set(err, errno, "can't set its times");
    return 0;
}

/* For what `to_dir`/name has just become. The owner comes first, because changing it clears
 * set-user-id bits and capabilities; the mode comes after the attributes, for those of ACLs. */
static int copy_attributes(int from_dir, int to_dir, const char *name, const struct stat *st,
                           struct ob_err *err)
{
    char from[NAME_MAX + 40], to[NAME_MAX + 40];
    snprintf(from, sizeof from, "/proc/self/fd/%d/%s", from_dir, name);
    snprintf(to, sizeof to, "/proc/self/fd/%d/%s", to_dir, name);
    struct stat made;
    if (fstatat(to_dir, name, &made, AT_SYMLINK_NOFOLLOW) < 0)
        return ob_err_set(err, errno, "can't examine the copy");
    if ((made.st_uid != st->st_uid || made.st_gid != st->st_gid) &&
        fchownat(to_dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
        return ob_err_set(err, errno, "can't set its owner");
    if (copy_xattrs(from, to, err) < 0)
        return -1;
    if (!S_ISLNK(st->st_mode) && fchmodat(to_dir, name, st->st_mode & 07777, 0) < 0)
        return ob_err_set(err, errno, "can't set its mode");
    return set_times(to_dir, name, st, err);
}

int tree_copy_attributes(int from, int to, struct ob_err *err)
{
    struct stat st;
    if (fstat(from, &st) < 0)
        return ob_err_set(err, errno, "can't examine it");
    return copy_attributes(from, to, ".", &st, err);
}

/* Regular files. */

static int copy_regular(struct copy *c, const char *name, const struct stat *st, struct ob_err *err)
{
    cleanup_close int path = openat(c->from, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    cleanup_close int from = path < 0 ? -1 : fs_open_found(path, st->st_dev, st->st_ino);
    if (from < 0 && errno == ESTALE)
        return ob_err_set(err, 0, "it was replaced while it was copied");
    if (from < 0)
        return ob_err_set(err, errno, "can't open it");
    cleanup_close int to = openat(c->to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (to < 0)
        return ob_err_set(err, errno, "can't create the copy");
    return fs_copy_data(from, to, (uint64_t)st->st_size, err);
}

/* Other files. */

static int copy_symlink(struct copy *c, const char *name, struct ob_err *err)
{
    char target[PATH_MAX];
    ssize_t n = readlinkat(c->from, name, target, sizeof target - 1);
    if (n < 0)
        return ob_err_set(err, errno, "can't read the link");
    target[n] = '\0';
    if (symlinkat(target, c->to, name) < 0)
        return ob_err_set(err, errno, "can't make the link");
    return 0;
}

static int copy_file(struct copy *c, const char *name, const struct stat *st, struct ob_err *err)
{
    if (S_ISREG(st->st_mode))
        return copy_regular(c, name, st, err);
    if (S_ISLNK(st->st_mode))
        return copy_symlink(c, name, err);
    if (mknodat(c->to, name, (st->st_mode & S_IFMT) | 0600, st->st_rdev) < 0)
        return ob_err_set(err, errno, "can't make the device, fifo or socket");
    return 0;
}

/* Hard links. */

/* Opens a directory of the copy, however deep. */
static int open_place(struct copy *c, const struct place *p)
{
    size_t n = 0;
    for (const struct place *q = p; q; q = q->dir)
        n += q->name.n + 1;
    cleanup_free char *path = malloc(n + 1);
    if (!path)
        ob_out_of_memory();
    for (char *at = path + n; p; p = p->dir) {
        *--at = '/';
        at -= p->name.n;
        memcpy(at, p->name.p, p->name.n);
    }
    path[n ? n - 1 : 0] = '\0';
    return fs_open_in(c->top, n ? path : ".", O_PATH | O_DIRECTORY, 0);
}

static int make_link(struct copy *c, const struct place *first, const char *name,
                     struct ob_err *err)
{
    bool is_here = first->dir == c->place;
    cleanup_close int dir = is_here ? -1 : open_place(c, first->dir);
    if ((!is_here && dir < 0) || linkat(is_here ? c->to : dir, first->name.p, c->to, name, 0) < 0)
        return ob_err_set(err, errno, "can't make a hard link of \"%s\"", first->name.p);
    return 0;
}

static const struct place *new_place(struct copy *c, struct str name)
{
    struct place *p = arena_new(&c->arena, struct place);
    *p = (struct place){c->place, name};
    return p;
}

/* The slot for an inode with several names. */
static void **link_slot(struct copy *c, const struct stat *st)
{
    return map_slot(&c->links, arena_printf(&c->arena, "%llx:%llx", (unsigned long long)st->st_dev,
                                            (unsigned long long)st->st_ino));
}

/* Copies one entry of the open directory. A directory is only noted in *subdirs. */
static int copy_entry(struct copy *c, const char *name, struct str_vec *subdirs, struct ob_err *err)
{
    struct stat st;
    if (fstatat(c->from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return ob_err_set(err, errno, "can't examine it");
    if (S_ISDIR(st.st_mode)) {
        vec_push(&c->arena, subdirs, arena_str(&c->arena, str_from(name)));
        return 0;
    }
    if (st.st_nlink > 1) {
        void **first = link_slot(c, &st);
        if (*first)
            return make_link(c, *first, name, err);
        *first = (void *)new_place(c, arena_str(&c->arena, str_from(name)));
    }
    if (copy_file(c, name, &st, err) < 0)
        return -1;
    return copy_attributes(c->from, c->to, name, &st, err);
}

/* Directories. */

static int enter_failed(struct copy *c, const char *name, int errnum, struct ob_err *err)
{
    return ob_err_set(err, errnum, "\"/" STR_FMT "%s\"", STR_ARG(buf_str(&c->path)), name);
}

/* Copies the files of the open directories, and notes their directories in a new level. */
static int copy_files(struct copy *c, struct ob_err *err)
{
    struct level l = {.path_length = c->path.n};
    cleanup_dir DIR *d = fs_opendir(c->from);
    if (!d || fstat(c->from, &l.from_id) < 0 || fstat(c->to, &l.to_id) < 0)
        return enter_failed(c, "", errno, err);
    for (struct dirent *e; errno = 0, (e = readdir(d));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (copy_entry(c, e->d_name, &l.subdirs, err) < 0)
            return ob_err_wrap(err, "\"/" STR_FMT "%s\"", STR_ARG(buf_str(&c->path)), e->d_name);
    }
    if (errno)
        return enter_failed(c, "", errno, err);
    vec_push(&c->arena, &c->level, l);
    return 0;
}

/* Replaces the open directories. */
static void move_to(struct copy *c, int from, int to)
{
    close(c->from);
    close(c->to);
    c->from = from;
    c->to = to;
}

/* The name stays: it is one of those that were noted. */
static int descend(struct copy *c, const char *name, struct ob_err *err)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    if (mkdirat(c->to, name, 0700) < 0)
        return enter_failed(c, name, errno, err);
    cleanup_close int from = openat(c->from, name, flags);
    cleanup_close int to = openat(c->to, name, flags);
    if (from < 0 || to < 0)
        return enter_failed(c, name, errno, err);
    move_to(c, take_fd(&from), take_fd(&to));
    c->place = new_place(c, str_from(name));
    buf_printf(&c->path, "%s/", name);
    return 0;
}

static bool is_same(int fd, const struct stat *id)
{
    struct stat st;
    return fstat(fd, &st) == 0 && st.st_dev == id->st_dev && st.st_ino == id->st_ino;
}

/* Ends the open directories, whose times no longer change, and goes back to their parents. */
static int ascend(struct copy *c, struct ob_err *err)
{
    if (copy_attributes(c->from, c->to, ".", &c->level.at[c->level.n - 1].from_id, err) < 0)
        return ob_err_wrap(err, "\"/" STR_FMT "\"", STR_ARG(buf_str(&c->path)));
    if (--c->level.n == 0)
        return 0;
    const struct level *parent = &c->level.at[c->level.n - 1];
    cleanup_close int from = openat(c->from, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cleanup_close int to = openat(c->to, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (from < 0 || to < 0)
        return enter_failed(c, "..", errno, err);
    if (!is_same(from, &parent->from_id) || !is_same(to, &parent->to_id))
        return enter_failed(c, "..", EBUSY, err);
    move_to(c, take_fd(&from), take_fd(&to));
    c->place = c->place->dir;
    c->path.n = parent->path_length;
    c->path.p[c->path.n] = '\0';
    return 0;
}

static int walk(struct copy *c, struct ob_err *err)
{
    if (copy_files(c, err) < 0)
        return -1;
    while (c->level.n > 0) {
        struct level *l = &c->level.at[c->level.n - 1];
        if (l->subdirs.n == 0) {
            if (ascend(c, err) < 0)
                return -1;
            continue;
        }
        if (descend(c, l->subdirs.at[--l->subdirs.n].p, err) < 0 || copy_files(c, err) < 0)
            return -1;
    }
    return 0;
}

int tree_copy(int from, int to, struct ob_err *err)
{
    struct copy c = {.arena = ARENA_INIT, .top = to};
    c.links = MAP_INIT(&c.arena);
    buf_reserve(&c.path, 256);
    c.path.p[0] = '\0';
    c.from = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    c.to = openat(to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = c.from < 0 || c.to < 0 ? ob_err_set(err, errno, "can't open it") : walk(&c, err);
    if (c.from >= 0)
        close(c.from);
    if (c.to >= 0)
        close(c.to);
    buf_free(&c.path);
    arena_free(&c.arena);
    return rc;
}
