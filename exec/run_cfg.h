/* SPDX-License-Identifier: Apache-2.0 */
/* From a run step and its base image's configuration to what a sandbox runs. */
#ifndef EXEC_RUN_CFG_H
#define EXEC_RUN_CFG_H

#include "exec/build.h"
#include "exec/fetch.h"
#include "exec/user.h"

/* What a mount shows that is opened already. */
struct run_source {
    int fd;           /* -1 = nothing, so there is no mount */
    bool is_detached; /* as in struct step_mount */
};

/* Decides everything: late values, user, environment, shell, mounts. `root` is the filesystem of
 * the step. `sources` has one for each mount, and counts for binds, caches and ssh agents; NULL if
 * there is none of these. Descriptors of other mounts are opened and belong to the process; a
 * worker ends soon. */
int run_cfg_make(const struct build *b, const struct op_run *op, const struct image_info *base,
                 const struct rootfs *root, const struct run_source *sources, struct step_cfg *out,
                 struct ob_err *err);
/* Only the user. */
int run_cfg_user(const struct build *b, const struct op_run *op, const struct image_info *base,
                 const struct rootfs *root, struct user *out, struct ob_err *err);

#endif
