/* SPDX-License-Identifier: Apache-2.0 */
/* Looks files up below the root; what was found when the manifest was made is found, or nothing. */
#include <config.h>

#include "exec/source.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/path.h"

#include <fcntl.h>
#include <sys/stat.h>

/* Not blocked by a FIFO that may have taken a file's place. A device, too, is found to be none of
 * the manifest's before it is read: to look before it is opened (fs_open_found) would cost a copy
 * of many files a quarter of its time. */
enum { READ_FLAGS = O_RDONLY | O_NONBLOCK | O_CLOEXEC };

static int enter(struct source *s, struct str dir)
{
    if (s->path.p && str_eq(s->path, dir))
        return 0;
    source_close(s);
    cleanup_free char *path = strndup(dir.n ? dir.p : "/", dir.n ? dir.n : 1);
    if (!path)
        ob_out_of_memory();
    s->dir = fs_open_in(s->root, path, O_PATH | O_DIRECTORY, 0);
    if (s->dir >= 0)
        s->path = dir;
    return s->dir;
}

static int open_file(struct source *s, const struct manifest_file *f)
{
    if (f->path.n == 0) /* it is a source itself, which may be a link */
        return fs_open_in(s->root, f->source.p, READ_FLAGS, 0);
    if (enter(s, path_dir(f->source)) < 0)
        return -1;
    return openat(s->dir, path_base(f->source).p, READ_FLAGS | O_NOFOLLOW);
}

int source_open(struct source *s, const struct manifest_file *f, const char *done,
                struct ob_err *err)
{
    cleanup_close int fd = open_file(s, f);
    if (fd < 0)
        return ob_err_set(err, errno, "can't open \"" STR_FMT "\"", STR_ARG(f->source));
    return source_check(f, fd, done, err) < 0 ? -1 : take_fd(&fd);
}

int source_check(const struct manifest_file *f, int fd, const char *done, struct ob_err *err)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return ob_err_set(err, errno, "can't stat \"" STR_FMT "\"", STR_ARG(f->source));
    if (st.st_ino == f->state.ino && st.st_dev == f->state.dev &&
        (uint64_t)st.st_size == f->state.size && st.st_ctim.tv_sec == f->state.ctime.tv_sec &&
        st.st_ctim.tv_nsec == f->state.ctime.tv_nsec)
        return 0;
    return ob_err_set(err, 0, "\"" STR_FMT "\" changed while it was %s", STR_ARG(f->source), done);
}

void source_close(struct source *s)
{
    if (s->dir >= 0)
        close(s->dir);
    s->dir = -1;
    s->path = (struct str){0};
}
