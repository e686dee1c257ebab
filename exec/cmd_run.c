/* SPDX-License-Identifier: Apache-2.0 */
/* obexec run: reads an IR, checks it, builds its targets, prints their keys. */
#include <config.h>

#include "exec/cmd.h"

#include "base/cleanup.h"
#include "base/cli.h"
#include "base/fs.h"
#include "base/log.h"
#include "exec/bases.h"
#include "exec/isolate.h"
#include "exec/open.h"
#include "exec/output.h"
#include "exec/prune.h"
#include "exec/run_options.h"
#include "exec/trace.h"
#include "ir/pass.h"
#include "ir/read.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>

/* Whether `obkit build` started this process, which says so in the environment. */
static bool is_of_obkit(void)
{
    unsigned long long pid;
    const char *text = getenv("OBKIT_PARENT");
    return text && str_to_u64(str_from(text), &pid) && pid == (unsigned long long)getppid();
}

/* Opens the IR, and gives it the name that messages use. */
static int open_ir(const struct run_options *o, const char **name, struct ob_err *err)
{
    unsigned long long inherited;
    struct str path = str_from(o->ir);
    *name = o->ir;
    if (str_eq(path, STR("-"))) {
        *name = "standard input";
        return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    }
    if (is_of_obkit() && str_starts(path, STR("/dev/fd/")) &&
        str_to_u64(str_skip(path, strlen("/dev/fd/")), &inherited) && inherited <= INT_MAX) {
        *name = "the graph";
        fcntl((int)inherited, F_SETFD, FD_CLOEXEC);
        return (int)inherited;
    }
    int fd = open(o->ir, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? ob_err_set(err, errno, "can't open \"%s\"", o->ir) : fd;
}

static int read_plan(const struct run_options *o, struct plan *plan, int *status,
                     struct ob_err *err)
{
    enum { MAX_IR = 1 << 30 };
    const char *name;
    cleanup_buf struct buf text = BUF_INIT;
    *status = OB_EXIT_ENVIRONMENT;
    cleanup_close int fd = open_ir(o, &name, err);
    if (fd < 0)
        return -1;
    if (fs_read_all(fd, &text, MAX_IR, err) < 0)
        return ob_err_wrap(err, name == o->ir ? "can't read \"%s\"" : "can't read %s", name);
    *status = OB_EXIT_FAILED;
    if (text.n == 0 && is_of_obkit())
        return ob_err_set(err, 0, "%s", ""); /* spec2ir has said why */
    if (text.n == 0)
        return ob_err_set(err, 0, "%s is empty: no IR came", name);
    return ir_read_json(plan, buf_str(&text), err) < 0 ? ob_err_wrap(err, "%s", name) : 0;
}

/* Replaces the plan's targets by the stages that were asked for, if any were, and drops the steps
 * that no target needs. */
static int choose_targets(const struct run_options *o, struct plan *plan, struct ob_err *err)
{
    if (o->build.targets.n)
        plan->targets.n = 0;
    vec_for (const struct str, name, &o->build.targets) {
        struct target t = {.name = *name, .stage = NO_STEP};
        for (uint32_t i = 0; i < plan->stages.n; i++)
            if (str_eq_nocase(plan->stages.at[i].name, *name)) {
                t.stage = i;
                t.step = plan->stages.at[i].step;
            }
        if (t.stage == NO_STEP)
            return ob_err_set(err, 0,
                              "no stage \"" STR_FMT "\" in the IR (spec2ir -O0 keeps all of them)",
                              STR_ARG(*name));
        vec_push(plan->arena, &plan->targets, t);
    }
    pass_reach(plan, PASS_SILENT);
    return 0;
}

static int print_keys(const struct plan *plan, const struct digest *keys)
{
    char hex[SHA256_HEX + 1];
    for (size_t i = 0; i < plan->targets.n; i++) {
        digest_hex(&keys[i], hex);
        if (plan->targets.n == 1)
            printf("%s\n", hex);
        else
            printf("%s " STR_FMT "\n", hex, STR_ARG(plan->targets.at[i].name));
    }
    return cli_close_stdout("obexec");
}

static void report(struct progress *progress, const char *text)
{
    if (text[0])
        progress->event(progress, &(struct event){.kind = EVENT_ERROR, .text = str_from(text)});
}

static int resolve(struct build *b, struct progress *progress)
{
    struct ob_err err;
    cleanup_buf struct buf out = BUF_INIT;
    if (bases_describe(b, &out, &err) < 0) {
        report(progress, err.text);
        return OB_EXIT_ENVIRONMENT;
    }
    fwrite(out.p, 1, out.n, stdout);
    return cli_close_stdout("obexec");
}

/* Gives the status; an error of the disk may have cost results that seemed to be there. */
static int keep_results(struct build *b, int status)
{
    struct ob_err err;
    int rc = b->options->durable ? durable_sync(b->kit.store, &b->layout, &err)
                                 : durable_end(&b->durable, &err);
    if (rc == 0)
        return status;
    report(b->progress, err.text);
    return OB_EXIT_ENVIRONMENT;
}

/* -1 = the build can start, else the exit status. */
static int make_ready(struct build *b, const struct outputs *outputs, struct ob_err *err)
{
    if (build_check(b, err) < 0)
        return OB_EXIT_FAILED;
    if (outputs_check(outputs, err) < 0 || isolate_decide(b, err) < 0)
        return OB_EXIT_ENVIRONMENT;
    if (contexts_open(b, err) < 0)
        return OB_EXIT_FAILED;
    return prune_before(b, err) < 0 ? OB_EXIT_ENVIRONMENT : -1;
}

static int finish(struct build *b, const struct digest *keys, const struct outputs *outputs)
{
    struct ob_err err;
    if (outputs_write(b, outputs, &err) < 0) {
        report(b->progress, err.text);
        return OB_EXIT_ENVIRONMENT;
    }
    return outputs_take_stdout(outputs) ? OB_EXIT_OK : print_keys(b->plan, keys);
}

/* Runs the build, for which everything is there. Gives the exit status. */
static int run_build(struct build *b, const struct outputs *outputs, bool *changed)
{
    struct ob_err err;
    struct digest *keys = arena_new_n(b->arena, struct digest, b->plan->targets.n);
    enum build_end end = build_run(b, keys, changed, &err);
    switch (end) {
    case BUILD_OK: return keep_results(b, finish(b, keys, outputs));
    case BUILD_FAILED: return keep_results(b, OB_EXIT_FAILED);
    case BUILD_INTERRUPTED: report(b->progress, "interrupted"); return OB_EXIT_INTERRUPTED;
    case BUILD_ERROR: break;
    }
    report(b->progress, err.text);
    if (err.errnum == ENOSPC || err.errnum == EDQUOT)
        report(b->progress, "the store has no more room: obexec prune removes old results, and "
                            "--min-free before each build");
    return OB_EXIT_ENVIRONMENT;
}

static int build_plan(const struct run_options *o, struct plan *plan, struct opened *opened,
                      const struct outputs *outputs, struct progress *progress, bool *changed)
{
    struct ob_err err;
    struct build b = {
        .arena = o->arena,
        .plan = plan,
        .kit = opened->kit,
        .layout = opened->layout,
        .index = opened->index,
        .progress = progress,
        .options = &o->build,
        .context_path = o->context,
        .store_path = opened->path,
    };
    if (o->resolve)
        return resolve(&b, progress);
    int status = make_ready(&b, outputs, &err);
    if (status < 0)
        status = run_build(&b, outputs, changed);
    else
        report(progress, err.text);
    contexts_close(&b);
    return status;
}

static int add_trace(const struct run_options *o, struct progress **progress)
{
    struct ob_err err;
    struct progress *trace = trace_open(o->trace, *progress, &err);
    if (!trace) {
        report(*progress, err.text);
        (*progress)->close(*progress);
        return -1;
    }
    *progress = trace;
    return 0;
}

/* Each step that runs takes a few descriptors. Commands get the usual number (native_exec.c). */
static void raise_file_limit(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

static int run(const struct run_options *o)
{
    struct plan plan = PLAN_INIT(o->arena);
    struct outputs outputs;
    struct opened opened;
    struct ob_err err;
    int status;
    struct progress *progress = progress_open(o->progress, STDERR_FILENO);
    if (!progress)
        return cli_usage_error(
            "obexec", "--progress takes auto, tty, plain, json or quiet, not \"%s\"", o->progress);
    raise_file_limit();
    if (o->trace && add_trace(o, &progress) < 0)
        return OB_EXIT_ENVIRONMENT;
    if (read_plan(o, &plan, &status, &err) < 0 || choose_targets(o, &plan, &err) < 0) {
        report(progress, err.text);
    } else if (outputs_parse(o->arena, &o->build, &plan, &outputs, &err) < 0) {
        report(progress, err.text);
        status = OB_EXIT_USAGE;
    } else if (opened_open(&o->kit, &opened, &err) < 0) {
        report(progress, err.text);
        status = opened_exit_status(&err);
    } else {
        bool changed = false;
        status = build_plan(o, &plan, &opened, &outputs, progress, &changed);
        opened_close(&opened, changed);
    }
    progress->close(progress);
    return status;
}

int cmd_run(int argc, char **argv)
{
    struct arena arena = ARENA_INIT;
    struct run_options o = {.arena = &arena};
    int status = run_options_parse(&o, argc, argv);
    log_init("obexec", o.verbosity);
    cli_exit_on_signals();
    if (is_of_obkit()) {
        prctl(PR_SET_PDEATHSIG, SIGTERM); /* a killed obkit ends its build */
        if (!is_of_obkit())
            return OB_EXIT_INTERRUPTED; /* it was killed just before */
    }
    if (status < 0)
        status = run(&o);
    arena_free(&arena);
    return status;
}
