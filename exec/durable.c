/* SPDX-License-Identifier: Apache-2.0 */
/* Syncing results. exec/durable_recover.c drops those that may be damaged. */
#include <config.h>

#include "exec/durable.h"

#include "base/clock.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/fs.h"
#include "base/vec.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>

enum { MAX_RISK_MS = 10000 };

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

int durable_check(const struct layout *l, struct ob_err *err)
{
    cleanup_buf struct buf text = BUF_INIT;
    unsigned long long errnum = 0;
    int rc = fs_read_file_at(l->state, DURABLE_FAILED, &text, 32, err);
    if (rc <= 0)
        return rc;
    str_to_u64(buf_str(&text), &errnum);
    return ob_err_set(
        err, (int)errnum,
        "the store could not be synced: what was built last may not be whole, and will "
        "be removed when nobody uses the store");
}

uint64_t durable_count(const struct layout *l)
{
    uint64_t n = 0;
    cleanup_close int fd = openat(l->state, "syncs", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    return fd >= 0 && pread(fd, &n, sizeof n, 0) == sizeof n ? n : 0;
}

/* Before the first record is moved: who has seen the old number finds them all in state/unsynced.
 */
int durable_count_up(const struct layout *l, struct ob_err *err)
{
    uint64_t n = durable_count(l) + 1;
    cleanup_close int fd =
        openat(l->state, "syncs", O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || pwrite(fd, &n, sizeof n, 0) != sizeof n)
        return ob_err_set(err, errno, "can't write the store's \"syncs\"");
    return 0;
}

/* Where even this can't be written, no record can be moved either. */
static int note_failure(const struct layout *l, int errnum, struct ob_err *err)
{
    char text[16];
    cleanup_close int fd =
        openat(l->state, DURABLE_FAILED, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    snprintf(text, sizeof text, "%d", errnum);
    if (fd < 0 || fs_write_all(fd, text, strlen(text), err) < 0 || durable_check(l, err) == 0)
        return ob_err_set(err, errnum, "can't sync the store");
    return -1;
}

/* The caller has the lock, so nothing of `keys` is removed and made again meanwhile. */
static int sync_results(const struct store *s, const struct layout *l, const struct str_vec *keys,
                        struct ob_err *err)
{
    if (keys->n == 0)
        return 0;
    if (syncfs(s->root) < 0)
        return note_failure(l, errno, err);
    if (durable_count_up(l, err) < 0)
        return -1;
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
    int rc = durable_check(l, err);
    if (rc == 0)
        rc = list_committed(s, unsynced, &a, &keys, err);
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

void durable_start(struct durable *d, struct store *s, const struct layout *l)
{
    *d = (struct durable){.store = s, .layout = l, .synced = -1};
    d->since = clock_now();
    d->tried = d->since;
}

/* In a process of its own. Who can't sync says nothing: the end of the build tries again. */
static void sync_meanwhile(const struct durable *d, int done)
{
    struct ob_err ignored;
    cleanup_close int lock = lock_unsynced(d->layout, LOCK_EX | LOCK_NB);
    if (lock >= 0 && sync_locked(d->store, d->layout, lock, &ignored) == 0)
        fs_write_all(done, "", 1, &ignored);
}

static void start_sync(struct durable *d)
{
    int ends[2];
    d->tried = clock_now();
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return;
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        sync_meanwhile(d, ends[1]);
        _exit(0);
    }
    close(ends[1]);
    d->synced = ends[0];
}

static void forget_sync(struct durable *d)
{
    cleanup_closep(&d->synced);
    d->synced = -1;
}

/* What became of the sync that was begun, if it has ended. */
static void note_sync(struct durable *d)
{
    char byte;
    ssize_t n = d->synced < 0 ? -1 : read(d->synced, &byte, 1);
    if (n < 0)
        return;
    if (n > 0)
        d->since = d->tried;
    forget_sync(d);
}

void durable_committed(struct durable *d)
{
    d->is_at_risk = true;
    note_sync(d);
    if (d->synced < 0 && clock_ms_since(&d->tried) >= MAX_RISK_MS)
        start_sync(d);
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

int durable_end(struct durable *d, struct ob_err *err)
{
    note_sync(d);
    forget_sync(d);
    if (durable_check(d->layout, err) < 0)
        return -1;
    if (!d->is_at_risk)
        return 0;
    int64_t risk = clock_ms_since(&d->since) + read_risk(d->layout);
    if (risk >= MAX_RISK_MS)
        return durable_sync(d->store, d->layout, err);
    write_risk(d->layout, risk);
    return 0;
}
