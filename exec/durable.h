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
 *
 * Under another boot id, what has no record in state/record is removed with all that is built on
 * it. No clock counts, and a copy of a store is as good as the store.
 */
#ifndef EXEC_DURABLE_H
#define EXEC_DURABLE_H

#include "exec/layout.h"

#include <time.h>

/* When a store was opened: removes what a crash of the machine may have damaged. */
int durable_recover(struct store *s, const struct layout *l, struct ob_err *err);

/* Brings all results to disk that are committed now, and notes it. Waits for others who do so. */
int durable_sync(struct store *s, const struct layout *l, struct ob_err *err);

/* Keeps others from noting that results are on disk while some are removed, until the descriptor is
 * closed. */
int durable_lock(const struct layout *l, struct ob_err *err);

/* The care that a build takes of its results: what may be lost in a crash took some ten seconds to
 * make, not more. */
struct durable {
    struct store *store;
    const struct layout *layout;
    struct timespec since; /* of the start, or of the last sync */
    bool is_at_risk;       /* something was committed since */
};

void durable_start(struct durable *d, struct store *s, const struct layout *l);
/* A result was committed. When it is time, a process of its own starts to sync. */
void durable_committed(struct durable *d);
/* At the end. Syncs if so much is at risk, of this build and those before it. */
int durable_end(const struct durable *d, struct ob_err *err);

#endif
