/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the steps of a build are kept apart from the machine: which network they get, and which
 * limits. Decided once for a build, from what the user wants and what the sandbox can do here.
 */
#ifndef EXEC_ISOLATE_H
#define EXEC_ISOLATE_H

#include "exec/build.h"

/* Decides for all steps of the plan that run commands; before any of them starts. Fails if the
 * machine can't do what the user wants. */
int isolate_decide(struct build *b, struct ob_err *err);

enum step_network isolate_network(const struct build *b, const struct op_run *op);
/* Whether a step that leaves its network open gets none, which its key must say. One that gets a
 * network gets the same key with any. */
bool isolate_denies_network(const struct build *b, const struct op_run *op);
/* When a step starts: the first that gets another network than it should is told of. */
void isolate_note(struct build *b, const struct step *step);

/* Why a step failed that ran into a limit. *err says so far how it ended. */
void isolate_explain(const struct step_limits *l, const struct sandbox_status *status,
                     struct ob_err *err);

#endif
