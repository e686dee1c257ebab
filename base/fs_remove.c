/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removing a tree without recursion: the path down is a list of names, and the way up is "..",
 * checked against the identity the parent had on the way down. So depth costs memory, not
 * descriptors, and a tree that somebody moves meanwhile is an error and not a different tree.
 */
#include <config.h>

#include "base/cleanup.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

struct level {
    char *name; /* of this directory in its parent */
    dev_t dev;  /* the parent's identity */
    ino_t ino;
};

struct walk {
    struct level *level;
    size_t n, cap;
    int dir; /* the directory being emptied */
};

/* Opens directory `name` for emptying; errno EXDEV if something is mounted there. */
static int open_dir(int dir, const char *name)
{
    struct open_how how = {
        .flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS,
    };
    int fd = (int)syscall(SYS_openat2, dir, name, &how, sizeof how);
    if (fd < 0 && errno == EACCES && fchmodat(dir, name, 0700, 0) == 0) /* we own it, not root */
        fd = (int)syscall(SYS_openat2, dir, name, &how, sizeof how);
    return fd;
}

static int descend(struct walk *w, const char *name)
{
    struct stat st;
    if (fstat(w->dir, &st) < 0)
        return -1;
    int fd = open_dir(w->dir, name);
    if (fd < 0)
        return -1;
    if (w->n == w->cap) {
        w->cap = w->cap ? w->cap * 2 : 16;
        w->level = realloc(w->level, w->cap * sizeof *w->level);
        if (!w->level)
            ob_out_of_memory();
    }
    w->level[w->n] = (struct level){strdup(name), st.st_dev, st.st_ino};
    if (!w->level[w->n++].name)
        ob_out_of_memory();
    close(w->dir);
    w->dir = fd;
    return 0;
}

/* Back to the parent, and removes the directory that is now empty. */
static int ascend(struct walk *w)
{
    struct level l = w->level[--w->n];
    cleanup_free char *name = l.name;
    int parent = openat(w->dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0)
        return -1;
    close(w->dir);
    w->dir = parent;
    struct stat st;
    if (fstat(parent, &st) < 0)
        return -1;
    if (st.st_dev != l.dev || st.st_ino != l.ino) {
        errno = EBUSY;
        return -1;
    }
    return unlinkat(parent, name, AT_REMOVEDIR);
}

/* Removes the files of w->dir. 1 = a directory was found and entered, 0 = empty now. */
static int empty_dir(struct walk *w)
{
    cleanup_dir DIR *d = fs_opendir(w->dir);
    if (!d)
        return -1;
    for (struct dirent *e; errno = 0, (e = readdir(d));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (e->d_type != DT_DIR && unlinkat(w->dir, e->d_name, 0) == 0)
            continue;
        if (e->d_type != DT_DIR && errno != EISDIR && errno != EPERM)
            return -1;
        if (unlinkat(w->dir, e->d_name, AT_REMOVEDIR) == 0)
            continue;
        if (errno != ENOTEMPTY && errno != EEXIST)
            return -1;
        return descend(w, e->d_name) < 0 ? -1 : 1;
    }
    return errno ? -1 : 0;
}

int fs_remove_tree_at(int dir, const char *name, struct ob_err *err)
{
    if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return ob_err_set(err, errno, "can't remove \"%s\"", name);
    struct walk w = {.dir = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    int rc = w.dir < 0 ? -1 : descend(&w, name);
    while (rc == 0 && w.n > 0) {
        int entered = empty_dir(&w);
        rc = entered < 0 ? -1 : entered ? 0 : ascend(&w);
    }
    if (rc < 0)
        ob_err_set(err, errno, "can't remove \"%s\"", name);
    while (w.n > 0)
        free(w.level[--w.n].name);
    free(w.level);
    if (w.dir >= 0)
        close(w.dir);
    return rc;
}
