/* SPDX-License-Identifier: Apache-2.0 */
/* The index of a store: rows come back, and a lost or damaged index does no harm. */
#include <config.h>

#include "exec/index.h"
#include "exec/record.h"
#include "exec/reindex.h"
#include "tests/unit/fixture.h"
#include "tests/unit/store_dir.h"

#include <sqlite3.h>

static struct arena a; /* each test runs in a process of its own */
static struct store_dir sd;
static struct index *ix;
static struct ob_err err;

static void open_index(void)
{
    ix = index_new(&sd.layout, sd.store);
}

static void start(void)
{
    store_dir_start(&sd);
    open_index();
}

static void stop(void)
{
    index_free(ix);
    store_dir_end(&sd);
}

static void add(const char *key, const char *parent, int64_t created)
{
    struct index_row row = {.key = str_from(key),
                            .parent = str_from(parent),
                            .heading = STR("RUN 'x'; DROP TABLE results"),
                            .created = created,
                            .ms = INT64_MAX,
                            .bytes = -1};
    ck_assert_ok(index_add(ix, &row, &err), &err);
}

static struct index_row_vec list(void)
{
    struct index_row_vec rows = {0};
    ck_assert_ok(index_list(ix, &a, &rows, &err), &err);
    return rows;
}

START_TEST(rows_come_back_in_the_order_of_making)
{
    add("bb", "", 10);
    add("aa", "bb", 10);
    index_free(ix);
    open_index();
    struct index_row_vec rows = list();
    ck_assert_uint_eq(rows.n, 2);
    ck_assert_strs(rows.at[0].parent, STR(""));
    ck_assert_strs(rows.at[1].key, STR("aa"));
    ck_assert_strs(rows.at[1].parent, STR("bb"));
    ck_assert_strs(rows.at[1].heading, STR("RUN 'x'; DROP TABLE results"));
    ck_assert_int_eq(rows.at[1].created, 10);
    ck_assert_int_eq(rows.at[1].ms, INT64_MAX);
}
END_TEST

START_TEST(a_row_is_replaced_by_one_with_its_key)
{
    add("aa", "", 1);
    add("aa", "bb", 2);
    struct index_row_vec rows = list();
    ck_assert_uint_eq(rows.n, 1);
    ck_assert_int_eq(rows.at[0].created, 2);
}
END_TEST

START_TEST(older_rows_that_are_alike_are_found)
{
    struct str_vec keys = {0};
    struct index_row row = {.key = STR("cc"), .parent = STR("p"), .heading = STR("h")};
    struct index_row other = row;
    add("aa", "p", 1); /* has the parent */
    add("xx", "q", 1); /* has nothing */
    other.key = STR("bb");
    other.parent = STR("q");
    ck_assert_ok(index_add(ix, &other, &err), &err); /* has the heading */
    ck_assert_ok(index_add(ix, &row, &err), &err);
    other.key = STR("dd");
    ck_assert_ok(index_add(ix, &other, &err), &err); /* is younger */
    ck_assert_ok(index_alike(ix, &a, &row, &keys, &err), &err);
    ck_assert_uint_eq(keys.n, 2);
    ck_assert_strs(keys.at[0], STR("bb"));
    ck_assert_strs(keys.at[1], STR("aa"));
}
END_TEST

START_TEST(children_are_found)
{
    struct str_vec keys = {0};
    add("aa", "", 1);
    add("bb", "aa", 2);
    add("cc", "aa", 3);
    add("dd", "bb", 4);
    ck_assert_ok(index_children(ix, &a, STR("aa"), &keys, &err), &err);
    ck_assert_uint_eq(keys.n, 2);
}
END_TEST

START_TEST(prefixes_are_taken_literally_and_give_two_at_most)
{
    struct str_vec keys = {0};
    add("aa1", "", 1);
    add("aa2", "", 2);
    add("aa3", "", 3);
    ck_assert_ok(index_match(ix, &a, STR("aa1"), &keys, &err), &err);
    ck_assert_uint_eq(keys.n, 1);
    ck_assert_ok(index_match(ix, &a, STR("%"), &keys, &err), &err);
    ck_assert_ok(index_match(ix, &a, STR("aa11"), &keys, &err), &err);
    ck_assert_uint_eq(keys.n, 1);
    keys.n = 0;
    ck_assert_ok(index_match(ix, &a, STR("aa"), &keys, &err), &err);
    ck_assert_uint_eq(keys.n, 2);
}
END_TEST

START_TEST(removing_is_for_good)
{
    add("aa", "", 1);
    ck_assert_ok(index_remove(ix, STR("aa"), &err), &err);
    ck_assert_uint_eq(list().n, 0);
    ck_assert_ok(index_remove(ix, STR("aa"), &err), &err);
}
END_TEST

START_TEST(two_processes_may_have_it_open)
{
    struct index *other = index_new(&sd.layout, sd.store);
    add("aa", "", 1);
    struct index_row_vec rows = {0};
    ck_assert_ok(index_list(other, &a, &rows, &err), &err);
    ck_assert_uint_eq(rows.n, 1);
    index_free(other);
}
END_TEST

START_TEST(a_damaged_index_is_put_aside)
{
    static const char noise[] = "this is not a database, but it is longer than a header of one is, "
                                "which has 100 bytes at the start of the file";
    add("aa", "", 1);
    index_free(ix);
    scratch_text(&sd.dir, "state/index.db", noise);
    open_index();
    ck_assert_uint_eq(list().n, 0);
    add("bb", "", 1);
    struct stat st;
    ck_assert_int_eq(fstatat(sd.dir.fd, "state/index.db.damaged", &st, 0), 0);
}
END_TEST

START_TEST(an_index_of_a_newer_obkit_is_left_alone)
{
    char path[100];
    sqlite3 *db;
    index_free(ix);
    snprintf(path, sizeof path, "%s/state/index.db", sd.dir.path);
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_exec(db, "PRAGMA user_version = 1000", NULL, NULL, NULL);
    sqlite3_close(db);
    ix = index_new(&sd.layout, sd.store);
    struct index_row_vec rows = {0};
    ck_assert_int_eq(index_list(ix, &a, &rows, &err), -1);
    ck_assert_str_eq(err.text, "the store's index is of a newer obkit (version 1000)");
}
END_TEST

/* A result with a record, in the store. */
static void build(const char *key, const char *parent, int64_t created)
{
    struct record r = {.key = str_from(key),
                       .parent = str_from(parent),
                       .heading = STR("RUN it"),
                       .op = STR("{}"),
                       .created = created,
                       .ms = 7};
    ck_assert_ok(record_save(&sd.layout, &r, &err), &err);
    make_result(&sd, key);
}

static const char *key_of(char digit)
{
    char *key = arena_alloc(&a, SHA256_HEX + 1);
    memset(key, digit, SHA256_HEX);
    key[SHA256_HEX] = '\0';
    return key;
}

/* Writes over all but the first page. */
static void damage(void)
{
    char page[4096];
    memset(page, 0xa5, sizeof page);
    int fd = openat(sd.dir.fd, "state/index.db", O_RDWR | O_CLOEXEC);
    off_t size = lseek(fd, 0, SEEK_END);
    ck_assert_int_gt(size, sizeof page);
    for (off_t at = sizeof page; at < size; at += (off_t)sizeof page)
        ck_assert_int_eq(pwrite(fd, page, sizeof page, at), sizeof page);
    close(fd);
}

START_TEST(damage_that_a_statement_finds_is_as_good_as_damage_found_when_opening)
{
    struct str_vec keys = {0};
    build(key_of('a'), "", 1);
    add(key_of('e'), "", 1); /* without a result */
    index_close(ix);
    damage();
    ck_assert_ok(index_children(ix, &a, STR("aa"), &keys, &err), &err);
    ck_assert_uint_eq(list().n, 1);
    index_close(ix);
    damage();
    ck_assert_ok(index_set_bytes(ix, str_from(key_of('a')), 5, &err), &err);
    ck_assert_int_eq(list().at[0].bytes, 5);
}
END_TEST

START_TEST(a_transaction_goes_on_in_a_new_index)
{
    struct index *other = index_new(&sd.layout, sd.store);
    struct index_row_vec rows = {0};
    add(key_of('e'), "", 1);
    index_close(ix);
    damage();
    ck_assert_ok(index_begin(ix, &err), &err);
    add(key_of('a'), "", 1);
    ck_assert_ok(index_list(other, &a, &rows, &err), &err);
    ck_assert_uint_eq(rows.n, 0);
    ck_assert_ok(index_end(ix, &err), &err);
    ck_assert_ok(index_list(other, &a, &rows, &err), &err);
    ck_assert_uint_eq(rows.n, 1);
    index_free(other);
}
END_TEST

START_TEST(an_index_that_another_process_has_replaced_is_not_put_aside)
{
    struct index *other = index_new(&sd.layout, sd.store);
    add("aa", "", 1);
    index_close(ix);
    damage();
    ck_assert_ok(index_begin(ix, &err), &err);
    ck_assert_ok(index_end(ix, &err), &err); /* it is open, and has seen nothing wrong */
    struct index_row row = {.key = STR("bb")};
    ck_assert_ok(index_add(other, &row, &err), &err);
    add("cc", "", 1);
    ck_assert_uint_eq(list().n, 2);
    index_free(other);
}
END_TEST

START_TEST(a_new_index_knows_what_the_store_has)
{
    build(key_of('b'), key_of('a'), 20); /* in one second, what stands on another comes later */
    build(key_of('a'), key_of('c'), 20);
    build(key_of('c'), "", 20);
    make_result(&sd, key_of('d')); /* without a record */
    struct index_row_vec rows = list();
    ck_assert_uint_eq(rows.n, 4);
    ck_assert_strs(rows.at[0].key, str_from(key_of('d')));
    ck_assert_strs(rows.at[1].key, str_from(key_of('c')));
    ck_assert_strs(rows.at[2].key, str_from(key_of('a')));
    ck_assert_strs(rows.at[3].key, str_from(key_of('b')));
    ck_assert_strs(rows.at[3].parent, str_from(key_of('a')));
    ck_assert_strs(rows.at[3].heading, STR("RUN it"));
    ck_assert_int_eq(rows.at[3].ms, 7);
    ck_assert_int_eq(rows.at[3].bytes, -1);
}
END_TEST

START_TEST(reindexing_adds_what_is_there_and_removes_what_is_not)
{
    add(key_of('e'), "", 1); /* its builder died */
    add("no key", "", 1);
    build(key_of('a'), key_of('b'), 20);
    ck_assert_ok(reindex(ix, &sd.layout, sd.store, &err), &err);
    struct index_row_vec rows = list();
    ck_assert_uint_eq(rows.n, 1);
    ck_assert_strs(rows.at[0].key, str_from(key_of('a')));
    ck_assert_strs(rows.at[0].parent, str_from(key_of('b')));
}
END_TEST

static void no_waiting(void *arg)
{
    (void)arg;
}

START_TEST(reindexing_leaves_what_is_being_built)
{
    struct digest e = digest_filled(0xee);
    int lock = layout_lock(&sd.layout, &e, no_waiting, NULL, &err);
    add(key_of('e'), "", 1);
    ck_assert_ok(reindex(ix, &sd.layout, sd.store, &err), &err);
    ck_assert_uint_eq(list().n, 1);
    close(lock);
    ck_assert_ok(reindex(ix, &sd.layout, sd.store, &err), &err);
    ck_assert_uint_eq(list().n, 0);
}
END_TEST

/* As a builder that is killed between its log's last name and its commit. */
static void begin_publishing(const char *key)
{
    struct record r = {.key = str_from(key), .op = STR("{}")};
    ck_assert_ok(record_save(&sd.layout, &r, &err), &err);
    close(layout_new_log(&sd.layout, key, &err));
    ck_assert_ok(layout_end_log(&sd.layout, key, false, &err), &err);
}

/* How many of the log and the record there are. */
static int leftovers(const char *key)
{
    return (faccessat(sd.layout.log, key, F_OK, 0) == 0) +
           (faccessat(sd.layout.unsynced, key, F_OK, 0) == 0);
}

START_TEST(reindexing_removes_logs_and_records_of_results_that_never_came)
{
    struct digest e = digest_filled(0xee);
    begin_publishing(key_of('e'));
    begin_publishing(key_of('a')); /* its row is there, and it is not */
    add(key_of('a'), "", 1);
    begin_publishing(key_of('b'));
    make_result(&sd, key_of('b'));
    int lock = layout_lock(&sd.layout, &e, no_waiting, NULL, &err);
    ck_assert_ok(reindex(ix, &sd.layout, sd.store, &err), &err);
    ck_assert_int_eq(leftovers(key_of('e')), 2); /* it is being built */
    ck_assert_int_eq(leftovers(key_of('a')), 0);
    ck_assert_int_eq(leftovers(key_of('b')), 2);
    close(lock);
    ck_assert_ok(reindex(ix, &sd.layout, sd.store, &err), &err);
    ck_assert_int_eq(leftovers(key_of('e')), 0);
    ck_assert_int_eq(leftovers(key_of('b')), 2);
}
END_TEST

START_TEST(sizes_are_kept)
{
    add("aa", "", 1);
    ck_assert_ok(index_set_bytes(ix, STR("aa"), 5000000000, &err), &err);
    ck_assert_int_eq(list().at[0].bytes, 5000000000);
}
END_TEST

UNIT_MAIN_WITH("index", start, stop, rows_come_back_in_the_order_of_making,
               a_row_is_replaced_by_one_with_its_key, children_are_found,
               older_rows_that_are_alike_are_found,
               prefixes_are_taken_literally_and_give_two_at_most, removing_is_for_good,
               two_processes_may_have_it_open, a_damaged_index_is_put_aside,
               damage_that_a_statement_finds_is_as_good_as_damage_found_when_opening,
               a_transaction_goes_on_in_a_new_index,
               an_index_that_another_process_has_replaced_is_not_put_aside,
               an_index_of_a_newer_obkit_is_left_alone, a_new_index_knows_what_the_store_has,
               reindexing_adds_what_is_there_and_removes_what_is_not,
               reindexing_leaves_what_is_being_built,
               reindexing_removes_logs_and_records_of_results_that_never_came, sizes_are_kept)
