/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sandbox contract: run one command on a root filesystem, so that it sees and changes nothing
 * else. Callers use the front functions (exec/sandbox.c).
 */
#ifndef EXEC_SANDBOX_H
#define EXEC_SANDBOX_H

#include "exec/step_cfg.h"
#include "exec/store.h"

#include "base/str.h"

struct sandbox;
struct sandbox_run;

struct sandbox_options {
    bool fast_sync; /* fsync and its kin do nothing and succeed */
};

/* How a command ended. */
struct sandbox_status {
    int exit_code; /* 0–255; 127 and 126 as a shell says "not found" and "not executable" */
    int signal;    /* the signal that ended it, else 0; then exit_code is 128 + signal */
    bool is_out_of_memory; /* a process of it was ended for going over its memory limit */
    bool is_out_of_pids;   /* it could not start a process for its limit of them */
    bool is_step_fault; /* with an error of reap: the step asked for what can't be, such as a mount
                           point below a read-only mount; else the machine or the sandbox failed */
};

struct sandbox_ops {
    const char *name; /* as in --sandbox NAME */
    const char *summary;
    unsigned kinds; /* enum rootfs_kind, those it can run on */

    /* Also finds out whether this machine can do it at all; the error says what is missing. */
    int (*open)(const struct sandbox_options *o, struct sandbox **out, struct ob_err *err);
    void (*close)(struct sandbox *s);

    /* Whether steps like this can be run here; the error says what is missing. Of cfg only
     * network, limits and is_insecure are set. Comes before the first start of a step with a
     * private network, with limits, or that may do all. */
    int (*check)(struct sandbox *s, const struct step_cfg *cfg, struct ob_err *err);

    /* Starts cfg on root, which the caller has open and keeps open until reap. The sandbox may
     * move a detached mount away; what it adds to the filesystem for its own use (mount points)
     * is gone again after reap. A command that can't be executed is not an error here but a
     * status of 126 or 127, with a line on out_fd that says why. Runs in the worker process; if
     * that dies, so does everything in the sandbox. */
    int (*start)(struct sandbox *s, const struct rootfs *root, const struct step_cfg *cfg,
                 struct sandbox_run **out, struct ob_err *err);
    /* Waits for the same as reap, and leaves all to that: until reap is called, terminate and kill
     * may be. */
    void (*wait)(struct sandbox_run *run);
    /* Waits for the end of the command and of every process it left behind. Consumes run. After
     * an error, of *status only is_step_fault counts. After a command that has succeeded nobody
     * can change the filesystem through what its processes had open, whoever has it now: that the
     * command handed a file on which is open for writing is an error. */
    int (*reap)(struct sandbox_run *run, struct sandbox_status *status, struct ob_err *err);
    /* Asks every process in the sandbox to end (SIGTERM). Safe in a signal handler. reap must
     * follow. A sandbox that can't ask ends them at once. */
    void (*terminate)(struct sandbox_run *run);
    /* Ends every process in the sandbox at once. Safe in a signal handler. reap must follow. */
    void (*kill)(struct sandbox_run *run);

    /* The shell for commands that name none (specs), for this filesystem: a NULL-terminated list
     * of static strings to which the command is appended. */
    const char *const *(*default_shell)(struct sandbox *s, const struct rootfs *root);
};

struct sandbox {
    const struct sandbox_ops *ops;
};

struct sandbox_run {
    struct sandbox *sandbox;
};

int sandbox_open(const struct sandbox_ops *ops, const struct sandbox_options *o,
                 struct sandbox **out, struct ob_err *err);
void sandbox_close(struct sandbox *s); /* NULL is fine */
int sandbox_check(struct sandbox *s, const struct step_cfg *cfg, struct ob_err *err);
int sandbox_start(struct sandbox *s, const struct rootfs *root, const struct step_cfg *cfg,
                  struct sandbox_run **out, struct ob_err *err);
void sandbox_wait(struct sandbox_run *run);
int sandbox_reap(struct sandbox_run *run, struct sandbox_status *status, struct ob_err *err);
void sandbox_terminate(struct sandbox_run *run);
void sandbox_kill(struct sandbox_run *run);
const char *const *sandbox_default_shell(struct sandbox *s, const struct rootfs *root);

#endif
