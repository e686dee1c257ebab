/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "base/userns_ids.h"
#include "tests/unit/fixture.h"

static void has_range(const struct userns_map *m, unsigned i, uint32_t inside, uint32_t outside,
                      uint32_t count)
{
    ck_assert_uint_lt(i, m->n);
    ck_assert_uint_eq(m->at[i].inside, inside);
    ck_assert_uint_eq(m->at[i].outside, outside);
    ck_assert_uint_eq(m->at[i].count, count);
}

static struct userns_map map_of(struct str text)
{
    struct userns_map m = {.at = {{0, 1000, 1}}, .n = 1};
    userns_add_sub_ids(&m, text, "ann", 1000);
    return m;
}

START_TEST(ranges_of_a_user_follow_each_other)
{
    struct userns_map m = map_of(STR("bob:5:6\nann:100000:65536\n1000:300000:10\n"));
    ck_assert_uint_eq(m.n, 3);
    has_range(&m, 1, 1, 100000, 65536);
    has_range(&m, 2, 65537, 300000, 10);
}
END_TEST

START_TEST(lines_of_others_and_lines_that_are_none_are_passed_over)
{
    struct userns_map m = map_of(STR("anna:1:2\nann\nann:1\nann:x:5\nann:5:x\nann:5:0\n"
                                     "ann:4294967296:5\n# ann:1:2\n\nann:7:8:9\n10000:1:2\n"));
    ck_assert_uint_eq(m.n, 1);
}
END_TEST

START_TEST(a_range_that_would_go_beyond_the_last_id_is_left_out)
{
    struct userns_map m = map_of(STR("ann:1:4294967295\nann:1:100"));
    ck_assert_uint_eq(m.n, 2);
    has_range(&m, 1, 1, 1, 100);
}
END_TEST

START_TEST(who_has_no_name_is_found_by_number)
{
    struct userns_map m = {0};
    userns_add_sub_ids(&m, STR("ann:1:2\n1000:30:4"), NULL, 1000);
    ck_assert_uint_eq(m.n, 1);
    has_range(&m, 0, 0, 30, 4);
}
END_TEST

START_TEST(more_ranges_than_there_is_room_for_are_left_out)
{
    struct userns_map m = {0};
    for (int i = 0; i < USERNS_RANGES + 5; i++)
        userns_add_sub_ids(&m, STR("ann:1:2"), "ann", 1000);
    ck_assert_uint_eq(m.n, USERNS_RANGES);
}
END_TEST

UNIT_MAIN("userns_ids", ranges_of_a_user_follow_each_other,
          lines_of_others_and_lines_that_are_none_are_passed_over,
          a_range_that_would_go_beyond_the_last_id_is_left_out, who_has_no_name_is_found_by_number,
          more_ranges_than_there_is_room_for_are_left_out)
