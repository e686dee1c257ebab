/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the files of a manifest. Before the first one of a context is opened, the clock that sets
 * ctimes is past every ctime in the manifest: whatever changes a file from then on is seen in its
 * ctime.
 */
#include <config.h>

#include "exec/content.h"

#include "base/cleanup.h"
#include "base/parallel.h"
#include "base/xattr.h"
#include "exec/source.h"

#include <limits.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/xattr.h>

enum {
    CHUNK = 256 << 10,        /* of content, or of attributes */
    FEW_BYTES = 1 << 20,      /* for less than this, threads are not worth their start */
    SETTLE_NS = 20 * 1000000, /* two of the kernel's longest ticks; see settle */
    BILLION = 1000 * 1000 * 1000,
};

DEFINE_VEC(file_vec, struct manifest_file *);

struct reading {
    struct arena *arena; /* under the lock */
    pthread_mutex_t lock;
    struct file_vec files;
};

/* A thread's own. */
struct reader {
    struct reading *all;
    struct source source;
    char *chunk;
};

static int hash_content(struct reader *r, int fd, struct manifest_file *f, struct ob_err *err)
{
    struct sha256 h;
    uint64_t total = 0;
    ssize_t n;
    sha256_init(&h);
    while ((n = read(fd, r->chunk, CHUNK)) > 0 || (n < 0 && errno == EINTR)) {
        if (n < 0)
            continue;
        sha256_add(&h, r->chunk, (size_t)n);
        total += (uint64_t)n;
    }
    if (n < 0)
        return ob_err_set(err, errno, "can't read \"" STR_FMT "\"", STR_ARG(f->source));
    if (total != f->state.size)
        return ob_err_set(err, 0, "\"" STR_FMT "\" changed while it was read", STR_ARG(f->source));
    sha256_final(&h, &f->content);
    return 0;
}

static int by_xattr(const void *a, const void *b)
{
    return str_cmp(((const struct file_xattr *)a)->name, ((const struct file_xattr *)b)->name);
}

static void add_xattr(struct reading *all, struct manifest_file *f, const char *name, struct str v)
{
    pthread_mutex_lock(&all->lock);
    struct file_xattr x = {arena_str(all->arena, str_from(name)), arena_str(all->arena, v)};
    vec_push(all->arena, &f->xattrs, x);
    pthread_mutex_unlock(&all->lock);
}

static int read_xattrs(struct reader *r, int fd, struct manifest_file *f, struct ob_err *err)
{
    char *names = r->chunk, *value = r->chunk + XATTR_LIST_MAX;
    _Static_assert(CHUNK >= XATTR_LIST_MAX + XATTR_SIZE_MAX, "the largest there are fit");
    ssize_t n = flistxattr(fd, names, XATTR_LIST_MAX);
    if (n < 0 && (errno == EOPNOTSUPP || errno == ENOSYS))
        return 0;
    for (ssize_t i = 0; i < n; i += (ssize_t)strlen(names + i) + 1) {
        if (!xattr_is_kept(str_from(names + i)))
            continue;
        ssize_t size = fgetxattr(fd, names + i, value, XATTR_SIZE_MAX);
        if (size < 0)
            return ob_err_set(err, errno, "can't read attribute \"%s\" of \"" STR_FMT "\"",
                              names + i, STR_ARG(f->source));
        add_xattr(r->all, f, names + i, str_of(value, (size_t)size));
    }
    if (f->xattrs.n)
        qsort(f->xattrs.at, f->xattrs.n, sizeof *f->xattrs.at, by_xattr);
    return n < 0 ? ob_err_set(err, errno, "can't list the attributes of \"" STR_FMT "\"",
                              STR_ARG(f->source))
                 : 0;
}

static int read_file(void *own, size_t i, struct ob_err *err)
{
    struct reader *r = own;
    struct manifest_file *f = r->all->files.at[i];
    cleanup_close int fd = source_open(&r->source, f, "read", err);
    if (fd < 0 || hash_content(r, fd, f, err) < 0 || read_xattrs(r, fd, f, err) < 0)
        return -1;
    return source_check(f, fd, "read", err);
}

static int read_all(struct reading *all, int root, unsigned n_threads, struct ob_err *err)
{
    struct reader readers[PARALLEL_MAX];
    void *own[PARALLEL_MAX];
    for (unsigned k = 0; k < n_threads; k++) {
        readers[k] = (struct reader){all, SOURCE_INIT(root), malloc(CHUNK)};
        own[k] = &readers[k];
        if (!readers[k].chunk)
            ob_out_of_memory();
    }
    int rc = parallel_run(all->files.n, own, n_threads, read_file, err);
    for (unsigned k = 0; k < n_threads; k++) {
        source_close(&readers[k].source);
        free(readers[k].chunk);
    }
    return rc;
}

/* How long before `now` the file changed, in nanoseconds; of more than a second, one is told. */
static int64_t age_at(const struct manifest_file *f, const struct timespec *now)
{
    int64_t seconds = (int64_t)now->tv_sec - f->state.ctime.tv_sec;
    if (seconds > 1 || seconds < -1)
        return seconds > 0 ? BILLION : -BILLION;
    return seconds * BILLION + now->tv_nsec - f->state.ctime.tv_nsec;
}

/* Waits until no file has just been changed, and gives the time. One tick of the clock is the least
 * to wait, and as a write sets the ctime first and the data then, some more is wise. Files from the
 * future are not waited for. */
static struct timespec settle(const struct file_vec *files)
{
    for (;;) {
        struct timespec now, nap = {0};
        clock_gettime(CLOCK_REALTIME_COARSE, &now); /* what sets ctimes */
        vec_for (struct manifest_file *const, f, files) {
            int64_t age = age_at(*f, &now);
            if (age > -SETTLE_NS && SETTLE_NS - age > nap.tv_nsec)
                nap.tv_nsec = SETTLE_NS - age;
        }
        if (nap.tv_nsec == 0)
            return now;
        nanosleep(&nap, NULL);
    }
}

static void remember(struct digests *known, const struct file_vec *files,
                     const struct timespec *start)
{
    vec_for (struct manifest_file *const, f, files)
        if ((*f)->xattrs.n == 0 && age_at(*f, start) >= SETTLE_NS)
            digests_add(known, &(*f)->state, &(*f)->content);
}

static struct file_vec find_unknown(struct arena *a, const struct copy_request *q,
                                    const struct manifest *m, uint64_t *bytes)
{
    struct file_vec out = {0};
    *bytes = 0;
    vec_for (struct manifest_file *const, p, &m->files) {
        struct manifest_file *f = *p;
        if (!S_ISREG(f->mode) || f->hardlink ||
            (q->known && digests_find(q->known, &f->state, &f->content)))
            continue;
        vec_push(a, &out, f);
        *bytes += f->state.size;
    }
    return out;
}

int content_read(struct arena *a, const struct copy_request *q, struct manifest *m,
                 struct ob_err *err)
{
    struct reading all = {.arena = a, .lock = PTHREAD_MUTEX_INITIALIZER};
    uint64_t bytes;
    all.files = find_unknown(a, q, m, &bytes);
    if (all.files.n == 0)
        return 0;
    struct timespec start = {0};
    if (!q->is_result)
        start = settle(&all.files);
    if (read_all(&all, q->root, bytes < FEW_BYTES ? 1 : parallel_threads(), err) < 0)
        return -1;
    if (q->known)
        remember(q->known, &all.files, &start);
    return 0;
}
