/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which results are on disk. Syncing each costs more than a step, so most are committed without;
 * a crash of the machine can then leave a result whose files are not whole. This is what finds it:
 *
 *   state/boot          id of the boot of the machine under which the store was last opened
 *   state/unsynced/KEY  the record of a result that is not known to be on disk
 *   state/record/KEY    of one that is: it was moved here after a syncfs(2) that began after its
 *                       commit
 *   state/risk          milliseconds of building since the last sync
 *   state/syncs         how many of these there were, if something was noted
 *   state/sync-failed   errno of a sync that failed: the kernel says it once, and the next one, of
 *                       the same damaged files, succeeds
 *
 * Under another boot id, and after a sync that failed, what has no record in state/record is
 * removed with all that is built on it, but what is in use. No clock counts, and a copy of a store
 * is as good as the store.
 */
#ifndef EXEC_DURABLE_H
#define EXEC_DURABLE_H

#include "exec/layout.h"

#include <time.h>

/* In the state directory. */
#define DURABLE_FAILED "sync-failed"

/* When a store was opened: removes what a crash of the machine, or a sync that failed, leaves in
 * doubt. After the latter it waits for a time when nobody else has the store open. */
int durable_recover(struct store *s, const struct layout *l, struct ob_err *err);

/* Brings all results to disk that are committed now, and notes it. Waits for others who do so. Once
 * it has failed it does so for everybody, until what is in doubt was removed. */
int durable_sync(struct store *s, const struct layout *l, struct ob_err *err);

/* Keeps others from noting that results are on disk while some are removed, until the descriptor is
 * closed. */
int durable_lock(const struct layout *l, struct ob_err *err);
/* Changes whenever it was noted that results are on disk. */
uint64_t durable_count(const struct layout *l);
/* Changes it. Only the first time it needs space. */
int durable_count_up(const struct layout *l, struct ob_err *err);

/* The care that a build takes of its results: what may be lost in a crash took some ten seconds to
 * make, not more. */
struct durable {
    struct store *store;
    const struct layout *layout;
    struct timespec since; /* of the start, or of the last sync that came back */
    struct timespec tried; /* … that was begun */
    int synced;            /* from the process that syncs: it has; -1 = there is none */
    bool is_at_risk;       /* something was committed since */
};

void durable_start(struct durable *d, struct store *s, const struct layout *l);
/* A result was committed. When it is time, a process of its own starts to sync. */
void durable_committed(struct durable *d);
/* At the end. Syncs if so much is at risk, of this build and those before it. */
int durable_end(struct durable *d, struct ob_err *err);

/* -1 and the reason if a sync has failed, and what is in doubt is still there. */
int durable_check(const struct layout *l, struct ob_err *err);

#endif
