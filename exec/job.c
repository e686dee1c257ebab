/* SPDX-License-Identifier: Apache-2.0 */
/* A running step, as the scheduler sees it: its worker's reports, and its output on the way to the
 * log and to the progress. */
#include <config.h>

#include "exec/sched.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fs.h"
#include "exec/isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/wait.h>

static void log_failed(struct sched *s, struct ob_err *err)
{
    ob_err_wrap(err, "can't write the log in \"%s\"", s->b->store_path);
    sched_machine_error(s, err);
}

static void emit_output(struct sched *s, uint32_t i, const char *text, size_t n)
{
    struct event e = sched_event(s, EVENT_OUTPUT, i);
    e.text = str_of(text, n);
    sched_emit(s, e);
}

/* Only a part, because a step that writes all the time must not keep the loop from the other steps
 * and from signals. */
bool job_output(struct sched *s, uint32_t i)
{
    struct job *j = &s->jobs[i];
    char chunk[64 << 10]; /* what a pipe holds */
    struct ob_err err;
    ssize_t n;
    while ((n = read(j->output, chunk, sizeof chunk)) < 0 && errno == EINTR)
        ;
    if (n <= 0)
        return false;
    if (j->log >= 0 && step_log_write(&j->kept, j->log, chunk, (size_t)n, &err) < 0)
        log_failed(s, &err);
    emit_output(s, i, chunk, (size_t)n);
    return true;
}

/* Opens a step's log under the name that it has by now. -1 and errno. */
static int open_log(const struct sched *s, uint32_t i, int flags)
{
    static const char *const suffixes[] = {".part", "", ".failed"};
    char name[LOG_NAME_MAX], key[SHA256_HEX + 1];
    int fd = -1;
    digest_hex(&s->jobs[i].key, key);
    errno = ENOENT;
    for (size_t k = 0; k < 3 && fd < 0 && errno == ENOENT; k++) {
        snprintf(name, sizeof name, "%s%s", key, suffixes[k]);
        fd = openat(s->b->layout.log, name, flags | O_NOFOLLOW | O_CLOEXEC);
    }
    return fd;
}

/* False at the end of what there is. */
static bool follow_chunk(struct sched *s, uint32_t i)
{
    char chunk[64 << 10];
    ssize_t n = read(s->jobs[i].log, chunk, sizeof chunk);
    if (n > 0)
        emit_output(s, i, chunk, (size_t)n);
    return n > 0;
}

/* The other process may not have made its log yet: then there is a next time. */
void job_follow(struct sched *s, uint32_t i)
{
    struct job *j = &s->jobs[i];
    if (j->log < 0) {
        char name[LOG_NAME_MAX], key[SHA256_HEX + 1];
        digest_hex(&j->key, key);
        snprintf(name, sizeof name, "%s.part", key);
        j->log = openat(s->b->layout.log, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    }
    if (j->log >= 0)
        follow_chunk(s, i);
}

static void follow_to_end(struct sched *s, uint32_t i)
{
    struct job *j = &s->jobs[i];
    if (j->log < 0)
        j->log = open_log(s, i, O_RDONLY);
    while (j->log >= 0 && follow_chunk(s, i))
        ;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* The key of the job is known, or there will be none. */
static void end_expecting(struct sched *s, struct job *j)
{
    if (j->makes_key)
        uses_met(&s->uses);
    j->makes_key = false;
}

void job_close(struct sched *s, uint32_t i)
{
    struct job *j = &s->jobs[i];
    struct ob_err err;
    while (job_output(s, i)) /* whoever could write more is dead */
        ;
    if (step_log_end(&j->kept, j->log, &err) < 0)
        log_failed(s, &err);
    if (j->is_waiting)
        follow_to_end(s, i);
    j->is_waiting = false;
    end_expecting(s, j);
    close_fd(&j->report);
    close_fd(&j->output);
    close_fd(&j->log);
    for (uint32_t k = 0; k < s->n_running; k++)
        if (s->running[k] == i)
            s->running[k] = s->running[--s->n_running];
}

/* Whether another step of this build, which comes to the same, is being built. */
static bool is_built_here(const struct sched *s, uint32_t i)
{
    for (uint32_t k = 0; k < s->n_running; k++) {
        const struct job *j = &s->jobs[s->running[k]];
        if (j != &s->jobs[i] && j->is_building && digest_eq(&j->key, &s->jobs[i].key))
            return true;
    }
    return false;
}

static void on_waiting(struct sched *s, uint32_t i)
{
    s->jobs[i].is_idle = true;
    if (is_built_here(s, i))
        return;
    s->jobs[i].is_waiting = s->jobs[i].has_log = true;
    sched_emit(s, sched_event(s, EVENT_WAIT, i));
}

/* A step that comes to the same may have said that it waits before this one's report was read: its
 * output would be shown twice. */
static void unfollow_equal(struct sched *s, uint32_t i)
{
    for (uint32_t k = 0; k < s->n_running; k++) {
        struct job *j = &s->jobs[s->running[k]];
        if (j == &s->jobs[i] || !j->is_waiting || !digest_eq(&j->key, &s->jobs[i].key))
            continue;
        j->is_waiting = false;
        close_fd(&j->log);
    }
}

static void on_building(struct sched *s, uint32_t i)
{
    struct job *j = &s->jobs[i];
    struct ob_err err;
    unfollow_equal(s, i);
    j->is_building = j->has_log = true;
    j->is_waiting = j->is_idle = false;
    close_fd(&j->log);
    clock_gettime(CLOCK_MONOTONIC, &j->started);
    /* A quick step can be over by now, its log renamed to its final name. */
    j->log = open_log(s, i, O_WRONLY | O_APPEND);
    if (j->log < 0 && errno != ENOENT) { /* ENOENT: somebody has deleted the result already */
        ob_err_set(&err, errno, "can't open it");
        log_failed(s, &err);
    }
    note_in_index(s, i, 0); /* before the result: who deletes the parent must find the child */
    isolate_note(s->b, sched_step(s, i));
    sched_emit(s, sched_event(s, EVENT_START, i));
}

static void on_blocked(struct job *j)
{
    j->is_idle = true;
    j->blocked = clock_now();
}

/* Nobody's time but that of others. */
static void on_going_on(struct job *j)
{
    int64_t ms = clock_ms_since(&j->blocked);
    j->is_idle = false;
    j->started.tv_sec += ms / 1000;
    j->started.tv_nsec += ms % 1000 * 1000000;
    if (j->started.tv_nsec >= 1000000000) {
        j->started.tv_sec++;
        j->started.tv_nsec -= 1000000000;
    }
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
    job_close(s, i);
    end_failed(s, i, &err, true);
}

static void on_final(struct sched *s, uint32_t i, const struct worker_report *r)
{
    job_close(s, i);
    s->jobs[i].has_run = r->has_run;
    if (r->kind == REPORT_CACHED)
        end_cached(s, i);
    else if (r->kind == REPORT_BUILT)
        end_built(s, i);
    else
        end_failed(s, i, &r->err, r->kind == REPORT_ERROR);
}

/* The worker has locked the result that it has found out about. */
static void take_key(struct sched *s, uint32_t i, const struct digest *key)
{
    struct job *j = &s->jobs[i];
    struct ob_err err;
    if (digest_eq(&j->key, key))
        return;
    j->key = *key;
    if (uses_add(&s->uses, key, &err) < 0)
        sched_machine_error(s, &err);
    end_expecting(s, j);
}

bool job_report(struct sched *s, uint32_t i)
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
    take_key(s, i, &r.key);
    switch (r.kind) {
    case REPORT_WAITING: on_waiting(s, i); return true;
    case REPORT_BUILDING: on_building(s, i); return true;
    case REPORT_BLOCKED: on_blocked(j); return true;
    case REPORT_GOES_ON: on_going_on(j); return true;
    default: on_final(s, i, &r); return false;
    }
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

struct worker_job job_for(const struct sched *s, uint32_t i)
{
    static const struct image_info none; /* above scratch nothing is set */
    const struct job *j = &s->jobs[i];
    const struct step *step = sched_step(s, i);
    return (struct worker_job){
        .step = step,
        .parent = step->parent == NO_STEP ? NULL : &s->jobs[step->parent].key,
        .reads = read_keys(s, step),
        .key = j->key,
        .salt = s->b->options->no_cache ? &s->salt : NULL,
        .base_key = j->base ? &j->base->key : NULL,
        .base = j->base ? &j->base->info : &none,
    };
}

int job_start(struct sched *s, uint32_t i, struct ob_err *err)
{
    struct job *j = &s->jobs[i];
    const struct step *step = sched_step(s, i);
    cleanup_close int report = -1;
    cleanup_close int output = -1;
    struct digest room;
    clock_gettime(CLOCK_MONOTONIC, &j->started);
    if (open_pipes(j, &report, &output, err) < 0)
        return -1;
    struct worker_job w = job_for(s, i);
    w.input = sched_late_input(s, step, &room);
    w.output_fd = output;
    w.report_fd = report;
    if (step->kind == STEP_FROM) {
        w.image = j->base->ref;
        w.input = &j->base->info.digest;
    }
    s->running[s->n_running++] = i;
    j->makes_key = worker_makes_key(s->b, step);
    if (j->makes_key)
        uses_expect(&s->uses);
    if (worker_start(s->b, &w, &j->pid, err) == 0)
        return 0;
    job_close(s, i);
    return -1;
}
