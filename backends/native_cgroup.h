/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits of a step, by control groups of either version. The group of a step is made next to
 * obexec's own, or further up where version 2 allows none there, and is locked (flock(2)) as long
 * as its worker lives: one that is not locked is a leftover, which the next obexec with limits
 * removes. Works on the directory that it is given, so tests can give one of plain files.
 */
#ifndef BACKENDS_NATIVE_CGROUP_H
#define BACKENDS_NATIVE_CGROUP_H

#include "base/err.h"
#include "exec/step_cfg.h"

enum cgroup_controller { CGROUP_CPU, CGROUP_MEMORY, CGROUP_PIDS, N_CGROUP_CONTROLLERS };

/* Where groups are made. */
struct cgroup_host {
    bool is_v2;
    int parent[N_CGROUP_CONTROLLERS]; /* directories, -1 = not needed; version 2 uses only one */
};

#define CGROUP_HOST_INIT ((struct cgroup_host){.parent = {-1, -1, -1}})

/* The group of one step. */
struct cgroup {
    const struct cgroup_host *host;
    char name[48];
    int dir[N_CGROUP_CONTROLLERS];   /* the lock, too; -1 = none */
    int procs[N_CGROUP_CONTROLLERS]; /* to enter it */
};

/* What a step ran into. */
struct cgroup_hits {
    bool memory, pids;
};

/* Finds where groups with these limits can be made. `root` is /sys/fs/cgroup, `own` the text of
 * /proc/self/cgroup. Removes leftovers there. The error says what is missing. */
int cgroup_host_open(int root, const char *own, const struct step_limits *limits,
                     struct cgroup_host *out, struct ob_err *err);
void cgroup_host_close(struct cgroup_host *h);

/* A new group with these limits, for which the host was opened. host must outlive it. */
int cgroup_make(const struct cgroup_host *h, const struct step_limits *limits, struct cgroup *out,
                struct ob_err *err);
/* What clone3(2) needs to start a process in the group at once; -1 in version 1, where it can't. */
int cgroup_for_clone(const struct cgroup *g);
/* Moves the calling process into it, unless it was started there. */
int cgroup_enter(const struct cgroup *g, struct ob_err *err);
/* After its last process: says what it ran into and removes it. */
void cgroup_end(struct cgroup *g, struct cgroup_hits *hits);

#endif
