/* SPDX-License-Identifier: Apache-2.0 */
/* What a heredoc means, and where each byte of it stands. Finding them is in the golden tests. */
#include <config.h>

#include "frontend/df_scan.h"
#include "tests/unit/fixture.h"

static struct arena a;
static struct sources sources;
static struct diag_sink diags;
static struct compile c;
static struct df_file file;

static const struct df_insn *parse(struct str text)
{
    a = ARENA_INIT;
    sources = SOURCES_INIT(&a);
    diags = DIAG_SINK_INIT(&a);
    c = (struct compile){.arena = &a, .sources = &sources, .diags = &diags};
    ck_assert(df_parse_file(&c, source_add(&sources, STR("f"), text), &file));
    ck_assert_uint_eq(diags.n_errors, 0);
    return &file.insns.at[0];
}

static struct str quoted(struct span s)
{
    return str_of(source_at(&sources, s.source)->text.p + s.off, s.len);
}

START_TEST(words_of_copy_open_heredocs_and_text_of_run_only_if_it_is_one)
{
    const struct df_insn *in = parse(STR("COPY x <<A \"<<A\" <<B /d\na\nA\nb\nB\n"));
    ck_assert_ptr_null(df_heredoc_of(in, &in->words.at[0]));
    ck_assert_ptr_eq(df_heredoc_of(in, &in->words.at[1]), &in->heredocs.at[0]);
    ck_assert_ptr_null(df_heredoc_of(in, &in->words.at[2]));
    ck_assert_ptr_eq(df_heredoc_of(in, &in->words.at[3]), &in->heredocs.at[1]);
    ck_assert_ptr_null(df_heredoc_of(in, &in->words.at[4]));
    arena_free(&a);
    in = parse(STR("RUN <<\"A B\"\na\nA B\n"));
    ck_assert_ptr_eq(df_heredoc_of(in, &in->words.at[0]), &in->heredocs.at[0]);
    arena_free(&a);
    in = parse(STR("RUN sh <<A\na\nA\n"));
    ck_assert_uint_eq(in->heredocs.n, 1);
    ck_assert_ptr_null(df_heredoc_of(in, &in->words.at[0]));
    arena_free(&a);
}
END_TEST

START_TEST(of_two_with_one_name_both_mean_the_last)
{
    const struct df_insn *in = parse(STR("COPY <<A <<-A /d\none\nA\n\ttwo\n\tA\n"));
    ck_assert_strs(df_heredoc_word(&c, &in->heredocs.at[0]).s, STR("\ttwo\n"));
    ck_assert_strs(df_heredoc_word(&c, &in->heredocs.at[1]).s, STR("two\n"));
    ck_assert_strs(df_heredoc_raw(&c, &in->heredocs.at[1]), STR("\ttwo\n"));
    arena_free(&a);
}
END_TEST

START_TEST(a_body_without_tabs_and_returns_knows_its_places)
{
    const struct df_insn *in = parse(STR("RUN <<-A\r\n\t\tone\r\n\ttwo\tx\r\n\t\r\n\tA\r\n"));
    struct df_word w = df_heredoc_word(&c, &in->heredocs.at[0]);
    ck_assert_strs(w.s, STR("one\ntwo\tx\n\n"));
    ck_assert_strs(quoted(df_word_part(&w, 0, 3)), STR("one"));
    ck_assert_strs(quoted(df_word_part(&w, 4, 5)), STR("two\tx"));
    ck_assert_uint_eq(source_place(&sources, 0, df_word_part(&w, 8, 1).off).line, 3);
    ck_assert_uint_eq(source_place(&sources, 0, df_word_part(&w, 8, 1).off).column, 6);
    ck_assert_uint_eq(source_place(&sources, 0, df_word_part(&w, 10, 1).off).line, 4);
    ck_assert_strs(df_heredoc_raw(&c, &in->heredocs.at[0]), STR("\t\tone\n\ttwo\tx\n\t\n"));
    arena_free(&a);
}
END_TEST

START_TEST(a_body_as_it_is_is_not_copied)
{
    const struct df_insn *in = parse(STR("RUN <<A\none\n two\nA\nRUN <<A\nA\n"));
    struct df_word w = df_heredoc_word(&c, &in->heredocs.at[0]);
    ck_assert_ptr_eq(w.s.p, source_at(&sources, 0)->text.p + 8);
    ck_assert_strs(quoted(df_word_part(&w, 5, 3)), STR("two"));
    w = df_heredoc_word(&c, &file.insns.at[1].heredocs.at[0]);
    ck_assert_uint_eq(w.s.n, 0);
    ck_assert_uint_eq(df_word_span(&w).len, 0);
    arena_free(&a);
}
END_TEST

UNIT_MAIN("df_heredoc", words_of_copy_open_heredocs_and_text_of_run_only_if_it_is_one,
          of_two_with_one_name_both_mean_the_last, a_body_without_tabs_and_returns_knows_its_places,
          a_body_as_it_is_is_not_copied)
