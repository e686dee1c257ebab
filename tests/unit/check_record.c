/* SPDX-License-Identifier: Apache-2.0 */
/* Records of results, written and read back. */
#include <config.h>

#include "exec/record.h"
#include "tests/unit/fixture.h"
#include "tests/unit/store_dir.h"

#define KEY "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"

static struct arena a; /* each test runs in a process of its own */
static struct store_dir sd;
static struct ob_err err;

static void start(void)
{
    store_dir_start(&sd);
}

static void stop(void)
{
    store_dir_end(&sd);
}

static struct record sample(void)
{
    struct record r = {
        .key = STR(KEY),
        .parent = STR("aa"),
        .kind = STR("run"),
        .heading = STR("RUN echo \"\xc3\xa9\""),
        .source = STR("a/Dockerfile"),
        .line = 7,
        .op = STR(
            "{\"shell\":\"base\",\"command\":\"echo \\\"\xc3\xa9\\\"\",\"env\":[[\"A\",\"1\"]]}"),
        .op_digest = STR("bb"),
        .input = STR("cc"),
        .created = 1700000000,
        .ms = 1234,
    };
    vec_push(&a, &r.reads, STR("dd"));
    vec_push(&a, &r.reads, STR("ee"));
    return r;
}

static void save(const struct record *r)
{
    ck_assert_ok(record_save(&sd.layout, r, &err), &err);
}

START_TEST(what_is_saved_comes_back)
{
    struct record in = sample(), out;
    save(&in);
    ck_assert_int_eq(record_load(&sd.layout, KEY, &a, &out, &err), 1);
    ck_assert_strs(out.key, in.key);
    ck_assert_strs(out.parent, in.parent);
    ck_assert_uint_eq(out.reads.n, 2);
    ck_assert_strs(out.reads.at[1], in.reads.at[1]);
    ck_assert_strs(out.kind, in.kind);
    ck_assert_strs(out.heading, in.heading);
    ck_assert_strs(out.source, in.source);
    ck_assert_int_eq(out.line, in.line);
    ck_assert_strs(out.op, in.op);
    ck_assert_strs(out.op_digest, in.op_digest);
    ck_assert_strs(out.input, in.input);
    ck_assert_int_eq(out.created, in.created);
    ck_assert_int_eq(out.ms, in.ms);
}
END_TEST

START_TEST(what_a_result_lacks_comes_back_empty)
{
    struct record in = {.key = STR(KEY), .kind = STR("scratch"), .op = STR("{}")}, out;
    save(&in);
    ck_assert_int_eq(record_load(&sd.layout, KEY, &a, &out, &err), 1);
    ck_assert_strs(out.parent, STR(""));
    ck_assert_strs(out.input, STR(""));
    ck_assert_strs(out.op, STR("{}"));
    ck_assert_uint_eq(out.reads.n, 0);
}
END_TEST

START_TEST(a_damaged_record_is_none)
{
    static const char *const damages[] = {"", "{", "[]", "{}", "{\"key\":\"5b\"}", "{\"key\":5}"};
    struct record out;
    ck_assert_int_eq(record_load(&sd.layout, KEY, &a, &out, &err), 0);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        scratch_text(&sd.dir, "state/unsynced/" KEY, damages[i]);
        ck_assert_int_eq(record_load(&sd.layout, KEY, &a, &out, &err), 0);
    }
}
END_TEST

START_TEST(a_record_is_found_in_either_place)
{
    struct record in = sample(), out;
    save(&in);
    ck_assert_int_eq(renameat(sd.layout.unsynced, KEY, sd.layout.record, KEY), 0);
    ck_assert_int_eq(record_load(&sd.layout, KEY, &a, &out, &err), 1);
    record_remove(&sd.layout, KEY);
    ck_assert_int_eq(record_load(&sd.layout, KEY, &a, &out, &err), 0);
}
END_TEST

START_TEST(a_use_is_noted_in_either_place)
{
    static const struct timespec past[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    struct record in = sample();
    ck_assert_int_eq(record_last_use(&sd.layout, KEY), 0);
    save(&in);
    const int dirs[] = {sd.layout.unsynced, sd.layout.record};
    for (int i = 0; i < 2; i++) {
        if (i == 1)
            ck_assert_int_eq(renameat(dirs[0], KEY, dirs[1], KEY), 0);
        ck_assert_int_eq(utimensat(dirs[i], KEY, past, 0), 0);
        ck_assert_int_eq(record_last_use(&sd.layout, KEY), 1000);
        record_used(&sd.layout, KEY);
        ck_assert_int_gt(record_last_use(&sd.layout, KEY), 1600000000);
    }
}
END_TEST

UNIT_MAIN_WITH("record", start, stop, what_is_saved_comes_back,
               what_a_result_lacks_comes_back_empty, a_damaged_record_is_none,
               a_record_is_found_in_either_place, a_use_is_noted_in_either_place)
