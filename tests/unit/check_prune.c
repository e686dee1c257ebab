/* SPDX-License-Identifier: Apache-2.0 */
/* What is removed while others build. */
#include <config.h>

#include "exec/prune.h"

#include "exec/record.h"
#include "tests/unit/fixture.h"
#include "tests/unit/store_dir.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { N_OTHERS = 100 }; /* more than one batch */

static struct store_dir sd;
static struct index *ix;
static struct ob_err err;

static void start(void)
{
    store_dir_start(&sd);
    ix = index_new(&sd.layout, sd.store);
}

static void stop(void)
{
    index_free(ix);
    store_dir_end(&sd);
}

/* As a build that is killed before it adds the row. Last used at `seconds`. */
static void build(unsigned char byte, unsigned char parent, time_t seconds)
{
    char key[SHA256_HEX + 1], parent_key[SHA256_HEX + 1] = "";
    const struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};
    struct digest d = digest_filled(parent);
    if (parent)
        digest_hex(&d, parent_key);
    d = digest_filled(byte);
    digest_hex(&d, key);
    struct record r = {.key = str_from(key), .parent = str_from(parent_key), .op = STR("{}")};
    ck_assert_ok(record_save(&sd.layout, &r, &err), &err);
    make_result(&sd, key);
    ck_assert_int_eq(utimensat(sd.layout.unsynced, key, times, 0), 0);
}

static bool is_there(unsigned char byte)
{
    char key[SHA256_HEX + 1];
    struct digest d = digest_filled(byte);
    digest_hex(&d, key);
    return store_lookup(sd.store, key, NULL, &err) == 1;
}

/* On what would go last, and so in a later batch. */
static void build_on_the_last(void *arg, const struct result *r)
{
    bool *done = arg;
    (void)r;
    if (!*done)
        build(N_OTHERS + 1, N_OTHERS, N_OTHERS + 1);
    *done = true;
}

/* … and as if somebody had synced before that batch: one that is going on keeps them waiting. */
static void build_and_sync(void *arg, const struct result *r)
{
    const uint64_t n_syncs = 1;
    const struct digest d = digest_filled(N_OTHERS + 1);
    char key[SHA256_HEX + 1];
    bool was_done = *(bool *)arg;
    build_on_the_last(arg, r);
    if (was_done)
        return;
    digest_hex(&d, key);
    ck_assert_int_eq(renameat(sd.layout.unsynced, key, sd.layout.record, key), 0);
    int fd = openat(sd.layout.state, "syncs", O_WRONLY | O_CREAT, 0600);
    ck_assert_int_eq(write(fd, &n_syncs, sizeof n_syncs), sizeof n_syncs);
    close(fd);
}

static void prune_all(void (*removed)(void *arg, const struct result *r))
{
    bool done = false;
    for (unsigned char i = 1; i <= N_OTHERS; i++)
        build(i, 0, i);
    struct prune p = {
        .store = sd.store,
        .layout = &sd.layout,
        .index = ix,
        .policy = PRUNE_ALL,
        .removed = removed,
        .arg = &done,
    };
    ck_assert_ok(prune_run(&p, &err), &err);
    ck_assert_uint_eq(p.n_removed, N_OTHERS - 1);
    ck_assert(is_there(N_OTHERS) && is_there(N_OTHERS + 1));
}

START_TEST(what_was_built_on_meanwhile_stays)
{
    prune_all(build_on_the_last);
}
END_TEST

START_TEST(also_if_that_is_on_disk_by_now)
{
    prune_all(build_and_sync);
}
END_TEST

UNIT_MAIN_WITH("prune", start, stop, what_was_built_on_meanwhile_stays,
               also_if_that_is_on_disk_by_now)
