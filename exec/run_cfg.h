/* SPDX-License-Identifier: Apache-2.0 */
/* From a run step and its base image's configuration to what a sandbox runs. */
#ifndef EXEC_RUN_CFG_H
#define EXEC_RUN_CFG_H

#include "exec/build.h"
#include "exec/fetch.h"

/* Decides everything: late values, user, environment, shell, mounts. `root` is the filesystem of
 * the step. `shown` has for each mount the descriptor of what it shows of the build; NULL if there
 * is no such mount. Descriptors of mounts are opened and belong to the process; a worker ends soon.
 */
int run_cfg_make(const struct build *b, const struct op_run *op, const struct image_info *base,
                 const struct rootfs *root, const int *shown, struct step_cfg *out,
                 struct ob_err *err);

#endif
