/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stores that keep results as directories: see dir_store.h for the layout. Nothing is synced,
 * and what is no longer needed stays in tmp/ until settle, because both cost more than a step.
 */
#include <config.h>

#include "backends/dir_store.h"
#include "backends/tree_size.h"

#include "base/cleanup.h"
#include "base/fs.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

static const char MARK[] = "obkit-store";
enum { FORMAT = 1, KEY_LENGTH = 64 };

static struct dir_store *dir_store_of(struct store *s)
{
    return (struct dir_store *)s;
}

static int open_dir(int dir, const char *name)
{
    return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Transactions. */

/* Takes the lock of a new entry. 0 = somebody's settle was faster and has it. */
static int lock_entry(struct dir_store *s, struct dir_txn *t, struct ob_err *err)
{
    struct stat here, there;
    t->dir = open_dir(s->tmp, t->name);
    if (t->dir < 0 && errno != ENOENT)
        return ob_err_set(err, errno, "can't open \"%s/tmp/%s\"", s->path, t->name);
    if (t->dir >= 0 && flock(t->dir, LOCK_EX | LOCK_NB) == 0 && fstat(t->dir, &here) == 0 &&
        fstatat(s->tmp, t->name, &there, AT_SYMLINK_NOFOLLOW) == 0 && here.st_ino == there.st_ino)
        return 1;
    dir_txn_drop(t);
    return 0;
}

static int say_read_only(const struct dir_store *s, struct ob_err *err)
{
    ob_err_set(err, 0, "the store \"%s\" is read-only", s->path);
    err->errnum = EROFS;
    return -1;
}

/* Makes and locks an entry of tmp/ under a name of its own. */
static int make_entry(struct dir_store *s, struct dir_txn *t, struct ob_err *err)
{
    for (;;) {
        snprintf(t->name, sizeof t->name, "txn-%ld-%u", (long)getpid(), s->serial++);
        if (mkdirat(s->tmp, t->name, 0700) < 0) {
            if (errno == EEXIST)
                continue;
            if (errno == EROFS)
                return say_read_only(s, err);
            return ob_err_set(err, errno, "can't make \"%s/tmp/%s\"", s->path, t->name);
        }
        int rc = lock_entry(s, t, err);
        if (rc != 0)
            return rc < 0 ? -1 : 0;
    }
}

int dir_txn_begin(struct dir_store *s, const char *key, struct dir_txn *t, struct ob_err *err)
{
    *t = (struct dir_txn){.txn.store = &s->store, .dir = -1};
    snprintf(t->key, sizeof t->key, "%s", key);
    if (make_entry(s, t, err) < 0)
        return -1;
    if (mkdirat(t->dir, "new", 0700) < 0 || mkdirat(t->dir, "new/fs", 0755) < 0 ||
        fchmodat(t->dir, "new/fs", 0755, 0) < 0) {
        ob_err_set(err, errno, "can't make a directory in \"%s/tmp/%s\"", s->path, t->name);
        dir_txn_drop(t);
        return -1;
    }
    return 0;
}

int dir_txn_open_fs(struct dir_txn *t, int *fd, struct ob_err *err)
{
    *fd = open_dir(t->dir, "new/fs");
    if (*fd < 0)
        return ob_err_set(err, errno, "can't open \"%s/tmp/%s/new/fs\"",
                          dir_store_of(t->txn.store)->path, t->name);
    return 0;
}

int dir_txn_publish(struct dir_txn *t, struct ob_err *err)
{
    struct dir_store *s = dir_store_of(t->txn.store);
    int rc = renameat(t->dir, "new", s->result, t->key);
    if (rc < 0)
        ob_err_set(err, errno, "can't publish \"%s/result/%s\"", s->path, t->key);
    dir_txn_drop(t);
    return rc;
}

void dir_txn_drop(struct dir_txn *t)
{
    if (t->dir >= 0)
        close(t->dir);
    t->dir = -1;
}

/* Opening. */

/* Who owns results could put anything of this machine among them, by links, for the next step to
 * read or write. They are made with mode 0700, so nobody else can. */
static int check_owner(struct dir_store *s, const char *name, struct ob_err *err)
{
    struct stat st;
    if (fstatat(s->store.root, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return ob_err_set(err, errno, "can't examine \"%s/%s\"", s->path, name);
    if (st.st_uid != geteuid())
        return ob_err_set(err, 0, "\"%s/%s\" belongs to another user: name another directory",
                          s->path, name);
    return 0;
}

/* 1 = the mark is there and is ours, 0 = there is none. */
static int check_mark(struct dir_store *s, struct ob_err *err)
{
    cleanup_buf struct buf text = BUF_INIT;
    int rc = fs_read_file_at(s->store.root, MARK, &text, 256, err);
    if (rc < 0)
        return ob_err_wrap(err, "store \"%s\"", s->path);
    if (rc == 0)
        return 0;
    if (check_owner(s, MARK, err) < 0)
        return -1;
    unsigned version;
    char kind[32];
    if (sscanf(text.p ? text.p : "", "obkit-store %u %31s", &version, kind) != 2)
        return ob_err_set(err, 0, "\"%s/%s\" is not a mark of obkit: name another directory",
                          s->path, MARK);
    if (version != FORMAT)
        return ob_err_set(err, 0,
                          "\"%s\" is a store of version %u, and this obkit knows only %d: name "
                          "another directory",
                          s->path, version, FORMAT);
    if (strcmp(kind, s->store.ops->name) != 0)
        return ob_err_set(err, 0, "\"%s\" is a store of kind %s: use --store=%s:%s", s->path, kind,
                          kind, s->path);
    return 1;
}

/* A directory without a mark becomes a store only if nobody keeps anything in it. */
static int check_unused(struct dir_store *s, struct ob_err *err)
{
    cleanup_dir DIR *d = fs_opendir(s->store.root);
    if (!d)
        return ob_err_set(err, errno, "can't read \"%s\"", s->path);
    for (struct dirent *e; (e = readdir(d));) {
        const char *name = e->d_name;
        bool is_ours = strncmp(name, MARK, strlen(MARK)) == 0; /* another process makes it now */
        if (!is_ours && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
            strcmp(name, "lost+found") != 0)
            return ob_err_set(err, 0,
                              "\"%s\" is not a store and not empty (it has \"%s\"): name an empty "
                              "or a new directory",
                              s->path, name);
    }
    return 0;
}

/* A mark that a crash of the machine could empty would keep everybody out of the store. */
static int write_mark(struct dir_store *s, struct ob_err *err)
{
    char text[64];
    int n = snprintf(text, sizeof text, "%s %d %s\n", MARK, FORMAT, s->store.ops->name);
    if (fs_replace_file_synced_at(s->store.root, MARK, text, (size_t)n, 0644, err) < 0)
        return ob_err_wrap(err, "store \"%s\"", s->path);
    return 0;
}

static int run_probe(struct dir_store *s, dir_store_probe *probe, struct ob_err *err)
{
    struct dir_txn t = {.dir = -1};
    if (make_entry(s, &t, err) < 0)
        return -1;
    struct ob_err ignored;
    int rc = probe(s, t.dir, err);
    fs_remove_tree_at(s->tmp, t.name, &ignored);
    dir_txn_drop(&t);
    if (rc == 0)
        return 0;
    if (unlinkat(s->store.root, "tmp", AT_REMOVEDIR) == 0) /* else it must not lose its mark */
        unlinkat(s->store.root, MARK, 0);
    return -1;
}

static int open_subdir(struct dir_store *s, const char *name, int *fd, struct ob_err *err)
{
    if ((*fd = open_dir(s->store.root, name)) >= 0)
        return 0;
    if (errno == ENOENT && (mkdirat(s->store.root, name, 0700) == 0 || errno == EEXIST))
        *fd = open_dir(s->store.root, name);
    if (*fd < 0)
        return ob_err_set(err, errno, "can't open \"%s/%s\"", s->path, name);
    return 0;
}

/* The mark comes first, so that tmp/ is never taken for ours before it is; result/ comes last and
 * says that the probe has passed. */
static int open_parts(struct dir_store *s, dir_store_probe *probe, struct ob_err *err)
{
    int marked = check_mark(s, err);
    if (marked == 0 && check_unused(s, err) < 0 && (marked = check_mark(s, err)) == 0)
        return check_unused(s, err); /* and no other process has just made the store */
    if (marked < 0 || (marked == 0 && write_mark(s, err) < 0))
        return -1;
    if (open_subdir(s, "tmp", &s->tmp, err) < 0)
        return -1;
    if ((s->result = open_dir(s->store.root, "result")) >= 0)
        return 0;
    if (probe && errno == ENOENT && run_probe(s, probe, err) < 0)
        return -1;
    return open_subdir(s, "result", &s->result, err);
}

int dir_store_open(struct dir_store *s, const struct store_ops *ops, const char *path,
                   dir_store_probe *probe, struct ob_err *err)
{
    *s = (struct dir_store){.store = {.ops = ops, .root = -1}, .result = -1, .tmp = -1};
    if (path[0] == '\0')
        return ob_err_set(err, 0, "a store of kind %s needs a directory: use --store=%s:PATH",
                          ops->name, ops->name);
    if (!(s->path = strdup(path)))
        ob_out_of_memory();
    s->store.root = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->store.root < 0 && errno == ENOENT && fs_mkdir_p(path, 0700, err) == 0)
        s->store.root = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    else if (s->store.root < 0 && errno != ENOENT)
        ob_err_set(err, errno, "can't open \"%s\"", path);
    if (s->store.root >= 0 && open_parts(s, probe, err) == 0 && check_owner(s, "tmp", err) == 0 &&
        check_owner(s, "result", err) == 0)
        return 0;
    ob_err_wrap(err, "%s store", ops->name);
    dir_store_finish(s);
    return -1;
}

static void unlock_removed(struct dir_store *s)
{
    while (s->n_removed > 0)
        close(s->removed[--s->n_removed]);
}

void dir_store_finish(struct dir_store *s)
{
    unlock_removed(s);
    const int fds[] = {s->store.root, s->result, s->tmp};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    free(s->path);
}

/* Results. */

int dir_store_lookup(struct dir_store *s, const char *key, int *fd, struct ob_err *err)
{
    char name[KEY_LENGTH + sizeof "/fs"];
    snprintf(name, sizeof name, "%s/fs", key);
    if (fd ? (*fd = open_dir(s->result, name)) >= 0 : faccessat(s->result, key, F_OK, 0) == 0)
        return 1;
    if (errno == ENOENT)
        return 0;
    return ob_err_set(err, errno, "can't open \"%s/result/%s\"", s->path, key);
}

/* Renames the result to a name of its own in tmp/, which needs no space on a full disk. */
static int rename_away(struct dir_store *s, const char *key, struct ob_err *err)
{
    for (;;) {
        char name[64];
        snprintf(name, sizeof name, "txn-%ld-%u-removed", (long)getpid(), s->serial++);
        if (renameat(s->result, key, s->tmp, name) == 0 || errno == ENOENT)
            return 0;
        if (errno != ENOTEMPTY && errno != EEXIST) /* by a process of another pid namespace */
            return ob_err_set(err, errno, "can't remove \"%s/result/%s\"", s->path, key);
    }
}

int dir_store_remove(struct store *store, const char *key, struct ob_err *err)
{
    struct dir_store *s = dir_store_of(store);
    cleanup_close int fd = open_dir(s->result, key);
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0)
        return ob_err_set(err, errno, "can't open \"%s/result/%s\"", s->path, key);
    flock(fd, LOCK_EX | LOCK_NB); /* as an entry of tmp/ it is ours */
    if (rename_away(s, key, err) < 0)
        return -1;
    if (s->n_removed < sizeof s->removed / sizeof s->removed[0])
        s->removed[s->n_removed++] = take_fd(&fd);
    return 0;
}

static bool is_key(const char *name)
{
    return strlen(name) == KEY_LENGTH && strspn(name, "0123456789abcdef") == KEY_LENGTH;
}

int dir_store_each(struct store *store, int (*fn)(void *arg, const char *key, struct ob_err *err),
                   void *arg, struct ob_err *err)
{
    struct dir_store *s = dir_store_of(store);
    cleanup_dir DIR *d = fs_opendir(s->result);
    if (!d)
        return ob_err_set(err, errno, "can't read \"%s/result\"", s->path);
    for (struct dirent *e; errno = 0, (e = readdir(d));)
        if (is_key(e->d_name) && fn(arg, e->d_name, err) < 0)
            return -1;
    if (errno)
        return ob_err_set(err, errno, "can't read \"%s/result\"", s->path);
    return 0;
}

int dir_store_usage(struct store *store, struct store_usage *out, struct ob_err *err)
{
    struct statvfs v;
    if (fstatvfs(store->root, &v) < 0)
        return ob_err_set(err, errno, "can't ask for the free space of \"%s\"",
                          dir_store_of(store)->path);
    out->bytes_total = (uint64_t)v.f_blocks * v.f_frsize;
    out->bytes_free = (uint64_t)v.f_bavail * v.f_frsize;
    return 0;
}

int dir_store_size(struct store *store, const char *key, uint64_t *bytes, struct ob_err *err)
{
    struct dir_store *s = dir_store_of(store);
    if (tree_size(s->result, key, bytes, err) < 0)
        return ob_err_wrap(err, "can't measure \"%s/result/%s\"", s->path, key);
    return 0;
}

/* Cleaning up. */

static int settle_entry(struct dir_store *s, const char *name, struct ob_err *err)
{
    cleanup_close int lock = open_dir(s->tmp, name);
    if (lock < 0 && errno == ENOENT)
        return 0;
    if (lock < 0)
        return ob_err_set(err, errno, "can't open \"%s/tmp/%s\"", s->path, name);
    if (flock(lock, LOCK_EX | LOCK_NB) < 0)
        return 0;
    for (const char *const *scrap = s->scraps; scrap && *scrap; scrap++)
        unlinkat(lock, *scrap, AT_REMOVEDIR);
    if (unlinkat(s->tmp, name, AT_REMOVEDIR) == 0)
        return 0;
    if (fs_remove_tree_at(s->tmp, name, err) < 0)
        return ob_err_wrap(err, "\"%s/tmp\"", s->path);
    return 0;
}

int dir_store_settle(struct store *store, struct ob_err *err)
{
    struct dir_store *s = dir_store_of(store);
    cleanup_dir DIR *d = fs_opendir(s->tmp);
    unlock_removed(s);
    if (!d)
        return ob_err_set(err, errno, "can't read \"%s/tmp\"", s->path);
    int rc = 0;
    struct ob_err first = OB_ERR_INIT;
    for (struct dirent *e; (e = readdir(d));) {
        if (strncmp(e->d_name, "txn-", 4) != 0 || settle_entry(s, e->d_name, err) == 0)
            continue;
        if (rc == 0)
            first = *err;
        rc = -1; /* one that can't be removed does not keep the others */
    }
    if (rc < 0)
        *err = first;
    return rc;
}
