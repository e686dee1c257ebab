/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "base/passwd.h"

/* Splits a line at colons into up to n fields; gives how many there were. */
static size_t split(struct str line, struct str *field, size_t n)
{
    size_t i = 0;
    for (bool more = true; more && i < n; i++)
        more = str_cut(line, ':', &field[i], &line);
    return i;
}

bool passwd_id(struct str s, uint32_t *out)
{
    unsigned long long v;
    if (!str_to_u64(s, &v) || v >= UINT32_MAX)
        return false;
    *out = (uint32_t)v;
    return true;
}

bool passwd_find(struct str passwd, struct str user, bool by_id, struct passwd_entry *out)
{
    uint32_t want = 0, uid, gid;
    if (by_id && !passwd_id(user, &want))
        return false;
    for (bool more = passwd.n > 0; more;) {
        struct str line, f[7];
        more = str_cut(passwd, '\n', &line, &passwd);
        size_t n = split(line, f, 7);
        if (n < 4 || !passwd_id(f[2], &uid) || !passwd_id(f[3], &gid))
            continue;
        if (by_id ? uid != want : !str_eq(f[0], user))
            continue;
        *out = (struct passwd_entry){f[0], n > 5 && f[5].n ? f[5] : STR("/"), uid, gid};
        return true;
    }
    return false;
}

bool group_find(struct str groups, struct str name, gid_t *out)
{
    for (bool more = groups.n > 0; more;) {
        struct str line, f[4];
        more = str_cut(groups, '\n', &line, &groups);
        if (split(line, f, 4) >= 3 && str_eq(f[0], name) && passwd_id(f[2], out))
            return true;
    }
    return false;
}

static bool is_member(struct str members, struct str user)
{
    for (bool more = true; more;) {
        struct str m;
        more = str_cut(members, ',', &m, &members);
        if (str_eq(m, user))
            return true;
    }
    return false;
}

bool group_next_of(struct str *groups, struct str user, gid_t *out)
{
    for (bool more = groups->n > 0; more;) {
        struct str line, f[4];
        more = str_cut(*groups, '\n', &line, groups);
        if (split(line, f, 4) == 4 && is_member(f[3], user) && passwd_id(f[2], out))
            return true;
    }
    return false;
}
