/* SPDX-License-Identifier: Apache-2.0 */
/* The list of languages, and guessing which one a file is in. */
#include <config.h>

#include "frontend/language.h"

#include "base/path.h"

/* A spec as a spec is the spec in our style. */
static bool spec_to_spec(struct compile *c, uint32_t source, struct buf *out)
{
    return sx_compile(c, source) && sx_format(c, source, out);
}

static const struct language dockerfile = {
    .name = "dockerfile",
    .compile = df_compile,
    .dump = df_dump,
    .format = df_format,
    .same = df_same,
    .to_dockerfile = df_to_dockerfile,
    .to_spec = df_to_spec,
    .to_other = df_to_spec,
};

static const struct language spec = {
    .name = "spec",
    .compile = sx_compile,
    .dump = sx_dump,
    .format = sx_format,
    .to_dockerfile = sx_to_dockerfile,
    .to_spec = spec_to_spec,
    .to_other = sx_to_dockerfile,
};

const struct language *language_named(const char *name)
{
    if (strcmp(name, dockerfile.name) == 0)
        return &dockerfile;
    return strcmp(name, spec.name) == 0 ? &spec : NULL;
}

const struct language *language_guess(const struct source *s)
{
    struct str name = path_base(s->path), text = s->text, bom = STR("\xef\xbb\xbf");
    if (str_starts(text, bom))
        text = str_skip(text, bom.n);
    text = str_trim(text);
    if (str_ends(name, STR(".spec")))
        return &spec;
    if (str_starts(name, STR("Dockerfile")) || str_starts(name, STR("Containerfile")) ||
        str_ends(name, STR(".Dockerfile")) || str_ends(name, STR(".dockerfile")))
        return &dockerfile;
    bool is_spec = str_starts(text, STR("(")) || str_starts(text, STR(";")) ||
                   str_starts(text, STR("#|")) || str_starts(text, STR("#;"));
    return is_spec ? &spec : &dockerfile;
}
