/* SPDX-License-Identifier: Apache-2.0 */
/* Cleaning, splitting and joining of paths. */
#include <config.h>

#include "base/path.h"

struct str path_clean(struct arena *a, struct str path)
{
    char *out = arena_alloc(a, path.n + 1);
    size_t n = 0;
    for (bool more = true; more;) {
        struct str head;
        more = str_cut(path, '/', &head, &path);
        if (head.n == 0 || str_eq(head, STR(".")))
            continue;
        if (str_eq(head, STR(".."))) {
            while (n > 0 && out[--n] != '/')
                ;
            continue;
        }
        if (n > 0)
            out[n++] = '/';
        memcpy(out + n, head.p, head.n);
        n += head.n;
    }
    return str_of(out, n);
}

struct str path_base(struct str path)
{
    for (size_t i = path.n; i-- > 0;)
        if (path.p[i] == '/')
            return str_skip(path, i + 1);
    return path;
}

struct str path_dir(struct str path)
{
    size_t n = path.n - path_base(path).n;
    return str_of(path.p, n ? n - 1 : 0);
}

struct str path_join(struct arena *a, struct str dir, struct str name)
{
    if (dir.n == 0)
        return name;
    char *p = arena_alloc(a, dir.n + name.n + 2);
    memcpy(p, dir.p, dir.n);
    p[dir.n] = '/';
    if (name.n)
        memcpy(p + dir.n + 1, name.p, name.n);
    return str_of(p, dir.n + name.n + 1);
}

struct str path_with_slash(struct arena *a, struct str path)
{
    return str_ends(path, STR("/")) ? path : str_concat(a, path, STR("/"));
}

int path_check(struct str path, struct ob_err *err)
{
    size_t n = 0;
    if (path.n > PATH_BYTES)
        return ob_err_set(err, 0, "a name of %zu bytes, of at most %d", path.n, PATH_BYTES);
    for (size_t i = 0; i < path.n; i++)
        n += path.p[i] == '/';
    return n > PATH_LEVELS ? ob_err_set(err, 0, "more than %d directories deep", PATH_LEVELS) : 0;
}
