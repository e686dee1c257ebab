/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "base/xattr.h"
#include "tests/unit/fixture.h"

START_TEST(users_attributes_and_capabilities_are_kept_and_marks_are_not)
{
    static const struct {
        struct str name;
        bool is_kept, is_acl;
    } cases[] = {
        {STR_INIT("user.mime_type"), true, false},
        {STR_INIT("user.overlay"), true, false},
        {STR_INIT("security.capability"), true, false},
        {STR_INIT("user.overlay.whiteout"), false, false},
        {STR_INIT("trusted.overlay.opaque"), false, false},
        {STR_INIT("security.selinux"), false, false},
        {STR_INIT("security.capability2"), false, false},
        {STR_INIT("user"), false, false},
        {STR_INIT("system.posix_acl_access"), false, true},
        {STR_INIT("system.posix_acl_default"), false, true},
        {STR_INIT("system.nfs4_acl"), false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_msg(xattr_is_kept(cases[i].name) == cases[i].is_kept, "case %zu", i);
        ck_assert_msg(xattr_is_acl(cases[i].name) == cases[i].is_acl, "case %zu", i);
    }
}
END_TEST

UNIT_MAIN("xattr", users_attributes_and_capabilities_are_kept_and_marks_are_not)
