/* SPDX-License-Identifier: Apache-2.0 */
/* Which results are known to be on disk, and what becomes of the others after a restart. */
#include <config.h>

#include "exec/durable.h"

#include "exec/record.h"
#include "tests/unit/fixture.h"
#include "tests/unit/store_dir.h"

static struct store_dir sd;
static struct ob_err err;
static char one[SHA256_HEX + 1], two[SHA256_HEX + 1], three[SHA256_HEX + 1];

static void start(void)
{
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

UNIT_MAIN_WITH("durable", start, stop, a_sync_vouches_for_what_is_committed,
               a_restart_drops_what_was_not_synced, and_what_was_built_on_it,
               without_a_restart_all_stay, records_without_results_go,
               ten_seconds_of_building_are_worth_a_sync)
