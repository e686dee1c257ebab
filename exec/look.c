/* SPDX-License-Identifier: Apache-2.0 */
/* Modes, owners and times of what steps make. */
#include <config.h>

#include "exec/look.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/mode.h"
#include "base/path.h"
#include "ir/plan.h"

#include <fcntl.h>
#include <sys/stat.h>

bool look_is_octal(struct str chmod)
{
    for (size_t i = 0; i < chmod.n; i++)
        if (chmod.p[i] < '0' || chmod.p[i] > '7')
            return false;
    return chmod.n > 0 && chmod.n <= 5;
}

mode_t look_octal(struct str s)
{
    mode_t mode = 0;
    for (size_t i = 0; i < s.n; i++)
        mode = mode << 3 | (mode_t)(s.p[i] - '0');
    return mode & 07777;
}

mode_t look_mode(const struct look *l, mode_t source)
{
    if (look_is_octal(l->chmod))
        return look_octal(l->chmod);
    return l->chmod.n ? mode_apply(l->chmod, source & 07777, S_ISDIR(source)) : source & 07777;
}

struct timespec look_time(const struct look *l, struct timespec source)
{
    return l->set_time ? l->time : source;
}

bool look_epoch(struct str epoch, struct timespec *out)
{
    int64_t seconds;
    if (!epoch_seconds(epoch, &seconds))
        return false;
    *out = (struct timespec){.tv_sec = seconds};
    return true;
}

bool look_is_dir(int root, const char *path)
{
    cleanup_close int fd = fs_open_in(root, *path ? path : "/", O_PATH | O_DIRECTORY, 0);
    return fd >= 0;
}

static void note_missing(int root, struct str path, struct made_dirs *made)
{
    for (size_t n = 1; n <= path.n; n++) {
        struct str dir = str_of(path.p, n);
        if ((n == path.n || path.p[n] == '/') && !look_is_dir(root, arena_cstr(made->arena, dir)))
            vec_push(made->arena, &made->path, dir);
    }
}

int look_mkdirs(const struct look *l, int root, const char *path, struct made_dirs *made,
                struct ob_err *err)
{
    if (l->set_time && !look_is_dir(root, path))
        note_missing(root, path_clean(made->arena, str_from(path)), made);
    uid_t uid = l->keep_owner ? 0 : l->uid;
    gid_t gid = l->keep_owner ? 0 : l->gid;
    return fs_mkdirs_in(root, path, 0755, uid, gid, err);
}

int look_end_dirs(const struct look *l, int root, const struct made_dirs *made, struct ob_err *err)
{
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, l->time};
    vec_for (const struct str, dir, &made->path) {
        const char *path = arena_cstr(made->arena, *dir);
        cleanup_close int fd = fs_open_in(root, path, O_RDONLY | O_DIRECTORY, 0);
        if (fd < 0 || futimens(fd, times) < 0)
            return ob_err_set(err, errno, "can't set the time of \"/%s\"", path);
    }
    return 0;
}
