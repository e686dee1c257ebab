/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests that are remembered in state/digests/ of the store, so that nothing is read twice.
 *
 * Those of a context's files have one file for each context and list of sources, which is replaced
 * as a whole. What a copy takes from a step's result has one digest for all of it.
 *
 * A file's digest is found again only for the same device, inode, size, mtime and ctime. No
 * program can set a ctime, so a file that has changed since has another one, provided that
 *
 *   - it was read when the clock that sets ctimes had gone past its ctime (exec/content.c waits for
 *     that): otherwise a change within one tick of the clock would leave the ctime as it was;
 *   - ctimes are this kernel's own, with nanoseconds: those of network filesystems are another
 *     machine's, those of a whole second come from a coarser clock or from a program that made the
 *     filesystem. Such files are not remembered;
 *   - nobody writes through a mapping of the file that has been dirty since before it was read, and
 *     nobody sets the clock back to the very nanosecond. Against that, nothing is done here.
 *
 * So they hold for a store that was moved to another machine too: there a device and inode number
 * may be another file's, but not with the same ctime.
 */
#ifndef EXEC_DIGESTS_H
#define EXEC_DIGESTS_H

#include "base/buf.h"
#include "base/sha256.h"
#include "base/vec.h"

#include <sys/types.h>
#include <time.h>

enum {
    DIGESTS_MAX_FILES = 1 << 19,  /* of one walk; more of them are read again each time */
    DIGESTS_MAX_NAMES = 512,      /* in a store; those that were used last are kept, … */
    DIGESTS_MAX_BYTES = 64 << 20, /* … as many as fit */
};

/* What tells whether a file is still the one that it was. */
struct file_state {
    dev_t dev;
    ino_t ino;
    uint64_t size;
    struct timespec mtime, ctime;
};

/* A file and its digest, as they lie in state/digests. */
struct digest_entry {
    uint64_t ino, size;
    int64_t mtime_s, ctime_s;
    uint32_t mtime_ns, ctime_ns;
    struct digest content;
};

struct digests {
    struct arena *arena;
    int dir; /* state/digests, or -1: nothing is remembered */
    char name[SHA256_HEX + 1];
    dev_t dev; /* of all files in it; 0 = none is remembered */
    struct buf file;
    const struct digest_entry *at; /* in it, sorted by inode */
    size_t n;
    VEC(struct digest_entry) seen; /* by this walk, old or new */
    bool has_news;
};

/* Opens what is remembered of the sources below `root`. Nothing of this can fail: what can't be
 * read is not known, and what can't be written will be read again. */
void digests_open(struct digests *d, struct arena *a, int state, int root,
                  const struct str_vec *src);
/* Writes what was seen, if any of it is new, and closes. */
void digests_close(struct digests *d);

/* Whether the content of the file is known. Then it counts as seen. */
bool digests_find(struct digests *d, const struct file_state *f, struct digest *out);
/* Notes the digest of a file that was read when its ctime had passed, and is in that state still.
 */
void digests_add(struct digests *d, const struct file_state *f, const struct digest *content);

/* One digest, remembered under a name, which is the digest of all that it depends on. */
bool digests_recall(int state, const struct digest *name, struct digest *out);
void digests_note(int state, const struct digest *name, const struct digest *d);

#endif
