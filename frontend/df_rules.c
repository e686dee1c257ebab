/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "frontend/df_rules.h"

const struct diag_rule df_rule_bad_pattern = {"BadPattern", DIAG_WARNING};
const struct diag_rule df_rule_empty_command = {"EmptyCommand", DIAG_WARNING};
const struct diag_rule df_rule_exec_form_fallback = {"ExecFormFallback", DIAG_WARNING};
const struct diag_rule df_rule_ignored_flag = {"IgnoredFlag", DIAG_WARNING};
const struct diag_rule df_rule_maintainer_deprecated = {"MaintainerDeprecated", DIAG_WARNING};
const struct diag_rule df_rule_stage_not_found = {"StageNotFound", DIAG_WARNING};
const struct diag_rule df_rule_undefined_var = {"UndefinedVar", DIAG_WARNING};
const struct diag_rule df_rule_unused_build_arg = {"UnusedBuildArg", DIAG_WARNING};
const struct diag_rule df_rule_ignored_directive = {"IgnoredDirective", DIAG_WARNING};
const struct diag_rule df_rule_no_empty_continuation = {"NoEmptyContinuation", DIAG_WARNING};
const struct diag_rule df_rule_onbuild_trigger = {"OnbuildTrigger", DIAG_WARNING};
const struct diag_rule df_rule_unclosed_quote = {"UnclosedQuote", DIAG_WARNING};
