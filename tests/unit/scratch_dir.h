/* SPDX-License-Identifier: Apache-2.0 */
/* A directory for one test, and short ways to put things into it. */
#ifndef TESTS_SCRATCH_DIR_H
#define TESTS_SCRATCH_DIR_H

#include "base/fs.h"
#include "tests/unit/fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct scratch_dir {
    char path[64];
    int fd;
};

static inline void scratch_start(struct scratch_dir *d)
{
    snprintf(d->path, sizeof d->path, "/tmp/obkit-unit-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(d->path));
    d->fd = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(d->fd, 0);
}

static inline void scratch_end(struct scratch_dir *d)
{
    struct ob_err err = OB_ERR_INIT;
    int tmp = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_ok(fs_remove_tree_at(tmp, d->path + strlen("/tmp/"), &err), &err);
    close(tmp);
    close(d->fd);
}

static inline void scratch_write(const struct scratch_dir *d, const char *name, const void *p,
                                 size_t n)
{
    struct ob_err err = OB_ERR_INIT;
    int fd = openat(d->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    ck_assert_msg(fd >= 0, "can't create %s", name);
    ck_assert_ok(fs_write_all(fd, p, n, &err), &err);
    close(fd);
}

static inline void scratch_text(const struct scratch_dir *d, const char *name, const char *text)
{
    scratch_write(d, name, text, strlen(text));
}

static inline void scratch_mkdir(const struct scratch_dir *d, const char *name)
{
    ck_assert_int_eq(mkdirat(d->fd, name, 0755), 0);
}

static inline void scratch_symlink(const struct scratch_dir *d, const char *to, const char *name)
{
    ck_assert_int_eq(symlinkat(to, d->fd, name), 0);
}

#endif
