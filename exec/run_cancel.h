/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a worker process is asked to end: SIGTERM. While a command runs it is handed to the sandbox,
 * which is killed after the grace time; at any other time the worker just ends, as in a crash.
 */
#ifndef EXEC_RUN_CANCEL_H
#define EXEC_RUN_CANCEL_H

#include "exec/sandbox.h"

/* Once, at the start of the worker. grace is in milliseconds. */
void run_cancel_prepare(uint64_t grace);
/* SIGTERM waits from begin to watch, so that it finds the sandbox that is started in between. */
void run_cancel_begin(void);
void run_cancel_watch(struct sandbox_run *run); /* NULL: none was started */
/* Before the sandbox is gone: from now on there is nothing to hand on to. Says whether the command
 * was asked to end; then its exit status means nothing. */
bool run_cancel_end(void);

#endif
