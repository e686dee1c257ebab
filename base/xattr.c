/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "base/xattr.h"

bool xattr_is_kept(struct str name)
{
    return str_eq(name, STR("security.capability")) ||
           (str_starts(name, STR("user.")) && !str_starts(name, STR("user.overlay.")));
}

bool xattr_is_acl(struct str name)
{
    return str_starts(name, STR("system.posix_acl_"));
}
