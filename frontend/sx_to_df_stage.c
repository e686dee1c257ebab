/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of stages. Builds have any names, which are known in a part of the spec only; those of
 * stages are known in the whole file, are compared in lower case, and hide images.
 */
#include <config.h>

#include "frontend/sx_to_df.h"

#include "frontend/names.h"
#include "frontend/sx_loss.h"

struct naming {
    struct compile *c;
    struct names names; /* of stages, and all images */
};

static void take_images(struct naming *n, const struct sx_spec *spec)
{
    names_take(&n->names, spec->image.text);
    for (size_t i = 0; i < spec->builds.n; i++)
        take_images(n, spec->builds.at[i]->spec);
}

/* The nearest that a stage may be called. */
static struct str valid_name(struct arena *a, struct str name)
{
    struct str s = name.n && ascii_is_alpha(name.p[0]) ? name : str_concat(a, STR("build-"), name);
    char *p = arena_cstr(a, s);
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_alnum(p[i]) && p[i] != '_' && p[i] != '.')
            p[i] = '-';
    return str_of(p, s.n);
}

static void name_build(struct naming *n, struct sx_build *b)
{
    b->stage_name = names_free(&n->names, valid_name(n->c->arena, b->name.text));
    compile_spend(n->c, b->name.span, 4 * b->stage_name.n);
    if (str_eq(b->stage_name, b->name.text))
        return;
    struct diag *d = diag_rule(n->c->diags, &sx_rule_stage_renamed, b->name.span,
                               "the stage of build \"" STR_FMT "\" is called \"" STR_FMT "\"",
                               STR_ARG(b->name.text), STR_ARG(b->stage_name));
    diag_note(d,
              "stages have names of letters, digits, \"-\", \"_\" and \".\", which no other stage "
              "and no image of the file has in any case");
}

/* In the order of the file. Recursion is bounded by SX_BUILD_DEPTH_MAX. */
static void name_builds(struct naming *n, struct sx_spec *spec)
{
    for (size_t i = 0; i < spec->builds.n; i++) {
        name_builds(n, spec->builds.at[i]->spec);
        name_build(n, spec->builds.at[i]);
    }
}

void sx_df_name_stages(struct compile *c, struct sx_spec *spec)
{
    struct naming n = {c, NAMES_INIT(c->arena, true)};
    take_images(&n, spec);
    name_builds(&n, spec);
}
