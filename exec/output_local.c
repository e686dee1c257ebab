/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The type local: files in a directory, beside what is there. They belong to who runs obexec, and
 * so nothing is set-id; devices, which are no files, are left out. A link or a file that is there
 * gives way, a directory never does. Nothing outside the directory is touched: each name is made in
 * a directory that was opened without following links.
 */
#include <config.h>

#include "exec/output.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/path.h"
#include "exec/output_file.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

struct local {
    int root;          /* of the result */
    int dest;          /* the directory */
    int dir;           /* that the current entry goes into, or -1 */
    struct str parent; /* its path */
    struct arena *arena;
};

/* A directory below dest, by a path that was made of directories and must still be. */
static int open_dir(int dest, const char *path)
{
    const struct open_how how = {
        .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
    };
    return (int)syscall(SYS_openat2, dest, *path ? path : ".", &how, sizeof how);
}

static int go_to(struct local *l, struct str path, struct ob_err *err)
{
    struct str base = path_base(path);
    struct str parent = str_of(path.p, path.n > base.n ? path.n - base.n - 1 : 0);
    if (l->dir >= 0 && str_eq(parent, l->parent))
        return 0;
    cleanup_closep(&l->dir);
    l->parent = parent;
    l->dir = open_dir(l->dest, arena_cstr(l->arena, parent));
    return l->dir < 0 ? ob_err_set(err, errno, "can't open the directory it goes into") : 0;
}

/* What is in the way of a file or link may be another; rename(2) replaces it in one step. */
static int take_place(struct local *l, const char *temp, const char *name, struct ob_err *err)
{
    if (renameat(l->dir, temp, l->dir, name) == 0)
        return 0;
    int errnum = errno;
    unlinkat(l->dir, temp, 0);
    if (errnum == EISDIR)
        return ob_err_set(err, 0, "a directory is in its place");
    return ob_err_set(err, errnum, "can't rename \"%s\"", temp);
}

static int set_looks(int fd, const struct layer_entry *e, mode_t bits, struct ob_err *err)
{
    const struct timespec times[2] = {{0, UTIME_OMIT}, {e->mtime, 0}};
    if (fchmod(fd, e->mode & bits) < 0 || futimens(fd, times) < 0)
        return ob_err_set(err, errno, "can't set its mode and time");
    return 0;
}

static int fill_file(struct local *l, const struct layer_entry *e, int to, struct ob_err *err)
{
    cleanup_close int from = layer_open(l->root, e, err);
    if (from < 0 || fs_copy_data(from, to, e->size, err) < 0)
        return -1;
    return set_looks(to, e, 0777, err);
}

static void name_temp(char *out, size_t room)
{
    snprintf(out, room, ".obkit-%ld.new", (long)getpid());
}

static int make_file(struct local *l, const struct layer_entry *e, const char *name,
                     struct ob_err *err)
{
    char temp[40];
    name_temp(temp, sizeof temp);
    unlinkat(l->dir, temp, 0);
    cleanup_close int fd =
        openat(l->dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return ob_err_set(err, errno, "can't create \"%s\"", temp);
    if (fill_file(l, e, fd, err) == 0)
        return take_place(l, temp, name, err);
    unlinkat(l->dir, temp, 0);
    return -1;
}

static int make_link(struct local *l, const struct layer_entry *e, const char *name,
                     struct ob_err *err)
{
    const struct timespec times[2] = {{0, UTIME_OMIT}, {e->mtime, 0}};
    char temp[40];
    name_temp(temp, sizeof temp);
    unlinkat(l->dir, temp, 0);
    if (symlinkat(arena_cstr(l->arena, e->link), l->dir, temp) < 0)
        return ob_err_set(err, errno, "can't make the link");
    if (utimensat(l->dir, temp, times, AT_SYMLINK_NOFOLLOW) < 0) {
        ob_err_set(err, errno, "can't set its time");
        unlinkat(l->dir, temp, 0);
        return -1;
    }
    return take_place(l, temp, name, err);
}

/* Its mode is set when everything is in it. A link to a directory is none. */
static int make_dir(struct local *l, const char *name, struct ob_err *err)
{
    struct stat st;
    if (mkdirat(l->dir, name, 0700) == 0)
        return 0;
    if (errno != EEXIST || fstatat(l->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
        (!S_ISDIR(st.st_mode) &&
         (unlinkat(l->dir, name, 0) < 0 || mkdirat(l->dir, name, 0700) < 0)))
        return ob_err_set(err, errno, "can't make the directory");
    return 0;
}

static int make_entry(struct local *l, const struct layer_entry *e, struct ob_err *err)
{
    struct str base = path_base(e->path);
    if (go_to(l, e->path, err) < 0)
        return -1;
    const char *name = arena_cstr(l->arena, base);
    switch (e->mode & S_IFMT) {
    case S_IFREG: return make_file(l, e, name, err);
    case S_IFLNK: return make_link(l, e, name, err);
    case S_IFDIR: return make_dir(l, name, err);
    default: return 0;
    }
}

static int end_dir(struct local *l, const struct layer_entry *e, struct ob_err *err)
{
    cleanup_close int fd = open_dir(l->dest, arena_cstr(l->arena, e->path));
    return fd < 0 ? ob_err_set(err, errno, "can't open it") : set_looks(fd, e, 01777, err);
}

static int make_all(struct local *l, const struct layer_entries *files, struct ob_err *err)
{
    vec_for (const struct layer_entry *, e, files)
        if ((*e)->path.n && (output_check_signals(err) < 0 || make_entry(l, *e, err) < 0))
            return ob_err_wrap(err, "\"/" STR_FMT "\"", STR_ARG((*e)->path));
    for (uint32_t i = files->n; i-- > 0;) {
        const struct layer_entry *e = files->at[i];
        if (e->path.n && S_ISDIR(e->mode) && end_dir(l, e, err) < 0)
            return ob_err_wrap(err, "\"/" STR_FMT "\"", STR_ARG(e->path));
    }
    return 0;
}

static int write_to(const struct output_source *s, struct arena *a, int dest, struct ob_err *err)
{
    struct rootfs root;
    struct layer_entries files = {0};
    if (output_open_step(s->b, s->target->step, &root, err) < 0)
        return -1;
    struct local l = {.root = root.fd, .dest = dest, .dir = -1, .arena = a};
    int rc = output_list_files(s, a, &root, &files, err);
    if (rc == 0)
        rc = make_all(&l, &files, err);
    cleanup_closep(&l.dir);
    rootfs_close(&root);
    return rc;
}

int output_local_write(const struct output_source *s, const struct output *o, struct ob_err *err)
{
    struct arena a = ARENA_INIT;
    if (fs_mkdir_p(o->dest, 0777, err) < 0)
        return -1;
    cleanup_close int dest = open(o->dest, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dest < 0)
        return ob_err_set(err, errno, "can't open \"%s\"", o->dest);
    int rc = write_to(s, &a, dest, err);
    arena_free(&a);
    return rc < 0 ? ob_err_wrap(err, "\"%s\"", o->dest) : 0;
}
