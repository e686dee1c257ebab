/* SPDX-License-Identifier: Apache-2.0 */
/* JSON trees: what comes out, what is refused and where, and that jansson sees it the same way. */
#include <config.h>

#include "base/json_tree.h"

#include "base/buf.h"
#include "tests/unit/fixture.h"

#include <jansson.h>

static struct arena strings, nodes; /* each test runs in a process of its own */
static struct ob_err why;

static const struct json_node *parse(struct str text)
{
    return json_tree_parse(&strings, &nodes, text, &why);
}

START_TEST(every_kind_of_value_comes_out)
{
    const struct json_node *v = parse(STR(" {\"a\" : [ null,true,false,-12 , 1.5e+3, \"x\"],\n"
                                          "\t\"b\":{} , \"c\":[]\r} "));
    ck_assert_msg(v != NULL, "%s", why.text);
    ck_assert_uint_eq(v->n, 3);
    const struct json_node *a = json_member(v, "a");
    ck_assert(json_is(a, JSON_IS_ARRAY) && a->n == 6);
    ck_assert(json_is(&a->item[0], JSON_IS_NULL));
    ck_assert(json_is(&a->item[1], JSON_IS_BOOL) && a->item[1].boolean);
    ck_assert(json_is(&a->item[2], JSON_IS_BOOL) && !a->item[2].boolean);
    ck_assert(json_is(&a->item[3], JSON_IS_INT) && a->item[3].integer == -12);
    ck_assert(json_is(&a->item[4], JSON_IS_REAL));
    ck_assert_strs(json_node_str(&a->item[5]), STR("x"));
    ck_assert(json_is(json_member(v, "b"), JSON_IS_OBJECT));
    ck_assert_uint_eq(json_member(v, "c")->n, 0);
    ck_assert(json_member(v, "d") == NULL && json_member(a, "a") == NULL);
}
END_TEST

START_TEST(strings_are_decoded_and_terminated)
{
    static const struct {
        struct str text, want;
    } rows[] = {
        {STR_INIT("\"\""), STR_INIT("")},
        {STR_INIT("\"plain text of more than eight bytes\""),
         STR_INIT("plain text of more than eight bytes")},
        {STR_INIT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), STR_INIT("\"\\/\b\f\n\r\t")},
        {STR_INIT("\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00!\""),
         STR_INIT("A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80!")},
        {STR_INIT("\"caf\xc3\xa9 \x7f end\""), STR_INIT("caf\xc3\xa9 \x7f end")},
        {STR_INIT("\"\\uFFFF\xf4\x8f\xbf\xbf\""), STR_INIT("\xef\xbf\xbf\xf4\x8f\xbf\xbf")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct json_node *v = parse(rows[i].text);
        ck_assert_msg(v != NULL, "%zu: %s", i, why.text);
        arena_free(&nodes);
        v = parse(rows[i].text);
        ck_assert_strs(json_node_str(v), rows[i].want);
        ck_assert_uint_eq(strlen(v->string), rows[i].want.n);
    }
}
END_TEST

START_TEST(integers_have_64_bits)
{
    ck_assert(parse(STR("9223372036854775807"))->integer == INT64_MAX);
    ck_assert(parse(STR("-9223372036854775808"))->integer == INT64_MIN);
    ck_assert(parse(STR("-0"))->integer == 0);
}
END_TEST

/* NULL = it is right. */
static const struct {
    const char *text, *want;
} rows[] = {
    {"[1,2]", NULL},
    {"0", NULL},
    {"-1.0E-7", NULL},
    {"[[],{},\"\"]", NULL},
    {"\"\xef\xbf\xbe\"", NULL},
    {"", "line 1, column 1: expected a value"},
    {"FROM scratch", "line 1, column 1: expected a value"},
    {"[1,\n \xc3\xa9]", "line 2, column 2: expected a value"},
    {"[1 2]", "line 1, column 4: expected \",\" or \"]\""},
    {"[1,]", "line 1, column 4: a comma at the end"},
    {"[,1]", "line 1, column 2: expected a value"},
    {"[1", "line 1, column 3: expected \",\" or \"]\""},
    {"{\"a\":1", "line 1, column 7: expected \",\" or \"}\""},
    {"{\"a\":1,}", "line 1, column 8: a comma at the end"},
    {"{\"a\" 1}", "line 1, column 6: expected \":\""},
    {"{a:1}", "line 1, column 2: expected a string"},
    {"{1:1}", "line 1, column 2: expected a string"},
    {"{\"a\":1,\"\\u0061\":2}", "line 1, column 19: an object with the same name twice"},
    {"[] []", "line 1, column 4: expected the end"},
    {"tru", "line 1, column 1: expected a value"},
    {"True", "line 1, column 1: expected a value"},
    {"nulll", "line 1, column 5: expected the end"},
    {"01", "line 1, column 3: a number with a 0 in front"},
    {"-", "line 1, column 2: expected a value"},
    {"+1", "line 1, column 1: expected a value"},
    {".5", "line 1, column 1: expected a value"},
    {"1.", "line 1, column 3: expected a digit"},
    {"1e", "line 1, column 3: expected a digit"},
    {"1e+", "line 1, column 4: expected a digit"},
    {"9223372036854775808", "line 1, column 20: an integer of more than 64 bits"},
    {"-9223372036854775809", "line 1, column 21: an integer of more than 64 bits"},
    {"\"a", "line 1, column 3: a string without an end"},
    {"\"a\nb\"", "line 1, column 3: a control character in a string"},
    {"\"\\x\"", "line 1, column 2: unknown escape in a string"},
    {"\"\\", "line 1, column 2: unknown escape in a string"},
    {"\"\\u12", "line 1, column 2: expected four hexadecimal digits"},
    {"\"\\u00g0\"", "line 1, column 2: expected four hexadecimal digits"},
    {"\"\\u0000\"", "line 1, column 2: a string can't hold U+0000"},
    {"\"\\ud83d\"", "line 1, column 2: half of a surrogate pair"},
    {"\"\\ud83d\\u0041\"", "line 1, column 2: half of a surrogate pair"},
    {"\"\\ude00\\ud83d\"", "line 1, column 2: half of a surrogate pair"},
    {"\"\\ude00\\ude00\"", "line 1, column 2: half of a surrogate pair"},
    {"\"\xff\"", "line 1, column 2: not UTF-8"},
    {"\"\xc3\"", "line 1, column 2: not UTF-8"},
    {"\"\xc0\xaf\"", "line 1, column 2: not UTF-8"},
    {"\"\xed\xa0\x80\"", "line 1, column 2: not UTF-8"},
    {"\"\xf4\x90\x80\x80\"", "line 1, column 2: not UTF-8"},
    {"\"12345678\xe2\x82", "line 1, column 10: not UTF-8"},
};

static void check_row(const char *text, const char *want)
{
    json_error_t e;
    json_t *theirs = json_loadb(text, strlen(text), JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &e);
    ck_assert_msg((theirs == NULL) == (want != NULL), "%s: %s", text, e.text);
    json_decref(theirs);
    const struct json_node *v = parse(str_from(text));
    ck_assert_msg((v == NULL) == (want != NULL), "%s: %s", text, v ? "is read" : why.text);
    if (want)
        ck_assert_str_eq(why.text, want);
}

START_TEST(each_fault_has_its_place_and_is_one_to_jansson_too)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_row(rows[i].text, rows[i].want);
}
END_TEST

START_TEST(a_nul_in_the_text_is_a_fault)
{
    ck_assert(parse(STR("[1]\0")) == NULL);
    ck_assert_str_eq(why.text, "line 1, column 4: expected the end");
    ck_assert(parse(STR("[\"a\0b\"]")) == NULL);
}
END_TEST

START_TEST(nesting_has_an_end)
{
    struct buf b = BUF_INIT;
    for (int i = 0; i < JSON_DEPTH_MAX; i++)
        buf_putc(&b, '[');
    for (int i = 0; i < JSON_DEPTH_MAX; i++)
        buf_putc(&b, ']');
    ck_assert(parse(buf_str(&b)) != NULL);
    b.p[JSON_DEPTH_MAX] = '[';
    ck_assert(parse(buf_str(&b)) == NULL);
    ck_assert_str_eq(why.text, "line 1, column 2050: nested too deeply");
    buf_free(&b);
}
END_TEST

START_TEST(a_name_twice_is_found_among_many)
{
    struct buf b = BUF_INIT;
    buf_puts(&b, "{\"n500\":0");
    for (int i = 0; i < 500; i++)
        buf_printf(&b, ",\"n%d\":%d", i, i);
    buf_putc(&b, '}');
    const struct json_node *v = parse(buf_str(&b));
    ck_assert_msg(v != NULL, "%s", why.text);
    ck_assert(json_member(v, "n499")->integer == 499);
    b.n--;
    buf_puts(&b, ",\"n250\":0}");
    ck_assert(parse(buf_str(&b)) == NULL);
    buf_free(&b);
}
END_TEST

static void stop(void)
{
    arena_free(&strings);
    arena_free(&nodes);
}

UNIT_MAIN_WITH("json_tree", NULL, stop, every_kind_of_value_comes_out,
               strings_are_decoded_and_terminated, integers_have_64_bits,
               each_fault_has_its_place_and_is_one_to_jansson_too, a_nul_in_the_text_is_a_fault,
               nesting_has_an_end, a_name_twice_is_found_among_many)
