/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What turns one tree into another: the files that are new or different, with the directories on
 * the way to them, and the names that are gone. It follows from the two trees alone, not from how a
 * store keeps them, so that images are the same wherever they were built.
 *
 * Times count in seconds, as layers carry them, and after they were clamped. Sockets, which no
 * archive can hold, are as if they were not there. A tree whose names would not be unpacked again
 * (path_check) is an error.
 *
 * Both trees are hostile. Nobody changes a result, but steps change a cache while it is read: that
 * gives an error, or what was there at one time or another.
 */
#ifndef EXEC_LAYER_DIFF_H
#define EXEC_LAYER_DIFF_H

#include "base/err.h"
#include "exec/layer_file.h"

#include <stdint.h>
#include <sys/types.h>

struct layer_entry {
    struct str path;  /* from the root; empty = the root itself */
    bool is_whiteout; /* the name is gone; nothing of the rest counts */
    mode_t mode;      /* type and permissions */
    uid_t uid;
    gid_t gid;
    dev_t dev; /* which file it is, for layer_open, and whether it can change meanwhile */
    ino_t ino;
    bool is_live;
    uint64_t size; /* of a regular file */
    dev_t rdev;
    int64_t mtime;
    struct str link;     /* target of a symbolic link */
    struct str hardlink; /* path of the entry before that is the same file; empty = none */
    struct layer_xattrs xattrs;
};

/* Parents before what is in them, siblings by their names' bytes. */
DEFINE_VEC(layer_entries, const struct layer_entry *);

struct layer_trees {
    int parent; /* directory; -1 = an empty tree, whose root is root's with mode 0755 */
    int child;
    int upper;       /* directory with every name that may differ (store_difference), or -1 */
    bool is_live;    /* others change the child, as no result is */
    bool has_latest; /* times after `latest` count as that */
    int64_t latest;
};

int layer_diff(struct arena *a, const struct layer_trees *t, struct layer_entries *out,
               struct ob_err *err);

/* Opens the regular file of an entry for reading. In a live tree it is an error if that is another
 * one by now. */
int layer_open(int root, const struct layer_entry *e, struct ob_err *err);

#endif
