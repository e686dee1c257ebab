/* SPDX-License-Identifier: Apache-2.0 */
/* A file without a name leaves nothing behind, however the program ends. Where a filesystem has no
 * such files, it is one with another name. */
#include <config.h>

#include "exec/output_file.h"

#include "base/cleanup.h"
#include "base/cli.h"
#include "base/fs.h"

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

static int open_in_place(struct output_file *f, int flags, struct ob_err *err)
{
    f->fd = open(f->path, flags | O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return f->fd < 0 ? ob_err_set(err, errno, "can't write \"%s\"", f->path) : 0;
}

static int open_temp(struct output_file *f)
{
    f->fd = openat(f->dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
    if (f->fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return f->fd;
    snprintf(f->temp, sizeof f->temp, ".obkit-%ld.new", (long)getpid());
    unlinkat(f->dir, f->temp, 0); /* of a killed process that had our number */
    f->fd = openat(f->dir, f->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (f->fd < 0)
        f->temp[0] = '\0';
    return f->fd;
}

/* `real` is the path without links. */
static int open_beside(struct output_file *f, const char *real, struct ob_err *err)
{
    cleanup_free char *copy = strdup(real);
    f->name = strdup(real);
    if (!copy || !f->name)
        ob_out_of_memory();
    char *base = basename(f->name);
    memmove(f->name, base, strlen(base) + 1);
    f->dir = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (f->dir < 0 || open_temp(f) < 0)
        return ob_err_set(err, errno, "can't write \"%s\"", f->path);
    return 0;
}

int output_file_open(struct output_file *f, const char *path, struct ob_err *err)
{
    struct stat st;
    char real[PATH_MAX];
    *f = OUTPUT_FILE_INIT;
    f->path = path ? path : "standard output";
    if (!path) {
        f->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
        return f->fd < 0 ? ob_err_set(err, errno, "can't write standard output") : 0;
    }
    bool is_there = stat(path, &st) == 0;
    if (is_there && S_ISDIR(st.st_mode))
        return ob_err_set(err, 0, "can't write \"%s\": it is a directory", path);
    if (is_there && !S_ISREG(st.st_mode))
        return open_in_place(f, 0, err);
    return open_beside(f, is_there && realpath(path, real) ? real : path, err);
}

/* What is no regular file is not opened: a pipe's reader would see its end. */
int output_file_check(const char *path, struct ob_err *err)
{
    struct stat st;
    struct output_file f;
    if (!path)
        return 0;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) < 0
                   ? ob_err_set(err, errno, "can't write \"%s\"", path)
                   : 0;
    int rc = output_file_open(&f, path, err);
    output_file_close(&f);
    return rc;
}

/* What there is of the path decides. */
int output_directory_check(const char *path, struct ob_err *err)
{
    struct stat st;
    cleanup_free char *copy = strdup(path);
    if (!copy)
        ob_out_of_memory();
    char *dir = copy;
    while (stat(dir, &st) < 0) {
        if (errno != ENOENT || strcmp(dir, ".") == 0)
            return ob_err_set(err, errno, "can't write to \"%s\"", path);
        dir = dirname(dir);
    }
    if (!S_ISDIR(st.st_mode))
        return ob_err_set(err, ENOTDIR, "can't write to \"%s\"", path);
    return faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS) < 0
               ? ob_err_set(err, errno, "can't write to \"%s\"", path)
               : 0;
}

/* A name for what has none, as linkat(2) does not replace what rename(2) does. */
static int name_temp(struct output_file *f)
{
    char proc[32];
    snprintf(proc, sizeof proc, "/proc/self/fd/%d", f->fd);
    snprintf(f->temp, sizeof f->temp, ".obkit-%ld.new", (long)getpid());
    unlinkat(f->dir, f->temp, 0);
    if (linkat(AT_FDCWD, proc, f->dir, f->temp, AT_SYMLINK_FOLLOW) == 0)
        return 0;
    f->temp[0] = '\0';
    return -1;
}

int output_file_commit(struct output_file *f, struct ob_err *err)
{
    int fd = take_fd(&f->fd);
    if (f->dir < 0)
        return close(fd) < 0 ? ob_err_set(err, errno, "can't write %s", f->path) : 0;
    f->fd = fd;
    if ((!f->temp[0] && name_temp(f) < 0) || renameat(f->dir, f->temp, f->dir, f->name) < 0)
        return ob_err_set(err, errno, "can't write \"%s\"", f->path);
    f->temp[0] = '\0';
    return 0;
}

void output_file_close(struct output_file *f)
{
    if (f->temp[0])
        unlinkat(f->dir, f->temp, 0);
    cleanup_closep(&f->fd);
    cleanup_closep(&f->dir);
    free(f->name);
    *f = OUTPUT_FILE_INIT;
}

int output_check_signals(struct ob_err *err)
{
    sigset_t ends, pending;
    cli_signals(&ends);
    sigpending(&pending);
    for (int sig = 1; sig < NSIG; sig++)
        if (sigismember(&ends, sig) == 1 && sigismember(&pending, sig) == 1)
            return ob_err_set(err, 0, "interrupted");
    return 0;
}

static int write_file(void *arg, const void *p, size_t n, struct ob_err *err)
{
    struct output_file *f = arg;
    if (output_check_signals(err) < 0)
        return -1;
    if (fs_write_all(f->fd, p, n, err) < 0)
        return ob_err_wrap(err, "can't write \"%s\"", f->path);
    return 0;
}

struct tar_sink output_file_sink(struct output_file *f)
{
    return (struct tar_sink){write_file, f};
}
