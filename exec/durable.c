/* SPDX-License-Identifier: Apache-2.0 */
/* Syncing results, and dropping those that a crash of the machine may have damaged. */
#include <config.h>

#include "exec/durable.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/log.h"
#include "exec/record.h"
#include "exec/results.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

enum { MAX_RISK_MS = 10000, BOOT_ID_MAX = 64 };

/* "none" where the kernel does not say: then no crash is ever found. */
static void read_boot_id(char out[BOOT_ID_MAX])
{
    cleanup_close int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, out, BOOT_ID_MAX - 1);
    if (n > 0)
        out[n] = '\0';
    else
        snprintf(out, BOOT_ID_MAX, "none\n");
}

/* Opened anew each time: a lock belongs to the open file description, which processes share. */
static int lock_unsynced(const struct layout *l, int how)
{
    cleanup_close int fd = openat(l->state, "unsynced", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd;
    while (fd >= 0 && (rc = flock(fd, how)) < 0 && errno == EINTR)
        ;
    return rc < 0 ? -1 : take_fd(&fd);
}

int durable_lock(const struct layout *l, struct ob_err *err)
{
    int fd = lock_unsynced(l, LOCK_EX);
    return fd < 0 ? ob_err_set(err, errno, "can't lock the store's \"unsynced\"") : fd;
}

/* Syncing. */

/* The keys of state/unsynced whose results are there. */
static int list_committed(struct store *s, int unsynced, struct arena *a, struct str_vec *out,
                          struct ob_err *err)
{
    cleanup_dir DIR *d = fs_opendir(unsynced);
    struct digest key;
    if (!d)
        return ob_err_set(err, errno, "can't read the store's \"unsynced\"");
    for (struct dirent *e; (e = readdir(d));) {
        if (!digest_from_hex(str_from(e->d_name), &key))
            continue;
        int rc = store_lookup(s, e->d_name, NULL, err);
        if (rc < 0)
            return -1;
        if (rc > 0)
            vec_push(a, out, arena_str(a, str_from(e->d_name)));
    }
    return 0;
}

/* The caller has the lock, so nothing of `keys` is removed and made again meanwhile. */
static int sync_results(const struct store *s, const struct layout *l, const struct str_vec *keys,
                        struct ob_err *err)
{
    if (keys->n == 0)
        return 0;
    if (syncfs(s->root) < 0)
        return ob_err_set(err, errno, "can't sync the store");
    vec_for (const struct str, key, keys)
        if (renameat(l->unsynced, key->p, l->record, key->p) < 0)
            return ob_err_set(err, errno, "can't move the record of \"%.12s\"", key->p);
    unlinkat(l->state, "risk", 0);
    return 0;
}

static int sync_locked(struct store *s, const struct layout *l, int unsynced, struct ob_err *err)
{
    struct arena a = ARENA_INIT;
    struct str_vec keys = {0};
    int rc = list_committed(s, unsynced, &a, &keys, err);
    if (rc == 0)
        rc = sync_results(s, l, &keys, err);
    arena_free(&a);
    return rc;
}

int durable_sync(struct store *s, const struct layout *l, struct ob_err *err)
{
    cleanup_close int lock = durable_lock(l, err);
    return lock < 0 ? -1 : sync_locked(s, l, lock, err);
}

/* Builds. */

static int64_t ms_since(const struct timespec *t)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - t->tv_sec) * 1000 + (now.tv_nsec - t->tv_nsec) / 1000000;
}

void durable_start(struct durable *d, struct store *s, const struct layout *l)
{
    *d = (struct durable){.store = s, .layout = l};
    clock_gettime(CLOCK_MONOTONIC, &d->since);
}

void durable_committed(struct durable *d)
{
    d->is_at_risk = true;
    if (ms_since(&d->since) < MAX_RISK_MS)
        return;
    pid_t pid = fork();
    if (pid == 0) {
        struct ob_err ignored; /* the end of the build tries again, and says so */
        cleanup_close int lock = lock_unsynced(d->layout, LOCK_EX | LOCK_NB);
        _exit(lock < 0 ? 0 : sync_locked(d->store, d->layout, lock, &ignored) < 0);
    }
    if (pid > 0)
        clock_gettime(CLOCK_MONOTONIC, &d->since);
}

/* What earlier builds have left. The file is a hint: two who write it at once do no harm. */
static int64_t read_risk(const struct layout *l)
{
    struct ob_err ignored;
    cleanup_buf struct buf text = BUF_INIT;
    unsigned long long ms = 0;
    if (fs_read_file_at(l->state, "risk", &text, 32, &ignored) > 0)
        str_to_u64(buf_str(&text), &ms);
    return ms < MAX_RISK_MS ? (int64_t)ms : MAX_RISK_MS;
}

static void write_risk(const struct layout *l, int64_t ms)
{
    char text[32];
    struct ob_err ignored;
    int n = snprintf(text, sizeof text, "%lld", (long long)ms);
    fs_replace_file_at(l->state, "risk", text, (size_t)n, 0600, &ignored);
}

int durable_end(const struct durable *d, struct ob_err *err)
{
    if (!d->is_at_risk)
        return 0;
    int64_t risk = ms_since(&d->since) + read_risk(d->layout);
    if (risk >= MAX_RISK_MS)
        return durable_sync(d->store, d->layout, err);
    write_risk(d->layout, risk);
    return 0;
}

/* Another boot. */

struct collecting {
    struct arena *arena;
    struct result_vec results;
};

static int collect(void *arg, const char *key, struct ob_err *err)
{
    struct collecting *c = arg;
    (void)err;
    struct result r = {.key = arena_str(c->arena, str_from(key))};
    vec_push(c->arena, &c->results, r);
    return 0;
}

/* Marks the results without a record in state/record; gives their number. */
static uint32_t mark_unsynced(const struct layout *l, struct result_vec *v)
{
    uint32_t n = 0;
    vec_for (struct result, r, v) {
        r->is_lost = faccessat(l->record, r->key.p, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
        n += r->is_lost;
    }
    return n;
}

static int read_parents(const struct layout *l, struct arena *a, struct result_vec *v,
                        struct ob_err *err)
{
    int rc = 0;
    for (uint32_t i = 0; rc >= 0 && i < v->n; i++) {
        struct arena room = ARENA_INIT; /* a record can be large */
        struct record record;
        rc = record_load(l, v->at[i].key.p, &room, &record, err);
        if (rc > 0)
            v->at[i].parent = arena_str(a, record.parent);
        else
            v->at[i].is_lost = true;
        arena_free(&room);
    }
    return rc < 0 ? -1 : 0;
}

/* Marks what is built on something that is lost, or is not there. */
static void mark_built_on_lost(struct result_vec *v, struct result *const *order)
{
    for (uint32_t i = 0; i < v->n; i++) {
        struct result *r = order[i];
        if (r->parent.n && (r->up == NO_RESULT || v->at[r->up].is_lost))
            r->is_lost = true;
    }
}

static int remove_lost(struct store *s, const struct layout *l, struct arena *a,
                       struct result_vec *v, struct ob_err *err)
{
    uint32_t n = 0;
    if (read_parents(l, a, v, err) < 0)
        return -1;
    struct result **order = results_link(a, v);
    mark_built_on_lost(v, order);
    for (uint32_t i = v->n; i-- > 0;) {
        if (!order[i]->is_lost)
            continue;
        n++;
        if (result_remove(s, l, order[i]->key.p, err) < 0)
            return -1;
    }
    log_warning("the machine was restarted: removed %u %s that may not have reached the disk", n,
                n == 1 ? "result" : "results");
    return 0;
}

/* Records whose results are not there. */
static int remove_records(struct store *s, int dir, struct ob_err *err)
{
    cleanup_dir DIR *d = fs_opendir(dir);
    struct digest key;
    if (!d)
        return ob_err_set(err, errno, "can't read the store's records");
    for (struct dirent *e; (e = readdir(d));) {
        if (!digest_from_hex(str_from(e->d_name), &key))
            continue;
        int rc = store_lookup(s, e->d_name, NULL, err);
        if (rc < 0)
            return -1;
        if (rc == 0)
            unlinkat(dir, e->d_name, 0);
    }
    return 0;
}

/* The index was not synced either: it is made again from the records. */
static void remove_index(const struct layout *l)
{
    static const char *const names[] = {"index.db", "index.db-wal", "index.db-shm", "risk"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unlinkat(l->state, names[i], 0);
}

static int drop_lost(struct store *s, const struct layout *l, struct ob_err *err)
{
    struct arena a = ARENA_INIT;
    struct collecting c = {.arena = &a};
    int rc = store_each(s, collect, &c, err);
    if (rc == 0 && mark_unsynced(l, &c.results) > 0)
        rc = remove_lost(s, l, &a, &c.results, err);
    if (rc == 0 &&
        (remove_records(s, l->record, err) < 0 || remove_records(s, l->unsynced, err) < 0))
        rc = -1;
    arena_free(&a);
    if (rc == 0)
        remove_index(l);
    return rc;
}

static bool is_of_boot(const struct layout *l, const char *id)
{
    struct ob_err ignored;
    cleanup_buf struct buf text = BUF_INIT;
    return fs_read_file_at(l->state, "boot", &text, BOOT_ID_MAX, &ignored) > 0 &&
           str_eq(buf_str(&text), str_from(id));
}

int durable_recover(struct store *s, const struct layout *l, struct ob_err *err)
{
    char id[BOOT_ID_MAX];
    read_boot_id(id);
    if (is_of_boot(l, id))
        return 0;
    cleanup_close int lock = durable_lock(l, err);
    if (lock < 0)
        return -1;
    if (is_of_boot(l, id)) /* another process was faster */
        return 0;
    if (drop_lost(s, l, err) < 0)
        return -1;
    int rc = fs_replace_file_at(l->state, "boot", id, strlen(id), 0600, err);
    return rc < 0 && err->errnum != EROFS ? -1 : 0; /* nothing can be lost that is only read */
}
