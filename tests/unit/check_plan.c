/* SPDX-License-Identifier: Apache-2.0 */
/* The plan's few operations. */
#include <config.h>

#include "ir/plan.h"
#include "tests/unit/fixture.h"

static struct arena a; /* each test runs in a process of its own */

static void set(struct name_value_vec *env, const char *name, const char *value)
{
    env_set(&a, env, str_from(name), text_lit(&a, str_from(value)));
}

START_TEST(a_variable_that_is_set_again_stays_where_it_stands)
{
    struct name_value_vec env = {0};
    set(&env, "A", "1");
    set(&env, "B", "2");
    set(&env, "A", "3");
    ck_assert_uint_eq(env.n, 2);
    ck_assert_strs(env.at[0].name, STR("A"));
    ck_assert_strs(text_str(env.at[0].value), STR("3"));
    ck_assert_strs(env.at[1].name, STR("B"));
}
END_TEST

START_TEST(lists_that_steps_hold_do_not_change)
{
    struct name_value_vec env = {0};
    set(&env, "A", "1");
    const struct name_value_vec held = env;
    set(&env, "A", "2");
    set(&env, "B", "3");
    ck_assert_uint_eq(held.n, 1);
    ck_assert_strs(text_str(held.at[0].value), STR("1"));
    ck_assert_uint_eq(env.n, 2);
}
END_TEST

START_TEST(names_are_found_whole)
{
    struct name_value_vec env = {0};
    set(&env, "PATH", "/bin");
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

UNIT_MAIN("plan", a_variable_that_is_set_again_stays_where_it_stands,
          lists_that_steps_hold_do_not_change, names_are_found_whole, a_new_step_stands_alone,
          names_are_those_of_the_json)
