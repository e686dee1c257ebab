/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What obexec itself keeps in a store's root directory, beside the backend's own entries:
 *
 *   state/log/KEY          output of the step that made KEY
 *   state/log/KEY.failed   output of the last failed try
 *   state/log/KEY.part     output of a running step, locked (flock) by its worker
 *   state/record/KEY       what is known of a result (exec/record.h)
 *   state/unsynced/KEY     the same, of a result that a crash of the machine could take
 *   state/boot, risk       what is on disk (exec/durable.h)
 *   state/config/KEY       the base image's configuration, as JSON
 *   state/image/HASH       which result an image name stood for last (the name's hash -> KEY)
 *   state/cache/           caches that steps share (exec/cache.h)
 *   state/secret-key       the key for secrets that count (exec/secret.h)
 *   state/digests/HASH     digests of what copies take (exec/digests.h)
 *   state/scratch/KEY      what a running step needs besides its filesystem
 *   state/locks            one byte per key, locked while it is built, and one for the use of the
 *                          store
 *   state/uses             one byte per key, locked (shared) by builds that use or want the result
 *   state/failed/KEY       why the last try failed, and of what graph (exec/failure.h)
 *   state/index.db         what `ls` shows: when, how long, from what (exec/index.h)
 */
#ifndef EXEC_LAYOUT_H
#define EXEC_LAYOUT_H

#include "base/err.h"
#include "base/sha256.h"
#include "base/str.h"
#include "exec/store.h"

struct layout {
    int state, log, config, image; /* directories */
    int record, unsynced;          /* directories too */
    int use;                       /* holds the lock that says: this store is in use */
    int uses;                      /* holds those that say: this result is in use */
};

#define LAYOUT_INIT ((struct layout){-1, -1, -1, -1, -1, -1, -1, -1})

/* The store is in use from here to layout_close, and until all workers forked meanwhile are dead.
 */
int layout_open(struct layout *l, const struct store *s, struct ob_err *err);
void layout_close(struct layout *l);

/* Waits until nobody else uses the store, and keeps others waiting: for those who remove results,
 * which a build may be about to build on. Says so if it has to wait. */
int layout_claim(struct layout *l, struct ob_err *err);

/* Whether another process has the store open. */
bool layout_is_shared(const struct layout *l);

/* Results in use. A build has the shared lock of a result before it looks whether it is there, and
 * of one that it wants before it is. It waits for somebody who is just removing it. */
int layout_use(const struct layout *l, const struct digest *key, struct ob_err *err);
void layout_unuse(const struct layout *l, const struct digest *key);
/* Whether another process uses or wants this result. */
bool layout_is_wanted(const struct layout *l, const struct digest *key);
/* Takes the result for removing it: the descriptor that holds the lock, or -1 with errnum EAGAIN
 * if it is in use. */
int layout_take(const struct layout *l, const struct digest *key, struct ob_err *err);

/* Removes the scratch directories of dead processes. */
int layout_settle_scratch(const struct layout *l, struct ob_err *err);
/* Turns the logs that they left half written into ".failed" ones. It looks at every log, so that
 * builds leave it to those who look at all results anyway. */
int layout_settle_logs(const struct layout *l, struct ob_err *err);
/* The same for one key's, if it has such a log and nobody has the lock of the key: else a new log
 * of that name could be taken for the old one. */
int layout_settle_log(const struct layout *l, const char *key, struct ob_err *err);

/* Removes the files that processes were killed while writing, where builds need not look for them.
 */
void layout_settle_replaced(const struct layout *l);

/* The log of a step that starts: KEY.part, empty and locked as long as the descriptor is open. The
 * caller has the lock of the key, and ends the log before it lets go of that. */
enum { LOG_NAME_MAX = SHA256_HEX + 16 };
int layout_new_log(const struct layout *l, const char *key, struct ob_err *err);
/* Whether the log behind fd is that of a step which is still running. */
bool layout_log_grows(const struct layout *l, const char *key, int fd);
/* Gives it its final name: KEY, or KEY.failed. */
int layout_end_log(const struct layout *l, const char *key, bool failed, struct ob_err *err);
/* KEY becomes KEY.failed: there is no such result after all. */
int layout_take_back_log(const struct layout *l, const char *key, struct ob_err *err);

/* A directory for what a step needs only while it runs: state/scratch/KEY. The caller has the lock
 * of the key. What killed processes left is removed by settle, or by the next one for the key. */
int layout_new_scratch(const struct layout *l, const char *key, struct ob_err *err);
int layout_end_scratch(const struct layout *l, const char *key, struct ob_err *err);

/* A file without a name for something large, open for reading and writing: on the store's disk,
 * which has room for results, if it can be there. */
int layout_nameless(const struct layout *l, struct ob_err *err);
/* All that comes from a pipe, in such a file. */
int layout_spool(const struct layout *l, int from, struct ob_err *err);

/* The result that an image's name stood for the last time: 1, 0 or -1. A note that a crash of the
 * machine left empty is none. */
int layout_find_image(const struct layout *l, struct str image, struct str platform,
                      struct digest *key, struct ob_err *err);
int layout_set_image(const struct layout *l, struct str image, struct str platform,
                     const struct digest *key, struct ob_err *err);

/* The same without waiting: -1 if another process holds it. */
int layout_try_lock(const struct layout *l, const struct digest *key);

/* Takes the lock of a key: waits for the process that holds it, after calling waiting(arg) once.
 * The descriptor holds the lock until it is closed or the process ends. */
int layout_lock(const struct layout *l, const struct digest *key, void (*waiting)(void *),
                void *arg, struct ob_err *err);

#endif
