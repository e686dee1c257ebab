/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths of WORKDIR and COPY: cleaned as Go's path.Clean does, joined to the working directory. A
 * path that is not known yet is joined as it is; obexec resolves ".." in it.
 */
#include <config.h>

#include "frontend/df_lower.h"

/* Appends one component to what is in `to` (n bytes); ".." takes one away. */
static size_t add_component(char *to, size_t n, size_t root, struct str part)
{
    if (part.n == 0 || str_eq(part, STR(".")))
        return n;
    if (str_eq(part, STR(".."))) {
        size_t last = n;
        while (last > root && to[last - 1] != '/')
            last--;
        bool can_drop = n > root && !str_eq(str_of(to + last, n - last), STR(".."));
        if (can_drop)
            return last > root ? last - 1 : root;
        if (root)
            return n;
    }
    if (n > root)
        to[n++] = '/';
    memcpy(to + n, part.p, part.n);
    return n + part.n;
}

struct str df_path_clean(struct arena *a, struct str path)
{
    size_t root = path.n && path.p[0] == '/';
    char *to = arena_alloc(a, path.n + 2);
    size_t n = root;
    to[0] = '/';
    struct str rest = path, part;
    bool more = path.n > 0;
    while (more) {
        more = str_cut(rest, '/', &part, &rest);
        n = add_component(to, n, root, part);
    }
    return n ? str_of(to, n) : STR(".");
}

static bool is_absolute(struct text t)
{
    return text_head(t).n && text_head(t).p[0] == '/';
}

/* The directory that relative paths start from; only for scratch it is known to be the root. */
static struct text base_dir(struct arena *a, const struct df_stage *st)
{
    if (!text_is_empty(st->cwd))
        return st->cwd;
    return st->is_scratch ? text_lit(a, STR("/")) : text_ref(a, TEXT_WORKDIR);
}

struct text df_with_slash(struct arena *a, struct text path)
{
    if (text_is_literal(path) && str_ends(text_str(path), STR("/")))
        return path;
    return text_join(a, path, text_lit(a, STR("/")));
}

static struct text join(struct arena *a, struct text dir, struct text path)
{
    if (text_is_literal(dir) && text_is_literal(path)) {
        struct str s =
            arena_printf(a, STR_FMT "/" STR_FMT, STR_ARG(text_str(dir)), STR_ARG(text_str(path)));
        return text_lit(a, df_path_clean(a, s));
    }
    struct str rel = text_is_literal(path) ? df_path_clean(a, text_str(path)) : STR("");
    if (str_eq(rel, STR(".")))
        return dir;
    if (rel.n)
        path = text_lit(a, rel);
    return text_join(a, df_with_slash(a, dir), path);
}

/* A path that begins with a reference is taken for absolute: such variables hold directories. */
static struct text join_stage(struct arena *a, const struct df_stage *st, struct text path)
{
    if (is_absolute(path))
        return text_is_literal(path) ? text_lit(a, df_path_clean(a, text_str(path))) : path;
    if (path.n && text_head(path).n == 0)
        return path;
    return join(a, base_dir(a, st), path);
}

/* An absolute target stays as it is written, a slash at its end included, as in BuildKit. */
struct text df_mount_target(struct arena *a, const struct df_stage *st, struct text path)
{
    return is_absolute(path) ? path : join_stage(a, st, path);
}

/* A slash at the end stays, as in the working directory that BuildKit gives to commands; on Windows
 * it cleans the path. */
struct text df_workdir_join(struct arena *a, const struct df_stage *st, struct text path)
{
    struct text dir = join_stage(a, st, path);
    bool slash = !st->is_windows && text_is_literal(path) && str_ends(text_str(path), STR("/"));
    return slash ? df_with_slash(a, dir) : dir;
}

static bool means_directory(struct str s)
{
    return s.n == 0 || str_eq(s, STR(".")) || str_ends(s, STR("/")) || str_ends(s, STR("/."));
}

struct text df_copy_dest(struct arena *a, const struct df_stage *st, struct text path)
{
    struct text dest = join_stage(a, st, path);
    bool slash = text_is_literal(path) && means_directory(text_str(path));
    return slash ? df_with_slash(a, dest) : dest;
}

/* Where "/./" stands in a path that keeps its directories from there on; -1 if nowhere. */
static ptrdiff_t find_pivot(struct str path)
{
    for (size_t i = 0; i + 2 < path.n; i++)
        if (path.p[i] == '/' && path.p[i + 1] == '.' && path.p[i + 2] == '/')
            return (ptrdiff_t)i;
    return -1;
}

struct str df_parents_source(struct arena *a, struct str path)
{
    ptrdiff_t pivot = find_pivot(path);
    if (pivot < 0)
        return df_copy_source(a, path);
    struct str before = df_copy_source(a, str_of(path.p, (size_t)pivot));
    struct str behind = df_copy_source(a, str_skip(path, (size_t)pivot + 3));
    return str_eq(before, STR("."))
               ? behind
               : arena_printf(a, STR_FMT "/./" STR_FMT, STR_ARG(before), STR_ARG(behind));
}

struct str df_copy_source(struct arena *a, struct str path)
{
    struct str abs = df_path_clean(a, str_concat(a, STR("/"), path));
    return abs.n == 1 ? STR(".") : str_skip(abs, 1);
}
