/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "base/remote.h"

static struct str before(struct str s, char end)
{
    ptrdiff_t n = str_find(s, end);
    return n < 0 ? s : str_of(s.p, (size_t)n);
}

/* USER@HOST:PATH, as scp and git take it. */
static bool is_scp_like(struct str s)
{
    struct str user = before(s, '@');
    if (user.n == 0 || user.n == s.n)
        return false;
    struct str rest = str_skip(s, user.n + 1), host = before(rest, ':');
    if (host.n == 0 || host.n == rest.n)
        return false;
    for (size_t i = 0; i < user.n; i++)
        if (!ascii_is_alnum(user.p[i]) && user.p[i] != '-' && user.p[i] != '_')
            return false;
    for (size_t i = 0; i < host.n; i++)
        if (!ascii_is_alnum(host.p[i]) && host.p[i] != '-' && host.p[i] != '.')
            return false;
    return true;
}

enum remote remote_kind(struct str s)
{
    if (str_starts(s, STR("git://")) || str_starts(s, STR("ssh://")))
        return REMOTE_GIT;
    if (str_starts(s, STR("http://")) || str_starts(s, STR("https://"))) {
        struct str path = before(before(s, '#'), '?');
        return str_ends(path, STR(".git")) ? REMOTE_GIT : REMOTE_HTTP;
    }
    return is_scp_like(s) ? REMOTE_GIT : REMOTE_NONE;
}

static struct str without_prefix(struct str s, struct str prefix)
{
    return str_starts(s, prefix) ? str_skip(s, prefix.n) : s;
}

struct str remote_short_name(struct str image)
{
    struct str s = without_prefix(image, STR("docker.io/"));
    s = without_prefix(s, STR("index.docker.io/"));
    struct str inner = without_prefix(s, STR("library/"));
    if (str_find(inner, '/') < 0)
        s = inner;
    if (str_ends(s, STR(":latest")))
        s.n -= STR(":latest").n;
    return s;
}
