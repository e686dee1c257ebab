/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes what a manifest lists into a root filesystem.
 *
 * Where things go. Dockerfile: a directory's contents go into dst; a file goes into dst if dst
 * ends in "/", is a directory already, or several sources were given, else it becomes dst. Spec:
 * with a dst ending in "/" each source goes into it under its own name; else the one source
 * becomes dst (a directory's contents go into dst).
 *
 * With --parents everything goes below dst, by its path from the source's pivot on. A directory on
 * that path is as one that is copied, without what is in it: made with the source's mode and the
 * copy's owner; one that exists stays as it is. BuildKit does the same.
 *
 * Sources are copied one after the other, each as if it was the only one and what was copied before
 * had been there already: "copy a b" to a dst that ends in "/" is "copy a" and then "copy b". The
 * pass merge-copies builds on that. Only what depends on the whole step does not follow it: an
 * owner that is a name, the directories on the way with --parents, and a fixed time.
 *
 * What exists on the way keeps its mode and owner, links to directories are followed inside the
 * root, what is missing is made with mode 0755 and the owner of the copy. A file or link replaces
 * what is not a directory.
 */
#ifndef EXEC_COPY_H
#define EXEC_COPY_H

#include "exec/look.h"
#include "exec/manifest.h"

struct copy_target {
    int root;  /* of the filesystem that is changed */
    int plain; /* as in struct rootfs */
    enum copy_style style;
    struct str dst; /* absolute; a trailing slash counts */
    struct look look;
    bool many_sources; /* the step names more than one */
    bool parents;      /* items go to dst by their names, which are paths */
};

/* source is the root that the manifest was built from. Contents are not hashed again: a file that
 * changes in between is found by its size, inode or ctime, and is an error. */
int copy_apply(const struct manifest *m, int source, const struct copy_target *t,
               struct ob_err *err);

#endif
