/* SPDX-License-Identifier: Apache-2.0 */
/* One step, from its key to its commit. */
#include <config.h>

#include "exec/worker.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/mode.h"
#include "base/path.h"
#include "exec/failure.h"
#include "exec/image.h"
#include "exec/key.h"
#include "exec/record.h"
#include "exec/run_cancel.h"
#include "exec/user.h"
#include "exec/work.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>

static void send_report(struct work *w, enum report_kind kind)
{
    w->report.kind = kind;
    w->report.key = w->job.key;
    struct ob_err ignored;
    if (fs_write_all(w->job.report_fd, &w->report, sizeof w->report, &ignored) < 0)
        _exit(OB_EXIT_ENVIRONMENT); /* nobody listens */
}

void work_blocked(struct work *w, bool is_blocked)
{
    if (!w->job.is_shell) /* which nothing else waits behind */
        send_report(w, is_blocked ? REPORT_BLOCKED : REPORT_GOES_ON);
}

static void on_waiting(void *arg)
{
    struct work *w = arg;
    w->has_waited = true;
    send_report(w, REPORT_WAITING);
}

static struct base_config base_config(const struct work *w)
{
    return image_base_config(w->job.base);
}

int work_fault(struct work *w)
{
    w->is_step_fault = true;
    return -1;
}

void work_set_key(struct work *w, const struct digest *input)
{
    w->input = *input;
    w->job.input = &w->input;
    w->job.key = result_key(&w->job.step->op_digest, w->job.parent, input);
}

int work_value(const struct work *w, struct text t, struct str *out, struct ob_err *err)
{
    struct base_config base = base_config(w);
    return text_value(w->b->arena, t, &base, out, err);
}

int work_chmod(const struct work *w, struct text t, struct str *out, struct ob_err *err)
{
    if (work_value(w, t, out, err) < 0)
        return -1;
    if (out->n == 0 || look_is_octal(*out) || mode_is_symbolic(*out))
        return 0;
    return ob_err_set(err, 0, "mode \"" STR_FMT "\" is neither octal nor symbolic", STR_ARG(*out));
}

int work_look(const struct work *w, struct text owner, struct str epoch, const struct rootfs *root,
              struct look *out, struct ob_err *err)
{
    struct str spec;
    struct user user;
    if (work_value(w, owner, &spec, err) < 0 ||
        user_resolve(w->b->arena, root->fd, spec, USER_OWNER, &user, err) < 0)
        return -1;
    out->uid = user.uid;
    out->gid = user.gid;
    out->set_time = look_epoch(epoch, &out->time);
    return 0;
}

int work_has_owner(const struct work *w, struct text owner, bool *has, struct ob_err *err)
{
    struct str value;
    if (work_value(w, owner, &value, err) < 0)
        return -1;
    *has = value.n > 0;
    return 0;
}

int work_open_read(const struct work *w, size_t i, struct rootfs *out, struct ob_err *err)
{
    char hex[SHA256_HEX + 1];
    digest_hex(&w->job.reads[i], hex);
    int rc = store_lookup(w->b->kit.store, hex, out, err);
    if (rc == 0)
        rc = ob_err_set(err, 0, "result %.12s is not in the store any more", hex);
    return rc < 0 ? -1 : 0;
}

int work_context(const struct work *w, struct str name, int *fd, const struct ignore_list **ignore,
                 struct ob_err *err)
{
    const struct context *c = context_find(w->b, name);
    if (!c)
        return ob_err_set(err, 0, "there is no context \"" STR_FMT "\"", STR_ARG(name));
    *fd = c->fd;
    *ignore = &c->ignore;
    return 0;
}

int work_ignore(const struct work *w, bool has_own, const struct str_vec *patterns,
                const struct ignore_list **ignore, struct ob_err *err)
{
    if (!has_own)
        return 0;
    struct ignore_list *own = arena_new(w->b->arena, struct ignore_list);
    *ignore = own;
    return ignore_of(w->b->arena, patterns, own, err);
}

int work_manifest(const struct work *w, struct copy_request *q, struct manifest *out,
                  struct ob_err *err)
{
    struct digests known;
    if (!context_stays(w->b, q->root))
        return manifest_build(w->b->arena, q, out, err);
    digests_open(&known, w->b->arena, w->b->layout.state, q->root, &q->src);
    q->known = &known;
    int rc = manifest_build(w->b->arena, q, out, err);
    digests_close(&known);
    q->known = NULL;
    return rc;
}

static int do_mkdir(struct work *w, const struct rootfs *root, struct ob_err *err)
{
    const struct op_mkdir *op = &w->job.step->op.mkdir;
    struct look look = {0};
    struct str dir;
    struct made_dirs made = {.arena = w->b->arena};
    if (work_value(w, op->path, &dir, err) < 0 ||
        work_look(w, op->owner, op->epoch, root, &look, err) < 0)
        return work_fault(w);
    dir = path_clean(w->b->arena, dir); /* as BuildKit, before it looks at any link */
    const char *path = dir.n ? arena_cstr(w->b->arena, dir) : "/";
    cleanup_close int fd = look_mkdirs(&look, root->fd, path, &made, err);
    return fd < 0 || look_end_dirs(&look, root->fd, &made, err) < 0 ? work_fault(w) : 0;
}

static int do_from(struct work *w, const struct rootfs *root, struct ob_err *err)
{
    if (image_save(&w->b->layout, &w->job.key, w->job.base, err) < 0)
        return -1;
    return fetch_into(&w->job.image, w->job.step->op.from.platform, &w->job.base->digest, root,
                      err);
}

static int do_step(struct work *w, const struct rootfs *root, struct ob_err *err)
{
    switch (w->job.step->kind) {
    case STEP_FROM: return do_from(w, root, err);
    case STEP_SCRATCH: return 0;
    case STEP_RUN: return do_run(w, root, err);
    case STEP_COPY: return do_copy(w, root, err);
    case STEP_MKDIR: return do_mkdir(w, root, err);
    case STEP_FILE: return do_file(w, root, err);
    case STEP_ADD: return do_add(w, root, err);
    case N_STEP_KINDS: break;
    }
    BUG("step kind %d", w->job.step->kind);
}

/* Gives -1. What can't be had here goes when somebody looks at all results. */
static int take_back(struct work *w, const char *hex)
{
    struct ob_err ignored;
    layout_take_back_log(&w->b->layout, hex, &ignored);
    record_remove(&w->b->layout, hex);
    return -1;
}

/* The record is written and the log gets its final name before the result is published, so that a
 * result has both. */
static int publish(struct work *w, struct store_txn *txn, const char *hex, struct ob_err *err)
{
    if (work_record(w, err) < 0 || layout_end_log(&w->b->layout, hex, false, err) < 0) {
        struct ob_err ignored;
        store_abort(txn, &ignored);
        return -1;
    }
    if (store_commit(txn, err) < 0)
        return take_back(w, hex);
    return w->b->options->durable ? durable_sync(w->b->kit.store, &w->b->layout, err) : 0;
}

static int build_result(struct work *w, const char *hex, struct ob_err *err)
{
    struct store_txn *txn;
    struct rootfs root = ROOTFS_INIT;
    char base[SHA256_HEX + 1];
    if (w->job.parent)
        digest_hex(w->job.parent, base);
    if (store_begin(w->b->kit.store, hex, w->job.parent ? base : NULL, &txn, &root, err) < 0)
        return -1;
    int rc = do_step(w, &root, err);
    rootfs_close(&root);
    if (rc == 0)
        return publish(w, txn, hex, err);
    struct ob_err ignored; /* the first error is the one to report */
    store_abort(txn, &ignored);
    return -1;
}

static bool has_counting_secrets(const struct build *b)
{
    vec_for (const struct build_secret, s, &b->options->secrets)
        if (s->rebuild)
            return true;
    return false;
}

/* Which of its secrets count can depend on late ids, so it is the worker that finds out. */
bool worker_makes_key(const struct build *b, const struct step *s)
{
    bool secrets = has_counting_secrets(b);
    if (s->kind == STEP_RUN)
        vec_for (const struct ir_mount, m, &s->op.run.mounts)
            if (m->from != MOUNT_FROM_NOTHING || (m->type == MOUNT_SECRET && secrets))
                return true;
    return s->kind == STEP_COPY || s->kind == STEP_ADD;
}

static int prepare(struct work *w, struct ob_err *err)
{
    switch (w->job.step->kind) {
    case STEP_COPY: return prepare_copy(w, err);
    case STEP_ADD: return prepare_add(w, err);
    case STEP_RUN: return worker_makes_key(w->b, w->job.step) ? prepare_run(w, err) : 0;
    default: return 0;
    }
}

/* Whether the machine is at fault, whatever the step asked for; a sandbox knows better. */
static bool is_machine_error(int errnum)
{
    static const int machine[] = {ENOSPC, EDQUOT, EROFS, EIO, EMFILE, ENFILE, ENOMEM};
    for (size_t i = 0; i < sizeof machine / sizeof machine[0]; i++)
        if (errnum == machine[i])
            return true;
    return false;
}

static bool is_fault_of_step(const struct work *w, const struct ob_err *err)
{
    return w->is_step_fault && (w->is_certain || !is_machine_error(err->errnum));
}

static struct str hex_of(struct arena *a, const struct digest *d)
{
    char *hex = arena_alloc(a, SHA256_HEX + 1);
    digest_hex(d, hex);
    return str_from(hex);
}

/* Whether what is in no key can have made the step fail. */
static bool is_given_more(const struct work *w)
{
    const struct step_limits *l = &w->b->options->limits;
    if (w->job.step->kind != STEP_RUN)
        return false;
    vec_for (const struct ir_mount, m, &w->job.step->op.run.mounts)
        if (m->type == MOUNT_SECRET || m->type == MOUNT_SSH)
            return true;
    return l->cpu_milli || l->memory || l->pids;
}

static void note_failure(struct work *w, const struct ob_err *err)
{
    struct arena *a = w->b->arena;
    char context[PATH_MAX];
    struct failure f = {
        .why = str_from(err->text),
        .is_private = is_given_more(w),
        .context = w->b->context_path && realpath(w->b->context_path, context) ? str_from(context)
                                                                               : STR(""),
        .step = (uint32_t)(w->job.step - w->b->plan->steps.at),
        .parent = w->job.parent ? hex_of(a, w->job.parent) : STR(""),
        .base = w->job.base_key ? hex_of(a, w->job.base_key) : STR(""),
    };
    for (size_t i = 0; i < w->job.step->reads.n; i++)
        vec_push(a, &f.reads, hex_of(a, &w->job.reads[i]));
    failure_save(&w->b->layout, &w->job.key, &f, w->b->plan);
}

/* Before the lock ends: the next builder makes a log of this name. */
static void end_failed(struct work *w, const char *hex, const struct ob_err *err)
{
    struct ob_err ignored;
    layout_end_log(&w->b->layout, hex, true, &ignored);
    if (is_fault_of_step(w, err) && !w->is_cancelled)
        note_failure(w, err);
}

/* Builds what nobody else has the lock of. */
static int build_locked(struct work *w, const char *hex, struct ob_err *err)
{
    cleanup_close int log = layout_new_log(&w->b->layout, hex, err);
    if (log < 0)
        return -1;
    failure_forget(&w->b->layout, &w->job.key);
    send_report(w, REPORT_BUILDING);
    int rc = build_result(w, hex, err);
    if (rc < 0)
        end_failed(w, hex, err);
    return rc;
}

/* A process that waited for another to build the step takes a failure from it too. */
static int take_failure(struct work *w, struct str why, struct ob_err *err)
{
    w->is_certain = true;
    w->report.has_run = w->job.step->kind == STEP_RUN; /* as far as one can tell */
    ob_err_set(err, 0, STR_FMT, STR_ARG(why));
    return work_fault(w);
}

/* 1 = it was there, 0 = built, -1. */
static int find_or_build(struct work *w, struct ob_err *err)
{
    char hex[SHA256_HEX + 1];
    if (prepare(w, err) < 0)
        return -1;
    digest_hex(&w->job.key, hex);
    cleanup_close int lock = -1;
    if (layout_use(&w->b->layout, &w->job.key, err) < 0)
        return -1;
    int found = store_lookup(w->b->kit.store, hex, NULL, err);
    if (found != 0)
        return found;
    struct failure_mark before = failure_mark(&w->b->layout, &w->job.key);
    lock = layout_lock(&w->b->layout, &w->job.key, on_waiting, w, err);
    if (lock < 0)
        return -1;
    found = store_lookup(w->b->kit.store, hex, NULL, err);
    if (found != 0)
        return found;
    struct str why;
    if (w->has_waited && failure_since(&w->b->layout, &w->job.key, before, w->b->arena, &why))
        return take_failure(w, why, err);
    return build_locked(w, hex, err);
}

/* On a filesystem that is forgotten. A key of its own keeps it apart from the step, which may be
 * built meanwhile; the lock of that keeps what is in scratch. */
static int open_shell(struct work *w, struct ob_err *err)
{
    struct store_txn *txn;
    struct rootfs root = ROOTFS_INIT;
    char base[SHA256_HEX + 1], hex[SHA256_HEX + 1];
    if (prepare(w, err) < 0)
        return -1;
    if (getrandom(w->job.key.b, SHA256_BYTES, 0) != SHA256_BYTES)
        return ob_err_set(err, errno, "can't get random bytes");
    cleanup_close int lock = layout_lock(&w->b->layout, &w->job.key, on_waiting, w, err);
    if (lock < 0)
        return -1;
    digest_hex(&w->job.key, hex);
    if (w->job.parent)
        digest_hex(w->job.parent, base);
    if (store_begin(w->b->kit.store, hex, w->job.parent ? base : NULL, &txn, &root, err) < 0)
        return -1;
    int rc = do_run(w, &root, err);
    struct ob_err ignored;
    rootfs_close(&root);
    store_abort(txn, &ignored);
    return rc;
}

static _Noreturn void work(struct work *w)
{
    struct ob_err *err = &w->report.err;
    int rc = w->job.is_shell ? open_shell(w, err) : find_or_build(w, err);
    rootfs_close(&w->source);
    send_report(w, rc > 0                     ? REPORT_CACHED
                   : rc == 0                  ? REPORT_BUILT
                   : is_fault_of_step(w, err) ? REPORT_FAILED
                                              : REPORT_ERROR);
    _exit(0);
}

/* None of the user's streams: a step may go on when the user is gone, and who reads from them waits
 * for their end. What this process has to say itself is said in the step's log. */
static void leave_streams(const struct worker_job *job)
{
    cleanup_close int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(job->output_fd, STDERR_FILENO);
}

/* A process of its own group, with default signals, that dies with the scheduler. */
static void become_worker(pid_t parent, uint64_t grace)
{
    sigset_t none;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(OB_EXIT_ENVIRONMENT);
    setpgid(0, 0);
    run_cancel_prepare(grace);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int worker_start(struct build *b, const struct worker_job *job, pid_t *pid, struct ob_err *err)
{
    pid_t parent = getpid();
    *pid = fork();
    if (*pid < 0)
        return ob_err_set(err, errno, "can't start a worker process");
    if (*pid > 0)
        return 0;
    become_worker(parent, b->options->grace);
    if (!job->is_shell)
        leave_streams(job);
    struct work w = {.b = b, .job = *job, .source = ROOTFS_INIT};
    clock_gettime(CLOCK_MONOTONIC, &w.started);
    work(&w);
}
