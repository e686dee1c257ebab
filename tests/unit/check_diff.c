/* SPDX-License-Identifier: Apache-2.0 */
/* Unified diffs: what they look like, and that patching gives the other text. */
#include <config.h>

#include "base/diff.h"
#include "tests/unit/fixture.h"

#define HEAD "--- f.orig\n+++ f\n"

static void check(struct str before, struct str after, struct str want)
{
    struct buf out = BUF_INIT;
    diff_unified(&out, STR("f"), before, after);
    ck_assert_strs(buf_str(&out), want);
    buf_free(&out);
}

START_TEST(equal_texts_have_no_difference)
{
    check(STR("a\nb\n"), STR("a\nb\n"), STR(""));
    check(STR(""), STR(""), STR(""));
}
END_TEST

START_TEST(a_change_has_three_lines_around_it)
{
    check(STR("1\n2\n3\n4\n5\n6\n7\n8\n9\n"), STR("1\n2\n3\n4\nX\n6\n7\n8\n9\n"),
          STR(HEAD "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+X\n 6\n 7\n 8\n"));
}
END_TEST

START_TEST(changes_with_six_lines_between_share_a_hunk)
{
    check(STR("a\n1\n2\n3\n4\n5\n6\nb\n"), STR("A\n1\n2\n3\n4\n5\n6\nB\n"),
          STR(HEAD "@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n"));
}
END_TEST

START_TEST(changes_with_seven_lines_between_have_two_hunks)
{
    check(STR("a\n1\n2\n3\n4\n5\n6\n7\nb\n"), STR("A\n1\n2\n3\n4\n5\n6\n7\nB\n"),
          STR(HEAD "@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n"
                   "@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n"));
}
END_TEST

START_TEST(nothing_before_or_after_is_a_range_of_none)
{
    check(STR(""), STR("a\n"), STR(HEAD "@@ -0,0 +1 @@\n+a\n"));
    check(STR("a\nb\n"), STR(""), STR(HEAD "@@ -1,2 +0,0 @@\n-a\n-b\n"));
}
END_TEST

START_TEST(a_missing_newline_at_the_end_is_said)
{
    check(STR("a\nb"), STR("a\nb\n"),
          STR(HEAD "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n"));
}
END_TEST

START_TEST(the_smallest_difference_is_found)
{
    check(STR("a\nb\nc\na\nb\nb\na\n"), STR("c\nb\na\nb\na\nc\n"),
          STR(HEAD "@@ -1,7 +1,6 @@\n-a\n-b\n c\n+b\n a\n b\n-b\n a\n+c\n"));
}
END_TEST

static struct str cut_line(struct str *s)
{
    struct str line;
    const char *from = s->p;
    str_cut(*s, '\n', &line, s);
    return str_of(from, (size_t)(s->p - from));
}

/* What patch(1) makes of `before`; the texts end with newlines. Ranges are trusted for the start of
 * a hunk only. */
static void apply(struct str diff, struct str before, struct buf *out)
{
    size_t at_line = 1;
    cut_line(&diff);
    cut_line(&diff);
    while (diff.n) {
        struct str line = cut_line(&diff);
        if (line.p[0] == '@') {
            size_t start = strtoul(line.p + 4, NULL, 10);
            for (; at_line < start; at_line++)
                buf_add_str(out, cut_line(&before));
        } else if (line.p[0] == '+') {
            buf_add_str(out, str_skip(line, 1));
        } else {
            struct str old = cut_line(&before);
            at_line++;
            ck_assert_strs(old, str_skip(line, 1));
            if (line.p[0] == ' ')
                buf_add_str(out, old);
        }
    }
    buf_add_str(out, before);
}

static void check_patch(struct str before, struct str after)
{
    struct buf diff = BUF_INIT, patched = BUF_INIT;
    diff_unified(&diff, STR("f"), before, after);
    apply(buf_str(&diff), before, &patched);
    ck_assert_strs(buf_str(&patched), after);
    buf_free(&diff);
    buf_free(&patched);
}

/* A text of few different lines, in an order that depends on the seed. */
static void make_text(struct buf *b, unsigned seed, unsigned lines)
{
    for (unsigned i = 0; i < lines; i++) {
        seed = seed * 1103515245 + 12345;
        buf_printf(b, "%u\n", seed >> 16 & 3);
    }
}

START_TEST(a_patched_text_is_the_other)
{
    for (unsigned seed = 1; seed < 400; seed++) {
        struct buf a = BUF_INIT, b = BUF_INIT;
        make_text(&a, seed, 1 + seed % 23);
        make_text(&b, seed * 7, 1 + seed % 19);
        check_patch(buf_str(&a), buf_str(&b));
        buf_free(&a);
        buf_free(&b);
    }
}
END_TEST

START_TEST(very_many_changes_are_one_large_difference)
{
    struct buf a = BUF_INIT, b = BUF_INIT;
    for (int i = 0; i < 5000; i++) {
        buf_printf(&a, "a%d\n", i);
        buf_printf(&b, "b%d\n", i);
    }
    check_patch(buf_str(&a), buf_str(&b));
    buf_free(&a);
    buf_free(&b);
}
END_TEST

UNIT_MAIN("diff", equal_texts_have_no_difference, a_change_has_three_lines_around_it,
          changes_with_six_lines_between_share_a_hunk,
          changes_with_seven_lines_between_have_two_hunks,
          nothing_before_or_after_is_a_range_of_none, a_missing_newline_at_the_end_is_said,
          the_smallest_difference_is_found, a_patched_text_is_the_other,
          very_many_changes_are_one_large_difference)
