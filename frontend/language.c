/* SPDX-License-Identifier: Apache-2.0 */
/* The list of languages, and guessing which one a file is in. */
#include <config.h>

#include "frontend/language.h"

#include "base/path.h"

static bool print_spec(struct compile *c, uint32_t source, struct buf *out)
{
    (void)out;
    diag_error(c->diags, span_of(source, 0, 0), "this is a spec, which can't be printed yet");
    return false;
}

static const struct language dockerfile = {
    .name = "dockerfile",
    .compile = df_compile,
    .dump = df_dump,
    .format = df_format,
    .same = df_same,
    .to_dockerfile = df_to_dockerfile,
    .to_spec = df_to_spec,
};

static const struct language spec = {
    .name = "spec",
    .compile = sx_compile,
    .dump = sx_dump,
    .format = sx_format,
    .to_dockerfile = print_spec,
    .to_spec = print_spec,
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
