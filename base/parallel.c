/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "base/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { RUN_MAX = 128 };

struct shared {
    size_t n, run; /* pieces in all, and in a run */
    int (*fn)(void *own, size_t i, struct ob_err *err);
    atomic_size_t next;
    atomic_bool failed;
    pthread_mutex_t lock; /* of the two below */
    size_t failed_at;
    struct ob_err *err;
};

struct thread {
    struct shared *shared;
    void *own;
    pthread_t id;
};

unsigned parallel_threads(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) < 0)
        return 1;
    int n = CPU_COUNT(&set);
    return n > PARALLEL_MAX ? PARALLEL_MAX : n < 1 ? 1 : (unsigned)n;
}

static void note_error(struct shared *s, size_t i, const struct ob_err *err)
{
    pthread_mutex_lock(&s->lock);
    if (i < s->failed_at) {
        s->failed_at = i;
        *s->err = *err;
    }
    pthread_mutex_unlock(&s->lock);
    atomic_store(&s->failed, true);
}

static void *work(void *arg)
{
    struct thread *t = arg;
    struct shared *s = t->shared;
    struct ob_err err;
    while (!atomic_load(&s->failed)) {
        size_t i = atomic_fetch_add(&s->next, s->run);
        size_t end = i < s->n && s->n - i > s->run ? i + s->run : s->n;
        if (i >= s->n)
            break;
        for (; i < end; i++)
            if (s->fn(t->own, i, &err) < 0) {
                note_error(s, i, &err);
                break;
            }
    }
    return NULL;
}

/* Runs short enough that the threads end at about the same time. */
static size_t run_length(size_t n, unsigned n_threads)
{
    size_t run = n / n_threads / 8;
    return run > RUN_MAX ? RUN_MAX : run < 1 ? 1 : run;
}

int parallel_run(size_t n, void *const own[], unsigned n_own,
                 int (*fn)(void *own, size_t i, struct ob_err *err), struct ob_err *err)
{
    struct shared s = {.n = n, .fn = fn, .failed_at = SIZE_MAX, .err = err};
    struct thread t[PARALLEL_MAX];
    unsigned n_started = 1;
    s.run = run_length(n, n_own);
    pthread_mutex_init(&s.lock, NULL);
    for (unsigned k = 0; k < n_own; k++)
        t[k] = (struct thread){.shared = &s, .own = own[k]};
    /* Where no more threads can be had, those that there are do all of it. */
    while (n_started < n_own && n_started < n &&
           pthread_create(&t[n_started].id, NULL, work, &t[n_started]) == 0)
        n_started++;
    work(&t[0]);
    for (unsigned k = 1; k < n_started; k++)
        pthread_join(t[k].id, NULL);
    pthread_mutex_destroy(&s.lock);
    return s.failed_at == SIZE_MAX ? 0 : -1;
}
