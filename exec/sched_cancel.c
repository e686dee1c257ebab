/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ending steps before they end themselves. A worker that gets SIGTERM hands it to its sandbox, and
 * kills that when the grace time is over; one that does not end then is killed itself, which is the
 * path that a crash takes.
 */
#include <config.h>

#include "exec/sched.h"

#include "base/log.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

/* A worker has this long, in milliseconds, to clean up behind its sandbox. */
enum { CLEANING = 2000, SAME_SIGNAL = 300, WANTED_CHECK = 1000 };

/* A process that is gone may have left its number to another. */
static void send(const struct job *j, int sig)
{
    if (!j->is_reaped)
        kill(j->pid, sig);
}

static void cancel(struct sched *s, uint32_t i, const char *why)
{
    struct job *j = &s->jobs[i];
    if (j->cancelled)
        return;
    j->cancelled = why;
    j->kill_at = sched_now_ms() + s->b->options->grace + CLEANING;
    s->has_cancelled = true;
    send(j, SIGTERM);
}

/* Whether another process waits for what this step makes. */
static bool is_for_others(const struct sched *s, uint32_t i)
{
    return s->jobs[i].is_building && layout_is_wanted(&s->b->layout, &s->jobs[i].key);
}

/* Asks all to end that only we want. Gives how many go on. */
static uint32_t cancel_unwanted(struct sched *s)
{
    uint32_t n = 0;
    for (uint32_t k = 0; k < s->n_running; k++) {
        uint32_t i = s->running[k];
        if (!s->jobs[i].cancelled && is_for_others(s, i))
            n++;
        else
            cancel(s, i, "interrupted");
    }
    return n;
}

/* The same signal can come from the terminal and from whoever waits for us. */
void cancel_on_signal(struct sched *s)
{
    uint64_t now = sched_now_ms();
    if (s->interrupted_at && now - s->interrupted_at >= SAME_SIGNAL)
        for (uint32_t k = 0; k < s->n_running; k++)
            send(&s->jobs[s->running[k]], SIGKILL);
    if (s->interrupted_at)
        return;
    s->interrupted_at = now;
    if (cancel_unwanted(s) > 0 && s->front.to_front >= 0) {
        log_warning("other builds wait for what runs here: it is finished behind this one");
        s->is_left = true;
        front_leave(&s->front);
    }
}

static uint64_t started_ms(const struct timespec *t)
{
    return (uint64_t)t->tv_sec * 1000 + (uint64_t)t->tv_nsec / 1000000;
}

/* When the job is to be looked at; UINT64_MAX = never. */
static uint64_t due(const struct sched *s, const struct job *j)
{
    const struct build_options *o = s->b->options;
    uint64_t at = UINT64_MAX;
    if (j->cancelled)
        return j->kill_at;
    if (o->step_timeout && j->is_building && !j->is_idle)
        at = started_ms(&j->started) + o->step_timeout;
    if (o->timeout && started_ms(&s->started) + o->timeout < at)
        at = started_ms(&s->started) + o->timeout;
    return at;
}

static const char *too_long(struct sched *s, const struct job *j)
{
    const struct build_options *o = s->b->options;
    bool is_step = o->step_timeout && !j->is_idle &&
                   sched_now_ms() >= started_ms(&j->started) + o->step_timeout;
    return is_step ? "it took longer than --step-timeout allows"
                   : "the build took longer than --timeout allows";
}

void cancel_overdue(struct sched *s)
{
    uint64_t now = sched_now_ms();
    if (s->is_left)
        cancel_unwanted(s); /* the last who waited may have gone */
    for (uint32_t k = 0; k < s->n_running; k++) {
        uint32_t i = s->running[k];
        struct job *j = &s->jobs[i];
        if (now < due(s, j))
            continue;
        if (j->cancelled) {
            send(j, SIGKILL);
            j->kill_at = now + CLEANING; /* it may take its time in the kernel */
        } else {
            cancel(s, i, too_long(s, j));
        }
    }
}

int cancel_wait(const struct sched *s)
{
    uint64_t at = s->is_left ? sched_now_ms() + WANTED_CHECK : UINT64_MAX;
    for (uint32_t k = 0; k < s->n_running; k++) {
        uint64_t d = due(s, &s->jobs[s->running[k]]);
        at = d < at ? d : at;
    }
    if (at == UINT64_MAX)
        return -1;
    uint64_t now = sched_now_ms();
    return at <= now ? 0 : at - now > INT_MAX ? INT_MAX : (int)(at - now);
}

/* Milliseconds until the end that --timeout sets, which counts when no step runs, too. */
static int until_timeout(const struct sched *s)
{
    uint64_t now = sched_now_ms(), end = started_ms(&s->started) + s->b->options->timeout;
    return s->b->options->timeout == 0 ? -1 : end <= now ? 0 : (int)(end - now);
}

static bool is_cancelling(const struct sched *s)
{
    for (uint32_t k = 0; k < s->n_running; k++)
        if (s->jobs[s->running[k]].cancelled)
            return true;
    return false;
}

void cancel_clock(const struct sched *s)
{
    const struct build_options *o = s->b->options;
    const struct timespec no_time = {0};
    sigset_t set;
    if (!o->timeout && !o->step_timeout && !s->has_cancelled)
        return;
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    sigtimedwait(&set, NULL, &no_time); /* of the time before */
    int ms = is_cancelling(s) ? 0 : s->n_running ? cancel_wait(s) : until_timeout(s);
    struct itimerval timer = {.it_value = {ms / 1000, ms % 1000 * 1000}};
    if (ms <= 0)
        timer.it_value = (struct timeval){.tv_usec = ms == 0};
    setitimer(ITIMER_REAL, &timer, NULL);
}

/* What killed workers had in the store besides results: half a log, copies of what they showed. */
static void settle_workers(struct sched *s)
{
    struct ob_err ignored; /* whoever looks after the store next tries again */
    if (!s->interrupted_at && !s->is_error)
        return;
    layout_settle_scratch(&s->b->layout, &ignored);
    layout_settle_logs(&s->b->layout, &ignored);
}

void cancel_rest(struct sched *s)
{
    for (uint32_t k = 0; k < s->n_running; k++)
        send(&s->jobs[s->running[k]], SIGKILL);
    if (s->b->pruner && (s->has_cancelled || s->interrupted_at || s->is_error))
        kill(s->b->pruner, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
        ;
    while (s->n_running > 0)
        job_close(s, s->running[0]);
    settle_workers(s);
}
