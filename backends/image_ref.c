/* SPDX-License-Identifier: Apache-2.0 */
/* Splits PATH[:TAG] by asking the filesystem, as no rule about colons fits all names. */
#include <config.h>

#include "backends/image_ref.h"

#include <errno.h>
#include <unistd.h>

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

int image_ref_parse(struct arena *a, struct str ref, struct image_ref *out, struct ob_err *err)
{
    if (memchr(ref.n ? ref.p : "", '\0', ref.n))
        return ob_err_set(err, 0, "a name of an image can't hold a NUL byte");
    *out = (struct image_ref){arena_cstr(a, ref), STR("")};
    if (ref.n && exists(out->path))
        return 0;
    for (size_t i = 1; i < ref.n; i++) {
        if (ref.p[i] != ':')
            continue;
        out->path = arena_cstr(a, str_of(ref.p, i));
        out->tag = arena_str(a, str_skip(ref, i + 1));
        if (exists(out->path))
            return out->tag.n ? 0
                              : ob_err_set(err, 0, "the tag after \"%s:\" is missing", out->path);
    }
    return ob_err_set(err, ENOENT, "can't open \"" STR_FMT "\"", STR_ARG(ref));
}
