/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scheduler: one thread with blocking counts, a ready queue, up to -j workers and a poll loop.
 * It decides what runs and learns how it ended; how a step is done is the worker's matter.
 */
#include <config.h>

#include "exec/sched.h"

#include "base/cleanup.h"
#include "base/cli.h"
#include "base/clock.h"
#include "exec/image.h"
#include "exec/isolate.h"
#include "exec/key.h"
#include "exec/shell.h"
#include "ir/fold.h"
#include "ir/identify.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

uint64_t sched_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void sched_emit(struct sched *s, struct event e)
{
    if (!s->is_left)
        s->b->progress->event(s->b->progress, &e);
}

struct event sched_event(const struct sched *s, enum event_kind kind, uint32_t i)
{
    return (struct event){.kind = kind, .step = i, .of = sched_step(s, i), .key = s->jobs[i].key};
}

void sched_machine_error(struct sched *s, const struct ob_err *why)
{
    if (!s->is_error)
        *s->err = *why;
    s->is_error = true;
}

bool sched_stops(const struct sched *s)
{
    bool is_failed = s->n_failed > 0 && !s->b->options->keep_going;
    return s->interrupted_at || s->is_error || is_failed;
}

/* A step's dependencies: its parent and its reads, each once. */
static void add_edges(struct sched *s, uint32_t i)
{
    const struct step *step = sched_step(s, i);
    struct arena *a = s->b->arena;
    if (step->parent != NO_STEP) {
        vec_push(a, &s->jobs[step->parent].users, i);
        s->jobs[step->parent].n_unfinished++;
        s->jobs[i].n_blocking++;
    }
    vec_for (const uint32_t, r, &step->reads) {
        if (*r == step->parent)
            continue;
        vec_push(a, &s->jobs[*r].users, i);
        s->jobs[*r].n_unfinished++;
        s->jobs[i].n_blocking++;
    }
}

static int resolve_bases(struct sched *s)
{
    for (uint32_t i = 0; i < s->b->plan->steps.n; i++) {
        const struct step *step = sched_step(s, i);
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
        struct step *step = sched_step(s, i);
        struct base_config base = image_base_config(base_info(&s->jobs[i]));
        if (fold_step(&f, step, &base))
            step->op_digest = ir_op_digest(step);
    }
}

/* What a step is thought to cost, for the order only: commands take longest. */
static uint64_t cost_of(const struct step *step)
{
    switch (step->kind) {
    case STEP_RUN: return 100;
    case STEP_FROM: return 50;
    case STEP_COPY:
    case STEP_ADD: return 10;
    default: return 1;
    }
}

/* The longest way from each step to the end: what lies on the critical path starts first. Users of
 * a step come behind it in the plan. */
static const uint64_t *find_weights(const struct sched *s)
{
    size_t n = s->b->plan->steps.n;
    uint64_t *weight = arena_new_n(s->b->arena, uint64_t, n);
    for (size_t i = n; i-- > 0;) {
        uint64_t behind = 0;
        vec_for (const uint32_t, u, &s->jobs[i].users)
            if (weight[*u] > behind)
                behind = weight[*u];
        weight[i] = behind + cost_of(sched_step(s, (uint32_t)i));
    }
    return weight;
}

static void prepare_jobs(struct sched *s)
{
    uint32_t n = (uint32_t)s->b->plan->steps.n;
    for (uint32_t i = 0; i < n; i++) {
        s->jobs[i].report = s->jobs[i].output = s->jobs[i].log = -1;
        add_edges(s, i);
    }
    vec_for (const struct target, t, &s->b->plan->targets)
        s->jobs[t->step].n_unfinished++;
    ready_init(&s->ready, s->b->arena, n, find_weights(s));
    for (uint32_t i = 0; i < n; i++)
        if (s->jobs[i].n_blocking == 0)
            ready_push(&s->ready, i);
}

static int prepare(struct sched *s)
{
    size_t n = s->b->plan->steps.n;
    durable_start(&s->b->durable, s->b->kit.store, &s->b->layout);
    s->jobs = arena_new_n(s->b->arena, struct job, n);
    s->running = arena_new_n(s->b->arena, uint32_t, n);
    s->polls = arena_new_n(s->b->arena, struct pollfd, 2 * n + 1);
    s->polled = arena_new_n(s->b->arena, uint32_t, n);
    if (resolve_bases(s) < 0)
        return -1;
    if (s->b->options->no_cache && getrandom(s->salt.b, SHA256_BYTES, 0) != SHA256_BYTES)
        return ob_err_set(s->err, errno, "can't get random bytes");
    fold_steps(s);
    uses_init(&s->uses, &s->b->layout, s->b->arena);
    prepare_jobs(s);
    return 0;
}

/* What was late for a step that copies nothing: the network that --network-default gives it, with
 * --no-cache something that no other build has, and for the first whether files have owners. */
const struct digest *sched_late_input(const struct sched *s, const struct step *step,
                                      struct digest *room)
{
    bool is_denied = step->kind == STEP_RUN && isolate_denies_network(s->b, &step->op.run);
    bool is_salted = step->kind == STEP_RUN && s->b->options->no_cache;
    bool has_one_owner = step->parent == NO_STEP && s->b->kit.has_one_owner;
    if (!is_denied && !is_salted && !has_one_owner)
        return NULL;
    *room = is_salted       ? s->salt
            : has_one_owner ? sha256_of("one owner", 9)
                            : sha256_of("network none", 12);
    return room;
}

static struct digest early_key(const struct sched *s, uint32_t i)
{
    const struct step *step = sched_step(s, i);
    if (step->kind == STEP_FROM)
        return s->jobs[i].base->key;
    const struct digest *parent = step->parent == NO_STEP ? NULL : &s->jobs[step->parent].key;
    struct digest room;
    return result_key(&step->op_digest, parent, sched_late_input(s, step, &room));
}

/* There is work to do, so there can be something to leave to others. */
static int split(struct sched *s, struct ob_err *err)
{
    if (s->front.to_front >= 0)
        return 0;
    index_close(s->b->index); /* SQLite's connections must not cross a fork */
    if (front_split(&s->front, err) < 0)
        return -1;
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* what a killed worker leaves is ours to wait for */
    return 0;
}

/* Takes one step from the queue: its result is there, or a worker starts. */
static void start(struct sched *s, uint32_t i)
{
    char hex[SHA256_HEX + 1];
    struct ob_err err;
    int found = 0;
    if (!worker_makes_key(s->b, sched_step(s, i))) {
        s->jobs[i].key = early_key(s, i);
        digest_hex(&s->jobs[i].key, hex);
        found = uses_add(&s->uses, &s->jobs[i].key, &err) < 0
                    ? -1
                    : store_lookup(s->b->kit.store, hex, NULL, &err);
    }
    if (found > 0)
        end_cached(s, i);
    else if (found < 0 || split(s, &err) < 0 || job_start(s, i, &err) < 0)
        sched_machine_error(s, &err);
}

/* Who waits for another process, or for a cache, keeps nobody from running; but it is a process. */
static bool has_slot(const struct sched *s)
{
    enum { MAX_IDLE = 32 };
    uint32_t n_idle = 0;
    for (uint32_t k = 0; k < s->n_running; k++)
        n_idle += s->jobs[s->running[k]].is_idle;
    return s->n_running - (n_idle < MAX_IDLE ? n_idle : MAX_IDLE) < s->b->options->jobs;
}

static void start_ready(struct sched *s)
{
    uint32_t i;
    while (!sched_stops(s) && has_slot(s) && ready_pop(&s->ready, &i))
        start(s, i);
}

/* Takes the exit status of whatever ended: workers after their last report, or without one. */
static void reap(struct sched *s)
{
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (pid == s->b->pruner)
            s->b->pruner = 0;
        for (uint32_t k = 0; k < s->n_running; k++) {
            struct job *j = &s->jobs[s->running[k]];
            if (j->pid != pid)
                continue;
            j->is_reaped = true;
            j->wait_status = status;
        }
    }
}

static bool is_following(const struct sched *s)
{
    for (uint32_t k = 0; k < s->n_running; k++)
        if (s->jobs[s->running[k]].is_waiting)
            return true;
    return false;
}

/* How long files may be read for a key without a word, in milliseconds. */
enum { SILENCE = 2000 };

static bool is_silent(const struct job *j)
{
    return j->makes_key && !j->is_told && !j->is_idle;
}

/* A step that may be cached after all has not started for those who watch. */
static void tell_who_reads(struct sched *s)
{
    for (uint32_t k = 0; k < s->n_running; k++) {
        struct job *j = &s->jobs[s->running[k]];
        if (!is_silent(j) || clock_ms_since(&j->started) < SILENCE)
            continue;
        struct event e = sched_event(s, EVENT_NOTE, s->running[k]);
        e.text = STR("still reading files, to see whether they have changed");
        sched_emit(s, e);
        j->is_told = true;
    }
}

static bool may_be_told(const struct sched *s)
{
    for (uint32_t k = 0; k < s->n_running; k++)
        if (is_silent(&s->jobs[s->running[k]]))
            return true;
    return false;
}

/* How long poll may sleep, in milliseconds. */
static int patience(const struct sched *s)
{
    enum { TICK = 100, FOLLOW = 50 };
    int wait = cancel_wait(s);
    int most = is_following(s)        ? FOLLOW
               : s->b->progress->tick ? TICK
               : may_be_told(s)       ? SILENCE / 4
                                      : -1;
    return wait < 0 || (most >= 0 && most < wait) ? most : wait;
}

static void read_signals(struct sched *s, int signals)
{
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) == sizeof info)
        cancel_on_signal(s);
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
    int ready = poll(p, 2 * (nfds_t)n + 1, patience(s));
    if (ready < 0)
        return errno == EINTR ? 0 : ob_err_set(err, errno, "can't wait for the workers");
    cancel_clock(s);
    for (uint32_t k = 0; ready > 0 && k < n; k++) {
        /* The report that a step starts comes before its output. */
        bool is_over = p[1 + k].revents && !job_report(s, s->polled[k]);
        if (!is_over && p[1 + n + k].revents)
            job_output(s, s->polled[k]);
    }
    if (ready > 0 && p[0].revents)
        read_signals(s, signals);
    reap(s);
    return 0;
}

/* What has to be done now and then. */
static void look_around(struct sched *s)
{
    for (uint32_t k = 0; k < s->n_running; k++)
        if (s->jobs[s->running[k]].is_waiting)
            job_follow(s, s->running[k]);
    cancel_overdue(s);
    tell_who_reads(s);
    if (s->b->progress->tick && !s->is_left)
        s->b->progress->tick(s->b->progress);
}

static void loop(struct sched *s, int signals)
{
    struct ob_err err;
    start_ready(s);
    while (s->n_running > 0) {
        if (wait_for_events(s, signals, &err) < 0) {
            sched_machine_error(s, &err);
            break;
        }
        look_around(s);
        start_ready(s);
    }
    cancel_rest(s);
    cancel_clock(s);
}

/* --on-error=shell: the user looks at the step that failed first. */
static bool wants_shell(const struct sched *s)
{
    return s->b->options->opens_shell && s->n_failed > 0 && !s->interrupted_at;
}

static void announce_shell(struct sched *s)
{
    struct event e = sched_event(s, EVENT_NOTE, s->failed);
    struct ob_err why;
    e.text = shell_can_run(&why)
                 ? STR("a shell follows where it ran; what is done there is dropped")
                 : str_from(why.text);
    if (wants_shell(s))
        sched_emit(s, e);
}

static void open_shell(struct sched *s)
{
    struct ob_err err;
    if (wants_shell(s) && shell_can_run(&err) && shell_run(s->b, job_for(s, s->failed), &err) < 0)
        sched_machine_error(s, &err);
}

static void give_step_keys(struct sched *s)
{
    uint32_t n = s->b->plan->steps.n;
    s->b->step_keys = arena_new_n(s->b->arena, struct digest, n);
    for (uint32_t i = 0; i < n; i++)
        s->b->step_keys[i] = s->jobs[i].key;
}

static void emit_end(struct sched *s, struct digest *keys)
{
    uint32_t total = (uint32_t)s->b->plan->steps.n;
    give_step_keys(s);
    for (size_t i = 0; i < s->b->plan->targets.n; i++) {
        const struct target *t = &s->b->plan->targets.at[i];
        keys[i] = s->jobs[t->step].key;
        if (!sched_stops(s) && s->n_failed == 0)
            sched_emit(s, (struct event){.kind = EVENT_RESULT, .text = t->name, .key = keys[i]});
    }
    sched_emit(s, (struct event){
                      .kind = EVENT_END,
                      .total = total,
                      .cached = s->n_cached,
                      .built = s->n_built,
                      .failed = s->n_failed,
                      .skipped = total - s->n_cached - s->n_built - s->n_failed,
                      .seconds = clock_seconds_since(&s->started),
                  });
}

static void run_loop(struct sched *s, int signals, struct digest *keys)
{
    sched_emit(s, (struct event){.kind = EVENT_BUILD, .total = (uint32_t)s->b->plan->steps.n});
    loop(s, signals);
    announce_shell(s);
    emit_end(s, keys);
    open_shell(s);
}

enum build_end build_run(struct build *b, struct digest *keys, bool *changed, struct ob_err *err)
{
    struct sched s = {.b = b, .err = err, .front = FRONT_INIT};
    sigset_t set, old;
    clock_gettime(CLOCK_MONOTONIC, &s.started);
    *changed = false;
    if (prepare(&s) < 0)
        return BUILD_ERROR;
    cli_signals(&set);
    sigprocmask(SIG_BLOCK, &set, &old);
    sigaddset(&old, SIGALRM); /* cancel_clock's: the end of the build is told as well */
    cleanup_close int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0) {
        ob_err_set(err, errno, "can't wait for signals");
        sigprocmask(SIG_SETMASK, &old, NULL);
        return BUILD_ERROR;
    }
    run_loop(&s, signals, keys);
    *changed = s.n_cached < b->plan->steps.n;
    if (!s.interrupted_at) /* else they stay blocked: nothing is to interrupt the end */
        sigprocmask(SIG_SETMASK, &old, NULL);
    return s.interrupted_at ? BUILD_INTERRUPTED
           : s.is_error     ? BUILD_ERROR
           : s.n_failed     ? BUILD_FAILED
                            : BUILD_OK;
}
