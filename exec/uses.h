/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in use, so that results can be removed while builds run. A process that relies on a
 * result says so before it looks whether the result is there:
 *
 *   state/uses/PID-N    keys, 32 bytes each; locked (flock) as long as its process or a worker of
 *                       it lives
 *   state/uses itself   locked, shared while a key is added, by one alone while a result is removed
 *
 * So whoever adds a key before the removal keeps the result, and whoever adds it after finds none.
 * One lock per result would be simpler, but the kernel goes through all of a file's locks for each:
 * at 10,000 of them it takes a quarter of a millisecond.
 */
#ifndef EXEC_USES_H
#define EXEC_USES_H

#include "base/arena.h"
#include "base/map.h"
#include "base/vec.h"
#include "exec/layout.h"

#include <sys/types.h>

/* Notes that this process (and, before it forks, its workers) uses a result, until it ends or
 * closes the layout. */
int uses_hold(const struct layout *l, const struct digest *key, struct ob_err *err);

/* Leaves the note behind, as if the process had died: for a build that was broken off, whose
 * results the index may not know. */
void uses_abandon(const struct layout *l);

/* For layout_open and layout_close. */
struct uses *uses_new(void);
void uses_free(const struct layout *l); /* ends the use of what is held; NULL is fine */

/* Files of processes that died. Their results may lack a row in the index, so they stay in use
 * until somebody has looked: list, look, remove. */
int uses_list_dead(const struct layout *l, struct arena *a, struct str_vec *out,
                   struct ob_err *err);
void uses_remove_dead(const struct layout *l, const struct str_vec *dead);

/* One who removes. */
struct uses_file {
    struct str name;
    off_t read; /* so much of it is in keys */
};

struct uses_gate {
    const struct layout *layout;
    struct arena *arena;
    struct map keys; /* in use */
    VEC(struct uses_file) files;
    int lock; /* -1 unless taken */
};

#define USES_GATE_INIT(l, a)                                                                       \
    ((struct uses_gate){.layout = (l), .arena = (a), .keys = MAP_INIT(a), .lock = -1})

/* 1 = nobody uses the result nor will begin to, until uses_gate_release; 0 = somebody does. */
int uses_gate_take(struct uses_gate *g, const struct digest *key, struct ob_err *err);
void uses_gate_release(struct uses_gate *g);

#endif
