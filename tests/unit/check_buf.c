/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "base/buf.h"
#include "tests/unit/fixture.h"

START_TEST(what_is_added_is_there_and_terminated)
{
    struct buf b = BUF_INIT;
    buf_puts(&b, "ab");
    buf_putc(&b, '\0');
    buf_add(&b, "cd", 2);
    buf_add_str(&b, STR("e"));
    buf_printf(&b, "-%03d-%s", 7, "x");
    ck_assert_strs(buf_str(&b), STR("ab\0cde-007-x"));
    ck_assert_int_eq(b.p[b.n], '\0');
    buf_free(&b);
    ck_assert_ptr_null(b.p);
}
END_TEST

START_TEST(nothing_can_be_added)
{
    struct buf b = BUF_INIT;
    buf_add(&b, NULL, 0);
    buf_puts(&b, "");
    buf_printf(&b, "%s", "");
    ck_assert_uint_eq(b.n, 0);
    ck_assert_ptr_nonnull(b.p);
    ck_assert_int_eq(b.p[0], '\0');
    buf_free(&b);
}
END_TEST

START_TEST(it_grows_byte_by_byte_and_in_leaps)
{
    struct buf b = BUF_INIT;
    for (int i = 0; i < 1000; i++) {
        buf_putc(&b, (char)('a' + i % 26));
        ck_assert_uint_lt(b.n, b.cap);
        ck_assert_int_eq(b.p[b.n], '\0');
    }
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(b.p[i], 'a' + i % 26);
    buf_reserve(&b, 1 << 20);
    ck_assert_uint_ge(b.cap, b.n + (1 << 20) + 1);
    ck_assert_uint_eq(b.n, 1000);
    buf_free(&b);
}
END_TEST

START_TEST(formatting_of_any_length_is_exact)
{
    struct buf b = BUF_INIT;
    for (int n = 0; n < 300; n++) {
        buf_clear(&b);
        buf_printf(&b, "%*s", n, "");
        ck_assert_uint_eq(b.n, (size_t)n);
        ck_assert_uint_eq(strlen(b.p), (size_t)n);
    }
    buf_free(&b);
}
END_TEST

START_TEST(clear_keeps_the_room)
{
    struct buf b = BUF_INIT;
    buf_puts(&b, "text");
    char *room = b.p;
    buf_clear(&b);
    ck_assert_uint_eq(b.n, 0);
    ck_assert_int_eq(b.p[0], '\0');
    buf_puts(&b, "x");
    ck_assert_ptr_eq(b.p, room);
    buf_free(&b);
    buf_clear(&b); /* an empty one as well */
    ck_assert_ptr_null(b.p);
}
END_TEST

START_TEST(take_hands_over_a_string_even_of_nothing)
{
    struct buf b = BUF_INIT;
    buf_puts(&b, "mine");
    char *text = buf_take(&b);
    ck_assert_str_eq(text, "mine");
    ck_assert_ptr_null(b.p);
    ck_assert_uint_eq(b.n, 0);
    free(text);
    text = buf_take(&b);
    ck_assert_str_eq(text, "");
    free(text);
}
END_TEST

START_TEST(stray_bytes_become_utf8)
{
    struct buf b = BUF_INIT;
    buf_add_utf8(&b, STR("a\xff\xc3\xa9\xc3"));
    ck_assert_str_eq(b.p, "a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd");
    buf_free(&b);
}
END_TEST

UNIT_MAIN("buf", what_is_added_is_there_and_terminated, nothing_can_be_added,
          it_grows_byte_by_byte_and_in_leaps, formatting_of_any_length_is_exact,
          clear_keeps_the_room, take_hands_over_a_string_even_of_nothing, stray_bytes_become_utf8)
