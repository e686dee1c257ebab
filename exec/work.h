/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of a worker share: exec/worker.c goes from the key to the commit, and one file
 * for each of the longer steps does what the step says. Nobody else includes this.
 */
#ifndef EXEC_WORK_H
#define EXEC_WORK_H

#include "exec/look.h"
#include "exec/manifest.h"
#include "exec/run_cfg.h"
#include "exec/worker.h"

#include <time.h>

struct work {
    struct build *b;
    struct worker_job job;
    struct worker_report report;
    struct timespec started;     /* CLOCK_MONOTONIC */
    struct digest input;         /* room for job.input, where the worker makes the key */
    struct copy_request request; /* STEP_COPY, STEP_ADD */
    struct manifest manifest;    /* what it comes to */
    bool has_manifest;           /* STEP_COPY: it is there */
    struct rootfs source;        /* COPY_FROM_STEP: the step that is read */
    struct shown *shown;         /* STEP_RUN with mounts that are from something: by mount */
    struct run_cache *caches;    /* STEP_RUN: those that are taken */
    struct run_agents *agents;   /* STEP_RUN: those that run */
    bool has_waited;             /* for another process that built this */
    bool is_step_fault;          /* an error is the step's, not the machine's */
    bool is_cancelled;           /* the command was asked to end */
    bool is_certain;             /* it is, whatever errno is behind it */
};

/* Sets the key of the result, which depends on `input`. */
void work_set_key(struct work *w, const struct digest *input);
/* Writes the record of the result (exec/record.h). */
int work_record(const struct work *w, struct ob_err *err);

/* Notes that the error is the step's; gives -1. */
int work_fault(struct work *w);
/* The step, which is being built, waits for what others use; or does not any more. */
void work_blocked(struct work *w, bool is_blocked);
int work_value(const struct work *w, struct text t, struct str *out, struct ob_err *err);
/* The value of a chmod, which may turn out not to be one. */
int work_chmod(const struct work *w, struct text t, struct str *out, struct ob_err *err);
/* Whether an owner is given: one that comes out empty is none, as in BuildKit. */
int work_has_owner(const struct work *w, struct text owner, bool *has, struct ob_err *err);
/* Sets the owner and the time of a look. */
int work_look(const struct work *w, struct text owner, struct str epoch, const struct rootfs *root,
              struct look *out, struct ob_err *err);

/* A context by its name in the plan (empty = the main one): its directory, which stays open, and
 * its .dockerignore. */
int work_context(const struct work *w, struct str name, int *fd, const struct ignore_list **ignore,
                 struct ob_err *err);
/* The patterns that leave out files of a context: the step's own, or else *ignore as work_context
 * gave it. */
int work_ignore(const struct work *w, bool has_own, const struct str_vec *patterns,
                const struct ignore_list **ignore, struct ob_err *err);

/* As manifest_build; what is remembered of a context's files is not read again. */
int work_manifest(const struct work *w, struct copy_request *q, struct manifest *out,
                  struct ob_err *err);

/* Reads what is added, which gives the key. */
int prepare_add(struct work *w, struct ob_err *err);
/* The filesystem of the i-th step that is read. */
int work_open_read(const struct work *w, size_t i, struct rootfs *out, struct ob_err *err);

/* Reads what a run's mounts show of the build, which gives the key. */
int prepare_run(struct work *w, struct ob_err *err);
int do_run(struct work *w, const struct rootfs *root, struct ob_err *err);
/* Finds out what is copied, which gives the key. */
int prepare_copy(struct work *w, struct ob_err *err);
int do_copy(struct work *w, const struct rootfs *root, struct ob_err *err);
/* Fills a new cache with what its mount is from, and tells such contents apart. */
int run_fill(struct work *w, size_t mount, int dir, struct ob_err *err);
struct digest run_origin(const struct work *w, size_t mount);

/* Takes the caches of a run, waiting for those that other steps have; the source of each of their
 * mounts gets what to show. work_end_caches must follow, also after an error. */
int work_take_caches(struct work *w, const struct rootfs *root, struct run_source *sources,
                     struct ob_err *err);
/* What the run did to copies of caches counts only if it succeeded. */
int work_end_caches(struct work *w, bool succeeded, struct ob_err *err);
/* Opens a way to each ssh agent that a run asks for and the user gave. work_close_agents must
 * follow, also after an error. */
int work_open_agents(struct work *w, int scratch, struct run_source *sources, struct ob_err *err);
void work_close_agents(struct work *w);
int do_add(struct work *w, const struct rootfs *root, struct ob_err *err);
int do_file(struct work *w, const struct rootfs *root, struct ob_err *err);

#endif
