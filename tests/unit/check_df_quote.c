/* SPDX-License-Identifier: Apache-2.0 */
/* What is quoted, and how; that it is read back, tests/fuzz/ shows. */
#include <config.h>

#include "frontend/df_quote.h"
#include "tests/unit/fixture.h"

static struct arena a;

#define ck_word(lit, want) ck_assert_strs(df_quote_word(&a, STR(lit), '\\'), STR(want))
#define ck_windows_word(lit, want) ck_assert_strs(df_quote_word(&a, STR(lit), '`'), STR(want))
#define ck_flag(lit, want) ck_assert_strs(df_quote_flag(&a, STR(lit)), STR(want))
#define ck_field(lit, want) ck_assert_strs(df_quote_field(&a, STR(lit)), STR(want))

START_TEST(words_are_quoted_only_where_they_must)
{
    ck_word("/a-b/c.d", "/a-b/c.d");
    ck_word("a b", "a b");
    ck_word("caf\xc3\xa9", "caf\xc3\xa9");
    ck_word("", "\"\"");
    ck_word(" a", "\" a\"");
    ck_word("a ", "\"a \"");
    ck_word("a\xc2\xa0", "\"a\xc2\xa0\"");
    ck_word("--a", "\"--a\"");
    ck_word("it's", "\"it's\"");
    ck_word("$x", "\"\\$x\"");
    ck_word("a\\b\"c", "\"a\\\\b\\\"c\"");
    ck_windows_word("C:\\x", "C:\\x");
    ck_windows_word("`$\"", "\"```$`\"\"");
    ck_assert_strs(df_quote_value(&a, STR("a"), '\\'), STR("\"a\""));
}
END_TEST

START_TEST(json_has_no_control_characters)
{
    ck_assert_strs(df_quote_json(&a, STR("a\"\\\n\r\t\x01\xc3\xa9")),
                   STR("\"a\\\"\\\\\\n\\r\\t\\u0001\xc3\xa9\""));
}
END_TEST

START_TEST(flags_and_fields_have_quotes_of_their_own)
{
    ck_flag("--a=b", "--a=b");
    ck_flag("--a=b c'\"\\", "--a=b\\ c\\'\\\"\\\\");
    ck_flag("--a=b\xc2\xa0"
            "c",
            "--a=b\\\xc2\xa0"
            "c");
    ck_field("id=a b", "id=a b");
    ck_field("id=a,b", "\"id=a,b\"");
    ck_field("id=\"a\"", "\"id=\"\"a\"\"\"");
}
END_TEST

START_TEST(a_pattern_matches_the_path_alone)
{
    ck_assert_strs(df_quote_pattern(&a, STR("a*?[]\\"), false), STR("a[*][?][[]]\\\\"));
    ck_assert_strs(df_quote_pattern(&a, STR("a\\b*"), true), STR("a\\b[*]"));
}
END_TEST

UNIT_MAIN("df_quote", words_are_quoted_only_where_they_must, json_has_no_control_characters,
          flags_and_fields_have_quotes_of_their_own, a_pattern_matches_the_path_alone)
