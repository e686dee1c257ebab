/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "base/remote.h"
#include "tests/unit/fixture.h"

START_TEST(a_source_is_what_its_text_says)
{
    static const struct {
        const char *text;
        enum remote want;
    } rows[] = {
        {"a/b", REMOTE_NONE},
        {"github.com/x/y", REMOTE_NONE},
        {"github.com/x/y.git", REMOTE_NONE},
        {"HTTP://x/y", REMOTE_NONE},
        {"ftp://x/y", REMOTE_NONE},
        {"a@b", REMOTE_NONE},
        {"@b:c", REMOTE_NONE},
        {"a@:c", REMOTE_NONE},
        {"dir/a@b:c", REMOTE_NONE},
        {"http://x/y.tar", REMOTE_HTTP},
        {"https://x/y?z=.git", REMOTE_HTTP},
        {"https://x/y.git/z", REMOTE_HTTP},
        {"https://x/y.git", REMOTE_GIT},
        {"https://x/y.git#main:sub", REMOTE_GIT},
        {"https://x/y.git?ref=v1", REMOTE_GIT},
        {"git://x/y", REMOTE_GIT},
        {"ssh://git@x/y", REMOTE_GIT},
        {"git@x.org:y/z", REMOTE_GIT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_msg(remote_kind(str_from(rows[i].text)) == rows[i].want, "%s", rows[i].text);
}
END_TEST

START_TEST(names_of_images_have_one_short_spelling)
{
    static const char *const names[][2] = {
        {"alpine", "alpine"},
        {"alpine:latest", "alpine"},
        {"alpine:3", "alpine:3"},
        {"library/alpine", "alpine"},
        {"docker.io/library/alpine:latest", "alpine"},
        {"index.docker.io/library/alpine", "alpine"},
        {"docker.io/me/x", "me/x"},
        {"library/me/x", "library/me/x"},
        {"ghcr.io/library/x:latest", "ghcr.io/library/x"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        ck_assert_strs(remote_short_name(str_from(names[i][0])), str_from(names[i][1]));
}
END_TEST

UNIT_MAIN("remote", a_source_is_what_its_text_says, names_of_images_have_one_short_spelling)
