/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One build: a verified plan, a kit, and what the user said. exec/sched.c runs it; a worker
 * process (exec/worker.c) does each step.
 */
#ifndef EXEC_BUILD_H
#define EXEC_BUILD_H

#include "exec/context.h"
#include "exec/durable.h"
#include "exec/event.h"
#include "exec/index.h"
#include "exec/kit.h"
#include "ir/plan.h"

/* --build-context NAME=REF */
struct build_context {
    struct str name, ref;
};

/* --secret id=ID,src=FILE or id=ID,env=NAME */
struct build_secret {
    struct str id;
    struct str file; /* empty: env counts */
    struct str env;  /* name of a variable of this process; empty too: the id is either's name */
    bool rebuild;    /* with another value, steps that use it are built again */
};

/* --ssh ID[=SOCKET] */
struct build_ssh {
    struct str id, socket;
};

/* What steps that say neither none nor host get. */
enum build_network {
    BUILD_NETWORK_AUTO,    /* a private network if this machine can make one, else the host's */
    BUILD_NETWORK_PRIVATE, /* a private network, or the build fails */
    BUILD_NETWORK_NONE,
    BUILD_NETWORK_HOST,
};

/* Free space to keep on the store's filesystem: bytes, or a share of it; both 0 = none. */
struct build_min_free {
    uint64_t bytes;
    unsigned percent;
};

struct build_options {
    unsigned jobs;
    enum build_network network;
    bool keep_going;       /* after a failure, build what does not need the failed step */
    bool opens_shell;      /* after a failure, at the end, where it happened */
    bool no_cache;         /* run every step, also those whose results are there */
    bool durable;          /* a result is on disk before it counts */
    bool allow_insecure;   /* --allow=security.insecure */
    uint64_t step_timeout; /* milliseconds; 0 = none */
    uint64_t timeout;      /* of the whole build */
    uint64_t grace;        /* between SIGTERM and SIGKILL for a step that is cancelled */
    struct step_limits limits;
    struct build_min_free min_free;
    VEC(struct build_context) contexts;
    VEC(struct build_secret) secrets;
    VEC(struct build_ssh) ssh;
    struct str_vec targets; /* stage names; none = all targets of the plan */
    struct str_vec outputs; /* --output, as it was given */
    struct str_vec tags;
    bool squash; /* images have one layer */
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
    const char *context_path; /* of the main context; NULL: the build has none */
    struct context_vec contexts;
    const char *store_path;    /* for messages that name a log */
    struct durable durable;    /* build_run starts it, the caller ends it */
    struct timespec pruned;    /* when old results were last removed meanwhile */
    pid_t pruner;              /* who does so now; 0 = nobody */
    struct digest *step_keys;  /* of each step's result, when all are there; set by build_run */
    enum step_network network; /* of steps that leave it open; set by isolate_decide */
    const char *network_note;  /* to be told when the first of them starts; else NULL */
};

/* Before anything is run: refuses steps that ask for what this obexec can't do, and secrets and ssh
 * agents that were given but are not there. */
int build_check(struct build *b, struct ob_err *err);

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
