/* SPDX-License-Identifier: Apache-2.0 */
/* Files out of nothing, in a root filesystem that is hostile. */
#include <config.h>

#include "exec/write_files.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/owner.h"
#include "base/path.h"

#include <fcntl.h>
#include <sys/stat.h>

/* Writes one file in dir, which is open; `name` is one component. */
static int write_one(int dir, const char *name, struct str content, const struct look *look,
                     struct ob_err *err)
{
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, look->time};
    if (unlinkat(dir, name, 0) < 0 && errno == EISDIR)
        return ob_err_set(err, 0, "\"%s\" is a directory, which a file can't replace", name);
    cleanup_close int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return ob_err_set(err, errno, "can't create \"%s\"", name);
    if (fs_write_all(fd, content.p, content.n, err) < 0)
        return ob_err_wrap(err, "\"%s\"", name);
    if (owner_set(fd, look->uid, look->gid, look_mode(look, S_IFREG | 0644)) < 0 ||
        (look->set_time && futimens(fd, times) < 0))
        return ob_err_set(err, errno, "can't set mode, owner and time of \"%s\"", name);
    return 0;
}

static int write_all(int root, struct str dst, const struct new_file *file, size_t n,
                     const struct look *look, struct made_dirs *made, struct ob_err *err)
{
    struct str clean = path_clean(made->arena, dst), base = path_base(clean);
    bool into = str_ends(dst, STR("/")) || n > 1 || clean.n == 0 ||
                look_is_dir(root, arena_cstr(made->arena, clean));
    struct str path = into ? clean : str_of(clean.p, clean.n - base.n);
    const char *dir_path = path.n ? arena_cstr(made->arena, path) : "/";
    cleanup_close int dir = look_mkdirs(look, root, dir_path, made, err);
    if (dir < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        const char *name = arena_cstr(made->arena, into ? file[i].name : base);
        if (write_one(dir, name, file[i].content, look, err) < 0)
            return -1;
    }
    return look_end_dirs(look, root, made, err);
}

int write_files(int root, struct str dst, const struct new_file *file, size_t n,
                const struct look *look, struct ob_err *err)
{
    struct arena arena = ARENA_INIT;
    struct made_dirs made = {.arena = &arena};
    int rc = write_all(root, dst, file, n, look, &made, err);
    arena_free(&arena);
    return rc;
}
