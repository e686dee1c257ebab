/* SPDX-License-Identifier: Apache-2.0 */
/* Reading, writing and copying files, and lookups that stay inside a root. */
#include <config.h>

#include "base/fs.h"

#include "base/cleanup.h"
#include "base/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int fs_read_all(int fd, struct buf *out, size_t max, struct ob_err *err)
{
    struct stat st;
    size_t step = 64 << 10;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && (size_t)st.st_size < max)
        step = (size_t)st.st_size + 1;
    for (;; step = 64 << 10) {
        buf_reserve(out, step);
        ssize_t n = read(fd, out->p + out->n, out->cap - out->n - 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ob_err_set(err, errno, "read");
        out->n += (size_t)n;
        out->p[out->n] = '\0';
        if (n == 0)
            return 0;
        if (out->n > max)
            return ob_err_set(err, 0, "larger than %zu bytes", max);
    }
}

int fs_write_all(int fd, const void *p, size_t n, struct ob_err *err)
{
    const char *at = p;
    while (n > 0) {
        ssize_t w = write(fd, at, n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0)
            return ob_err_set(err, errno, "write");
        at += w;
        n -= (size_t)w;
    }
    return 0;
}

int fs_read_file_at(int dir, const char *name, struct buf *out, size_t max, struct ob_err *err)
{
    cleanup_close int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0)
        return ob_err_set(err, errno, "can't open \"%s\"", name);
    if (fs_read_all(fd, out, max, err) < 0)
        return ob_err_wrap(err, "\"%s\"", name);
    return 1;
}

static int fill(int fd, const void *p, size_t n, bool sync, struct ob_err *err)
{
    if (fs_write_all(fd, p, n, err) < 0)
        return -1;
    return sync && fsync(fd) < 0 ? ob_err_set(err, errno, "can't sync") : 0;
}

static int replace_file(int dir, const char *name, struct str text, mode_t mode, bool sync,
                        struct ob_err *err)
{
    char tmp[512];
    if ((size_t)snprintf(tmp, sizeof tmp, "%s.%ld.new", name, (long)getpid()) >= sizeof tmp)
        return ob_err_set(err, ENAMETOOLONG, "\"%s\"", name);
    cleanup_close int fd =
        openat(dir, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return ob_err_set(err, errno, "can't create \"%s\"", tmp);
    if (fill(fd, text.p, text.n, sync, err) < 0) {
        unlinkat(dir, tmp, 0);
        return ob_err_wrap(err, "\"%s\"", tmp);
    }
    if (renameat(dir, tmp, dir, name) < 0) {
        int e = errno;
        unlinkat(dir, tmp, 0);
        return ob_err_set(err, e, "can't rename \"%s\"", tmp);
    }
    return 0;
}

int fs_replace_file_at(int dir, const char *name, const void *p, size_t n, mode_t mode,
                       struct ob_err *err)
{
    return replace_file(dir, name, str_of(p, n), mode, false, err);
}

int fs_replace_file_synced_at(int dir, const char *name, const void *p, size_t n, mode_t mode,
                              struct ob_err *err)
{
    if (replace_file(dir, name, str_of(p, n), mode, true, err) < 0)
        return -1;
    return fsync(dir) < 0 ? ob_err_set(err, errno, "can't sync the directory of \"%s\"", name) : 0;
}

/* NAME.PID.new, as replace_file makes it. */
static bool is_unfinished(const char *entry)
{
    unsigned long long pid;
    struct str s = str_from(entry);
    if (!str_ends(s, STR(".new")))
        return false;
    s.n -= strlen(".new");
    const char *dot = memrchr(s.p, '.', s.n);
    return dot && dot > s.p && str_to_u64(str_of(dot + 1, s.n - (size_t)(dot + 1 - s.p)), &pid);
}

static bool is_old(const struct stat *st)
{
    enum { HOUR = 3600 };
    return S_ISREG(st->st_mode) && time(NULL) - st->st_mtim.tv_sec > HOUR;
}

void fs_settle_replaced(int dir)
{
    cleanup_dir DIR *d = fs_opendir(dir);
    struct stat st;
    for (struct dirent *e; d && (e = readdir(d));)
        if (is_unfinished(e->d_name) && fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            is_old(&st))
            unlinkat(dir, e->d_name, 0);
}

/* Fills a new file that is to take the place of one like `st`. */
static int fill_like(int fd, const struct stat *st, const void *p, size_t n, struct ob_err *err)
{
    if (fs_write_all(fd, p, n, err) < 0)
        return -1;
    if (fchown(fd, st->st_uid, st->st_gid) < 0 && errno != EPERM)
        return ob_err_set(err, errno, "can't set the owner");
    if (fchmod(fd, st->st_mode & 07777) < 0)
        return ob_err_set(err, errno, "can't set the mode");
    return fsync(fd) < 0 ? ob_err_set(err, errno, "can't sync") : 0;
}

int fs_rewrite_file(const char *path, const void *p, size_t n, struct ob_err *err)
{
    char real[PATH_MAX], tmp[PATH_MAX];
    struct stat st;
    if (!realpath(path, real) || stat(real, &st) < 0 || access(real, W_OK) < 0)
        return ob_err_set(err, errno, "can't write \"%s\"", path);
    if (!S_ISREG(st.st_mode))
        return ob_err_set(err, 0, "can't write \"%s\": it is no regular file", path);
    if ((size_t)snprintf(tmp, sizeof tmp, "%s.XXXXXX", real) >= sizeof tmp)
        return ob_err_set(err, ENAMETOOLONG, "\"%s\"", path);
    cleanup_close int fd = mkostemp(tmp, O_CLOEXEC);
    if (fd < 0)
        return ob_err_set(err, errno, "can't make a file beside \"%s\"", path);
    int rc = fill_like(fd, &st, p, n, err);
    if (rc == 0 && rename(tmp, real) < 0)
        rc = ob_err_set(err, errno, "can't rename \"%s\"", tmp);
    if (rc < 0) {
        unlink(tmp);
        return ob_err_wrap(err, "can't write \"%s\"", path);
    }
    return 0;
}

static int open_in(int root, const char *path, int flags, mode_t mode)
{
    struct open_how how = {
        .flags = (uint64_t)(flags | O_CLOEXEC),
        .mode = (flags & (O_CREAT | __O_TMPFILE)) ? mode : 0,
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    };
    for (int tries = 0;; tries++) {
        int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
        /* EAGAIN: a rename somewhere on the system raced with a ".." of the path (openat2(2)). */
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR) || tries == 100)
            return fd;
    }
}

/* The length of what can be looked up at once: up to a slash, if the path is too long. 0 = not even
 * that, as one name is. */
static size_t first_part(const char *path)
{
    size_t n = strnlen(path, PATH_MAX);
    if (n < PATH_MAX)
        return n;
    while (--n > 0 && path[n] != '/')
        ;
    return n;
}

int fs_open_in(int root, const char *path, int flags, mode_t mode)
{
    char part[PATH_MAX];
    cleanup_close int dir = -1;
    /* From the directory that a part leads to, no way leads back up: what is found is in the root,
     * though perhaps not all that a shorter path would find. */
    for (size_t n; (n = first_part(path)) > 0 && path[n] != '\0'; path += n + 1) {
        memcpy(part, path, n);
        part[n] = '\0';
        int next = open_in(dir < 0 ? root : dir, part, O_PATH | O_DIRECTORY, 0);
        if (next < 0)
            return -1;
        if (dir >= 0)
            close(dir);
        dir = next;
    }
    return open_in(dir < 0 ? root : dir, path, flags, mode);
}

int fs_open_found(int path, dev_t dev, ino_t ino)
{
    char self[32];
    struct stat st;
    if (fstat(path, &st) < 0)
        return -1;
    if (!S_ISREG(st.st_mode) || st.st_dev != dev || st.st_ino != ino) {
        errno = ESTALE;
        return -1;
    }
    snprintf(self, sizeof self, "/proc/self/fd/%d", path);
    return open(self, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

DIR *fs_opendir(int dir)
{
    cleanup_close int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (d)
        take_fd(&fd);
    return d;
}

int fs_mkdir_p(const char *path, mode_t mode, struct ob_err *err)
{
    cleanup_free char *p = strdup(path);
    if (!p)
        ob_out_of_memory();
    for (char *slash = p + 1; *p; slash++) {
        char was = *slash;
        if (was != '/' && was != '\0')
            continue;
        *slash = '\0';
        if (mkdir(p, mode) < 0 && errno != EEXIST)
            return ob_err_set(err, errno, "can't make directory \"%s\"", p);
        if (was == '\0')
            break;
        *slash = was;
    }
    struct stat st;
    if (stat(path, &st) < 0)
        return ob_err_set(err, errno, "can't make directory \"%s\"", path);
    if (!S_ISDIR(st.st_mode))
        return ob_err_set(err, ENOTDIR, "can't make directory \"%s\"", path);
    return 0;
}

static int make_component(int parent, const char *name, mode_t mode, uid_t uid, gid_t gid)
{
    if (mkdirat(parent, name, mode) < 0)
        return -1;
    cleanup_close int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || owner_set(fd, uid, gid, mode) < 0) /* whatever the umask took away */
        return -1;
    return take_fd(&fd);
}

/* Opens the deepest directory of the path that is there; the length of its part of the path. Who
 * makes a tree finds the parent at once. */
static size_t open_existing(int root, char *p, int *dir)
{
    for (size_t n = strlen(p);;) {
        while (n > 0 && p[n - 1] == '/')
            n--;
        while (n > 0 && p[n - 1] != '/')
            n--;
        char was = p[n];
        p[n] = '\0';
        *dir = fs_open_in(root, n ? p : "/", O_RDONLY | O_DIRECTORY, 0);
        p[n] = was;
        if (*dir >= 0 || errno != ENOENT || n == 0)
            return n;
    }
}

int fs_mkdirs_in(int root, const char *path, mode_t mode, uid_t uid, gid_t gid, struct ob_err *err)
{
    int dir = fs_open_in(root, path, O_RDONLY | O_DIRECTORY, 0);
    if (dir >= 0)
        return dir;
    if (errno != ENOENT)
        return ob_err_set(err, errno, "can't make directory \"%s\"", path);
    cleanup_free char *p = strdup(path);
    if (!p)
        ob_out_of_memory();
    cleanup_close int parent = -1;
    for (char *name = p + open_existing(root, p, &parent); parent >= 0;) {
        name += strspn(name, "/");
        if (*name == '\0')
            return take_fd(&parent);
        char *end = name + strcspn(name, "/");
        char was = *end;
        *end = '\0';
        int next = make_component(parent, name, mode, uid, gid);
        if (next < 0 && errno == EEXIST) { /* "..", or another process was quicker */
            next = fs_open_in(root, p, O_RDONLY | O_DIRECTORY, 0);
            errno = EEXIST;
        }
        int e = errno;
        close(parent);
        parent = next;
        errno = e;
        *end = was;
        name = end;
    }
    return ob_err_set(err, errno, "can't make directory \"%s\"", path);
}
