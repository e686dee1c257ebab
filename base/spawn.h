/* SPDX-License-Identifier: Apache-2.0 */
/* Running another program, without a shell. */
#ifndef BASE_SPAWN_H
#define BASE_SPAWN_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>

/* Descriptors the child gets as 0, 1 and 2; -1 = the parent's own. */
struct spawn_io {
    int in, out, err;
};

#define SPAWN_IO_INHERIT ((struct spawn_io){-1, -1, -1})

/* Starts argv[0] (searched in PATH if it has no slash) with the parent's environment and all
 * signals at their defaults. Gives the process id. */
int spawn(char *const argv[], const struct spawn_io *io, pid_t *pid, struct ob_err *err);

/* Whether spawn would find a program of this name in PATH. */
bool spawn_finds(const char *program);

/* Waits for a child. Gives its exit status, or 128 + the signal that ended it. */
int spawn_wait(pid_t pid, int *status, struct ob_err *err);

#endif
