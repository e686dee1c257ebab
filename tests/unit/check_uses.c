/* SPDX-License-Identifier: Apache-2.0 */
/* How long results stay locked that several steps use. */
#include <config.h>

#include "exec/uses.h"

#include "tests/unit/fixture.h"
#include "tests/unit/store_dir.h"

static struct arena a; /* each test runs in a process of its own */
static struct store_dir sd;
static struct layout other; /* of somebody who removes results */
static struct uses uses;
static struct digest key;
static struct ob_err err;

static void start(void)
{
    store_dir_start(&sd);
    ck_assert_ok(layout_open(&other, sd.store, &err), &err);
    uses_init(&uses, &sd.layout, &a);
    key = digest_filled(1);
}

static void stop(void)
{
    layout_close(&other);
    store_dir_end(&sd);
}

static void add(void)
{
    ck_assert_ok(uses_add(&uses, &key, &err), &err);
}

static bool is_locked(void)
{
    int lock = layout_take(&other, &key, &err);
    if (lock < 0)
        return true;
    close(lock);
    return false;
}

START_TEST(the_last_use_unlocks)
{
    ck_assert(!is_locked());
    add();
    add();
    uses_drop(&uses, &key);
    ck_assert(is_locked());
    uses_drop(&uses, &key);
    ck_assert(!is_locked());
    uses_drop(&uses, &key); /* of one that never came to be */
    add();
    ck_assert(is_locked());
}
END_TEST

/* The worker's lock is the scheduler's: they have one descriptor. */
START_TEST(a_lock_that_a_worker_has_just_taken_stays)
{
    add();
    uses_expect(&uses);
    ck_assert_ok(layout_use(&sd.layout, &key, &err), &err);
    uses_drop(&uses, &key);
    ck_assert(is_locked());
    add(); /* the worker has said so */
    uses_met(&uses);
    ck_assert(is_locked());
    uses_drop(&uses, &key);
    ck_assert(!is_locked());
}
END_TEST

START_TEST(what_was_dropped_meanwhile_is_unlocked_when_all_have_said_theirs)
{
    add();
    uses_expect(&uses);
    uses_expect(&uses);
    uses_drop(&uses, &key);
    uses_met(&uses);
    ck_assert(is_locked());
    uses_met(&uses);
    ck_assert(!is_locked());
}
END_TEST

UNIT_MAIN_WITH("uses", start, stop, the_last_use_unlocks, a_lock_that_a_worker_has_just_taken_stays,
               what_was_dropped_meanwhile_is_unlocked_when_all_have_said_theirs)
