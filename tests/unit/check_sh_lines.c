/* SPDX-License-Identifier: Apache-2.0 */
/* Where a newline of a command is no more than a blank. */
#include <config.h>

#include "frontend/sh_lines.h"
#include "tests/unit/fixture.h"

#define ck_joins(lit) ck_assert_msg(sh_lines_can_join(STR(lit)), "refused: %s", lit)
#define ck_refuses(lit) ck_assert_msg(!sh_lines_can_join(STR(lit)), "joined: %s", lit)

START_TEST(lines_join_behind_an_operator)
{
    ck_joins("one");
    ck_joins("one;\ntwo");
    ck_joins("one &&\n\n  two ||\nthree");
    ck_joins("one | \ntwo &\nthree");
    ck_joins("(one;\ntwo) &&\n((1 &&\n 2))");
    ck_joins("x=$(one;\ntwo);\nthree");
    ck_joins("x=\"$(one \"a b\";\n two)\";\nthree");
    ck_refuses("one\ntwo");
    ck_refuses("one;\ntwo\nthree");
    ck_refuses("(one)\ntwo");
    ck_refuses("x=$(one\ntwo)");
    ck_refuses("one >\nfile");
    ck_refuses("one >|\nfile");
}
END_TEST

START_TEST(lines_join_behind_a_word_that_a_command_follows)
{
    ck_joins("for f in a b; do\necho $f;\ndone");
    ck_joins("if one; then\ntwo;\nelif three; then four;\nelse\nfive; fi");
    ck_joins("{\none;\n}");
    ck_joins("while\none; do two; done");
    ck_refuses("for f in a b\ndo one; done");
    ck_refuses("echo do\none");
    ck_refuses("x=1 then\none");
    ck_refuses("> do\none");
    ck_refuses("if one; then two; fi\nthree");
    ck_refuses("\"do\"\none");
    ck_refuses("f() {\none;\n}");
}
END_TEST

START_TEST(newlines_in_quotes_stay)
{
    ck_joins("'one;' \";\" \\; a'b';\ntwo");
    ck_joins("\"a\\\"b;\";\n${x} ${x:-y} $x;\ntwo");
    ck_refuses("'one;\ntwo'");
    ck_refuses("\"one;\ntwo\"");
    ck_refuses("\"a\\\";\ntwo\"");
    ck_refuses("one \\\ntwo");
    ck_refuses("one; \"\\\n\"");
    ck_refuses("${x:-a;\nb}");
    ck_refuses("${x:-'};\n'}");
}
END_TEST

START_TEST(what_needs_more_of_a_shell_is_refused)
{
    ck_joins("a#b $# ${#x};\ntwo");
    ck_refuses("one; # comment\ntwo");
    ck_refuses("#!/bin/sh\none;\ntwo");
    ck_refuses("cat <<EOF;\none;\nEOF");
    ck_refuses("case x in\nx) one;; esac");
    ck_refuses("one;\ncase x in x) one;; esac");
    ck_refuses("`one;\ntwo`");
    ck_refuses("\"`one`\";\ntwo");
    ck_refuses("$'a\\'b';\ntwo");
    ck_refuses("one 'two;\nthree");
    ck_refuses("(one;\ntwo");
    ck_refuses("one);\ntwo");
    ck_refuses("one;\r\ntwo");
    ck_refuses("a=(1;\n2)");
    ck_refuses("cmp <(one;\ntwo)");
}
END_TEST

START_TEST(nesting_has_a_limit)
{
    char text[2000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = '(';
    ck_assert(!sh_lines_can_join(str_of(text, sizeof text)));
}
END_TEST

UNIT_MAIN("sh_lines", lines_join_behind_an_operator,
          lines_join_behind_a_word_that_a_command_follows, newlines_in_quotes_stay,
          what_needs_more_of_a_shell_is_refused, nesting_has_a_limit)
