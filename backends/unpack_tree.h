/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree a layer is unpacked onto: where the current entry goes, what this layer has made so
 * far (whiteouts hide only what lower layers made), and times that are set at the end.
 */
#ifndef BACKENDS_UNPACK_TREE_H
#define BACKENDS_UNPACK_TREE_H

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

/* A name of an archive: no "." components, no empty ones, no slash in front. */
struct unpack_name {
    char *path;       /* "usr/bin/ls"; empty for the root */
    char *parent;     /* "usr/bin"; "." if there is none */
    const char *last; /* "ls", in path */
};

/* Reuses what *n holds. A name with ".." is an error, and one beyond what base/path.h allows. */
int unpack_name_clean(struct unpack_name *n, const char *raw, struct ob_err *err);
void unpack_name_free(struct unpack_name *n);

struct unpack_time {
    struct str path;
    struct timespec mtime;
    bool is_entry; /* the layer has an entry for the directory; else it only changes in it */
};

/* An archive that is no image: its names are seen from a directory of the root, where ".." stops,
 * and none of them is a whiteout. */
struct unpack_add {
    struct str dir; /* clean, from the root; empty = the root */
    bool set_owner; /* uid and gid for all; else as in the archive */
    uid_t uid;
    gid_t gid;
    bool set_time; /* time for all that is made; else as in the archive */
    struct timespec time;
    bool is_marked; /* without its end-of-archive block, it is taken for cut */
};

struct unpack_tree {
    const struct unpack_add *add; /* NULL for an image's layer */
    int root;                     /* not owned */
    int parent;                   /* directory of the current entry */
    char *parent_path;            /* its name, NULL if parent is stale */
    struct unpack_name name;
    const char *last; /* name.last */
    struct arena arena;
    struct map made;  /* paths that this layer made, and their parents */
    struct map bare;  /* directories of which lower layers' files were removed */
    struct map times; /* path -> struct unpack_time */
    VEC(struct unpack_time *) late;
};

/* t must not be moved afterwards. */
void unpack_tree_init(struct unpack_tree *t, int root);
void unpack_tree_free(struct unpack_tree *t);

/* An archive's name as it is seen from the root. NULL: it is the archive's own root. */
const char *unpack_tree_added(struct unpack_tree *t, const char *raw);

/* Makes `raw` the current entry; its missing parents are made. 1, or -1, or 0 = it is a whiteout in
 * a directory that is not there, so it hides nothing. */
int unpack_tree_go(struct unpack_tree *t, const char *raw, struct ob_err *err);
/* Remembers the current entry as made by this layer. */
void unpack_tree_mark(struct unpack_tree *t);
/* Removes what is in the way of the current entry, to make another one in its place. */
int unpack_tree_replace(struct unpack_tree *t, struct ob_err *err);

bool unpack_tree_is_whiteout(const struct unpack_tree *t);
int unpack_tree_whiteout(struct unpack_tree *t, struct ob_err *err);

/* Making entries in a directory changes its time, so directories get theirs last: those in the
 * layer what it says, the others what they had. This is for the current entry. */
void unpack_tree_late_time(struct unpack_tree *t, struct timespec mtime);
int unpack_tree_set_late_times(struct unpack_tree *t, struct ob_err *err);

#endif
