/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a copy step copies, before it is copied: the selected files below a source root, with
 * everything that reaches the result (type, mode, owner if kept, link target, content, extended
 * attributes), and one digest over all of it. Timestamps are copied but not hashed.
 *
 * Lookups stay in the root. Links below a source are copied as links and never followed; a
 * Dockerfile's source that is itself a link is followed, a spec's is copied.
 */
#ifndef EXEC_MANIFEST_H
#define EXEC_MANIFEST_H

#include "base/pattern.h"
#include "base/sha256.h"
#include "exec/digests.h"
#include "ir/plan.h"

#include <sys/types.h>
#include <time.h>

struct copy_request {
    int root; /* directory of the context or of another step's result */
    enum copy_style style;
    struct str_vec src;               /* paths, or patterns in a Dockerfile; from the root */
    const struct str_vec *exclude;    /* spec: base names; Dockerfile: patterns from the root */
    const struct ignore_list *ignore; /* the context's ignored files, or NULL */
    bool is_literal;                  /* no source is a pattern */
    bool keep_owner;                  /* copies from a step keep owners; else the owner is set */
    bool parents;                     /* COPY --parents: items are named by what is kept */
    bool set_mode;                    /* permissions are set anyway, so the source's do not count */
    bool is_result;                   /* of a step: nobody changes its files */
    struct digests *known;            /* of files that were read before, or NULL */
};

struct file_xattr {
    struct str name, value;
};

struct manifest_file {
    struct str path;   /* below its item; empty for the item itself */
    struct str source; /* from the root, for opening; a file's is terminated */
    mode_t mode;       /* type and permissions */
    uid_t uid;
    gid_t gid;
    dev_t rdev;
    struct file_state state;
    struct str link;                      /* target of a symbolic link */
    const struct manifest_file *hardlink; /* the item's first entry for the same file, or NULL */
    struct digest content;                /* of regular files */
    VEC(struct file_xattr) xattrs;        /* those of base/xattr.h, sorted */
};

/* One source that matched: a file, or a directory with what is below it. */
struct manifest_item {
    struct str name; /* its last component; with parents, its path from the pivot on */
    bool is_dir;
    size_t first, n; /* its files; a directory itself is the first of them */
};

struct manifest {
    VEC(struct manifest_file *) files; /* parents before children, sorted by name */
    VEC(struct manifest_item) items;   /* in the order of the sources */
    struct digest digest;
};

/* Reads and hashes. With parents, a "**" in a source stands for any number of directories, a "/./"
 * in it is the pivot, and the directories between the pivot and what matched are items of their
 * own, without what is in them, each before what it holds. A missing source is an error, a pattern
 * without a match is not. */
int manifest_build(struct arena *a, const struct copy_request *q, struct manifest *out,
                   struct ob_err *err);

#endif
