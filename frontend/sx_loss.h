/* SPDX-License-Identifier: Apache-2.0 */
/* What a spec can lose when it is printed as a Dockerfile; obkit-translate(7) has the list. */
#ifndef FRONTEND_SX_LOSS_H
#define FRONTEND_SX_LOSS_H

#include "base/diag.h"

extern const struct diag_rule sx_loss_cache;
extern const struct diag_rule sx_loss_copy_owner;
extern const struct diag_rule sx_loss_directory_name;
extern const struct diag_rule sx_loss_exclude;
extern const struct diag_rule sx_loss_ignore;
extern const struct diag_rule sx_loss_image_name;
extern const struct diag_rule sx_loss_link;
extern const struct diag_rule sx_loss_mount_owner;
extern const struct diag_rule sx_loss_parent_path;
extern const struct diag_rule sx_loss_root_directory;
extern const struct diag_rule sx_loss_secret;
extern const struct diag_rule sx_loss_workdir;

/* No losses: an option that is missed, and a name that users see. */
extern const struct diag_rule sx_rule_escape;
extern const struct diag_rule sx_rule_stage_renamed;

#endif
