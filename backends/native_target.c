/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mount points: found in the sandbox, made where they are missing, removed when the step is over
 * so that no snapshot has them. Pid 1 makes and notes them; the worker removes them once the
 * sandbox's mounts are gone, by path, but only what still is the same empty file or directory.
 */
#include <config.h>

#include "backends/native.h"
#include "backends/native_sys.h"

#include "base/cleanup.h"
#include "base/fs.h"

#include <errno.h>
#include <limits.h>

/* As many links as the kernel follows in one path. */
enum { LINKS_MAX = 40 };

struct maker {
    const struct native_step *step;
    int root; /* of the sandbox */
    int proc;
    int links;
};

/* Splits "/a/b" into "/a" and "b", in place; "/b" into "" and "b". Slashes at the end go. */
static char *split_last(char *path)
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        path[--n] = '\0';
    char *slash = strrchr(path, '/');
    *slash = '\0';
    return slash + 1;
}

/* 1, 0 or -1 and errno. */
static int is_in_mount(int fd, int mount)
{
    struct statx a, b;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &a) < 0 ||
        statx(mount, "", AT_EMPTY_PATH, STATX_MNT_ID, &b) < 0)
        return -1;
    return a.stx_mnt_id == b.stx_mnt_id;
}

/* The last directory on the way to path that is there. */
static int open_deepest(int root, const char *path)
{
    cleanup_free char *at = strdup(path);
    if (!at)
        ob_out_of_memory();
    int fd;
    while ((fd = fs_open_in(root, *at ? at : "/", O_PATH, 0)) < 0 && *at)
        split_last(at);
    return fd;
}

/* Whether what is missing of path would be made in the root filesystem and not in a mount. */
static bool is_missing_in_root(const char *path)
{
    cleanup_close int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    cleanup_close int dir = open_deepest(root, path);
    return is_in_mount(dir, root) > 0;
}

bool native_target_is_fault(const char *path, int errnum)
{
    switch (errnum) {
    case EIO:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOSPC:
    case EDQUOT: return false;
    case EROFS: return !is_missing_in_root(path); /* a root that can't be written is the disk's */
    default: return true;
    }
}

/* Whether a mount point can't be removed because the step has done something with it or its
 * parents; it is then the step's. */
static bool is_used(int errnum)
{
    return errnum == ENOENT || errnum == ENOTDIR || errnum == ELOOP || errnum == ENOTEMPTY;
}

static bool is_same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* Removes it from its directory, which gets its time back if nothing else has changed it: else a
 * step that changes nothing would have changed that. */
static int unlink_from(int dir, const char *name, const struct native_made *made)
{
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, made->before};
    struct stat st;
    if (fstat(dir, &st) < 0)
        return -1;
    if (unlinkat(dir, name, made->is_dir ? AT_REMOVEDIR : 0) < 0)
        return is_used(errno) ? 0 : -1;
    return is_same_time(st.st_mtim, made->after) ? utimensat(dir, ".", times, 0) : 0;
}

static int remove_one(const struct native_made *made, const char *path, int base)
{
    cleanup_free char *parent = strdup(path);
    if (!parent)
        ob_out_of_memory();
    const char *name = split_last(parent);
    cleanup_close int dir = fs_open_in(base, *parent ? parent : "/", O_PATH | O_DIRECTORY, 0);
    struct stat st;
    if (dir < 0 || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return is_used(errno) ? 0 : -1;
    bool is_same = st.st_dev == made->dev && st.st_ino == made->ino;
    if (!is_same || (!made->is_dir && st.st_size > 0))
        return 0;
    return unlink_from(dir, name, made);
}

int native_target_remove(const struct native_shared *shared, int root, const int *mounts,
                         struct ob_err *err)
{
    for (unsigned i = shared->n_made; i-- > 0;) {
        const struct native_made *made = &shared->made[i];
        int base = made->mount < 0 ? root : mounts[made->mount];
        const char *path = shared->text + made->path;
        if (base >= 0 && remove_one(made, path, base) < 0)
            return ob_err_set(err, errno, "can't remove the mount point \"%s\"", path);
    }
    return 0;
}

/* Notes whose fault an error is for `path`, as far as links have led to it. Gives errnum. */
static int judge(struct maker *m, const char *path, int errnum)
{
    m->step->shared->is_step_fault = native_target_is_fault(path, errnum);
    return errnum;
}

/* The mount in which a directory lies, as links may have led anywhere: the index of one of the
 * step's, or these. -1 and errno. */
enum { NO_MOUNT = -1, IN_ROOT = -2, ENDS_WITH_SANDBOX = -3 };

static int find_mount(const struct maker *m, int dir)
{
    int rc = is_in_mount(dir, m->root);
    if (rc != 0)
        return rc < 0 ? NO_MOUNT : IN_ROOT;
    for (size_t i = 0; i < m->step->cfg->n_mounts; i++) {
        if (m->step->mounts[i] < 0)
            continue;
        rc = is_in_mount(dir, m->step->mounts[i]);
        if (rc != 0)
            return rc < 0 ? NO_MOUNT : (int)i;
    }
    return ENDS_WITH_SANDBOX;
}

/* Where fd is in the sandbox. */
static int find_path(const struct maker *m, int fd, char *path, size_t size)
{
    char link[32];
    snprintf(link, sizeof link, "self/fd/%d", fd);
    ssize_t n = readlinkat(m->proc, link, path, size - 1);
    if (n < 0)
        return -1;
    path[n] = '\0';
    return 0;
}

/* The path of `name` in dir, from the root of the mount in which it lies. */
static int find_path_in_mount(const struct maker *m, int dir, int mount, const char *name,
                              char *path, size_t size)
{
    char top[PATH_MAX];
    if (find_path(m, dir, path, size) < 0 ||
        (mount >= 0 && find_path(m, m->step->mounts[mount], top, sizeof top) < 0))
        return -1;
    size_t cut = mount >= 0 ? strlen(top) : 0, n = strlen(path) - cut;
    memmove(path, path + cut, n + 1);
    if (n == 1) /* "/" */
        n = 0;
    return snprintf(path + n, size - n, "/%s", name) < (int)(size - n) ? 0
                                                                       : (errno = ENAMETOOLONG, -1);
}

static int note(struct maker *m, const char *name, int dir, struct timespec before, int fd,
                struct ob_err *err)
{
    struct native_shared *shared = m->step->shared;
    struct stat st, parent;
    char path[PATH_MAX + NAME_MAX];
    int mount = find_mount(m, dir);
    if (mount == ENDS_WITH_SANDBOX)
        return 0;
    if (mount == NO_MOUNT || fstat(fd, &st) < 0 || fstat(dir, &parent) < 0 ||
        find_path_in_mount(m, dir, mount, name, path, sizeof path) < 0)
        return ob_err_set(err, errno, "\"%s\"", name);
    size_t size = strlen(path) + 1;
    if (shared->n_made == NATIVE_MADE_MAX || size > sizeof shared->text - shared->n_text)
        return ob_err_set(err, judge(m, path, 0),
                          "too many mount points are missing in the root filesystem");
    shared->made[shared->n_made++] = (struct native_made){
        .dev = st.st_dev,
        .ino = st.st_ino,
        .mount = mount == IN_ROOT ? -1 : mount,
        .is_dir = S_ISDIR(st.st_mode),
        .before = before,
        .after = parent.st_mtim,
        .path = shared->n_text,
    };
    memcpy(shared->text + shared->n_text, path, size);
    shared->n_text += (unsigned)size;
    return 0;
}

static int open_or_make(struct maker *m, const char *path, bool is_dir, struct ob_err *err);

/* A link that leads to nothing: what it names is made, as Docker does for resolv.conf. */
static int follow(struct maker *m, int dir, const char *parent, const char *name, bool is_dir,
                  struct ob_err *err)
{
    char link[PATH_MAX], path[2 * PATH_MAX + 2];
    ssize_t n = readlinkat(dir, name, link, sizeof link - 1);
    if (n < 0 || m->links++ == LINKS_MAX)
        return ob_err_set(err, judge(m, parent, n < 0 ? errno : ELOOP), "can't make \"%s/%s\"",
                          parent, name);
    link[n] = '\0';
    if (link[0] == '/')
        return open_or_make(m, link, is_dir, err);
    snprintf(path, sizeof path, "%s/%s", parent, link);
    return open_or_make(m, path, is_dir, err);
}

static int make(struct maker *m, const char *path, bool is_dir, struct ob_err *err)
{
    cleanup_free char *parent = strdup(path);
    if (!parent)
        ob_out_of_memory();
    const char *name = split_last(parent);
    cleanup_close int dir = open_or_make(m, *parent ? parent : "/", true, err);
    if (dir < 0)
        return -1;
    struct stat st;
    if (fstat(dir, &st) < 0)
        return ob_err_set(err, errno, "\"%s\"", parent);
    cleanup_close int fd = -1;
    if (!is_dir)
        fd = openat(dir, name, O_CREAT | O_EXCL | O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0644);
    else if (mkdirat(dir, name, 0755) == 0)
        fd = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == EEXIST)
        return follow(m, dir, parent, name, is_dir, err);
    if (fd < 0)
        return ob_err_set(err, judge(m, path, errno), "can't make \"%s\" in the root filesystem",
                          path);
    if (note(m, name, dir, st.st_mtim, fd, err) < 0)
        return -1;
    return take_fd(&fd);
}

static int open_or_make(struct maker *m, const char *path, bool is_dir, struct ob_err *err)
{
    int fd = fs_open_in(m->root, path, O_PATH | (is_dir ? O_DIRECTORY : 0), 0);
    if (fd >= 0)
        return fd;
    if (errno == ENOENT)
        return make(m, path, is_dir, err);
    return ob_err_set(err, judge(m, path, errno), "\"%s\" in the root filesystem", path);
}

int native_target_open(const struct native_step *s, int proc, const char *path, bool is_dir,
                       struct ob_err *err)
{
    cleanup_close int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct maker m = {.step = s, .root = root, .proc = proc};
    cleanup_close int fd = open_or_make(&m, path, is_dir, err);
    struct stat st;
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) < 0)
        return ob_err_set(err, errno, "\"%s\"", path);
    if (S_ISDIR(st.st_mode) != is_dir)
        return ob_err_set(err, judge(&m, path, is_dir ? ENOTDIR : EISDIR), "can't mount on \"%s\"",
                          path);
    return take_fd(&fd);
}
