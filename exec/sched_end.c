/* SPDX-License-Identifier: Apache-2.0 */
/* What follows when a step has ended: it is told, noted in the index, and lets others start. */
#include <config.h>

#include "exec/sched.h"

#include "base/clock.h"
#include "exec/heading.h"
#include "exec/prune.h"
#include "exec/record.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A step is done with what it was made from. */
static void let_go(struct sched *s, uint32_t of)
{
    struct job *j = &s->jobs[of];
    if (--j->n_unfinished == 0)
        uses_drop(&s->uses, &j->key);
}

static void let_go_of_inputs(struct sched *s, uint32_t i)
{
    const struct step *step = sched_step(s, i);
    if (step->parent != NO_STEP)
        let_go(s, step->parent);
    vec_for (const uint32_t, r, &step->reads)
        if (*r != step->parent)
            let_go(s, *r);
}

/* The step's result is there: its users have one thing less to wait for. */
static void finish(struct sched *s, uint32_t i)
{
    struct job *j = &s->jobs[i];
    struct step *step = sched_step(s, i);
    struct ob_err err;
    if (step->kind == STEP_FROM && base_remember(s->b, &step->op.from, j->base, &err) < 0)
        sched_machine_error(s, &err);
    let_go_of_inputs(s, i);
    vec_for (const uint32_t, u, &j->users)
        if (--s->jobs[*u].n_blocking == 0)
            ready_push(&s->ready, *u);
}

void end_cached(struct sched *s, uint32_t i)
{
    char key[SHA256_HEX + 1];
    s->n_cached++;
    digest_hex(&s->jobs[i].key, key);
    record_used(&s->b->layout, key);
    sched_emit(s, sched_event(s, EVENT_CACHED, i));
    finish(s, i);
}

void note_in_index(struct sched *s, uint32_t i, double seconds)
{
    const struct step *step = sched_step(s, i);
    char key[SHA256_HEX + 1], parent[SHA256_HEX + 1] = "";
    struct ob_err err;
    digest_hex(&s->jobs[i].key, key);
    if (step->parent != NO_STEP)
        digest_hex(&s->jobs[step->parent].key, parent);
    struct index_row row = {
        .key = str_from(key),
        .parent = str_from(parent),
        .heading = heading_of(s->b->arena, step),
        .created = time(NULL),
        .ms = (int64_t)(seconds * 1000),
        .bytes = -1,
    };
    if (index_add(s->b->index, &row, &err) < 0)
        sched_machine_error(s, &err);
}

/* A step can fail after its commit; who prunes must find its result. */
static void forget_in_index(struct sched *s, uint32_t i)
{
    char key[SHA256_HEX + 1];
    struct ob_err ignored; /* a row without a result means nothing */
    digest_hex(&s->jobs[i].key, key);
    if (s->jobs[i].is_building && store_lookup(s->b->kit.store, key, NULL, &ignored) == 0)
        index_remove(s->b->index, str_from(key), &ignored);
}

void end_built(struct sched *s, uint32_t i)
{
    struct event e = sched_event(s, EVENT_DONE, i);
    e.seconds = clock_seconds_since(&s->jobs[i].started);
    note_in_index(s, i, e.seconds);
    durable_committed(&s->b->durable);
    prune_meanwhile(s->b);
    s->n_built++;
    sched_emit(s, e);
    finish(s, i);
}

/* Where no command ran, and nothing was said on the way to it, an empty log tells nobody anything.
 */
static struct str failed_log(struct sched *s, uint32_t i)
{
    char key[SHA256_HEX + 1], name[LOG_NAME_MAX];
    struct ob_err err;
    struct stat st;
    if (!s->jobs[i].has_log)
        return STR("");
    digest_hex(&s->jobs[i].key, key);
    if (layout_settle_log(&s->b->layout, key, &err) < 0) /* the worker may not have come to it */
        return STR("");
    snprintf(name, sizeof name, "%s.failed", key);
    if (fstatat(s->b->layout.log, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return STR(""); /* another process goes on with it */
    if (st.st_size == 0 && !s->jobs[i].has_run)
        return STR("");
    return arena_printf(s->b->arena, "%s/state/log/%s", s->b->store_path, name);
}

static void tell_failed(struct sched *s, uint32_t i, const char *why)
{
    if (!s->jobs[i].is_building) /* it came not even so far: say what failed */
        sched_emit(s, sched_event(s, EVENT_START, i));
    struct event e = sched_event(s, EVENT_FAILED, i);
    e.text = str_from(why);
    e.log = failed_log(s, i);
    if (e.of->meta.line && e.of->meta.source < s->b->plan->sources.n) {
        e.source = s->b->plan->sources.at[e.of->meta.source].path;
        e.line = e.of->meta.line;
    }
    e.seconds = clock_seconds_since(&s->jobs[i].started);
    sched_emit(s, e);
}

/* A step that was cancelled failed for the reason that it was cancelled for; the user who
 * interrupts knows. */
void end_failed(struct sched *s, uint32_t i, const struct ob_err *why, bool is_machine)
{
    const char *cancelled = s->jobs[i].cancelled;
    forget_in_index(s, i);
    uses_drop(&s->uses, &s->jobs[i].key); /* others must not build for us what we do not want */
    if (cancelled && s->interrupted_at)
        return;
    if (s->n_failed++ == 0)
        s->failed = i;
    tell_failed(s, i, cancelled ? cancelled : why->text);
    if (is_machine && !cancelled)
        sched_machine_error(s, why);
}
