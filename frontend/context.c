/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "frontend/context.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/path.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

static int read_ignore(struct context *cx, struct ob_err *err)
{
    enum { LARGEST = 16 << 20 };
    cleanup_buf struct buf text = BUF_INIT;
    int rc = fs_read_file_at(cx->fd, ".dockerignore", &text, LARGEST, err);
    if (rc <= 0)
        return rc;
    struct str lines = arena_str(cx->arena, buf_str(&text));
    return ignore_parse(cx->arena, lines, &cx->ignore, err);
}

int context_open(struct context *cx, struct arena *a, const char *path, struct ob_err *err)
{
    *cx = (struct context){.arena = a, .fd = -1};
    cx->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (cx->fd < 0)
        return ob_err_set(err, errno, "can't open the context \"%s\"", path);
    if (read_ignore(cx, err) == 0 || cx->ignore.pattern.n)
        return 0;
    return ob_err_wrap(err, "%s/.dockerignore", path);
}

void context_close(struct context *cx)
{
    if (cx->fd >= 0)
        close(cx->fd);
}

/* The path of an open file in the context, as the kernel knows it. */
static struct str path_of(const struct context *cx, int fd)
{
    char link[32], root[PATH_MAX], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", cx->fd);
    ssize_t n_root = readlink(link, root, sizeof root);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path);
    if (n_root < 0 || n < n_root || memcmp(path, root, (size_t)n_root) != 0)
        return (struct str){0};
    struct str below = path_clean(cx->arena, str_of(path + n_root, (size_t)(n - n_root)));
    return below.n ? below : STR(".");
}

enum context_kind context_kind(const struct context *cx, struct str path, struct str *real)
{
    struct stat st;
    *real = path;
    cleanup_close int fd = fs_open_in(cx->fd, arena_cstr(cx->arena, path), O_PATH, 0);
    if (fd < 0 || fstat(fd, &st) < 0 || (!S_ISDIR(st.st_mode) && ignore_matches(&cx->ignore, path)))
        return CONTEXT_MISSING;
    struct str found = path_of(cx, fd);
    if (found.p)
        *real = found;
    return S_ISDIR(st.st_mode) ? CONTEXT_DIRECTORY : CONTEXT_FILE;
}

static int by_name(const void *a, const void *b)
{
    const struct str *x = a, *y = b;
    return str_cmp(*x, *y);
}

static bool is_dot(const char *name)
{
    return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

mode_t context_mode(const struct context *cx, struct str path)
{
    struct stat st;
    cleanup_close int fd = fs_open_in(cx->fd, arena_cstr(cx->arena, path), O_PATH | O_NOFOLLOW, 0);
    return fd < 0 || fstat(fd, &st) < 0 ? 0 : st.st_mode;
}

static int unreadable(struct str dir, struct ob_err *err)
{
    return ob_err_set(err, errno, "can't read \"" STR_FMT "\" in the context", STR_ARG(dir));
}

/* All names in a directory, sorted. */
static int list(const struct context *cx, struct str dir, struct str_vec *out, struct ob_err *err)
{
    const char *path = dir.n ? arena_cstr(cx->arena, dir) : "/";
    cleanup_close int fd = fs_open_in(cx->fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
    cleanup_dir DIR *d = fd < 0 ? NULL : fs_opendir(fd);
    if (!d)
        return unreadable(dir, err);
    errno = 0;
    for (struct dirent *e; (e = readdir(d)) != NULL; errno = 0)
        if (!is_dot(e->d_name))
            vec_push(cx->arena, out, arena_str(cx->arena, str_from(e->d_name)));
    if (errno)
        return unreadable(dir, err);
    if (out->n)
        qsort(out->at, out->n, sizeof *out->at, by_name);
    return 0;
}

int context_list(const struct context *cx, struct str dir, struct str_vec *out, struct ob_err *err)
{
    struct str at = path_clean(cx->arena, dir);
    struct str_vec names = {0};
    if (list(cx, at, &names, err) < 0)
        return -1;
    vec_for (const struct str, name, &names)
        if (!ignore_matches(&cx->ignore, path_join(cx->arena, at, *name)))
            vec_push(cx->arena, out, *name);
    return 0;
}

static bool is_one_of(const struct str_vec *names, struct str name)
{
    vec_for (const struct str, n, names)
        if (str_eq(*n, name))
            return true;
    return false;
}

/* What is in an ignored directory may be an exception; an empty one is ignored as it is. */
static int find_ignored(const struct context *cx, struct str path, const struct str_vec *except,
                        struct str *found, struct ob_err *err)
{
    struct str_vec names = {0};
    bool ignored = path.n && ignore_matches(&cx->ignore, path);
    bool is_dir = path.n == 0 || S_ISDIR(context_mode(cx, path));
    bool goes_in = is_dir && (!ignored || cx->ignore.has_exceptions);
    if (goes_in && list(cx, path, &names, err) < 0)
        return -1;
    for (uint32_t i = 0; i < names.n && !found->p; i++)
        if (!is_one_of(except, names.at[i]) &&
            find_ignored(cx, path_join(cx->arena, path, names.at[i]), except, found, err) < 0)
            return -1;
    if (names.n == 0 && ignored)
        *found = path;
    return 0;
}

int context_find_ignored(const struct context *cx, struct str path, const struct str_vec *except,
                         struct str *found, struct ob_err *err)
{
    *found = (struct str){0};
    if (cx->ignore.pattern.n == 0)
        return 0;
    return find_ignored(cx, path_clean(cx->arena, path), except, found, err);
}

/* Matches are found component by component; a link to a directory is not gone into. */
static int glob_below(const struct context *cx, struct str done, struct str pattern,
                      struct str_vec *out, struct ob_err *err)
{
    struct str head, rest;
    bool more = str_cut(pattern, '/', &head, &rest);
    struct str_vec names = {0};
    if (context_list(cx, done, &names, err) < 0)
        return -1;
    vec_for (const struct str, name, &names) {
        struct str path = path_join(cx->arena, done, *name);
        if (!pattern_match(head, *name))
            continue;
        if (!more)
            vec_push(cx->arena, out, path);
        else if (S_ISDIR(context_mode(cx, path)) && glob_below(cx, path, rest, out, err) < 0)
            return -1;
    }
    return 0;
}

int context_glob(const struct context *cx, struct str pattern, struct str_vec *out,
                 struct ob_err *err)
{
    return glob_below(cx, STR(""), pattern, out, err);
}

static bool begins_as_archive(const unsigned char *p, size_t n)
{
    static const struct {
        size_t at;
        struct str bytes;
    } marks[] = {
        {0, STR_INIT("\x1f\x8b")},
        {0, STR_INIT("BZh")},
        {0, STR_INIT("\xfd"
                     "7zXZ\0")},
        {0, STR_INIT("\x28\xb5\x2f\xfd")},
        {257, STR_INIT("ustar")},
    };
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (n >= marks[i].at + marks[i].bytes.n &&
            memcmp(p + marks[i].at, marks[i].bytes.p, marks[i].bytes.n) == 0)
            return true;
    return false;
}

bool context_is_archive(const struct context *cx, struct str path)
{
    unsigned char head[512];
    cleanup_close int fd =
        fs_open_in(cx->fd, arena_cstr(cx->arena, path), O_RDONLY | O_NONBLOCK, 0);
    ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof head);
    return n > 0 && begins_as_archive(head, (size_t)n);
}
