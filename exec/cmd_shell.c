/* SPDX-License-Identifier: Apache-2.0 */
/* obexec shell: a shell where a step failed, or on a result. */
#include <config.h>

#include "exec/cmd.h"

#include "base/cli.h"
#include "base/log.h"
#include "exec/failure.h"
#include "exec/image.h"
#include "exec/isolate.h"
#include "exec/open.h"
#include "exec/run_options.h"
#include "exec/shell.h"

struct place {
    struct build build;
    struct plan plan;
    struct failure failure;
    struct image_info base;
    struct digest key, parent;
};

/* Takes what the shell stands on, so that nobody removes it meanwhile. */
static int hold(struct place *p, const struct digest *key, struct ob_err *err)
{
    char hex[SHA256_HEX + 1];
    digest_hex(key, hex);
    if (layout_use(&p->build.layout, key, err) < 0)
        return -1;
    int rc = store_lookup(p->build.kit.store, hex, NULL, err);
    return rc == 0  ? ob_err_set(err, 0, "result %.12s is not in the store any more", hex)
           : rc < 0 ? -1
                    : 0;
}

static int hold_inputs(struct place *p, const struct worker_job *job, struct ob_err *err)
{
    if (job->parent && hold(p, job->parent, err) < 0)
        return -1;
    for (size_t i = 0; i < p->failure.reads.n; i++)
        if (hold(p, &job->reads[i], err) < 0)
            return -1;
    return 0;
}

/* Fills the job from the note of a failure. */
static int job_of_failure(struct place *p, struct worker_job *job, struct ob_err *err)
{
    struct arena *a = p->build.arena;
    const struct failure *f = &p->failure;
    struct digest base, *reads = arena_new_n(a, struct digest, f->reads.n + 1);
    for (size_t i = 0; i < f->reads.n; i++)
        if (!digest_from_hex(f->reads.at[i], &reads[i]))
            return ob_err_set(err, 0, "the note of the failure is damaged");
    if (f->base.n && digest_from_hex(f->base, &base) &&
        image_load(&p->build.layout, &base, a, &p->base, err) < 0)
        return -1;
    *job = (struct worker_job){
        .step = &p->plan.steps.at[f->step],
        .parent = digest_from_hex(f->parent, &p->parent) ? &p->parent : NULL,
        .reads = reads,
        .key = p->key,
        .base = &p->base,
    };
    return 0;
}

/* On a result itself: a step that stands on it and has nothing of its own. */
static int job_of_result(struct place *p, struct worker_job *job)
{
    struct step *step = arena_new(p->build.arena, struct step);
    *step = (struct step){.kind = STEP_SCRATCH, .parent = NO_STEP};
    p->parent = p->key;
    *job = (struct worker_job){.step = step, .parent = &p->parent, .key = p->key, .base = &p->base};
    return 0;
}

static int find_place(struct place *p, struct opened *o, const char *id, struct worker_job *job,
                      struct ob_err *err)
{
    struct str key;
    if (failure_find(&p->build.layout, p->build.arena, id, &key, err) < 0)
        return -1;
    bool has_failed = key.n > 0;
    if (!has_failed && opened_find(o, p->build.arena, id, &key, err) < 0)
        return -1;
    digest_from_hex(key, &p->key);
    if (!has_failed)
        return job_of_result(p, job);
    int rc =
        failure_load(&p->build.layout, arena_cstr(p->build.arena, key), &p->failure, &p->plan, err);
    if (rc == 0)
        return ob_err_set(err, 0, "the note of the failure is damaged");
    return rc < 0 ? -1 : job_of_failure(p, job, err);
}

static int open_context(struct place *p)
{
    struct ob_err err;
    if (!p->build.context_path && p->failure.context.n)
        p->build.context_path = arena_cstr(p->build.arena, p->failure.context);
    if (build_check(&p->build, &err) < 0 || contexts_open(&p->build, &err) < 0)
        return log_error("%s", err.text), -1;
    return 0;
}

static int run(const struct run_options *o, struct opened *opened)
{
    struct place p = {
        .build = {.arena = o->arena,
                  .plan = &p.plan,
                  .kit = opened->kit,
                  .layout = opened->layout,
                  .options = &o->build,
                  .context_path = o->context,
                  .store_path = opened->path},
        .plan = PLAN_INIT(o->arena),
    };
    struct worker_job job;
    struct ob_err err;
    int status = -1;
    if (find_place(&p, opened, o->ir, &job, &err) < 0) {
        log_error("%s", err.text);
        return OB_EXIT_FAILED;
    }
    if (hold_inputs(&p, &job, &err) < 0) {
        log_error("%s", err.text);
        return OB_EXIT_ENVIRONMENT;
    }
    if (open_context(&p) < 0)
        return OB_EXIT_FAILED;
    if (p.failure.why.n)
        log_info("it failed: " STR_FMT, STR_ARG(p.failure.why));
    if (isolate_decide(&p.build, &err) == 0)
        status = shell_run(&p.build, job, &err);
    contexts_close(&p.build);
    if (status < 0)
        log_error("%s", err.text);
    return status < 0 ? OB_EXIT_ENVIRONMENT : status;
}

int cmd_shell(int argc, char **argv)
{
    struct arena arena = ARENA_INIT;
    struct run_options o = {.arena = &arena, .command = RUN_OPTIONS_SHELL};
    struct opened opened;
    struct ob_err err;
    int status = run_options_parse(&o, argc, argv);
    log_init("obexec", o.verbosity + 1);
    cli_exit_on_signals();
    if (status < 0) {
        o.kit.must_exist = true;
        status = OB_EXIT_OK;
        if (opened_open(&o.kit, &opened, &err) < 0) {
            log_error("%s", err.text);
            status = opened_exit_status(&err);
        } else {
            status = run(&o, &opened);
            opened_close(&opened, true);
        }
    }
    arena_free(&arena);
    return status;
}
