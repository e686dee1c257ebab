/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unpacks a tar stream as an image layer onto a tree in which the lower layers are unpacked
 * already. Whatever the stream says, nothing outside the tree is touched.
 */
#ifndef BACKENDS_UNPACK_H
#define BACKENDS_UNPACK_H

#include "backends/blob.h"
#include "backends/unpack_tree.h"

#include <stdbool.h>

enum unpack_end {
    UNPACK_END_ANY,    /* whoever calls knows the digest, so a cut stream can't pass */
    UNPACK_END_MARKED, /* a stream without the end-of-archive block is taken for cut */
};

/* Unpacks all of the blob, compressed or not, and gives the digest of its bytes as they are. On
 * failure the tree is left half-made. */
int unpack_layer(int root, const struct blob *b, enum unpack_end end, struct digest *digest,
                 struct ob_err *err);

struct unpack_root {
    mode_t mode;
    uid_t uid;
    gid_t gid;
};

/* 1 = the file is a tar archive, compressed or not, with at least one entry that makes sense; 0 =
 * it is none; -1 = nobody knows, since it can't be read. If the first entry is the archive's own
 * root, *root gets what it says; root may be NULL. */
int unpack_is_archive(const struct blob *b, struct unpack_root *root, struct ob_err *err);

/* Unpacks an archive that is no image. Its root's own entry does not count. */
int unpack_archive(int root, const struct blob *b, const struct unpack_add *add,
                   struct ob_err *err);

#endif
