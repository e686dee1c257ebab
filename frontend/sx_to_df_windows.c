/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A spec does not say which system it is for, and a Dockerfile has another escape for Windows. Who
 * forgot to ask for that is told, by the first thing in the spec that looks like Windows.
 */
#include <config.h>

#include "frontend/sx_to_df.h"

#include "frontend/sx_loss.h"
#include "frontend/sx_path.h"
#include "frontend/windows_image.h"

static const struct sx_word *if_drive(const struct sx_word *path)
{
    return sx_path_has_drive(path->text) ? path : NULL;
}

static const struct sx_word *drive_of_mounts(const struct sx_mount_vec *mounts)
{
    vec_for (const struct sx_mount, m, mounts)
        if (if_drive(&m->target))
            return &m->target;
    return NULL;
}

static const struct sx_word *drive_of(const struct sx_op *op)
{
    const struct sx_word *path;
    switch (op->kind) {
    case SX_WORKDIR: return if_drive(&op->args.at[0]);
    case SX_COPY: return if_drive(&op->copy.dst);
    case SX_RUN:
        path = drive_of_mounts(&op->run.caches);
        return path ? path : drive_of_mounts(&op->run.secrets);
    default: return NULL;
    }
}

/* NULL if nothing looks like Windows. Recursion is bounded by SX_BUILD_DEPTH_MAX. */
static const struct sx_word *find(const struct sx_spec *spec)
{
    const struct sx_word *found = NULL;
    for (size_t i = 0; i < spec->builds.n && !found; i++)
        found = find(spec->builds.at[i]->spec);
    if (!found && windows_image_is(spec->image.text))
        found = &spec->image;
    for (size_t i = 0; i < spec->ops.n && !found; i++)
        found = drive_of(&spec->ops.at[i]);
    return found;
}

void sx_df_hint_windows(struct sx_df *df, const struct sx_spec *spec)
{
    const struct sx_word *found = find(spec);
    if (!found)
        return;
    struct diag *d = diag_rule(df->c->diags, &sx_rule_escape, found->span,
                               "\"" STR_FMT "\" looks like Windows, and the Dockerfile is printed "
                               "for Unix",
                               STR_ARG(found->text));
    diag_note(d, "--escape=windows prints it for Windows");
}
