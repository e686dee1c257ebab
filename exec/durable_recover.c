/* SPDX-License-Identifier: Apache-2.0 */
/* Dropping results that a crash of the machine, or a disk that fails, may have damaged. */
#include <config.h>

#include "exec/durable.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/log.h"
#include "exec/record.h"
#include "exec/results.h"

#include <fcntl.h>

enum { BOOT_ID_MAX = 64 };

/* Where the kernel does not say, no crash is ever found. */
static bool read_boot_id(char out[BOOT_ID_MAX])
{
    cleanup_close int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, out, BOOT_ID_MAX - 1);
    out[n < 0 ? 0 : n] = '\0';
    return n > 0;
}

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

/* 1, or 0 if somebody uses it. */
static int remove_unused(struct store *s, const struct layout *l, const struct result *r,
                         struct ob_err *err)
{
    struct digest key;
    if (!digest_from_hex(r->key, &key))
        return 0;
    cleanup_close int lock = layout_take(l, &key, err);
    if (lock < 0)
        return err->errnum == EAGAIN ? 0 : -1;
    return result_remove(s, l, r->key.p, err) < 0 ? -1 : 1;
}

/* What is in use was made after the crash, and so was what it stands on: by a container, which has
 * a boot id of its own. */
static void keep(struct result_vec *v, struct result *r)
{
    r->is_lost = false;
    for (uint32_t i = r->up; i != NO_RESULT && v->at[i].is_lost; i = v->at[i].up)
        v->at[i].is_lost = false;
}

/* Children first. Gives the number of those that were removed, or -1. */
static int remove_marked(struct store *s, const struct layout *l, struct result_vec *v,
                         struct result *const *order, struct ob_err *err)
{
    int n = 0;
    for (uint32_t i = v->n; i-- > 0;) {
        int rc = order[i]->is_lost ? remove_unused(s, l, order[i], err) : 1;
        if (rc < 0)
            return -1;
        if (rc == 0)
            keep(v, order[i]);
        n += order[i]->is_lost;
    }
    return n;
}

static int remove_lost(struct store *s, const struct layout *l, struct arena *a,
                       struct result_vec *v, const char *why, struct ob_err *err)
{
    if (read_parents(l, a, v, err) < 0)
        return -1;
    struct result **order = results_link(a, v);
    mark_built_on_lost(v, order);
    int n = remove_marked(s, l, v, order, err);
    if (n > 0)
        log_warning("%s: removed %d %s that may not have reached the disk", why, n,
                    n == 1 ? "result" : "results");
    return n < 0 ? -1 : 0;
}

/* Without a result, unless that is just being built. */
static int remove_record(struct store *s, const struct layout *l, int dir, const char *name,
                         struct ob_err *err)
{
    struct digest key;
    if (!digest_from_hex(str_from(name), &key))
        return 0;
    cleanup_close int lock = layout_try_lock(l, &key);
    int rc = lock < 0 ? 1 : store_lookup(s, name, NULL, err);
    if (rc == 0)
        unlinkat(dir, name, 0);
    return rc < 0 ? -1 : 0;
}

static int remove_records(struct store *s, const struct layout *l, int dir, struct ob_err *err)
{
    cleanup_dir DIR *d = fs_opendir(dir);
    if (!d)
        return ob_err_set(err, errno, "can't read the store's records");
    for (struct dirent *e; (e = readdir(d));)
        if (remove_record(s, l, dir, e->d_name, err) < 0)
            return -1;
    return 0;
}

/* The index was not synced either: it is made again from the records. */
static void remove_index(const struct layout *l)
{
    static const char *const names[] = {"index.db", "index.db-wal", "index.db-shm"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unlinkat(l->state, names[i], 0);
}

static int drop_lost(struct store *s, const struct layout *l, const char *why, struct ob_err *err)
{
    struct arena a = ARENA_INIT;
    struct collecting c = {.arena = &a};
    int rc = store_each(s, collect, &c, err);
    if (rc == 0 && mark_unsynced(l, &c.results) > 0)
        rc = remove_lost(s, l, &a, &c.results, why, err);
    arena_free(&a);
    return rc;
}

static bool is_of_boot(const struct layout *l, const char *id)
{
    struct ob_err ignored;
    cleanup_buf struct buf text = BUF_INIT;
    return fs_read_file_at(l->state, "boot", &text, BOOT_ID_MAX, &ignored) > 0 &&
           str_eq(buf_str(&text), str_from(id));
}

/* Files of who has the store open may be those that could not be written. */
static int recover_from_sync(struct store *s, const struct layout *l, struct ob_err *err)
{
    struct ob_err failed;
    if (durable_check(l, &failed) == 0)
        return 0;
    if (layout_is_shared(l)) {
        log_warning("%s", failed.text);
        return 0;
    }
    if (drop_lost(s, l, "the store could not be synced", err) < 0)
        return -1;
    unlinkat(l->state, "risk", 0);
    unlinkat(l->state, DURABLE_FAILED, 0);
    return 0;
}

static int recover_from_crash(struct store *s, const struct layout *l, const char *id,
                              struct ob_err *err)
{
    if (drop_lost(s, l, "the machine was restarted", err) < 0 ||
        remove_records(s, l, l->record, err) < 0 || remove_records(s, l, l->unsynced, err) < 0)
        return -1;
    remove_index(l);
    unlinkat(l->state, "risk", 0);
    int rc = fs_replace_file_at(l->state, "boot", id, strlen(id), 0600, err);
    if (rc == 0)
        rc = durable_count_up(l, err);
    return rc < 0 && err->errnum != EROFS ? -1 : 0; /* nothing can be lost that is only read */
}

int durable_recover(struct store *s, const struct layout *l, struct ob_err *err)
{
    char id[BOOT_ID_MAX];
    struct ob_err failed;
    bool has_id = read_boot_id(id);
    if ((!has_id || is_of_boot(l, id)) && durable_check(l, &failed) == 0)
        return 0;
    cleanup_close int lock = durable_lock(l, err);
    if (lock < 0)
        return -1;
    /* Another process may have been faster. */
    if (has_id && !is_of_boot(l, id) && recover_from_crash(s, l, id, err) < 0)
        return -1;
    return recover_from_sync(s, l, err);
}
