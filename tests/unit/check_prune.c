/* SPDX-License-Identifier: Apache-2.0 */
/* What is removed while others build. */
#include <config.h>

#include "exec/prune.h"

#include "exec/record.h"
#include "tests/unit/fixture.h"
#include "tests/unit/store_dir.h"

#include <sys/stat.h>

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

START_TEST(what_was_built_on_meanwhile_stays)
{
    bool done = false;
    for (unsigned char i = 1; i <= N_OTHERS; i++)
        build(i, 0, i);
    struct prune p = {
        .store = sd.store,
        .layout = &sd.layout,
        .index = ix,
        .policy = PRUNE_ALL,
        .removed = build_on_the_last,
        .arg = &done,
    };
    ck_assert_ok(prune_run(&p, &err), &err);
    ck_assert_uint_eq(p.n_removed, N_OTHERS - 1);
    ck_assert(is_there(N_OTHERS) && is_there(N_OTHERS + 1));
}
END_TEST

UNIT_MAIN_WITH("prune", start, stop, what_was_built_on_meanwhile_stays)
