/* SPDX-License-Identifier: Apache-2.0 */
/* The map, and the interner that is built on it. */
#include <config.h>

#include "base/intern.h"
#include "tests/unit/fixture.h"

START_TEST(an_empty_map_has_nothing)
{
    struct arena a = ARENA_INIT;
    struct map m = MAP_INIT(&a);
    ck_assert_ptr_null(map_get(&m, STR("x")));
    ck_assert_ptr_null(map_get(&m, STR("")));
    ck_assert_uint_eq(m.n, 0);
    arena_free(&a);
}
END_TEST

START_TEST(many_keys_are_found_again)
{
    struct arena a = ARENA_INIT;
    struct map m = MAP_INIT(&a);
    static char values[5000];
    for (int i = 0; i < 5000; i++) {
        void **slot = map_slot(&m, arena_printf(&a, "key-%d", i));
        ck_assert_ptr_null(*slot);
        *slot = &values[i];
    }
    ck_assert_uint_eq(m.n, 5000);
    for (int i = 0; i < 5000; i++)
        ck_assert_ptr_eq(map_get(&m, arena_printf(&a, "key-%d", i)), &values[i]);
    ck_assert_ptr_null(map_get(&m, STR("key-5000")));
    ck_assert_ptr_null(map_get(&m, STR("key-")));
    arena_free(&a);
}
END_TEST

START_TEST(a_known_key_has_one_slot)
{
    struct arena a = ARENA_INIT;
    struct map m = MAP_INIT(&a);
    int one, two;
    *map_slot(&m, STR("k")) = &one;
    void **again = map_slot(&m, arena_str(&a, STR("k")));
    ck_assert_ptr_eq(*again, &one);
    *again = &two;
    ck_assert_ptr_eq(map_get(&m, STR("k")), &two);
    ck_assert_uint_eq(m.n, 1);
    arena_free(&a);
}
END_TEST

START_TEST(keys_are_bytes)
{
    struct arena a = ARENA_INIT;
    struct map m = MAP_INIT(&a);
    int v[4];
    *map_slot(&m, STR("")) = &v[0];
    *map_slot(&m, STR("\0")) = &v[1];
    *map_slot(&m, STR("\0\0")) = &v[2];
    *map_slot(&m, STR("\xff")) = &v[3];
    ck_assert_ptr_eq(map_get(&m, str_of(NULL, 0)), &v[0]);
    ck_assert_ptr_eq(map_get(&m, STR("\0")), &v[1]);
    ck_assert_ptr_eq(map_get(&m, STR("\0\0")), &v[2]);
    ck_assert_ptr_eq(map_get(&m, STR("\xff")), &v[3]);
    arena_free(&a);
}
END_TEST

START_TEST(equal_names_are_one_symbol)
{
    struct arena a = ARENA_INIT;
    struct interner in = INTERNER_INIT(&a);
    char text[] = "name";
    const struct sym *s = intern(&in, str_from(text));
    text[0] = 'N'; /* the symbol has a copy */
    ck_assert_strs(s->text, STR("name"));
    ck_assert_int_eq(s->text.p[s->text.n], '\0');
    ck_assert_ptr_eq(intern(&in, STR("name")), s);
    ck_assert_ptr_ne(intern(&in, STR("Name")), s);
    ck_assert_ptr_eq(intern(&in, STR("")), intern(&in, str_of(NULL, 0)));
    arena_free(&a);
}
END_TEST

START_TEST(symbols_stay_where_they_are)
{
    struct arena a = ARENA_INIT;
    struct interner in = INTERNER_INIT(&a);
    const struct sym *first = intern(&in, STR("sym-0"));
    for (int i = 0; i < 2000; i++)
        intern(&in, arena_printf(&a, "sym-%d", i));
    ck_assert_ptr_eq(intern(&in, STR("sym-0")), first);
    ck_assert_strs(first->text, STR("sym-0"));
    arena_free(&a);
}
END_TEST

UNIT_MAIN("map", an_empty_map_has_nothing, many_keys_are_found_again, a_known_key_has_one_slot,
          keys_are_bytes, equal_names_are_one_symbol, symbols_stay_where_they_are)
