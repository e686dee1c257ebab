/* SPDX-License-Identifier: Apache-2.0 */
/* The named messages of the Dockerfile front end. Names that BuildKit has mean the same here. */
#ifndef FRONTEND_DF_RULES_H
#define FRONTEND_DF_RULES_H

#include "base/diag.h"

extern const struct diag_rule df_rule_bad_pattern;
extern const struct diag_rule df_rule_empty_command;
extern const struct diag_rule df_rule_exec_form_fallback;
extern const struct diag_rule df_rule_ignored_flag;
extern const struct diag_rule df_rule_maintainer_deprecated;
extern const struct diag_rule df_rule_stage_not_found;
extern const struct diag_rule df_rule_undefined_var;
extern const struct diag_rule df_rule_unused_build_arg;
extern const struct diag_rule df_rule_ignored_directive;
extern const struct diag_rule df_rule_no_empty_continuation;
extern const struct diag_rule df_rule_onbuild_trigger;
extern const struct diag_rule df_rule_unclosed_quote;

#endif
