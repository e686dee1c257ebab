/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A shell where a step would run: on the filesystem that it starts from, with its mounts,
 * environment, user and directory. What is done there is gone when it ends. On a terminal the shell
 * gets one of its own, so that nothing in the sandbox holds the user's.
 */
#ifndef EXEC_SHELL_H
#define EXEC_SHELL_H

#include "exec/worker.h"

/* False and the reason if nobody could type in it. */
bool shell_can_run(struct ob_err *err);

/* Gives the shell's exit status, or -1. A signal of cli_signals ends it. */
int shell_run(struct build *b, struct worker_job job, struct ob_err *err);

#endif
