/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A way to an ssh agent for a sandbox: a socket of our own, with the mode and owner that the step
 * asks for, and a process that joins each connection to one to the agent. The agent's own socket
 * can't be shown, as it has its owner's mode.
 */
#ifndef EXEC_SSH_RELAY_H
#define EXEC_SSH_RELAY_H

#include "exec/build.h"

#include <sys/types.h>

struct ssh_relay {
    pid_t pid;
    int fd; /* the socket as a file (O_PATH), to be mounted */
};

/* The socket of an agent that the user gave, as an O_PATH descriptor. */
int ssh_agent_open(const struct build_ssh *s, struct arena *a, struct ob_err *err);

/* Makes the socket as `name` in `dir`, and starts the process, which ends with the calling one.
 * `agent` is an O_PATH descriptor of the agent's socket. */
int ssh_relay_start(int dir, const char *name, int agent, mode_t mode, uid_t uid, gid_t gid,
                    struct ssh_relay *out, struct ob_err *err);
/* Ends the process and closes fd. */
void ssh_relay_end(struct ssh_relay *r);

#endif
