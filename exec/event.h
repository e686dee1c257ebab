/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens during a build, as events. The scheduler emits them; a progress style prints them.
 * obexec(1) documents their JSON form.
 */
#ifndef EXEC_EVENT_H
#define EXEC_EVENT_H

#include "base/sha256.h"
#include "ir/plan.h"

enum event_kind {
    EVENT_BUILD,  /* the build starts: total */
    EVENT_START,  /* a step runs now */
    EVENT_WAIT,   /* another process builds a step: its output comes from there */
    EVENT_OUTPUT, /* output of a running step: text, any bytes */
    EVENT_CACHED, /* a step's result was there: key */
    EVENT_DONE,   /* a step was built: key, seconds */
    EVENT_FAILED, /* a step failed: text says why, log where its output is */
    EVENT_RESULT, /* a target is there: name in text, key */
    EVENT_END,    /* the build ended: counts */
    EVENT_ERROR,  /* it can't start or go on: text says why */
    EVENT_NOTE,   /* something worth knowing, of a step or (of NULL) of the build: text */
};

struct event {
    enum event_kind kind;
    uint32_t step;         /* index; the events about a step */
    const struct step *of; /* the step itself */
    struct str text;
    struct str log;
    struct str source; /* of a failed step: the file where it stands, and */
    uint32_t line;     /* the line there; 0 = unknown */
    struct digest key;
    double seconds;
    uint32_t total, cached, built, failed;
    uint32_t skipped; /* steps that were not run, after a failure or an interruption */
};

struct progress {
    void (*event)(struct progress *p, const struct event *e);
    void (*tick)(struct progress *p); /* called now and then while something runs; NULL = no need */
    void (*close)(struct progress *p); /* frees it */
};

/* The style by the name in --progress, writing to descriptor fd; NULL if there is none such.
 * "auto" is tty on a terminal, else plain. */
struct progress *progress_open(const char *style, int fd);

/* For the styles: writes all of it, waiting if fd does not block; gives up if nobody reads, or not
 * before something is due (cancel_clock). */
void progress_write(int fd, struct str text);

struct progress *progress_tty_open(int fd); /* fd need not be a terminal */
struct progress *progress_plain_open(int fd);
struct progress *progress_json_open(int fd);
struct progress *progress_quiet_open(int fd); /* failures only */

#endif
