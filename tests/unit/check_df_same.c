/* SPDX-License-Identifier: Apache-2.0 */
/* Which Dockerfiles say the same. */
#include <config.h>

#include "frontend/compile.h"
#include "tests/unit/fixture.h"

static bool same(const char *x, const char *y)
{
    struct arena a = ARENA_INIT;
    struct sources sources = SOURCES_INIT(&a);
    struct diag_sink diags = DIAG_SINK_INIT(&a);
    struct compile c = {.arena = &a, .sources = &sources, .diags = &diags};
    uint32_t first = source_add(&sources, STR("x"), str_from(x));
    bool is_same = df_same(&c, first, source_add(&sources, STR("y"), str_from(y)));
    ck_assert_uint_eq(diags.list.n, 0);
    arena_free(&a);
    return is_same;
}

START_TEST(blanks_comments_and_case_do_not_count)
{
    ck_assert(same("from a as b\nrun x  y\n", "# c\nFROM  a \\\n AS b\n\nRUN x  y"));
    ck_assert(same("FROM a\nCMD [\"x\",\"y\"]\nENV A=1  B=2\n",
                   "FROM a\nCMD [ \"x\", \"y\" ]\nENV A=1 B=2\n"));
    ck_assert(same("#syntax=x\nFROM a\nRUN <<E\nb\nE\n", "# syntax = x\nFROM a\nrun <<E\nb\nE"));
}
END_TEST

START_TEST(every_word_counts)
{
    static const char *const pairs[][2] = {
        {"FROM a\n", "FROM b\n"},
        {"FROM a\n", "FROM a\nRUN b\n"},
        {"FROM a\nRUN b\n", "FROM a\nCMD b\n"},
        {"FROM a\nRUN b  c\n", "FROM a\nRUN b c\n"},
        {"FROM a\nCMD [\"b\"]\n", "FROM a\nCMD b\n"},
        {"FROM a\nCOPY --link b c\n", "FROM a\nCOPY b c\n"},
        {"FROM a\nCOPY --from=x b c\n", "FROM a\nCOPY --from=y b c\n"},
        {"FROM a\nCOPY b c\n", "FROM a\nCOPY b c d\n"},
        {"FROM a\nENV A=1\n", "FROM a\nENV A=2\n"},
        {"FROM a\nENV A=1\n", "FROM a\nENV B=1\n"},
        {"FROM a\nENV A=1\n", "FROM a\nENV A 1\n"},
        {"FROM a\nENV A=1\n", "FROM a\nENV A=1 B=2\n"},
        {"FROM a\nARG A\n", "FROM a\nARG A=\n"},
        {"FROM a\nHEALTHCHECK NONE\n", "FROM a\nHEALTHCHECK CMD\n"},
        {"FROM a\nRUN <<E\nb\nE\n", "FROM a\nRUN <<E\nc\nE\n"},
        {"FROM a\nRUN <<E\nb\nE\n", "FROM a\nRUN <<-E\nb\nE\n"},
        {"FROM a\nONBUILD RUN b\n", "FROM a\nONBUILD RUN c\n"},
        {"FROM a\nONBUILD RUN <<E\nb\nE\n", "FROM a\nONBUILD RUN <<E\nc\nE\n"},
        {"#syntax=x\nFROM a\n", "#syntax=y\nFROM a\n"},
        {"#check=skip=all\nFROM a\n", "FROM a\n"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        ck_assert_msg(same(pairs[i][0], pairs[i][0]), "%s", pairs[i][0]);
        ck_assert_msg(!same(pairs[i][0], pairs[i][1]), "%s%s", pairs[i][0], pairs[i][1]);
    }
}
END_TEST

START_TEST(what_can_not_be_read_is_the_same_as_nothing)
{
    ck_assert(!same("FROM a\nRUM b\n", "FROM a\nRUM b\n"));
}
END_TEST

UNIT_MAIN("df_same", blanks_comments_and_case_do_not_count, every_word_counts,
          what_can_not_be_read_is_the_same_as_nothing)
