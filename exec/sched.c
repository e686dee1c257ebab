/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scheduler: one thread with blocking counts, a ready queue, up to -j workers and a poll loop.
 * It decides what runs and learns how it ended; how a step is done is the worker's matter. Workers
 * are ended with SIGKILL, which is the same path that a crash takes.
 */
#include <config.h>

#include "exec/build.h"

#include "base/cleanup.h"
#include "base/cli.h"
#include "base/fs.h"
#include "exec/bases.h"
#include "exec/image.h"
#include "exec/key.h"
#include "exec/worker.h"
#include "ir/fold.h"
#include "ir/identify.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>

struct job {
    uint32_t n_blocking;     /* steps that must be done before */
    VEC(uint32_t) users;     /* steps that wait for this one */
    struct digest key;       /* when done; see worker_makes_key */
    struct base_image *base; /* of the chain; NULL above a scratch */
    pid_t pid;               /* of the worker, while it runs */
    int wait_status;         /* once is_reaped */
    bool is_reaped;
    int report, output, log; /* descriptors while it runs, else -1 */
    bool is_building;        /* the worker said so: it has a log */
    struct timespec started;
};

struct sched {
    struct build *b;
    struct job *jobs; /* one for each step */
    uint32_t *ready;  /* a queue: steps from `next` to `n_ready` */
    uint32_t next, n_ready;
    uint32_t *running;
    uint32_t n_running;
    struct pollfd *polls; /* room for all that can run */
    uint32_t *polled;
    uint32_t n_cached, n_built, n_failed;
    struct timespec started;
    bool is_interrupted, is_error;
    struct ob_err *err; /* of the machine, if is_error */
};

static double seconds_since(const struct timespec *t)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - t->tv_sec) + (double)(now.tv_nsec - t->tv_nsec) / 1e9;
}

static struct step *step_at(const struct sched *s, uint32_t i)
{
    return &s->b->plan->steps.at[i];
}

static void emit(struct sched *s, struct event e)
{
    s->b->progress->event(s->b->progress, &e);
}

static struct event step_event(const struct sched *s, enum event_kind kind, uint32_t i)
{
    return (struct event){.kind = kind, .step = i, .of = step_at(s, i), .key = s->jobs[i].key};
}

/* Of several errors the first is told: the others tend to come from it. */
static void machine_error(struct sched *s, const struct ob_err *why)
{
    if (!s->is_error)
        *s->err = *why;
    s->is_error = true;
}

static bool stops(const struct sched *s)
{
    return s->is_interrupted || s->is_error || s->n_failed > 0;
}

/* A step's dependencies: its parent and its reads, each once. */
static void add_edges(struct sched *s, uint32_t i)
{
    const struct step *step = step_at(s, i);
    struct arena *a = s->b->arena;
    if (step->parent != NO_STEP) {
        vec_push(a, &s->jobs[step->parent].users, i);
        s->jobs[i].n_blocking++;
    }
    vec_for (const uint32_t, r, &step->reads) {
        if (*r == step->parent)
            continue;
        vec_push(a, &s->jobs[*r].users, i);
        s->jobs[i].n_blocking++;
    }
}

static int resolve_bases(struct sched *s)
{
    for (uint32_t i = 0; i < s->b->plan->steps.n; i++) {
        const struct step *step = step_at(s, i);
        struct job *j = &s->jobs[i];
        if (step->kind != STEP_FROM) {
            j->base = step->parent == NO_STEP ? NULL : s->jobs[step->parent].base;
            continue;
        }
        j->base = arena_new(s->b->arena, struct base_image);
        if (base_resolve(s->b, step, j->base, s->err) < 0)
            return -1;
    }
    return 0;
}

static const struct image_info *base_info(const struct job *j)
{
    static const struct image_info none; /* above scratch nothing is set */
    return j->base ? &j->base->info : &none;
}

/* Nothing is late any more but what is too much, which workers evaluate. Keys are made of the
 * values, so it does not matter to the cache who put them in: a pass, a compiler that knew the
 * image, or this. */
static void fold_steps(struct sched *s)
{
    struct fold f = FOLD_INIT(s->b->arena);
    for (uint32_t i = 0; i < s->b->plan->steps.n; i++) {
        struct step *step = step_at(s, i);
        struct base_config base = image_base_config(base_info(&s->jobs[i]));
        if (fold_step(&f, step, &base))
            step->op_digest = ir_op_digest(step);
    }
}

static int prepare(struct sched *s)
{
    size_t n = s->b->plan->steps.n;
    s->jobs = arena_new_n(s->b->arena, struct job, n);
    s->ready = arena_new_n(s->b->arena, uint32_t, n);
    s->running = arena_new_n(s->b->arena, uint32_t, n);
    s->polls = arena_new_n(s->b->arena, struct pollfd, 2 * n + 1);
    s->polled = arena_new_n(s->b->arena, uint32_t, n);
    if (resolve_bases(s) < 0)
        return -1;
    fold_steps(s);
    for (uint32_t i = 0; i < n; i++) {
        struct job *j = &s->jobs[i];
        j->report = j->output = j->log = -1;
        add_edges(s, i);
        if (j->n_blocking == 0)
            s->ready[s->n_ready++] = i;
    }
    return 0;
}

/* The step's result is there: its users have one thing less to wait for. */
static void finish(struct sched *s, uint32_t i)
{
    struct job *j = &s->jobs[i];
    struct step *step = step_at(s, i);
    struct ob_err err;
    if (step->kind == STEP_FROM && base_remember(s->b, &step->op.from, j->base, &err) < 0)
        machine_error(s, &err);
    vec_for (const uint32_t, u, &j->users)
        if (--s->jobs[*u].n_blocking == 0)
            s->ready[s->n_ready++] = *u;
}

static void finish_cached(struct sched *s, uint32_t i)
{
    char key[SHA256_HEX + 1];
    s->n_cached++;
    digest_hex(&s->jobs[i].key, key);
    layout_used(&s->b->layout, key);
    emit(s, step_event(s, EVENT_CACHED, i));
    finish(s, i);
}

static void note_in_index(struct sched *s, uint32_t i, double seconds)
{
    const struct step *step = step_at(s, i);
    char key[SHA256_HEX + 1], parent[SHA256_HEX + 1] = "";
    struct ob_err err;
    digest_hex(&s->jobs[i].key, key);
    if (step->parent != NO_STEP)
        digest_hex(&s->jobs[step->parent].key, parent);
    struct index_row row = {str_from(key), str_from(parent), step->meta.heading, time(NULL),
                            (int64_t)(seconds * 1000)};
    if (index_add(s->b->index, &row, &err) < 0)
        machine_error(s, &err);
}

static void forget_in_index(struct sched *s, uint32_t i)
{
    char key[SHA256_HEX + 1];
    struct ob_err ignored; /* a row without a result means nothing */
    digest_hex(&s->jobs[i].key, key);
    if (s->jobs[i].is_building)
        index_remove(s->b->index, str_from(key), &ignored);
}

static void finish_built(struct sched *s, uint32_t i)
{
    struct event e = step_event(s, EVENT_DONE, i);
    e.seconds = seconds_since(&s->jobs[i].started);
    note_in_index(s, i, e.seconds);
    s->n_built++;
    emit(s, e);
    finish(s, i);
}

static struct str failed_log(struct sched *s, uint32_t i)
{
    char key[SHA256_HEX + 1];
    struct ob_err err;
    if (!s->jobs[i].is_building)
        return STR("");
    digest_hex(&s->jobs[i].key, key);
    if (layout_settle_log(&s->b->layout, key, &err) < 0) /* the worker may not have come to it */
        return STR("");
    return arena_printf(s->b->arena, "%s/state/log/%s.failed", s->b->store_path, key);
}

static void finish_failed(struct sched *s, uint32_t i, const struct ob_err *why, bool is_machine)
{
    s->n_failed++;
    if (!s->jobs[i].is_building) /* it came not even so far: say what failed */
        emit(s, step_event(s, EVENT_START, i));
    struct event e = step_event(s, EVENT_FAILED, i);
    e.text = str_from(why->text);
    e.log = failed_log(s, i);
    e.seconds = seconds_since(&s->jobs[i].started);
    emit(s, e);
    forget_in_index(s, i);
    if (is_machine)
        machine_error(s, why);
}

static void log_failed(struct sched *s, struct ob_err *err)
{
    ob_err_wrap(err, "can't write the log");
    machine_error(s, err);
}

/* Takes a part of what the step has written to its log and to the progress. False if there was
 * nothing. Only a part, because a step that writes all the time must not keep the loop from the
 * other steps and from signals. */
static bool take_output(struct sched *s, uint32_t i)
{
    struct job *j = &s->jobs[i];
    char chunk[64 << 10]; /* what a pipe holds */
    struct ob_err err;
    ssize_t n;
    while ((n = read(j->output, chunk, sizeof chunk)) < 0 && errno == EINTR)
        ;
    if (n <= 0)
        return false;
    if (j->log >= 0 && fs_write_all(j->log, chunk, (size_t)n, &err) < 0)
        log_failed(s, &err);
    struct event e = step_event(s, EVENT_OUTPUT, i);
    e.text = str_of(chunk, (size_t)n);
    emit(s, e);
    return true;
}

/* Takes all the rest. Whoever could write more is dead or being killed. */
static void drain_output(struct sched *s, uint32_t i)
{
    while (take_output(s, i))
        ;
}

static void close_job(struct sched *s, uint32_t i)
{
    struct job *j = &s->jobs[i];
    int *const fds[] = {&j->report, &j->output, &j->log};
    for (size_t k = 0; k < 3; k++) {
        if (*fds[k] >= 0)
            close(*fds[k]);
        *fds[k] = -1;
    }
    for (uint32_t k = 0; k < s->n_running; k++)
        if (s->running[k] == i)
            s->running[k] = s->running[--s->n_running];
}

static void on_building(struct sched *s, uint32_t i)
{
    struct job *j = &s->jobs[i];
    static const char *const suffixes[] = {".part", "", ".failed"};
    char name[LOG_NAME_MAX], key[SHA256_HEX + 1];
    j->is_building = true;
    digest_hex(&j->key, key);
    errno = ENOENT;
    /* A quick step can be over by now, its log renamed to its final name. */
    for (size_t k = 0; k < 3 && j->log < 0 && errno == ENOENT; k++) {
        snprintf(name, sizeof name, "%s%s", key, suffixes[k]);
        j->log = openat(s->b->layout.log, name, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
    }
    struct ob_err err;
    if (j->log < 0 && errno != ENOENT) { /* ENOENT: somebody has deleted the result already */
        ob_err_set(&err, errno, "can't open \"%s\"", name);
        log_failed(s, &err);
    }
    note_in_index(s, i, 0); /* before the result: who deletes the parent must find the child */
    emit(s, step_event(s, EVENT_START, i));
}

/* A worker that ended without a final report. */
static void on_lost_worker(struct sched *s, uint32_t i)
{
    struct ob_err err;
    int status = s->jobs[i].wait_status;
    while (!s->jobs[i].is_reaped && waitpid(s->jobs[i].pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFSIGNALED(status))
        ob_err_set(&err, 0, "the worker process was killed by signal %d (%s)", WTERMSIG(status),
                   strsignal(WTERMSIG(status)));
    else
        ob_err_set(&err, 0, "the worker process ended with status %d", WEXITSTATUS(status));
    drain_output(s, i);
    close_job(s, i);
    finish_failed(s, i, &err, true);
}

/* Reads one report. False when the job is over. */
static bool on_report(struct sched *s, uint32_t i)
{
    struct job *j = &s->jobs[i];
    struct worker_report r;
    _Static_assert(sizeof r <= PIPE_BUF, "a report is written and read as a whole");
    ssize_t n = read(j->report, &r, sizeof r);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (n != (ssize_t)sizeof r) {
        on_lost_worker(s, i);
        return false;
    }
    j->key = r.key;
    if (r.kind == REPORT_WAITING || r.kind == REPORT_BUILDING) {
        if (r.kind == REPORT_WAITING)
            emit(s, step_event(s, EVENT_WAIT, i));
        else
            on_building(s, i);
        return true;
    }
    drain_output(s, i); /* everything in the sandbox is dead, so all of it is in the pipe */
    close_job(s, i);
    if (r.kind == REPORT_CACHED)
        finish_cached(s, i);
    else if (r.kind == REPORT_BUILT)
        finish_built(s, i);
    else
        finish_failed(s, i, &r.err, r.kind == REPORT_ERROR);
    return false;
}

static int open_pipes(struct job *j, int *report, int *output, struct ob_err *err)
{
    int r[2], o[2];
    if (pipe2(r, O_CLOEXEC) < 0)
        return ob_err_set(err, errno, "can't make a pipe");
    if (pipe2(o, O_CLOEXEC) < 0) {
        ob_err_set(err, errno, "can't make a pipe");
        close(r[0]);
        close(r[1]);
        return -1;
    }
    fcntl(r[0], F_SETFL, O_NONBLOCK);
    fcntl(o[0], F_SETFL, O_NONBLOCK);
    j->report = r[0];
    j->output = o[0];
    *report = r[1];
    *output = o[1];
    return 0;
}

static const struct digest *read_keys(const struct sched *s, const struct step *step)
{
    struct digest *keys = arena_new_n(s->b->arena, struct digest, step->reads.n);
    for (size_t i = 0; i < step->reads.n; i++)
        keys[i] = s->jobs[step->reads.at[i]].key;
    return keys;
}

static int start_worker(struct sched *s, uint32_t i, struct ob_err *err)
{
    struct job *j = &s->jobs[i];
    const struct step *step = step_at(s, i);
    cleanup_close int report = -1;
    cleanup_close int output = -1;
    clock_gettime(CLOCK_MONOTONIC, &j->started);
    if (open_pipes(j, &report, &output, err) < 0)
        return -1;
    struct worker_job w = {
        .step = step,
        .parent = step->parent == NO_STEP ? NULL : &s->jobs[step->parent].key,
        .reads = read_keys(s, step),
        .key = j->key,
        .base = base_info(j),
        .output_fd = output,
        .report_fd = report,
    };
    if (step->kind == STEP_FROM)
        w.image = j->base->ref;
    s->running[s->n_running++] = i;
    if (worker_start(s->b, &w, &j->pid, err) == 0)
        return 0;
    close_job(s, i);
    return -1;
}

/* What was late for a step that copies nothing: the network that --network-default gives it, and
 * for the first whether files can have owners. */
static const struct digest *late_input(const struct sched *s, const struct step *step,
                                       struct digest *room)
{
    bool gets_host = step->kind == STEP_RUN && step->op.run.network == NETWORK_DEFAULT &&
                     s->b->options->network == BUILD_NETWORK_HOST;
    if (step->parent == NO_STEP && s->b->kit.has_one_owner) {
        *room = sha256_of("one owner", 9);
        return room;
    }
    if (!gets_host)
        return NULL;
    *room = sha256_of("network host", 12);
    return room;
}

static struct digest early_key(const struct sched *s, uint32_t i)
{
    const struct step *step = step_at(s, i);
    if (step->kind == STEP_FROM)
        return s->jobs[i].base->key;
    const struct digest *parent = step->parent == NO_STEP ? NULL : &s->jobs[step->parent].key;
    struct digest room;
    return result_key(&step->op_digest, parent, late_input(s, step, &room));
}

/* Takes one step from the queue: its result is there, or a worker starts. */
static void start(struct sched *s, uint32_t i)
{
    char hex[SHA256_HEX + 1];
    struct ob_err err;
    int found = 0;
    if (!worker_makes_key(step_at(s, i))) {
        s->jobs[i].key = early_key(s, i);
        digest_hex(&s->jobs[i].key, hex);
        found = store_lookup(s->b->kit.store, hex, NULL, &err);
    }
    if (found > 0)
        finish_cached(s, i);
    else if (found < 0 || start_worker(s, i, &err) < 0)
        machine_error(s, &err);
}

static void start_ready(struct sched *s)
{
    while (!stops(s) && s->next < s->n_ready && s->n_running < s->b->options->jobs)
        start(s, s->ready[s->next++]);
}

/* Ends all workers at once, and waits until none of their processes is left. */
static void kill_workers(struct sched *s)
{
    for (uint32_t k = 0; k < s->n_running; k++)
        kill(s->jobs[s->running[k]].pid, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
        ;
    while (s->n_running > 0) {
        uint32_t i = s->running[0];
        drain_output(s, i);
        close_job(s, i);
    }
}

/* What killed workers had in the store besides results: half a log, copies of what they showed. */
static void settle_workers(struct sched *s)
{
    struct ob_err ignored; /* whoever opens the store next tries again */
    if (s->is_interrupted || s->is_error)
        layout_settle(&s->b->layout, &ignored);
}

/* Takes the exit status of whatever ended: workers after their last report, or without one. */
static void reap(struct sched *s)
{
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
        for (uint32_t k = 0; k < s->n_running; k++) {
            struct job *j = &s->jobs[s->running[k]];
            if (j->pid != pid)
                continue;
            j->is_reaped = true;
            j->wait_status = status;
        }
}

static int wait_for_events(struct sched *s, int signals, struct ob_err *err)
{
    struct pollfd *p = s->polls;
    uint32_t n = s->n_running;
    p[0] = (struct pollfd){signals, POLLIN, 0};
    for (uint32_t k = 0; k < n; k++) {
        s->polled[k] = s->running[k];
        p[1 + k] = (struct pollfd){s->jobs[s->running[k]].report, POLLIN, 0};
        p[1 + n + k] = (struct pollfd){s->jobs[s->running[k]].output, POLLIN, 0};
    }
    if (poll(p, 2 * (nfds_t)n + 1, -1) < 0)
        return errno == EINTR ? 0 : ob_err_set(err, errno, "can't wait for the workers");
    s->is_interrupted |= p[0].revents != 0;
    for (uint32_t k = 0; k < n; k++) {
        /* The report that a step starts comes before its output. */
        bool is_over = p[1 + k].revents && !on_report(s, s->polled[k]);
        if (!is_over && p[1 + n + k].revents)
            take_output(s, s->polled[k]);
    }
    reap(s);
    return 0;
}

static void loop(struct sched *s, int signals)
{
    struct ob_err err;
    start_ready(s);
    while (s->n_running > 0 && !s->is_interrupted) {
        if (wait_for_events(s, signals, &err) < 0) {
            machine_error(s, &err);
            break;
        }
        start_ready(s);
    }
    kill_workers(s);
    settle_workers(s);
}

static void emit_end(struct sched *s, struct digest *keys)
{
    for (size_t i = 0; i < s->b->plan->targets.n; i++) {
        const struct target *t = &s->b->plan->targets.at[i];
        keys[i] = s->jobs[t->step].key;
        if (!stops(s))
            emit(s, (struct event){.kind = EVENT_RESULT, .text = t->name, .key = keys[i]});
    }
    emit(s, (struct event){
                .kind = EVENT_END,
                .total = (uint32_t)s->b->plan->steps.n,
                .cached = s->n_cached,
                .built = s->n_built,
                .failed = s->n_failed,
                .seconds = seconds_since(&s->started),
            });
}

enum build_end build_run(struct build *b, struct digest *keys, bool *changed, struct ob_err *err)
{
    struct sched s = {.b = b, .err = err};
    sigset_t set, old;
    clock_gettime(CLOCK_MONOTONIC, &s.started);
    *changed = false;
    if (prepare(&s) < 0)
        return BUILD_ERROR;
    cli_signals(&set);
    sigprocmask(SIG_BLOCK, &set, &old);
    cleanup_close int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0) {
        ob_err_set(err, errno, "can't wait for signals");
        sigprocmask(SIG_SETMASK, &old, NULL);
        return BUILD_ERROR;
    }
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* what a killed worker leaves is ours to wait for */
    emit(&s, (struct event){.kind = EVENT_BUILD, .total = (uint32_t)b->plan->steps.n});
    loop(&s, signals);
    emit_end(&s, keys);
    *changed = s.n_cached < b->plan->steps.n;
    if (!s.is_interrupted) /* else they stay blocked: what interrupted is still pending */
        sigprocmask(SIG_SETMASK, &old, NULL);
    return s.is_interrupted ? BUILD_INTERRUPTED
           : s.is_error     ? BUILD_ERROR
           : s.n_failed     ? BUILD_FAILED
                            : BUILD_OK;
}
