/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An archive's members by name, for images kept in one file: documents and layers are then read
 * where they are. A compressed archive is decompressed into a nameless file first.
 */
#ifndef BACKENDS_TAR_INDEX_H
#define BACKENDS_TAR_INDEX_H

#include "backends/blob.h"
#include "base/map.h"

struct tar_index {
    struct blob file;
    struct arena arena;
    struct map members; /* by name without "./" in front */
};

/* *ix must not be moved afterwards; tar_index_close is due also after a failure. */
int tar_index_open(struct tar_index *ix, const char *path, struct ob_err *err);
void tar_index_close(struct tar_index *ix);

/* Opens a member, through links between members: 1, 0 if there is none, -1. */
int tar_index_member(struct tar_index *ix, const char *name, struct blob *out, struct ob_err *err);

#endif
