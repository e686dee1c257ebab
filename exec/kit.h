/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kit is a store, a sandbox and the fetchers whose kinds of root filesystem meet. exec/kit.c is
 * the only list of backends in obkit.
 */
#ifndef EXEC_KIT_H
#define EXEC_KIT_H

#include "base/buf.h"
#include "exec/fetch.h"
#include "exec/look.h"
#include "exec/sandbox.h"
#include "exec/store.h"

struct kit {
    struct store *store;
    struct sandbox *sandbox; /* NULL if kit_open was asked for none */
    bool has_one_owner;      /* all files of results are root's: no other user exists here */
};

struct kit_request {
    const char *store;   /* "KIND:ARG", or NULL: the fastest that works, in dir */
    const char *dir;     /* NULL = kit_default_dir */
    bool must_exist;     /* a store that is not there is an error, and is not made */
    const char *sandbox; /* or NULL: the first that fits; "" = none is needed */
    struct sandbox_options options;
};

/* The errnum of an error of usage: an unknown kind, a pair that does not meet. No errno is
 * negative, and backends report EINVAL from the kernel. */
enum { KIT_USAGE = -1 };

/* Opens both, or says which pairs would work. */
int kit_open(const struct kit_request *q, struct kit *out, struct ob_err *err);
void kit_close(struct kit *k);

/* Archives for ADD, by what unpacks images. */
/* Whether a regular file is a tar archive, plain or compressed: 1, 0, -1 = it can't be read. */
int kit_is_archive(int fd, struct ob_err *err);
/* The same, and what it says of its own directory; where it says nothing, they stay. */
int kit_archive_root(int fd, mode_t *mode, uid_t *uid, gid_t *gid, struct ob_err *err);
/* Unpacks it below `dir` (clean, from the root), which is there. Modes are the archive's, owners as
 * well if the look keeps them. Nothing outside the root is touched. */
int kit_unpack(int fd, int root, struct str dir, const struct look *look, struct ob_err *err);

/* Makes the empty directory `to` a copy of the tree `from`, with everything that it carries. */
int kit_copy_tree(int from, int to, struct ob_err *err);
/* A platform's parts, as images name them; empty = this machine's. *variant may come out empty. */
int kit_platform(struct str text, struct str *os, struct str *arch, struct str *variant,
                 struct ob_err *err);
/* Unpacks what must be all there, into the root, with the owner of this process. */
int kit_unpack_whole(int fd, int root, struct ob_err *err);

/* Bytes that a directory and what is in it take on disk. */
int kit_tree_size(int dir, uint64_t *bytes, struct ob_err *err);

/* The directory of the default store: $XDG_CACHE_HOME/obkit, or /var/cache/obkit for root. */
int kit_default_dir(struct buf *out, struct ob_err *err);

/* What each backend is and, where it doesn't work here, why not, for `obexec stores`. Stores are
 * tried in `dir`, or where the default store would be; nothing is left there. */
void kit_describe(const char *dir, struct buf *out);

#endif
