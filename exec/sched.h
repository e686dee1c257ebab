/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the scheduler share: exec/sched.c decides what runs, job.c talks with the
 * worker of a running step, sched_end.c does what follows when a step has ended, sched_cancel.c
 * ends what runs for too long or is not wanted any more. Nobody else includes this.
 */
#ifndef EXEC_SCHED_H
#define EXEC_SCHED_H

#include "exec/bases.h"
#include "exec/build.h"
#include "exec/front.h"
#include "exec/ready.h"
#include "exec/step_log.h"
#include "exec/uses.h"
#include "exec/worker.h"

#include <time.h>

struct job {
    uint32_t n_blocking;     /* steps that must be done before */
    VEC(uint32_t) users;     /* steps that wait for this one */
    uint32_t n_unfinished;   /* of them; targets count as one more */
    struct digest key;       /* when done; see worker_makes_key */
    struct base_image *base; /* of the chain; NULL above a scratch */
    pid_t pid;               /* of the worker, while it runs */
    int wait_status;         /* once is_reaped */
    bool is_reaped;
    int report, output, log; /* descriptors while it runs, else -1 */
    bool makes_key;          /* the worker has not said yet which result it locks */
    bool is_told;            /* … and the user knows that this takes a while */
    bool is_idle;            /* it waits for others and takes no slot of --jobs */
    bool is_building;        /* the worker said so: it has a log */
    bool is_waiting;         /* for another process that builds it; log is what that one writes */
    bool has_log;            /* is_building or is_waiting, once */
    bool has_run;            /* a command, whatever became of it */
    const char *cancelled;   /* why it is being ended; NULL = it is not */
    uint64_t kill_at;        /* of a cancelled one: when patience ends, as now_ms */
    struct timespec started; /* … and what it has waited for a cache comes on top */
    struct timespec blocked; /* since when, if is_idle and is_building */
    struct step_log kept;    /* what the log has taken */
};

struct sched {
    struct build *b;
    struct job *jobs;   /* one for each step */
    struct ready ready; /* steps that nothing blocks */
    struct uses uses;
    uint32_t *running;
    uint32_t n_running;
    struct pollfd *polls; /* room for all that can run */
    uint32_t *polled;
    uint32_t n_cached, n_built, n_failed;
    uint32_t failed; /* the first step that did, if n_failed */
    struct timespec started;
    struct front front;
    uint64_t interrupted_at; /* as now_ms; 0 = it was not */
    bool is_error;
    bool has_cancelled; /* some step was asked to end */
    bool is_left;       /* the user is gone: what goes on is for others */
    struct digest salt; /* of --no-cache: makes the keys of runs like no others */
    struct ob_err *err; /* of the machine, if is_error */
};

/* sched.c */
uint64_t sched_now_ms(void);
void sched_emit(struct sched *s, struct event e);
struct event sched_event(const struct sched *s, enum event_kind kind, uint32_t i);
/* Of several errors the first is told: the others tend to come from it. */
void sched_machine_error(struct sched *s, const struct ob_err *why);
/* Whether nothing more is to be started. */
bool sched_stops(const struct sched *s);

static inline struct step *sched_step(const struct sched *s, uint32_t i)
{
    return &s->b->plan->steps.at[i];
}

/* What is in the key of a step besides op and parent, if it is known before the step runs; else
 * NULL. */
const struct digest *sched_late_input(const struct sched *s, const struct step *step,
                                      struct digest *room);

/* job.c: a running step. */
/* What a worker needs to know of a step whose inputs are there. */
struct worker_job job_for(const struct sched *s, uint32_t i);
int job_start(struct sched *s, uint32_t i, struct ob_err *err);
/* Reads one report. False when the job is over. */
bool job_report(struct sched *s, uint32_t i);
/* Takes a part of what the step has written. False if there was nothing. */
bool job_output(struct sched *s, uint32_t i);
/* Takes what another process has logged of a step that it builds. */
void job_follow(struct sched *s, uint32_t i);
/* Takes the last output, and forgets the worker. */
void job_close(struct sched *s, uint32_t i);

/* sched_end.c: the step's result is there, or not. */
void end_cached(struct sched *s, uint32_t i);
void end_built(struct sched *s, uint32_t i);
/* is_machine: the fault is not the step's. */
void end_failed(struct sched *s, uint32_t i, const struct ob_err *why, bool is_machine);
void note_in_index(struct sched *s, uint32_t i, double seconds);

/* sched_cancel.c */
/* On a signal: steps are asked to end, but for those that other processes wait for; at the second
 * signal they are killed. */
void cancel_on_signal(struct sched *s);
/* Ends what has run for too long, and kills what was asked to end and did not. */
void cancel_overdue(struct sched *s);
/* How many milliseconds until cancel_overdue has something to do; -1 = it has not. */
int cancel_wait(const struct sched *s);
/* Sends SIGALRM, blocked from now on, when that time is over: as long as it is pending, nobody who
 * is told something is waited for. Ends what was asked for before. */
void cancel_clock(const struct sched *s);
/* Ends all workers at once, and waits until none of their processes is left. */
void cancel_rest(struct sched *s);

#endif
