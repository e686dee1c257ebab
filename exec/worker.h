/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that does one step. It is forked by the scheduler, talks back through a pipe, and
 * may block, crash or be killed: then everything in its sandbox ends with it, and what it had
 * begun in the store is never seen.
 */
#ifndef EXEC_WORKER_H
#define EXEC_WORKER_H

#include "exec/build.h"
#include "exec/fetch.h"

struct worker_job {
    const struct step *step;
    const struct digest *parent;   /* key of the parent's result, or NULL */
    const struct digest *reads;    /* keys of the steps that it reads, in their order */
    struct digest key;             /* of the result; see worker_makes_key */
    const struct digest *input;    /* what is in the key besides op and parent, or NULL */
    const struct digest *salt;     /* of a run that is not to find an old result; NULL = it may */
    const struct digest *base_key; /* of the chain's base image, or NULL */
    const struct image_info *base; /* configuration of the chain's base image */
    struct fetch_ref image;        /* STEP_FROM */
    bool is_shell;                 /* a shell instead of the command, and no result */
    bool has_terminal;             /* input_fd is one */
    int input_fd;                  /* of a shell */
    int output_fd;                 /* receives the step's output */
    int report_fd;                 /* receives reports, the last of them final */
};

enum report_kind {
    REPORT_WAITING,  /* another process builds this; not final */
    REPORT_BUILDING, /* it is going to be built, its log is there; sent before any output; not final
                      */
    REPORT_BLOCKED,  /* while it is built, it waits for what others use; not final */
    REPORT_GOES_ON,  /* it does not any more; not final */
    REPORT_CACHED,
    REPORT_BUILT,
    REPORT_FAILED, /* the step's own fault: err.text says how */
    REPORT_ERROR,  /* the machine's */
};

struct worker_report {
    enum report_kind kind;
    struct digest key;
    int exit_code; /* of a shell */
    bool has_run;  /* a command, whatever became of it */
    struct ob_err err;
};

/* Whether the key of the step's result is known only when the files that it reads are. */
bool worker_makes_key(const struct build *b, const struct step *s);

/* Forks the worker. Gives its process id. */
int worker_start(struct build *b, const struct worker_job *job, pid_t *pid, struct ob_err *err);

#endif
