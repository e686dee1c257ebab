/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "frontend/sx_loss.h"

const struct diag_rule sx_loss_cache = {"CacheLost", DIAG_LOSS};
const struct diag_rule sx_loss_copy_owner = {"CopyOwnerLost", DIAG_LOSS};
const struct diag_rule sx_loss_directory_name = {"DirectoryNameLost", DIAG_LOSS};
const struct diag_rule sx_loss_exclude = {"ExcludeLost", DIAG_LOSS};
const struct diag_rule sx_loss_ignore = {"IgnoreLost", DIAG_LOSS};
const struct diag_rule sx_loss_image_name = {"ImageLost", DIAG_LOSS};
const struct diag_rule sx_loss_link = {"LinkLost", DIAG_LOSS};
const struct diag_rule sx_loss_mount_owner = {"MountOwnerLost", DIAG_LOSS};
const struct diag_rule sx_loss_parent_path = {"ParentPathLost", DIAG_LOSS};
const struct diag_rule sx_loss_root_directory = {"RootDirectoryLost", DIAG_LOSS};
const struct diag_rule sx_loss_secret = {"SecretLost", DIAG_LOSS};
const struct diag_rule sx_loss_workdir = {"WorkdirLost", DIAG_LOSS};

const struct diag_rule sx_rule_escape = {"EscapeForUnix", DIAG_WARNING};
const struct diag_rule sx_rule_stage_renamed = {"StageRenamed", DIAG_WARNING};
