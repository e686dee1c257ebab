/* SPDX-License-Identifier: Apache-2.0 */
/* What a tree takes on its disk. Directories still to be read are a list of paths from its top. */
#include <config.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/fs.h"
#include "base/vec.h"

#include <fcntl.h>
#include <sys/stat.h>

struct count {
    struct arena arena;
    struct str_vec todo;
    int top;
    uint64_t bytes;
};

/* A file with several names is counted in parts, one for each. */
static int count_entry(struct count *c, int dir, struct str path, const char *name)
{
    struct stat st;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return 0;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : -1;
    bool is_dir = S_ISDIR(st.st_mode);
    c->bytes += (uint64_t)st.st_blocks * 512 / (is_dir || st.st_nlink < 1 ? 1 : st.st_nlink);
    if (is_dir)
        vec_push(&c->arena, &c->todo, arena_printf(&c->arena, STR_FMT "/%s", STR_ARG(path), name));
    return 0;
}

/* What has gone meanwhile, or lies too deep for a path, does not count. */
static int count_dir(struct count *c, struct str path)
{
    const char *name = path.n ? arena_cstr(&c->arena, path) : "/";
    cleanup_close int dir = fs_open_in(c->top, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
    cleanup_dir DIR *d = dir < 0 ? NULL : fs_opendir(dir);
    if (!d)
        return errno == ENOENT || errno == ENAMETOOLONG ? 0 : -1;
    for (struct dirent *e; errno = 0, (e = readdir(d));)
        if (count_entry(c, dir, path, e->d_name) < 0)
            return -1;
    return errno ? -1 : 0;
}

int fs_tree_bytes(int dir, uint64_t *bytes, struct ob_err *err)
{
    struct count c = {.arena = ARENA_INIT, .top = dir};
    int rc = count_dir(&c, STR(""));
    while (rc == 0 && c.todo.n > 0)
        rc = count_dir(&c, c.todo.at[--c.todo.n]);
    if (rc < 0)
        ob_err_set(err, errno, "can't find out how large a directory is");
    *bytes = c.bytes;
    arena_free(&c.arena);
    return rc;
}
