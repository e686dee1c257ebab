/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "base/passwd.h"
#include "tests/unit/fixture.h"

#define PASSWD                                                                                     \
    STR("root:x:0:0:root:/root:/bin/sh\n"                                                          \
        "broken line\n"                                                                            \
        "half:x:1\n"                                                                               \
        "big:x:4294967295:1::/:\n"                                                                 \
        "app:x:70:71:App:/srv/app:/bin/sh\n"                                                       \
        "1000:x:5:6::/five:\n"                                                                     \
        "bare:x:8:9")
#define GROUPS STR("root:x:0:\nstaff:x:50:other,app\nshort:x\nwheel:x:10:app\n")

START_TEST(users_are_found_by_name_and_by_number)
{
    struct passwd_entry e;
    ck_assert(passwd_find(PASSWD, STR("app"), false, &e));
    ck_assert_uint_eq(e.uid, 70);
    ck_assert_uint_eq(e.gid, 71);
    ck_assert_strs(e.home, STR("/srv/app"));
    ck_assert(passwd_find(PASSWD, STR("70"), true, &e));
    ck_assert_strs(e.name, STR("app"));
    ck_assert(passwd_find(PASSWD, STR("1000"), false, &e));
    ck_assert_uint_eq(e.uid, 5);
    ck_assert(!passwd_find(PASSWD, STR("1000"), true, &e));
}
END_TEST

START_TEST(lines_that_are_none_are_passed_over)
{
    struct passwd_entry e;
    ck_assert(!passwd_find(PASSWD, STR("half"), false, &e));
    ck_assert(!passwd_find(PASSWD, STR("big"), false, &e));
    ck_assert(!passwd_find(STR(""), STR("root"), false, &e));
    ck_assert(passwd_find(PASSWD, STR("bare"), false, &e));
    ck_assert_strs(e.home, STR("/"));
}
END_TEST

START_TEST(groups_and_their_members_are_found)
{
    gid_t gid;
    struct str rest = GROUPS;
    ck_assert(group_find(GROUPS, STR("staff"), &gid));
    ck_assert_uint_eq(gid, 50);
    ck_assert(!group_find(GROUPS, STR("short"), &gid));
    ck_assert(!group_find(GROUPS, STR("50"), &gid));
    ck_assert(group_next_of(&rest, STR("app"), &gid));
    ck_assert_uint_eq(gid, 50);
    ck_assert(group_next_of(&rest, STR("app"), &gid));
    ck_assert_uint_eq(gid, 10);
    ck_assert(!group_next_of(&rest, STR("app"), &gid));
}
END_TEST

UNIT_MAIN("passwd", users_are_found_by_name_and_by_number, lines_that_are_none_are_passed_over,
          groups_and_their_members_are_found)
