/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adds up the blocks of a tree, by descriptors and without recursion: one directory is open, and
 * the way up is "..". A result does not change meanwhile; a cache can, so what has gone is left
 * out, and where the way up leads elsewhere, the rest.
 */
#include <config.h>

#include "backends/tree_size.h"

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/vec.h"

#include <fcntl.h>
#include <sys/stat.h>

struct level {
    dev_t dev; /* of the directory */
    ino_t ino;
    struct str_vec subdirs; /* still to be entered */
};
DEFINE_VEC(level_vec, struct level);

struct sizing {
    struct arena arena;
    struct map links;       /* "DEV:INO" of files with several links that were counted */
    struct level_vec level; /* from the top down */
    int dir;                /* the open one */
    uint64_t bytes;
};

static bool is_counted(struct sizing *s, const struct stat *st)
{
    char id[64];
    if (S_ISDIR(st->st_mode) || st->st_nlink < 2)
        return false;
    int n = snprintf(id, sizeof id, "%llx:%llx", (unsigned long long)st->st_dev,
                     (unsigned long long)st->st_ino);
    struct str key = str_of(id, (size_t)n);
    bool found = map_get(&s->links, key) != NULL;
    if (!found)
        *map_slot(&s->links, arena_str(&s->arena, key)) = s;
    return found;
}

static int add_entry(struct sizing *s, const char *name, struct str_vec *subdirs,
                     struct ob_err *err)
{
    struct stat st;
    if (fstatat(s->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : ob_err_set(err, errno, "\"%s\"", name);
    if (!is_counted(s, &st))
        s->bytes += (uint64_t)st.st_blocks * 512;
    if (S_ISDIR(st.st_mode))
        vec_push(&s->arena, subdirs, arena_str(&s->arena, str_from(name)));
    return 0;
}

static int add_dir(struct sizing *s, struct ob_err *err)
{
    struct level level = {0};
    struct stat st;
    cleanup_dir DIR *d = fs_opendir(s->dir);
    if (!d || fstat(s->dir, &st) < 0)
        return ob_err_set(err, errno, "can't read a directory");
    level.dev = st.st_dev;
    level.ino = st.st_ino;
    for (struct dirent *e; (e = readdir(d));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
            add_entry(s, e->d_name, &level.subdirs, err) < 0)
            return -1;
    vec_push(&s->arena, &s->level, level);
    return 0;
}

static int enter(struct sizing *s, const char *name, struct ob_err *err)
{
    int fd = openat(s->dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR || errno == ELOOP
                   ? 0
                   : ob_err_set(err, errno, "can't open \"%s\"", name);
    close(s->dir);
    s->dir = fd;
    return add_dir(s, err);
}

/* False if that is another directory than it was on the way down. */
static bool leave(struct sizing *s)
{
    const struct level *above = &s->level.at[s->level.n - 1];
    struct stat st;
    int up = openat(s->dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (up < 0)
        return false;
    close(s->dir);
    s->dir = up;
    return fstat(up, &st) == 0 && st.st_dev == above->dev && st.st_ino == above->ino;
}

static int add_tree(struct sizing *s, struct ob_err *err)
{
    if (add_dir(s, err) < 0)
        return -1;
    while (s->level.n > 0) {
        struct str_vec *subdirs = &s->level.at[s->level.n - 1].subdirs;
        if (subdirs->n > 0) {
            const char *name = subdirs->at[--subdirs->n].p;
            if (enter(s, name, err) < 0)
                return -1;
        } else if (--s->level.n > 0 && !leave(s)) {
            break;
        }
    }
    return 0;
}

int tree_size(int dir, const char *name, uint64_t *bytes, struct ob_err *err)
{
    struct sizing s = {.dir = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    struct stat st;
    *bytes = 0;
    if (s.dir < 0)
        return errno == ENOENT ? 0 : ob_err_set(err, errno, "can't open \"%s\"", name);
    s.links = MAP_INIT(&s.arena);
    if (fstat(s.dir, &st) == 0)
        s.bytes = (uint64_t)st.st_blocks * 512;
    int rc = add_tree(&s, err);
    close(s.dir);
    *bytes = s.bytes;
    arena_free(&s.arena);
    return rc;
}
