/* SPDX-License-Identifier: Apache-2.0 */
/* Walks the sources of a copy and makes its manifest. Reading the files is exec/content.c, writing
 * them exec/copy.c. */
#include <config.h>

#include "exec/manifest.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/path.h"
#include "exec/content.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

enum { MAX_DEPTH = 1000 }; /* of directories below a source: each holds a descriptor */

struct walk {
    struct arena *arena;
    const struct copy_request *q;
    struct manifest *out;
    struct map links;   /* of this item: "dev:ino" of files with several names -> manifest_file */
    struct map seen;    /* with parents: what was added, and where a "**" has been */
    size_t pivot_left;  /* with parents: length of the source's pattern behind its pivot */
    unsigned depth;     /* of directories that a "**" has gone down */
    size_t item_prefix; /* bytes of a source path that are not part of manifest_file.path */
    struct ob_err *err;
};

static int by_name(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* The names in a directory, sorted, so that a manifest does not depend on the disk. */
static int list_dir(struct arena *a, int dir, struct str_vec *out)
{
    cleanup_dir DIR *d = fs_opendir(dir);
    if (!d)
        return -1;
    for (struct dirent *e; errno = 0, (e = readdir(d));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            vec_push(a, out, arena_str(a, str_from(e->d_name)));
    if (errno)
        return -1;
    if (out->n)
        qsort(out->at, out->n, sizeof *out->at, by_name);
    return 0;
}

static bool is_left_out(const struct walk *w, struct str source)
{
    const struct copy_request *q = w->q;
    if (q->ignore && ignore_matches(q->ignore, source))
        return true;
    vec_for (const struct str, e, q->exclude) {
        if (q->style == COPY_SPEC ? str_eq(*e, path_base(source)) : pattern_match(*e, source))
            return true;
    }
    return false;
}

/* Makes *f a hard link if another name of the same file is in the manifest. */
static void find_hardlink(struct walk *w, const struct stat *st, struct manifest_file *f)
{
    if (st->st_nlink < 2)
        return;
    struct str key = arena_printf(w->arena, "%llx:%llx", (unsigned long long)st->st_dev,
                                  (unsigned long long)st->st_ino);
    void **first = map_slot(&w->links, key);
    if (!*first)
        *first = f;
    else
        f->hardlink = *first;
}

static struct manifest_file *add_file(struct walk *w, struct str source, const struct stat *st)
{
    struct manifest_file *f = arena_new(w->arena, struct manifest_file);
    size_t skip = source.n > w->item_prefix ? w->item_prefix + 1 : w->item_prefix;
    f->path = w->item_prefix == 0 ? source : str_skip(source, skip);
    f->source = source;
    f->mode = st->st_mode;
    f->uid = st->st_uid;
    f->gid = st->st_gid;
    f->rdev = st->st_rdev;
    f->state = (struct file_state){st->st_dev, st->st_ino, (uint64_t)st->st_size, st->st_mtim,
                                   st->st_ctim};
    vec_push(w->arena, &w->out->files, f);
    return f;
}

static int add_symlink(struct walk *w, int dir, const char *name, struct manifest_file *f)
{
    char target[4097];
    ssize_t n = readlinkat(dir, name, target, sizeof target);
    if (n < 0 || (size_t)n >= sizeof target)
        return ob_err_set(w->err, n < 0 ? errno : ENAMETOOLONG, "can't read link \"" STR_FMT "\"",
                          STR_ARG(f->source));
    f->link = arena_str(w->arena, str_of(target, (size_t)n));
    return 0;
}

static int too_deep(struct walk *w, struct str source)
{
    return ob_err_set(w->err, 0, "\"%.200s…\" is more than %d directories deep", source.p,
                      MAX_DEPTH);
}

static int add_tree(struct walk *w, int parent, const char *name, struct str source,
                    const struct stat *st, unsigned depth);

static int add_children(struct walk *w, int dir, struct str source, unsigned depth)
{
    struct str_vec names = {0};
    if (list_dir(w->arena, dir, &names) < 0)
        return ob_err_set(w->err, errno, "can't read directory \"" STR_FMT "\"", STR_ARG(source));
    vec_for (const struct str, name, &names) {
        struct stat st;
        struct str path = path_join(w->arena, source, *name);
        if (fstatat(dir, name->p, &st, AT_SYMLINK_NOFOLLOW) < 0)
            return ob_err_set(w->err, errno, "can't stat \"" STR_FMT "\"", STR_ARG(path));
        if (add_tree(w, dir, name->p, path, &st, depth) < 0)
            return -1;
    }
    return 0;
}

static int add_directory(struct walk *w, int parent, const char *name, struct str source,
                         unsigned depth)
{
    cleanup_close int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return ob_err_set(w->err, errno, "can't open \"" STR_FMT "\"", STR_ARG(source));
    if (depth == MAX_DEPTH)
        return too_deep(w, source);
    return add_children(w, fd, source, depth + 1);
}

/* An ignored directory is still looked into if an exception might name something in it; it is
 * then made only if something in it is copied. */
static int add_ignored_directory(struct walk *w, int parent, const char *name, struct str source,
                                 const struct stat *st, unsigned depth)
{
    size_t before = w->out->files.n;
    add_file(w, source, st);
    if (add_directory(w, parent, name, source, depth) < 0)
        return -1;
    if (w->out->files.n == before + 1)
        w->out->files.n = before;
    return 0;
}

/* Adds parent/name and all below it. Sockets are left out, as docker does: nothing could use a
 * copy of one. */
static int add_tree(struct walk *w, int parent, const char *name, struct str source,
                    const struct stat *st, unsigned depth)
{
    if (S_ISSOCK(st->st_mode))
        return 0;
    if (is_left_out(w, source)) {
        if (S_ISDIR(st->st_mode) && w->q->ignore && w->q->ignore->has_exceptions)
            return add_ignored_directory(w, parent, name, source, st, depth);
        return 0;
    }
    struct manifest_file *f = add_file(w, source, st);
    if (S_ISDIR(st->st_mode))
        return add_directory(w, parent, name, source, depth);
    if (S_ISLNK(st->st_mode))
        return add_symlink(w, parent, name, f);
    if (S_ISREG(st->st_mode))
        find_hardlink(w, st, f);
    return 0;
}

/* The first link on the way to a source that leads nowhere, or out of the root, which is the same.
 */
static bool find_dead_link(struct walk *w, struct str source, struct str *link, struct str *target)
{
    char to[PATH_MAX];
    for (size_t i = 1; i <= source.n; i++) {
        if (i < source.n && source.p[i] != '/')
            continue;
        *link = str_of(source.p, i);
        const char *path = arena_cstr(w->arena, *link);
        cleanup_close int there = fs_open_in(w->q->root, path, O_PATH, 0);
        if (there >= 0)
            continue;
        cleanup_close int fd = fs_open_in(w->q->root, path, O_PATH | O_NOFOLLOW, 0);
        ssize_t n = fd < 0 ? -1 : readlinkat(fd, "", to, sizeof to);
        *target = arena_str(w->arena, str_of(to, n > 0 ? (size_t)n : 0));
        return n > 0;
    }
    return false;
}

static int not_found(struct walk *w, struct str source, int errnum)
{
    struct str link, target;
    if (errnum == ENOENT && find_dead_link(w, source, &link, &target))
        return ob_err_set(
            w->err, 0, "\"" STR_FMT "\" is a link to \"" STR_FMT "\", which is not %s",
            STR_ARG(link), STR_ARG(target), w->q->is_result ? "there" : "in the context");
    return ob_err_set(w->err, errnum == ENOENT ? 0 : errnum, "\"" STR_FMT "\" %s", STR_ARG(source),
                      errnum == ENOENT ? "is not there" : "can't be opened");
}

/* What an item consists of, below the file f that stands for itself. */
static int add_item_files(struct walk *w, int self, const char *path, const struct stat *st,
                          struct manifest_file *f)
{
    int nofollow = w->q->style == COPY_SPEC ? O_NOFOLLOW : 0;
    if (S_ISLNK(st->st_mode))
        return add_symlink(w, self, "", f);
    if (S_ISREG(st->st_mode))
        find_hardlink(w, st, f);
    if (!S_ISDIR(st->st_mode))
        return 0;
    cleanup_close int dir = fs_open_in(w->q->root, path, O_RDONLY | O_DIRECTORY | nofollow, 0);
    return dir < 0 ? not_found(w, f->source, errno) : add_children(w, dir, f->source, 0);
}

/* Offset of what is kept of a source's path; NO_KEEP: nothing is. */
#define NO_KEEP SIZE_MAX

static struct str kept(struct str source, size_t keep)
{
    return keep < source.n ? str_skip(source, keep) : STR("");
}

/* Whether this is here for the first time. */
static bool is_new(struct walk *w, char what, size_t a, size_t b, struct str path)
{
    void **slot =
        map_slot(&w->seen, arena_printf(w->arena, "%c%zx:%zx:" STR_FMT, what, a, b, STR_ARG(path)));
    bool new = !*slot;
    *slot = w;
    return new;
}

static int add_way(struct walk *w, struct str dir, size_t keep)
{
    cleanup_close int fd =
        fs_open_in(w->q->root, arena_cstr(w->arena, dir), O_PATH | O_DIRECTORY, 0);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return not_found(w, dir, errno);
    struct manifest_item item = {kept(dir, keep), true, w->out->files.n, 1};
    add_file(w, dir, &st)->path = STR("");
    vec_push(w->arena, &w->out->items, item);
    return 0;
}

/* Adds the directories on the way to a source, from the pivot on. */
static int add_ways(struct walk *w, struct str source, size_t keep)
{
    for (size_t i = keep; i < source.n; i++) {
        struct str dir = str_of(source.p, i);
        if (source.p[i] == '/' && is_new(w, 'd', keep, 0, dir) && add_way(w, dir, keep) < 0)
            return -1;
    }
    return 0;
}

/* Adds one source as an item. `source` is clean and relative; empty = the root itself. */
static int add_item(struct walk *w, struct str source, size_t keep)
{
    if (w->q->parents && !is_new(w, 'i', keep, 0, source))
        return 0;
    const char *path = source.n ? arena_cstr(w->arena, source) : "/";
    int nofollow = w->q->style == COPY_SPEC ? O_NOFOLLOW : 0;
    cleanup_close int fd = fs_open_in(w->q->root, path, O_PATH | nofollow, 0);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return not_found(w, source, errno);
    if (w->q->style == COPY_DOCKERFILE && !S_ISDIR(st.st_mode) && is_left_out(w, source))
        return ob_err_set(w->err, 0, "\"" STR_FMT "\" is excluded, by .dockerignore or by the step",
                          STR_ARG(source));
    if (w->q->parents && add_ways(w, source, keep) < 0)
        return -1;
    struct str name = w->q->parents ? kept(source, keep) : path_base(source);
    struct manifest_item item = {name, S_ISDIR(st.st_mode), w->out->files.n, 0};
    w->item_prefix = source.n;
    w->links = MAP_INIT(w->arena);
    struct manifest_file *f = add_file(w, source, &st);
    f->path = STR("");
    if (add_item_files(w, fd, path, &st, f) < 0)
        return -1;
    item.n = w->out->files.n - item.first;
    vec_push(w->arena, &w->out->items, item);
    return 0;
}

static int add_matches(struct walk *w, int dir, struct str done, struct str pattern, size_t keep);

static int add_below(struct walk *w, int dir, const char *name, struct str path, struct str pattern,
                     size_t keep)
{
    cleanup_close int sub = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return sub < 0 ? 0 : add_matches(w, sub, path, pattern, keep);
}

/* "**" and what follows it: in this directory, and in all below that are not left out. */
static int add_any_depth(struct walk *w, int dir, struct str done, struct str pattern, size_t keep)
{
    struct str rest = str_skip(pattern, strlen("**/")), path;
    struct str_vec names = {0};
    if (!is_new(w, '*', keep, pattern.n, done))
        return 0;
    if (w->depth == MAX_DEPTH)
        return too_deep(w, done);
    if (add_matches(w, dir, done, rest, keep) < 0)
        return -1;
    if (list_dir(w->arena, dir, &names) < 0)
        return ob_err_set(w->err, errno, "can't read directory \"" STR_FMT "\"", STR_ARG(done));
    bool has_exceptions = w->q->ignore && w->q->ignore->has_exceptions;
    w->depth++;
    vec_for (const struct str, name, &names) {
        path = path_join(w->arena, done, *name);
        if ((has_exceptions || !is_left_out(w, path)) &&
            add_below(w, dir, name->p, path, pattern, keep) < 0)
            return -1;
    }
    w->depth--;
    return 0;
}

/* Finds what a pattern matches, one component after the other, without following links. */
static int add_matches(struct walk *w, int dir, struct str done, struct str pattern, size_t keep)
{
    if (keep == NO_KEEP && pattern.n == w->pivot_left)
        keep = done.n ? done.n + 1 : 0;
    if (w->q->parents && str_starts(pattern, STR("**/")))
        return add_any_depth(w, dir, done, pattern, keep);
    struct str head, rest;
    bool more = str_cut(pattern, '/', &head, &rest);
    struct str_vec names = {0};
    if (list_dir(w->arena, dir, &names) < 0)
        return ob_err_set(w->err, errno, "can't read directory \"" STR_FMT "\"", STR_ARG(done));
    vec_for (const struct str, name, &names) {
        if (!pattern_match(head, *name))
            continue;
        struct str path = path_join(w->arena, done, *name);
        if (!more) {
            if (!is_left_out(w, path) && add_item(w, path, keep) < 0)
                return -1;
        } else if (add_below(w, dir, name->p, path, rest, keep) < 0) {
            return -1;
        }
    }
    return 0;
}

static void hash_str(struct sha256 *h, struct str s)
{
    uint64_t n = s.n;
    sha256_add(h, &n, sizeof n);
    sha256_add(h, s.p, s.n);
}

static void hash_file(struct sha256 *h, const struct manifest_file *f, const struct copy_request *q)
{
    bool keep = q->keep_owner;
    mode_t mode = q->set_mode && !S_ISLNK(f->mode) ? f->mode & S_IFMT : f->mode;
    uint64_t numbers[4] = {mode, keep ? f->uid : 0, keep ? f->gid : 0, f->rdev};
    hash_str(h, f->path);
    sha256_add(h, numbers, sizeof numbers);
    hash_str(h, f->link);
    hash_str(h, f->hardlink ? f->hardlink->path : STR(""));
    sha256_add(h, f->content.b, SHA256_BYTES);
    uint64_t n_xattrs = f->xattrs.n;
    sha256_add(h, &n_xattrs, sizeof n_xattrs);
    vec_for (const struct file_xattr, x, &f->xattrs) {
        hash_str(h, x->name);
        hash_str(h, x->value);
    }
}

static struct digest digest_of(const struct manifest *m, const struct copy_request *q)
{
    struct sha256 h;
    struct digest d;
    sha256_init(&h);
    vec_for (const struct manifest_item, item, &m->items) {
        uint64_t counts[2] = {item->is_dir, item->n};
        hash_str(&h, item->name);
        sha256_add(&h, counts, sizeof counts);
        for (size_t i = 0; i < item->n; i++)
            hash_file(&h, m->files.at[item->first + i], q);
    }
    sha256_final(&h, &d);
    return d;
}

/* Splits a source at the first "/./"; without one, all of it is behind the pivot. */
static void split_pivot(struct arena *a, struct str src, struct str *before, struct str *after)
{
    *before = STR("");
    *after = path_clean(a, src);
    for (size_t i = 0; i + 3 <= src.n; i++)
        if (memcmp(src.p + i, "/./", 3) == 0) {
            *before = path_clean(a, str_of(src.p, i));
            *after = path_clean(a, str_skip(src, i + 3));
            return;
        }
}

static int add_source(struct walk *w, struct str src)
{
    struct str path = path_clean(w->arena, src), before, after;
    size_t keep = NO_KEEP;
    w->pivot_left = NO_KEEP;
    if (w->q->parents) {
        split_pivot(w->arena, src, &before, &after);
        path = after.n ? path_join(w->arena, before, after) : before;
        keep = after.n == 0 ? NO_KEEP : before.n ? before.n + 1 : 0;
        w->pivot_left = after.n ? after.n : NO_KEEP;
    }
    if (w->q->style == COPY_SPEC || w->q->is_literal || pattern_is_literal(path))
        return add_item(w, path, keep);
    if (pattern_check(path, w->err) < 0)
        return -1;
    return add_matches(w, w->q->root, STR(""), path, NO_KEEP);
}

int manifest_build(struct arena *a, const struct copy_request *q, struct manifest *out,
                   struct ob_err *err)
{
    struct walk w = {.arena = a, .q = q, .out = out, .err = err};
    w.seen = MAP_INIT(a);
    *out = (struct manifest){0};
    vec_for (const struct str, src, &q->src)
        if (add_source(&w, *src) < 0)
            return -1;
    if (content_read(a, q, out, err) < 0)
        return -1;
    out->digest = digest_of(out, q);
    return 0;
}
