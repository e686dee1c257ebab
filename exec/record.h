/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of a result, as a small JSON file. It is written before the result is committed,
 * so that none is ever without: whoever has lost the index, or asks why a step was not cached,
 * reads here. The file's modification time says when the result was last used.
 *
 * A record is in state/unsynced until its result is known to be on disk, then in state/record
 * (exec/durable.h). Readers need not know.
 */
#ifndef EXEC_RECORD_H
#define EXEC_RECORD_H

#include "base/arena.h"
#include "base/vec.h"
#include "exec/layout.h"

struct record {
    struct str key;       /* hex, as the following; empty = none */
    struct str parent;    /* of the result that it stands on */
    struct str_vec reads; /* keys of the other results that the step reads */
    struct str kind;      /* "run", "copy", … as in the IR */
    struct str heading;
    struct str source; /* path; empty = unknown */
    int64_t line;
    struct str op;        /* the step's op in canonical JSON, its late values filled in */
    struct str op_digest; /* the key is made of this, the parent and … */
    struct str input;     /* … what was late: digest of the image, of the files that are copied */
    int64_t created;      /* seconds since 1970 */
    int64_t ms;           /* what it took to make */
};

/* The caller has the lock of the key. */
int record_save(const struct layout *l, const struct record *r, struct ob_err *err);
/* 1, 0 = there is none (or a damaged one, which is as good), or -1. */
int record_load(const struct layout *l, const char *key, struct arena *a, struct record *out,
                struct ob_err *err);
void record_remove(const struct layout *l, const char *key);

/* Notes that the result was used now. */
void record_used(const struct layout *l, const char *key);
/* When it was last used, in seconds since 1970; 0 = it has no record. */
int64_t record_last_use(const struct layout *l, const char *key);

#endif
