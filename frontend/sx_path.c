/* SPDX-License-Identifier: Apache-2.0 */
/* Joining and cleaning the paths of specs. */
#include <config.h>

#include "frontend/sx_path.h"

bool sx_path_has_drive(struct str path)
{
    return path.n >= 3 && ascii_is_alpha(path.p[0]) && path.p[1] == ':' &&
           (path.p[2] == '/' || path.p[2] == '\\');
}

bool sx_path_is_absolute(struct str path)
{
    return str_starts(path, STR("/")) || sx_path_has_drive(path);
}

bool sx_path_is_root(struct arena *a, struct str path)
{
    struct str clean = sx_path_clean(a, path);
    return str_eq(clean, STR("/")) || (clean.n == 3 && sx_path_has_drive(clean));
}

bool sx_path_has_dotdot(struct str path)
{
    struct str part, rest = path;
    bool more = true;
    while (more) {
        more = str_cut(rest, '/', &part, &rest);
        if (str_eq(part, STR("..")))
            return true;
    }
    return false;
}

struct str sx_path_clean(struct arena *a, struct str path)
{
    char *out = arena_alloc(a, path.n + 1);
    size_t n = 0;
    struct str part, rest = path;
    bool more = true;
    if (str_starts(path, STR("/")))
        out[n++] = '/';
    while (more) {
        more = str_cut(rest, '/', &part, &rest);
        if (part.n == 0 || str_eq(part, STR(".")))
            continue;
        if (n > 0 && out[n - 1] != '/')
            out[n++] = '/';
        memcpy(out + n, part.p, part.n);
        n += part.n;
    }
    if (n == 0)
        out[n++] = '.';
    else if (n == 2 && sx_path_has_drive(path))
        out[n++] = '/';
    return str_of(out, n);
}

static struct str join(struct arena *a, struct str dir, struct str path)
{
    if (sx_path_is_absolute(path))
        return path;
    return arena_printf(a, STR_FMT "/" STR_FMT, STR_ARG(dir), STR_ARG(path));
}

struct str sx_path_workdir(struct arena *a, struct str dir, struct str path)
{
    return sx_path_clean(a, join(a, dir, path));
}

struct str sx_path_dst(struct arena *a, struct str dir, struct str path)
{
    struct str clean = sx_path_clean(a, join(a, dir, path));
    bool wants_slash = str_ends(path, STR("/"));
    if (wants_slash == str_ends(clean, STR("/")))
        return clean;
    return str_concat(a, clean, wants_slash ? STR("/") : STR("."));
}
