/* SPDX-License-Identifier: Apache-2.0 */
/* The writer's bytes, and that jansson reads back what was meant. */
#include <config.h>

#include "base/json.h"
#include "tests/unit/fixture.h"

#include <jansson.h>

START_TEST(commas_stand_between_values_only)
{
    struct buf b = BUF_INIT;
    struct json_out j = JSON_OUT_INIT(&b);
    json_open(&j, '{');
    json_key_int(&j, "a", -1);
    json_key(&j, "list");
    json_open(&j, '[');
    json_int(&j, 1);
    json_str(&j, STR("two"));
    json_bool(&j, true);
    json_open(&j, '{');
    json_close(&j, '}');
    json_open(&j, '[');
    json_close(&j, ']');
    json_close(&j, ']');
    json_key(&j, "b");
    json_bool(&j, false);
    json_key_str(&j, "c", STR(""));
    json_close(&j, '}');
    ck_assert_str_eq(b.p, "{\"a\":-1,\"list\":[1,\"two\",true,{},[]],\"b\":false,\"c\":\"\"}");
    buf_free(&b);
}
END_TEST

START_TEST(newlines_stand_before_values_and_keep_it_json)
{
    struct buf b = BUF_INIT;
    struct json_out j = JSON_OUT_INIT(&b);
    json_open(&j, '[');
    for (int i = 0; i < 3; i++) {
        json_newline(&j);
        json_int(&j, i);
    }
    json_close(&j, ']');
    ck_assert_str_eq(b.p, "[\n0,\n1,\n2]");
    buf_free(&b);
}
END_TEST

START_TEST(strings_escape_what_they_must)
{
    struct buf b = BUF_INIT;
    struct json_out j = JSON_OUT_INIT(&b);
    json_str(&j, STR("a\"b\\c/\n\r\t\b\x01\x1f\x7f\xc3\xa4"));
    ck_assert_str_eq(b.p, "\"a\\\"b\\\\c/\\n\\r\\t\\u0008\\u0001\\u001f\\u007f\xc3\xa4\"");
    buf_free(&b);
}
END_TEST

START_TEST(a_character_is_escaped_wherever_it_stands)
{
    struct buf b = BUF_INIT;
    struct json_out j = JSON_OUT_INIT(&b);
    char text[21], expected[24];
    for (size_t at = 0; at < sizeof text; at++) {
        memset(text, '\xc3', sizeof text); /* its high bit hides no neighbour */
        text[at] = '"';
        buf_clear(&b);
        j.comma = false;
        json_str(&j, str_of(text, sizeof text));
        expected[0] = '"';
        memcpy(expected + 1, text, at);
        memcpy(expected + 1 + at, "\\\"", 2);
        memcpy(expected + 3 + at, text + at + 1, sizeof text - at - 1);
        expected[sizeof text + 2] = '"';
        ck_assert_strs(buf_str(&b), str_of(expected, sizeof text + 3));
    }
    buf_free(&b);
}
END_TEST

START_TEST(every_character_comes_back)
{
    struct buf b = BUF_INIT;
    struct json_out j = JSON_OUT_INIT(&b);
    char all[128];
    for (int i = 0; i < 128; i++)
        all[i] = (char)i;
    json_open(&j, '[');
    json_str(&j, str_of(all, sizeof all));
    json_str(&j, STR("\xe2\x82\xac\xf0\x9f\x98\x80"));
    json_str(&j, str_of(NULL, 0));
    json_close(&j, ']');
    json_error_t e;
    json_t *v = json_loadb(b.p, b.n, JSON_ALLOW_NUL, &e);
    ck_assert_msg(v != NULL, "%s", e.text);
    const json_t *s = json_array_get(v, 0);
    ck_assert_strs(str_of(json_string_value(s), json_string_length(s)), str_of(all, sizeof all));
    ck_assert_str_eq(json_string_value(json_array_get(v, 1)), "\xe2\x82\xac\xf0\x9f\x98\x80");
    ck_assert_str_eq(json_string_value(json_array_get(v, 2)), "");
    json_decref(v);
    buf_free(&b);
}
END_TEST

START_TEST(integers_of_all_sizes_come_back)
{
    const int64_t numbers[] = {0, -1, 9, 10, 99, 100, INT64_MAX, INT64_MIN};
    struct buf b = BUF_INIT;
    struct json_out j = JSON_OUT_INIT(&b);
    json_open(&j, '[');
    for (size_t i = 0; i < 8; i++)
        json_int(&j, numbers[i]);
    json_close(&j, ']');
    json_t *v = json_loadb(b.p, b.n, 0, NULL);
    ck_assert_ptr_nonnull(v);
    for (size_t i = 0; i < 8; i++)
        ck_assert(json_integer_value(json_array_get(v, i)) == numbers[i]);
    json_decref(v);
    buf_free(&b);
}
END_TEST

UNIT_MAIN("json", commas_stand_between_values_only, newlines_stand_before_values_and_keep_it_json,
          strings_escape_what_they_must, a_character_is_escaped_wherever_it_stands,
          every_character_comes_back, integers_of_all_sizes_come_back)
