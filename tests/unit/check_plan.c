/* SPDX-License-Identifier: Apache-2.0 */
/* The plan's few operations. */
#include <config.h>

#include "ir/plan.h"
#include "tests/unit/fixture.h"

static struct arena a; /* each test runs in a process of its own */

START_TEST(names_are_found_whole)
{
    struct name_value_vec env = {0};
    struct name_value path = {STR("PATH"), text_lit(&a, STR("/bin"))};
    vec_push(&a, &env, path);
    ck_assert_ptr_nonnull(env_get(&env, STR("PATH")));
    ck_assert_ptr_null(env_get(&env, STR("PAT")));
    ck_assert_ptr_null(env_get(&env, STR("path")));
    ck_assert_ptr_null(env_get(&(struct name_value_vec){0}, STR("PATH")));
}
END_TEST

START_TEST(a_new_step_stands_alone)
{
    struct plan p = PLAN_INIT(&a);
    struct step s = step_of_kind(STEP_RUN);
    ck_assert_int_eq(s.kind, STEP_RUN);
    ck_assert_uint_eq(s.parent, NO_STEP);
    ck_assert_uint_eq(s.reads.n, 0);
    ck_assert_uint_eq(plan_add_step(&p, &s), 0);
    ck_assert_uint_eq(plan_add_step(&p, &s), 1);
    ck_assert_uint_eq(p.steps.n, 2);
}
END_TEST

START_TEST(names_are_those_of_the_json)
{
    ck_assert_str_eq(step_kind_name(STEP_FROM), "from");
    ck_assert_str_eq(step_kind_name(STEP_MKDIR), "mkdir");
    ck_assert_str_eq(network_name(NETWORK_HOST), "host");
    ck_assert_str_eq(mount_type_name(MOUNT_SECRET), "secret");
}
END_TEST

START_TEST(owners_of_numbers_are_told_from_names)
{
    static const char *const numeric[] = {"", "0", "1000", "1000:100", "4294967294:0"};
    static const char *const names[] = {
        "me", "0:me", "me:0", ":", "1:", ":1", "-1", "1 ", "4294967295", "1:2:3"};
    for (size_t i = 0; i < sizeof numeric / sizeof numeric[0]; i++)
        ck_assert_msg(owner_is_numeric(text_lit(&a, str_from(numeric[i]))), "\"%s\"", numeric[i]);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        ck_assert_msg(!owner_is_numeric(text_lit(&a, str_from(names[i]))), "\"%s\"", names[i]);
    ck_assert(!owner_is_numeric(text_ref(&a, TEXT_USER)));
}
END_TEST

UNIT_MAIN("plan", names_are_found_whole, a_new_step_stands_alone, names_are_those_of_the_json,
          owners_of_numbers_are_told_from_names)
