/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "base/quantity.h"
#include "tests/unit/fixture.h"

static uint64_t bytes(const char *text)
{
    uint64_t n;
    return quantity_bytes(str_from(text), &n) ? n : 12345;
}

static uint64_t ms(const char *text)
{
    uint64_t n;
    return quantity_ms(str_from(text), &n) ? n : 12345;
}

START_TEST(bytes_take_units_of_either_case_and_fractions)
{
    ck_assert_uint_eq(bytes("0"), 0);
    ck_assert_uint_eq(bytes("512"), 512);
    ck_assert_uint_eq(bytes("64k"), 64 << 10);
    ck_assert_uint_eq(bytes("64KiB"), 64 << 10);
    ck_assert_uint_eq(bytes("1.5G"), (uint64_t)3 << 29);
    ck_assert_uint_eq(bytes("10b"), 10);
    ck_assert_uint_eq(bytes("15E"), (uint64_t)15 << 60);
}
END_TEST

START_TEST(what_is_no_amount_is_refused)
{
    static const char *const bad[] = {"",    ".",  "k",   "-1",    "1 k",
                                      "1kk", "1x", "16E", "1.2.3", "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint64_t n;
        ck_assert_msg(!quantity_bytes(str_from(bad[i]), &n), "%s", bad[i]);
    }
}
END_TEST

START_TEST(durations_add_up)
{
    ck_assert_uint_eq(ms("90"), 90000);
    ck_assert_uint_eq(ms("1.5"), 1500);
    ck_assert_uint_eq(ms("250ms"), 250);
    ck_assert_uint_eq(ms("10m"), 600000);
    ck_assert_uint_eq(ms("1h30m"), 5400000);
    ck_assert_uint_eq(ms("2d"), 172800000);
    uint64_t n;
    ck_assert(!quantity_ms(STR(""), &n) && !quantity_ms(STR("5w"), &n));
    ck_assert(!quantity_ms(STR("m"), &n) && !quantity_ms(STR("99999999999999999d"), &n));
}
END_TEST

START_TEST(thousandths)
{
    uint64_t n;
    ck_assert(quantity_milli(STR("0.25"), &n) && n == 250);
    ck_assert(quantity_milli(STR("2"), &n) && n == 2000);
    ck_assert(!quantity_milli(STR("2s"), &n));
}
END_TEST

START_TEST(bytes_are_printed_with_two_or_three_digits)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {{0, "0 B"},
                 {1023, "1023 B"},
                 {1024, "1.0 KiB"},
                 {1024 * 10 - 1, "9.9 KiB"},
                 {1024 * 10, "10 KiB"},
                 {(1 << 20) - 1, "1023 KiB"},
                 {3 << 19, "1.5 MiB"},
                 {UINT64_MAX, "15 EiB"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf b = BUF_INIT;
        quantity_add_bytes(&b, cases[i].bytes);
        ck_assert_str_eq(b.p, cases[i].text);
        buf_free(&b);
    }
}
END_TEST

UNIT_MAIN("quantity", bytes_take_units_of_either_case_and_fractions, what_is_no_amount_is_refused,
          durations_add_up, thousandths, bytes_are_printed_with_two_or_three_digits)
