/* SPDX-License-Identifier: Apache-2.0 */
/* Which results are known to be on disk, and what becomes of the others after a restart. */
#include <config.h>

#include "exec/durable.h"

#include "exec/record.h"
#include "tests/unit/fixture.h"
#include "tests/unit/store_dir.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static struct store_dir sd;
static struct ob_err err;
static char one[SHA256_HEX + 1], two[SHA256_HEX + 1], three[SHA256_HEX + 1];

/* In place of the C library's: how many of the next fail, in all processes. */
static int *n_failing;

int syncfs(int fd)
{
    (void)fd;
    errno = EIO;
    return __atomic_sub_fetch(n_failing, 1, __ATOMIC_SEQ_CST) < 0 ? 0 : -1;
}

static void start(void)
{
    n_failing =
        mmap(NULL, sizeof *n_failing, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(n_failing, MAP_FAILED);
    const struct digest d[] = {digest_filled(1), digest_filled(2), digest_filled(3)};
    store_dir_start(&sd);
    digest_hex(&d[0], one);
    digest_hex(&d[1], two);
    digest_hex(&d[2], three);
    ck_assert_ok(durable_recover(sd.store, &sd.layout, &err), &err);
}

static void stop(void)
{
    store_dir_end(&sd);
}

static void save_record(const char *key, const char *parent)
{
    struct record r = {.key = str_from(key), .parent = str_from(parent), .op = STR("{}")};
    ck_assert_ok(record_save(&sd.layout, &r, &err), &err);
}

static void build(const char *key, const char *parent)
{
    save_record(key, parent);
    make_result(&sd, key);
}

static void sync_all(void)
{
    ck_assert_ok(durable_sync(sd.store, &sd.layout, &err), &err);
}

static void restart(void)
{
    scratch_text(&sd.dir, "state/boot", "another");
    ck_assert_ok(durable_recover(sd.store, &sd.layout, &err), &err);
}

static bool is_there(const char *key)
{
    return store_lookup(sd.store, key, NULL, &err) == 1;
}

static bool is_in(int dir, const char *name)
{
    return faccessat(dir, name, F_OK, 0) == 0;
}

START_TEST(a_sync_vouches_for_what_is_committed)
{
    build(one, "");
    save_record(two, one);
    sync_all();
    ck_assert(is_in(sd.layout.record, one) && !is_in(sd.layout.unsynced, one));
    ck_assert(!is_in(sd.layout.record, two) && is_in(sd.layout.unsynced, two));
}
END_TEST

START_TEST(a_restart_drops_what_was_not_synced)
{
    build(one, "");
    sync_all();
    build(two, one);
    restart();
    ck_assert(is_there(one) && !is_there(two));
    ck_assert(!is_in(sd.layout.unsynced, two));
    restart();
    ck_assert(is_there(one));
}
END_TEST

START_TEST(and_what_was_built_on_it)
{
    build(one, "");
    build(two, one);
    build(three, two);
    sync_all();
    ck_assert_int_eq(renameat(sd.layout.record, one, sd.layout.unsynced, one), 0);
    restart();
    ck_assert(!is_there(one) && !is_there(two) && !is_there(three));
}
END_TEST

START_TEST(without_a_restart_all_stay)
{
    build(one, "");
    ck_assert_ok(durable_recover(sd.store, &sd.layout, &err), &err);
    ck_assert(is_there(one));
}
END_TEST

START_TEST(records_without_results_go)
{
    build(one, "");
    save_record(two, one);
    sync_all();
    save_record(three, one);
    ck_assert_int_eq(renameat(sd.layout.unsynced, two, sd.layout.record, two), 0);
    restart();
    ck_assert(is_in(sd.layout.record, one));
    ck_assert(!is_in(sd.layout.record, two) && !is_in(sd.layout.unsynced, three));
}
END_TEST

START_TEST(ten_seconds_of_building_are_worth_a_sync)
{
    struct durable d;
    durable_start(&d, sd.store, &sd.layout);
    ck_assert_ok(durable_end(&d, &err), &err);
    ck_assert(!is_in(sd.layout.state, "risk")); /* nothing was built */
    build(one, "");
    durable_committed(&d);
    d.since.tv_sec -= 6;
    ck_assert_ok(durable_end(&d, &err), &err);
    ck_assert(is_in(sd.layout.unsynced, one)); /* six seconds are not */
    ck_assert_ok(durable_end(&d, &err), &err);
    ck_assert(is_in(sd.layout.record, one)); /* those before count too */
    build(two, one);
    ck_assert_ok(durable_end(&d, &err), &err);
    ck_assert(is_in(sd.layout.unsynced, two)); /* and once only */
}
END_TEST

/* Lets a sync of `one` fail, meanwhile, and waits for it. */
static void fail_meanwhile(struct durable *d)
{
    durable_start(d, sd.store, &sd.layout);
    d->since.tv_sec -= 11;
    d->tried = d->since;
    build(one, "");
    *n_failing = 1;
    durable_committed(d);
    wait(NULL);
}

START_TEST(a_sync_that_failed_meanwhile_is_told_at_the_end)
{
    struct durable d;
    fail_meanwhile(&d);
    build(two, "");
    durable_committed(&d);
    ck_assert_int_lt(durable_end(&d, &err), 0);
    ck_assert_int_eq(err.errnum, EIO);
    ck_assert_ptr_nonnull(strstr(err.text, "the store could not be synced"));
}
END_TEST

START_TEST(no_later_sync_vouches_for_what_was_not_written)
{
    struct durable d;
    fail_meanwhile(&d);
    ck_assert_int_lt(durable_sync(sd.store, &sd.layout, &err), 0);
    ck_assert(is_in(sd.layout.unsynced, one) && !is_in(sd.layout.record, one));
    ck_assert_ok(durable_recover(sd.store, &sd.layout, &err), &err);
    ck_assert(!is_there(one));
    build(two, "");
    sync_all();
    ck_assert(is_in(sd.layout.record, two));
}
END_TEST

START_TEST(what_was_synced_before_one_failed_stays)
{
    build(one, "");
    sync_all();
    build(two, one);
    *n_failing = 1;
    ck_assert_int_lt(durable_sync(sd.store, &sd.layout, &err), 0);
    ck_assert_ok(durable_recover(sd.store, &sd.layout, &err), &err);
    ck_assert(is_there(one) && !is_there(two));
}
END_TEST

START_TEST(while_others_have_the_store_open_the_doubt_stays)
{
    struct layout other = LAYOUT_INIT;
    ck_assert_ok(layout_open(&other, sd.store, &err), &err);
    build(one, "");
    *n_failing = 1;
    ck_assert_int_lt(durable_sync(sd.store, &sd.layout, &err), 0);
    ck_assert_ok(durable_recover(sd.store, &sd.layout, &err), &err);
    ck_assert(is_there(one));
    ck_assert_int_lt(durable_sync(sd.store, &other, &err), 0);
    layout_close(&other);
    ck_assert_ok(durable_recover(sd.store, &sd.layout, &err), &err);
    ck_assert(!is_there(one));
}
END_TEST

START_TEST(a_sync_meanwhile_takes_away_the_risk)
{
    struct durable d;
    fail_meanwhile(&d);
    ck_assert_ok(durable_recover(sd.store, &sd.layout, &err), &err);
    build(two, "");
    durable_committed(&d);
    ck_assert(is_in(sd.layout.unsynced, two)); /* the next try is in ten seconds */
    d.tried = d.since;
    durable_committed(&d);
    wait(NULL);
    ck_assert(is_in(sd.layout.record, two));
    build(three, "");
    ck_assert_ok(durable_end(&d, &err), &err);
    ck_assert(is_in(sd.layout.unsynced, three)); /* a second old */
}
END_TEST

START_TEST(another_boot_drops_nothing_that_is_in_use)
{
    struct layout other = LAYOUT_INIT;
    const struct digest key = digest_filled(2);
    ck_assert_ok(layout_open(&other, sd.store, &err), &err);
    build(one, "");
    build(two, one);
    build(three, two);
    ck_assert_ok(layout_use(&other, &key, &err), &err);
    restart();
    ck_assert(is_there(one) && is_there(two) && !is_there(three));
    layout_unuse(&other, &key);
    restart();
    ck_assert(!is_there(one) && !is_there(two));
    layout_close(&other);
}
END_TEST

UNIT_MAIN_WITH("durable", start, stop, a_sync_vouches_for_what_is_committed,
               a_restart_drops_what_was_not_synced, and_what_was_built_on_it,
               without_a_restart_all_stay, records_without_results_go,
               ten_seconds_of_building_are_worth_a_sync,
               a_sync_that_failed_meanwhile_is_told_at_the_end,
               no_later_sync_vouches_for_what_was_not_written,
               what_was_synced_before_one_failed_stays,
               while_others_have_the_store_open_the_doubt_stays,
               a_sync_meanwhile_takes_away_the_risk, another_boot_drops_nothing_that_is_in_use)
