/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks two trees side by side. With an upper directory only the names in it are looked at, which
 * must give the same as a look at all of them; where it can't be told, all are looked at.
 *
 * Every directory is opened by its path from the root, so depth costs no descriptors. The time for
 * that and the recursion are bounded by path_check.
 */
#include <config.h>

#include "exec/layer_diff.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/path.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/xattr.h>

/* Names of one file that is not a directory. */
struct link_group {
    nlink_t n_names; /* as the file says: in all of the tree, or more */
    nlink_t n_seen;
    dev_t parent_dev; /* what the first name was in the parent */
    ino_t parent_ino; /* 0 = nothing */
    bool is_changed;  /* one of the names is, or they were not one file before */
    struct layer_entry *first;
};

/* An entry that may become one of the layer. */
struct candidate {
    struct layer_entry *e;
    uint32_t dir; /* index of the directory that it is in */
    bool is_changed;
    struct link_group *group; /* of a file with several names */
};

struct walk {
    struct arena *arena;
    const struct layer_trees *trees;
    VEC(struct candidate) found;
    struct map groups; /* "dev:ino" -> struct link_group */
    bool is_pruned;    /* only names of the upper directory were looked at, somewhere */
    char *room;        /* LAYER_ROOM bytes */
    struct ob_err *err;
};

/* A directory on all sides; -1 = it is not there. */
struct sides {
    struct str path;
    int parent, child, upper;
};

/* A name in it. */
struct found {
    const char *name;
    struct str path;
    bool in_parent, in_child;
    struct stat p, c;
    struct candidate as; /* as.e is NULL if it can't become an entry */
};

static int fail(struct walk *w, int errnum, const char *what, struct str path)
{
    return ob_err_set(w->err, errnum, "can't %s \"/" STR_FMT "\"", what, STR_ARG(path));
}

/* Comparing. */

static int64_t clamped(const struct walk *w, const struct stat *st)
{
    const struct layer_trees *t = w->trees;
    return t->has_latest && st->st_mtim.tv_sec > t->latest ? t->latest : st->st_mtim.tv_sec;
}

static bool same_stat(const struct walk *w, const struct stat *p, const struct stat *c)
{
    return p->st_mode == c->st_mode && p->st_uid == c->st_uid && p->st_gid == c->st_gid &&
           clamped(w, p) == clamped(w, c) && (S_ISDIR(c->st_mode) || p->st_size == c->st_size) &&
           (!(S_ISCHR(c->st_mode) || S_ISBLK(c->st_mode)) || p->st_rdev == c->st_rdev);
}

/* Whether f, which is the same in both by all that stat(2) tells, is the same altogether; -1 and
 * errno. *now is what the child's has. */
static int same_beyond(struct walk *w, const struct sides *d, const struct found *f,
                       const struct layer_rest *now)
{
    struct layer_rest before;
    if (layer_read_rest(w->arena, w->room, d->parent, f->name, f->p.st_mode, &before) < 0)
        return -1;
    if (!layer_same_rest(&before, now))
        return 0;
    return S_ISREG(f->c.st_mode) ? layer_same_content(w->room, d->parent, d->child, f->name) : 1;
}

/* Files with several names. */

static struct link_group *find_group(struct walk *w, const struct found *f)
{
    struct str key = arena_printf(w->arena, "%llx:%llx", (unsigned long long)f->c.st_dev,
                                  (unsigned long long)f->c.st_ino);
    void **slot = map_slot(&w->groups, key);
    if (*slot)
        return *slot;
    struct link_group *g = arena_new(w->arena, struct link_group);
    g->n_names = f->c.st_nlink;
    g->parent_dev = f->in_parent ? f->p.st_dev : 0;
    g->parent_ino = f->in_parent ? f->p.st_ino : 0;
    return *slot = g;
}

static struct link_group *join_group(struct walk *w, const struct found *f, bool is_changed)
{
    struct link_group *g = find_group(w, f);
    bool is_same_parent =
        f->in_parent && f->p.st_dev == g->parent_dev && f->p.st_ino == g->parent_ino;
    g->n_seen++;
    g->is_changed |= is_changed || !is_same_parent;
    return g;
}

/* Names. */

static struct layer_entry *new_entry(struct walk *w, const struct found *f,
                                     const struct layer_rest *rest)
{
    struct layer_entry *e = arena_new(w->arena, struct layer_entry);
    e->path = f->path;
    e->mode = f->c.st_mode;
    e->uid = f->c.st_uid;
    e->gid = f->c.st_gid;
    e->dev = f->c.st_dev;
    e->ino = f->c.st_ino;
    e->is_live = w->trees->is_live;
    e->size = S_ISREG(f->c.st_mode) ? (uint64_t)f->c.st_size : 0;
    e->rdev = f->c.st_rdev;
    e->mtime = clamped(w, &f->c);
    e->link = rest->link;
    e->xattrs = rest->xattrs;
    return e;
}

static int compare(struct walk *w, const struct sides *d, struct found *f)
{
    struct layer_rest rest;
    bool is_dir = S_ISDIR(f->c.st_mode);
    if (layer_read_rest(w->arena, w->room, d->child, f->name, f->c.st_mode, &rest) < 0)
        return fail(w, errno, "read", f->path);
    int same = f->in_parent && same_stat(w, &f->p, &f->c) ? same_beyond(w, d, f, &rest) : 0;
    if (same < 0)
        return fail(w, errno, "compare", f->path);
    f->as.is_changed = !same;
    if (!is_dir && f->c.st_nlink > 1)
        f->as.group = join_group(w, f, f->as.is_changed);
    if (f->as.is_changed || is_dir || f->as.group)
        f->as.e = new_entry(w, f, &rest);
    return 0;
}

/* 1, 0 = nothing that counts, -1. */
static int stat_name(struct walk *w, int dir, const struct found *f, struct stat *st)
{
    if (dir < 0)
        return 0;
    if (fstatat(dir, f->name, st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : fail(w, errno, "look at", f->path);
    return !S_ISSOCK(st->st_mode);
}

static int find_name(struct walk *w, const struct sides *d, struct found *f)
{
    int in_parent = stat_name(w, d->parent, f, &f->p);
    int in_child = in_parent < 0 ? -1 : stat_name(w, d->child, f, &f->c);
    if (in_child < 0)
        return -1;
    f->in_parent = in_parent;
    f->in_child = in_child;
    if (in_child)
        return compare(w, d, f);
    if (in_parent) {
        f->as.e = arena_new(w->arena, struct layer_entry);
        *f->as.e = (struct layer_entry){.path = f->path, .is_whiteout = true};
        f->as.is_changed = true;
    }
    return 0;
}

/* Directories. */

static int by_name(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static int add_names(struct walk *w, int dir, struct str_vec *out)
{
    if (dir < 0)
        return 0;
    cleanup_dir DIR *d = fs_opendir(dir);
    if (!d)
        return -1;
    for (struct dirent *e; errno = 0, (e = readdir(d));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            vec_push(w->arena, out, arena_str(w->arena, str_from(e->d_name)));
    return errno ? -1 : 0;
}

/* All names of the directory that are to be looked at, sorted, each once. */
static int list_names(struct walk *w, const struct sides *d, struct str_vec *out)
{
    int rc = d->upper >= 0                     ? add_names(w, d->upper, out)
             : add_names(w, d->child, out) < 0 ? -1
                                               : add_names(w, d->parent, out);
    if (rc < 0)
        return fail(w, errno, "read directory", d->path);
    if (out->n)
        qsort(out->at, out->n, sizeof *out->at, by_name);
    uint32_t n = 0;
    for (uint32_t i = 0; i < out->n; i++)
        if (n == 0 || !str_eq(out->at[n - 1], out->at[i]))
            out->at[n++] = out->at[i];
    out->n = n;
    return 0;
}

static int open_side(struct walk *w, int root, struct str path, int *fd)
{
    const char *name = path.n ? arena_cstr(w->arena, path) : ".";
    *fd = fs_open_in(root, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
    return *fd < 0 ? fail(w, errno, "open directory", path) : 0;
}

/* Overlayfs' marks of a directory that is more, or less, than the one below it with what is in the
 * upper one on top: then the names in that are not all that differ. */
static bool is_plain_upper(int fd)
{
    static const char *const marks[] = {"trusted.overlay.opaque", "trusted.overlay.redirect",
                                        "user.overlay.opaque", "user.overlay.redirect"};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (fgetxattr(fd, marks[i], NULL, 0) >= 0)
            return false;
    return true;
}

static void close_sides(struct sides *d)
{
    int *const fds[] = {&d->parent, &d->child, &d->upper};
    for (size_t i = 0; i < 3; i++) {
        cleanup_closep(fds[i]);
        *fds[i] = -1;
    }
}

static int open_sides(struct walk *w, struct sides *d, bool in_parent, bool in_upper)
{
    const struct layer_trees *t = w->trees;
    if (open_side(w, t->child, d->path, &d->child) < 0 ||
        (in_parent && open_side(w, t->parent, d->path, &d->parent) < 0) ||
        (in_upper && open_side(w, t->upper, d->path, &d->upper) < 0))
        return -1;
    if (d->upper >= 0 && !is_plain_upper(d->upper)) {
        close(d->upper);
        d->upper = -1;
    }
    w->is_pruned |= d->upper >= 0;
    return 0;
}

/* Looks at what is directly in a directory of the child. */
static int find_names(struct walk *w, struct sides *d, struct found **out, size_t *n)
{
    struct str_vec names = {0};
    if (list_names(w, d, &names) < 0)
        return -1;
    *n = names.n;
    *out = arena_new_n(w->arena, struct found, names.n);
    for (size_t i = 0; i < names.n; i++) {
        struct found *f = &(*out)[i];
        f->name = names.at[i].p;
        f->path = path_join(w->arena, d->path, names.at[i]);
        if (path_check(f->path, w->err) < 0)
            return ob_err_wrap(w->err, "\"/%.200s…\"", f->path.p);
        if (find_name(w, d, f) < 0)
            return -1;
    }
    return 0;
}

static int walk_dir(struct walk *w, struct str path, uint32_t self, bool in_parent, bool in_upper);

static int keep(struct walk *w, const struct found *f, uint32_t dir, bool in_upper)
{
    uint32_t self = w->found.n;
    if (!f->as.e)
        return 0;
    vec_push(w->arena, &w->found, f->as);
    w->found.at[self].dir = dir;
    if (!f->in_child || !S_ISDIR(f->c.st_mode))
        return 0;
    bool was_dir = f->in_parent && S_ISDIR(f->p.st_mode);
    if (walk_dir(w, f->path, self, was_dir, in_upper && was_dir) < 0)
        return -1;
    if (w->found.n == self + 1 && !f->as.is_changed)
        w->found.n = self; /* nothing in it may become an entry */
    return 0;
}

static int walk_dir(struct walk *w, struct str path, uint32_t self, bool in_parent, bool in_upper)
{
    struct sides d = {path, -1, -1, -1};
    struct found *list = NULL;
    size_t n = 0;
    int rc = open_sides(w, &d, in_parent, in_upper);
    bool goes_on_in_upper = d.upper >= 0;
    if (rc == 0)
        rc = find_names(w, &d, &list, &n);
    close_sides(&d);
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = keep(w, &list[i], self, goes_on_in_upper);
    return rc;
}

/* The root's time is not compared: whatever is made in it changes that. */
static int find_root(struct walk *w, struct candidate *out)
{
    const struct layer_trees *t = w->trees;
    struct found f = {.name = ".", .path = STR("")};
    struct layer_rest now, before = {0};
    f.p.st_mode = S_IFDIR | 0755;
    if (fstat(t->child, &f.c) < 0 || (t->parent >= 0 && fstat(t->parent, &f.p) < 0) ||
        layer_read_rest(w->arena, w->room, t->child, ".", S_IFDIR, &now) < 0 ||
        (t->parent >= 0 &&
         layer_read_rest(w->arena, w->room, t->parent, ".", S_IFDIR, &before) < 0))
        return fail(w, errno, "look at", f.path);
    bool is_same = f.p.st_mode == f.c.st_mode && f.p.st_uid == f.c.st_uid &&
                   f.p.st_gid == f.c.st_gid && layer_same_rest(&now, &before);
    *out = (struct candidate){new_entry(w, &f, &now), 0, !is_same, NULL};
    return 0;
}

/* Directories on the way to something, and all names of a file of which one has changed. */
static void spread_changes(struct walk *w)
{
    vec_for (struct candidate, c, &w->found)
        c->is_changed |= c->group && c->group->is_changed;
    for (uint32_t i = w->found.n; i-- > 1;)
        if (w->found.at[i].is_changed && w->found.at[i].dir > 0)
            w->found.at[w->found.at[i].dir].is_changed = true;
}

/* Whether a file of the layer has names that were not looked at. */
static bool has_lost_names(const struct walk *w)
{
    vec_for (const struct candidate, c, &w->found)
        if (c->group && c->group->is_changed && c->group->n_seen < c->group->n_names)
            return w->is_pruned;
    return false;
}

static void collect(struct walk *w, struct layer_entries *out)
{
    vec_for (const struct candidate, c, &w->found) {
        if (!c->is_changed)
            continue;
        if (c->group && c->group->first)
            c->e->hardlink = c->group->first->path;
        else if (c->group)
            c->group->first = c->e;
        vec_push(w->arena, out, c->e);
    }
}

static int walk_trees(struct walk *w, bool in_upper)
{
    struct candidate root;
    w->groups = MAP_INIT(w->arena);
    w->found.n = 0;
    w->is_pruned = false;
    if (find_root(w, &root) < 0)
        return -1;
    vec_push(w->arena, &w->found, root);
    return walk_dir(w, STR(""), 0, w->trees->parent >= 0, in_upper);
}

int layer_diff(struct arena *a, const struct layer_trees *t, struct layer_entries *out,
               struct ob_err *err)
{
    cleanup_free char *room = malloc(LAYER_ROOM);
    struct walk w = {.arena = a, .trees = t, .room = room, .err = err};
    if (!room)
        ob_out_of_memory();
    int rc = walk_trees(&w, t->upper >= 0 && t->parent >= 0);
    if (rc == 0 && has_lost_names(&w))
        rc = walk_trees(&w, false);
    if (rc < 0)
        return -1;
    spread_changes(&w);
    collect(&w, out);
    return 0;
}

int layer_open(int root, const struct layer_entry *e, struct ob_err *err)
{
    cleanup_buf struct buf name = BUF_INIT;
    buf_add_str(&name, e->path);
    if (!e->is_live) {
        int file = fs_open_in(root, name.p, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
        return file < 0 ? ob_err_set(err, errno, "can't open it") : file;
    }
    cleanup_close int path = fs_open_in(root, name.p, O_PATH | O_NOFOLLOW, 0);
    int fd = path < 0 ? -1 : fs_open_found(path, e->dev, e->ino);
    if (fd < 0 && errno == ESTALE)
        return ob_err_set(err, 0, "it changed while it was exported");
    return fd < 0 ? ob_err_set(err, errno, "can't open it") : fd;
}
