/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One build: a verified plan, a kit, and what the user said. exec/sched.c runs it; a worker
 * process (exec/worker.c) does each step.
 */
#ifndef EXEC_BUILD_H
#define EXEC_BUILD_H

#include "base/pattern.h"
#include "exec/event.h"
#include "exec/index.h"
#include "exec/kit.h"
#include "ir/plan.h"

/* --build-context NAME=REF */
struct build_context {
    struct str name, ref;
};

/* --secret id=ID,src=FILE */
struct build_secret {
    struct str id, file;
};

struct build_options {
    unsigned jobs;
    bool network_default_host; /* steps that say neither none nor host */
    VEC(struct build_context) contexts;
    VEC(struct build_secret) secrets;
    struct str_vec targets; /* stage names; none = all targets of the plan */
};

struct build {
    struct arena *arena;
    struct plan *plan;       /* only steps that its targets need (pass reach) */
    const bool *is_built_on; /* step by step: it is a parent or a target; set by build_check */
    struct kit kit;
    struct layout layout;
    struct index *index;
    struct progress *progress;
    const struct build_options *options;
    const char *context_path;  /* NULL: the build has no context */
    int context;               /* its directory, or -1 */
    struct ignore_list ignore; /* its .dockerignore */
    const char *store_path;    /* for messages that name a log */
};

/* Refuses steps that ask for what this obexec can't do, before anything is run. */
int build_check(struct build *b, struct ob_err *err);

/* Opens the context and reads its .dockerignore, if the plan copies from one. */
int build_open_context(struct build *b, struct ob_err *err);

/* How a build ended. */
enum build_end {
    BUILD_OK,
    BUILD_FAILED,      /* a step failed; it has been reported */
    BUILD_ERROR,       /* the machine failed; err says how */
    BUILD_INTERRUPTED, /* by SIGINT, SIGTERM or SIGHUP */
};

/* Runs the plan's targets. Result keys go to keys[], one for each target. *changed says whether
 * anything was begun in the store. */
enum build_end build_run(struct build *b, struct digest *keys, bool *changed, struct ob_err *err);

#endif
