/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths in stages for Windows, as BuildKit reads them: a backslash is a slash, and the drive, which
 * can only be C, is left out. So steps have paths of one form, whatever their platform.
 */
#include <config.h>

#include "frontend/df_lower.h"

#include "frontend/platform.h"

bool df_is_windows(struct arena *a, struct str platform)
{
    struct platform p;
    return platform_read(a, platform, &p) && str_eq(p.os, STR("windows"));
}

static struct str with_slashes(struct arena *a, struct str s)
{
    char *p = arena_cstr(a, s);
    for (size_t i = 0; i < s.n; i++)
        if (p[i] == '\\')
            p[i] = '/';
    return str_of(p, s.n);
}

static struct text text_with_slashes(struct arena *a, struct text t)
{
    struct text_part *part = arena_new_n(a, struct text_part, t.n);
    for (size_t i = 0; i < t.n; i++) {
        part[i] = t.part[i];
        if (part[i].kind == TEXT_LITERAL)
            part[i].s = with_slashes(a, part[i].s);
    }
    return (struct text){part, t.n};
}

/* Takes the drive off a path that has slashes. NULL, or what is wrong with the path. A path behind
 * a drive may be relative: it is to the working directory. */
static const char *cut_drive(struct str *path, bool is_whole)
{
    struct str drive, rest;
    if (str_starts(*path, STR("//")))
        return "is on the network, expected a path on the drive \"C:\"";
    if (!str_cut(*path, ':', &drive, &rest))
        return NULL;
    if (!str_eq_nocase(drive, STR("C")))
        return "is not on \"C:\", the only drive of an image";
    *path = rest;
    return rest.n == 0 && is_whole ? "needs a path behind the drive: \"C:\\\" is the root" : NULL;
}

bool df_windows_path(struct df_lower *lo, const struct df_word *at, struct text *path)
{
    if (!lo->stage->is_windows || text_is_empty(*path))
        return true;
    struct arena *a = lo->c->arena;
    struct text t = text_with_slashes(a, *path);
    struct str head = text_head(t);
    if (head.n) {
        const char *fault = cut_drive(&head, t.n == 1);
        if (fault) {
            df_error(lo, df_word_span(at), "\"" STR_FMT "\" %s", STR_ARG(text_head(*path)), fault);
            return false;
        }
        t = text_join(a, text_lit(a, head), (struct text){t.part + 1, t.n - 1});
    }
    *path = t;
    return true;
}

const char *df_windows_workdir(struct arena *a, struct str *dir)
{
    struct str path = with_slashes(a, *dir);
    const char *fault = cut_drive(&path, true);
    if (!fault)
        *dir = df_path_clean(a, str_concat(a, STR("/"), path));
    return fault;
}
