/* SPDX-License-Identifier: Apache-2.0 */
/* Places in the tree, whiteouts (OCI image layer specification), and late times. */
#include <config.h>

#include "backends/unpack_tree.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/path.h"

#include <fcntl.h>
#include <sys/stat.h>

static char *heap_copy(char *old, const char *p, size_t n)
{
    char *s = realloc(old, n + 1);
    if (!s)
        ob_out_of_memory();
    memcpy(s, p, n);
    s[n] = '\0';
    return s;
}

int unpack_name_clean(struct unpack_name *n, const char *raw, struct ob_err *err)
{
    char *to = n->path = heap_copy(n->path, raw, strlen(raw));
    size_t parent_len = 0;
    n->last = to;
    for (const char *at = raw; *at;) {
        size_t len = strcspn(at, "/");
        struct str part = str_of(at, len);
        at += len + (at[len] == '/');
        if (len == 0 || str_eq(part, STR(".")))
            continue;
        if (str_eq(part, STR("..")))
            return ob_err_set(err, 0, "names with \"..\" are not accepted");
        if (to != n->path) {
            parent_len = (size_t)(to - n->path);
            *to++ = '/';
        }
        n->last = to;
        memcpy(to, part.p, len);
        to += len;
    }
    *to = '\0';
    n->parent =
        parent_len ? heap_copy(n->parent, n->path, parent_len) : heap_copy(n->parent, ".", 1);
    return path_check(str_of(n->path, (size_t)(to - n->path)), err);
}

void unpack_name_free(struct unpack_name *n)
{
    free(n->path);
    free(n->parent);
    *n = (struct unpack_name){0};
}

void unpack_tree_init(struct unpack_tree *t, int root)
{
    *t = (struct unpack_tree){
        .root = root,
        .parent = -1,
        .made = MAP_INIT(&t->arena),
        .bare = MAP_INIT(&t->arena),
        .times = MAP_INIT(&t->arena),
    };
}

static void forget_parent(struct unpack_tree *t)
{
    cleanup_closep(&t->parent);
    t->parent = -1;
    free(t->parent_path);
    t->parent_path = NULL;
}

void unpack_tree_free(struct unpack_tree *t)
{
    forget_parent(t);
    unpack_name_free(&t->name);
    arena_free(&t->arena);
}

static void add_time(struct unpack_tree *t, const char *path, struct timespec mtime, bool is_entry)
{
    struct str key = arena_str(&t->arena, str_from(path));
    void **slot = map_slot(&t->times, key);
    struct unpack_time *time = *slot;
    if (time && !is_entry)
        return;
    if (!time) {
        time = *slot = arena_new(&t->arena, struct unpack_time);
        vec_push(&t->arena, &t->late, time);
    }
    *time = (struct unpack_time){key, mtime, is_entry};
}

/* Remembers the time of a lower layer's directory before this layer first changes in it. */
static int keep_time(struct unpack_tree *t, struct ob_err *err)
{
    struct stat st;
    if (map_get(&t->times, str_from(t->name.parent)))
        return 1;
    if (fstat(t->parent, &st) < 0)
        return ob_err_set(err, errno, "can't look at the directory \"%s\"", t->name.parent);
    add_time(t, t->name.parent, st.st_mtim, false);
    return 1;
}

/* Makes the parent and what is missing above it, which the archive does not describe. */
static int make_parents(struct unpack_tree *t, const char *path, struct ob_err *err)
{
    for (const char *at = path; t->add && t->add->set_time && *at;) {
        at += strcspn(at, "/");
        struct str dir = arena_str(&t->arena, str_of(path, (size_t)(at - path)));
        cleanup_close int fd = fs_open_in(t->root, dir.p, O_PATH | O_DIRECTORY, 0);
        if (fd < 0)
            add_time(t, dir.p, t->add->time, true);
        at += *at == '/';
    }
    return fs_mkdirs_in(t->root, path, 0755, 0, 0, err);
}

static int open_parent(struct unpack_tree *t, struct ob_err *err)
{
    const char *path = t->name.parent;
    t->parent = fs_open_in(t->root, path, O_PATH | O_DIRECTORY, 0);
    /* umoci writes whiteouts for the content of a directory that became a file. */
    if (t->parent < 0 && (errno == ENOENT || errno == ENOTDIR) && unpack_tree_is_whiteout(t))
        return 0;
    if (t->parent < 0 && errno == ENOENT)
        t->parent = make_parents(t, path, err);
    else if (t->parent < 0)
        ob_err_set(err, errno, "can't open the directory \"%s\"", path);
    return t->parent < 0 ? -1 : keep_time(t, err);
}

const char *unpack_tree_added(struct unpack_tree *t, const char *raw)
{
    struct str name = path_clean(&t->arena, str_from(raw));
    return name.n ? arena_cstr(&t->arena, path_join(&t->arena, t->add->dir, name)) : NULL;
}

int unpack_tree_go(struct unpack_tree *t, const char *raw, struct ob_err *err)
{
    if (unpack_name_clean(&t->name, raw, err) < 0)
        return -1;
    t->last = t->name.last;
    if (t->parent_path && strcmp(t->parent_path, t->name.parent) == 0)
        return 1;
    forget_parent(t);
    int rc = open_parent(t, err);
    if (rc == 1)
        t->parent_path = heap_copy(NULL, t->name.parent, strlen(t->name.parent));
    return rc;
}

void unpack_tree_mark(struct unpack_tree *t)
{
    struct str path = arena_str(&t->arena, str_from(t->name.path));
    while (path.n > 0) {
        void **slot = map_slot(&t->made, path);
        if (*slot)
            return; /* then its parents are there as well */
        *slot = t;
        while (path.n > 0 && path.p[path.n - 1] != '/')
            path.n--;
        path.n -= path.n > 0;
    }
}

int unpack_tree_replace(struct unpack_tree *t, struct ob_err *err)
{
    /* The open parent is right for this entry, but for none after it: what is removed here may be
     * the link or directory through which a later parent of the same name is found. */
    free(t->parent_path);
    t->parent_path = NULL;
    return fs_remove_tree_at(t->parent, t->last, err);
}

bool unpack_tree_is_whiteout(const struct unpack_tree *t)
{
    return !t->add && strncmp(t->last, ".wh.", 4) == 0;
}

static int list_dir(struct unpack_tree *t, int fd, const char *path, struct str_vec *names,
                    struct ob_err *err)
{
    cleanup_dir DIR *d = fd < 0 ? NULL : fs_opendir(fd);
    if (!d)
        return ob_err_set(err, errno, "can't open the directory \"%s\"", path);
    struct dirent *e;
    while (errno = 0, (e = readdir(d)))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            vec_push(&t->arena, names, arena_str(&t->arena, str_from(e->d_name)));
    return errno ? ob_err_set(err, errno, "can't read the directory \"%s\"", path) : 0;
}

/* Whether lower layers' files in a directory were removed before, and it has only this one's. */
static bool is_bare(struct unpack_tree *t, struct str path)
{
    void **slot = map_slot(&t->bare, path);
    bool was = *slot;
    *slot = t;
    return was;
}

/* Removes what lower layers put into a directory. Goes down only where this layer made something,
 * so not deeper than its names, and once, however many whiteouts ask for it. */
static int hide_children(struct unpack_tree *t, struct str path, struct ob_err *err)
{
    struct str_vec names = {0};
    const char *dir = path.n ? arena_cstr(&t->arena, path) : ".";
    if (is_bare(t, path))
        return 0;
    cleanup_close int fd = fs_open_in(t->root, dir, O_RDONLY | O_DIRECTORY, 0);
    if (list_dir(t, fd, dir, &names, err) < 0)
        return -1;
    VEC(struct str) kept = {0};
    vec_for (struct str, name, &names) {
        struct str child = path.n ? arena_printf(&t->arena, "%s/%s", dir, name->p) : *name;
        struct stat st;
        if (!map_get(&t->made, child)) {
            if (fs_remove_tree_at(fd, name->p, err) < 0)
                return -1;
        } else if (fstatat(fd, name->p, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode)) {
            vec_push(&t->arena, &kept, child);
        }
    }
    close(take_fd(&fd));
    vec_for (struct str, child, &kept)
        if (hide_children(t, *child, err) < 0)
            return -1;
    return 0;
}

/* ".wh..wh..opq" hides a directory's lower content, ".wh.NAME" hides NAME; other names that start
 * with ".wh..wh." are the book-keeping of AUFS and mean nothing. */
int unpack_tree_whiteout(struct unpack_tree *t, struct ob_err *err)
{
    const char *hidden = t->last + 4;
    struct str dir = str_from(strcmp(t->name.parent, ".") == 0 ? "" : t->name.parent);
    if (strcmp(t->last, ".wh..wh..opq") == 0)
        return hide_children(t, arena_str(&t->arena, dir), err);
    if (strncmp(hidden, ".wh.", 4) == 0)
        return 0;
    if (*hidden == '\0' || strcmp(hidden, ".") == 0 || strcmp(hidden, "..") == 0)
        return ob_err_set(err, 0, "the whiteout hides no name");
    struct str path = dir.n ? arena_printf(&t->arena, STR_FMT "/%s", STR_ARG(dir), hidden)
                            : arena_str(&t->arena, str_from(hidden));
    if (map_get(&t->made, path)) {
        struct stat st;
        bool is_dir =
            fstatat(t->parent, hidden, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
        return is_dir ? hide_children(t, path, err) : 0;
    }
    free(t->parent_path);
    t->parent_path = NULL;
    return fs_remove_tree_at(t->parent, hidden, err);
}

void unpack_tree_late_time(struct unpack_tree *t, struct timespec mtime)
{
    add_time(t, *t->name.path ? t->name.path : ".", mtime, true);
}

int unpack_tree_set_late_times(struct unpack_tree *t, struct ob_err *err)
{
    for (size_t i = 0; i < t->late.n; i++) {
        const struct unpack_time *late = t->late.at[i];
        const struct timespec times[2] = {late->mtime, late->mtime};
        const int flags = O_RDONLY | O_DIRECTORY | (late->is_entry ? O_NOFOLLOW : 0);
        cleanup_close int fd = fs_open_in(t->root, late->path.p, flags, 0);
        if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
            continue; /* a later entry replaced it */
        if (fd < 0 || futimens(fd, times) < 0)
            return ob_err_set(err, errno, "can't set the time of \"%s\"", late->path.p);
    }
    return 0;
}
