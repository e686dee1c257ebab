/* SPDX-License-Identifier: Apache-2.0 */
/* Extended attributes, targets of links, contents. */
#include <config.h>

#include "exec/layer_file.h"

#include "base/cleanup.h"
#include "base/xattr.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>

static int by_xattr(const void *a, const void *b)
{
    return str_cmp(((const struct layer_xattr *)a)->name, ((const struct layer_xattr *)b)->name);
}

static int read_xattrs(struct arena *a, char *room, int dir, const char *name,
                       struct layer_xattrs *out)
{
    char path[NAME_MAX + 40];
    char *list = room, *value = room + LAYER_CHUNK;
    _Static_assert((int)LAYER_CHUNK >= (int)XATTR_LIST_MAX &&
                       (int)LAYER_CHUNK >= (int)XATTR_SIZE_MAX,
                   "the largest there are fit");
    snprintf(path, sizeof path, "/proc/self/fd/%d/%s", dir, name);
    ssize_t n = llistxattr(path, list, LAYER_CHUNK);
    for (ssize_t i = 0; i < n; i += (ssize_t)strlen(list + i) + 1) {
        struct str attribute = str_from(list + i);
        if (!xattr_is_kept(attribute) && !xattr_is_acl(attribute))
            continue;
        ssize_t size = lgetxattr(path, list + i, value, LAYER_CHUNK);
        if (size < 0)
            return -1;
        struct layer_xattr x = {arena_str(a, str_from(list + i)),
                                arena_str(a, str_of(value, (size_t)size))};
        vec_push(a, out, x);
    }
    if (out->n)
        qsort(out->at, out->n, sizeof *out->at, by_xattr);
    return n < 0 && errno != EOPNOTSUPP ? -1 : 0;
}

static int read_link(struct arena *a, int dir, const char *name, struct str *out)
{
    char target[PATH_MAX + 1];
    ssize_t n = readlinkat(dir, name, target, sizeof target);
    if (n < 0)
        return -1;
    *out = arena_str(a, str_of(target, (size_t)n));
    return 0;
}

int layer_read_rest(struct arena *a, char *room, int dir, const char *name, mode_t mode,
                    struct layer_rest *out)
{
    *out = (struct layer_rest){0};
    if (S_ISLNK(mode) && read_link(a, dir, name, &out->link) < 0)
        return -1;
    return read_xattrs(a, room, dir, name, &out->xattrs);
}

bool layer_same_rest(const struct layer_rest *x, const struct layer_rest *y)
{
    if (x->xattrs.n != y->xattrs.n)
        return false;
    for (uint32_t i = 0; i < x->xattrs.n; i++)
        if (!str_eq(x->xattrs.at[i].name, y->xattrs.at[i].name) ||
            !str_eq(x->xattrs.at[i].value, y->xattrs.at[i].value))
            return false;
    return str_eq(x->link, y->link);
}

static ssize_t read_full(int fd, char *to)
{
    ssize_t n, got = 0;
    while (got < LAYER_CHUNK && (n = read(fd, to + got, (size_t)(LAYER_CHUNK - got))) != 0) {
        if (n < 0 && errno != EINTR)
            return -1;
        got += n > 0 ? n : 0;
    }
    return got;
}

static int same_bytes(char *room, int x, int y)
{
    for (;;) {
        ssize_t n = read_full(x, room), m = read_full(y, room + LAYER_CHUNK);
        if (n < 0 || m < 0)
            return -1;
        if (n != m || memcmp(room, room + LAYER_CHUNK, (size_t)n) != 0)
            return 0;
        if (n < LAYER_CHUNK)
            return 1;
    }
}

int layer_same_content(char *room, int dir_x, int dir_y, const char *name)
{
    const int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
    cleanup_close int x = openat(dir_x, name, flags);
    cleanup_close int y = openat(dir_y, name, flags);
    return x < 0 || y < 0 ? -1 : same_bytes(room, x, y);
}
