/* SPDX-License-Identifier: Apache-2.0 */
/* Files of keys in state/uses. */
#include <config.h>

#include "exec/uses.h"

#include "base/cleanup.h"
#include "base/fs.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

struct uses {
    int fd; /* the file, or -1 */
    char name[40];
    bool is_abandoned;
};

struct uses *uses_new(void)
{
    struct uses *u = malloc(sizeof *u);
    if (!u)
        ob_out_of_memory();
    *u = (struct uses){.fd = -1};
    return u;
}

void uses_free(const struct layout *l)
{
    struct uses *u = l->uses;
    if (u && u->fd >= 0) {
        if (!u->is_abandoned)
            unlinkat(l->uses_dir, u->name, 0);
        close(u->fd);
    }
    free(u);
}

void uses_abandon(const struct layout *l)
{
    l->uses->is_abandoned = true;
}

static int lock_fd(int fd, int how)
{
    int rc;
    while ((rc = flock(fd, how)) < 0 && errno == EINTR)
        ;
    return rc;
}

/* Locks the directory. Opened anew each time: a lock belongs to the open file description, which
 * workers share. */
static int close_gate(const struct layout *l, int how, struct ob_err *err)
{
    cleanup_close int fd = openat(l->state, "uses", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || lock_fd(fd, how) < 0)
        return ob_err_set(err, errno, "can't lock the store's \"uses\"");
    return take_fd(&fd);
}

/* Makes the file and locks it: 1, or 0 = somebody has taken it for a dead one's and removed it. */
static int make_file(const struct layout *l, struct ob_err *err)
{
    struct uses *u = l->uses;
    struct stat st;
    const int flags = O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    cleanup_close int fd = openat(l->uses_dir, u->name, flags, 0600);
    if (fd < 0 && errno == EEXIST)
        return 0;
    if (fd < 0 || lock_fd(fd, LOCK_EX) < 0 || fstat(fd, &st) < 0)
        return ob_err_set(err, errno, "can't make a file in the store's \"uses\"");
    if (st.st_nlink == 0)
        return 0;
    u->fd = take_fd(&fd);
    return 1;
}

static int start_file(const struct layout *l, struct ob_err *err)
{
    int rc = 0;
    for (unsigned n = 0; rc == 0; n++) {
        snprintf(l->uses->name, sizeof l->uses->name, "%ld-%u", (long)getpid(), n);
        rc = make_file(l, err);
    }
    return rc < 0 ? -1 : 0;
}

int uses_hold(const struct layout *l, const struct digest *key, struct ob_err *err)
{
    if (l->uses->fd < 0 && start_file(l, err) < 0)
        return err->errnum == EROFS ? 0 : -1; /* then nobody removes anything */
    cleanup_close int gate = close_gate(l, LOCK_SH, err);
    if (gate < 0)
        return -1;
    if (fs_write_all(l->uses->fd, key->b, sizeof key->b, err) < 0)
        return ob_err_wrap(err, "can't note that a result is in use");
    return 0;
}

/* Dead ones. */

/* A descriptor that locks the file, or -1 if its process lives. */
static int lock_dead(const struct layout *l, const char *name)
{
    cleanup_close int fd = openat(l->uses_dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 ? -1 : take_fd(&fd);
}

static bool is_file_of_uses(const char *name)
{
    return name[0] != '.';
}

int uses_list_dead(const struct layout *l, struct arena *a, struct str_vec *out, struct ob_err *err)
{
    cleanup_dir DIR *d = fs_opendir(l->uses_dir);
    if (!d)
        return ob_err_set(err, errno, "can't read the store's \"uses\"");
    for (struct dirent *e; (e = readdir(d));) {
        if (!is_file_of_uses(e->d_name))
            continue;
        cleanup_close int fd = lock_dead(l, e->d_name);
        if (fd >= 0)
            vec_push(a, out, arena_str(a, str_from(e->d_name)));
    }
    return 0;
}

void uses_remove_dead(const struct layout *l, const struct str_vec *dead)
{
    vec_for (const struct str, name, dead) {
        cleanup_close int fd = lock_dead(l, name->p); /* a new one may have been in the making */
        if (fd >= 0)
            unlinkat(l->uses_dir, name->p, 0);
    }
}

/* Removing. */

static struct uses_file *file_named(struct uses_gate *g, const char *name)
{
    vec_for (struct uses_file, f, &g->files)
        if (str_eq(f->name, str_from(name)))
            return f;
    vec_push(g->arena, &g->files,
             ((struct uses_file){.name = arena_str(g->arena, str_from(name))}));
    return &g->files.at[g->files.n - 1];
}

/* Takes the keys that were added to a file. */
static int read_file(struct uses_gate *g, const char *name, struct ob_err *err)
{
    struct uses_file *f = file_named(g, name);
    cleanup_close int fd = openat(g->layout->uses_dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct digest key;
    ssize_t n = 0;
    if (fd < 0 && errno == ENOENT)
        return 0;
    while (fd >= 0 && (n = pread(fd, key.b, sizeof key.b, f->read)) == sizeof key.b) {
        struct str bytes = arena_str(g->arena, str_of((const char *)key.b, sizeof key.b));
        *map_slot(&g->keys, bytes) = g;
        f->read += n;
    }
    return fd < 0 || n < 0 ? ob_err_set(err, errno, "can't read the store's \"uses\"") : 0;
}

static int read_files(struct uses_gate *g, struct ob_err *err)
{
    cleanup_dir DIR *d = fs_opendir(g->layout->uses_dir);
    if (!d)
        return ob_err_set(err, errno, "can't read the store's \"uses\"");
    for (struct dirent *e; (e = readdir(d));)
        if (is_file_of_uses(e->d_name) && read_file(g, e->d_name, err) < 0)
            return -1;
    return 0;
}

int uses_gate_take(struct uses_gate *g, const struct digest *key, struct ob_err *err)
{
    g->lock = close_gate(g->layout, LOCK_EX, err);
    if (g->lock < 0)
        return -1;
    int rc = read_files(g, err);
    if (rc == 0 && !map_get(&g->keys, str_of((const char *)key->b, sizeof key->b)))
        return 1;
    uses_gate_release(g);
    return rc;
}

void uses_gate_release(struct uses_gate *g)
{
    if (g->lock >= 0)
        close(g->lock);
    g->lock = -1;
}
