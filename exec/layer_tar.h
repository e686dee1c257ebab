/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes tar archives: ustar, with pax headers for what that can't hold. Written here and not with
 * libarchive, because an image's digest is that of its archives: the bytes must not depend on a
 * version of a library, and names must stay as they are, whatever their encoding.
 */
#ifndef EXEC_LAYER_TAR_H
#define EXEC_LAYER_TAR_H

#include "exec/layer_diff.h"

/* Where the archive goes. */
struct tar_sink {
    int (*write)(void *arg, const void *p, size_t n, struct ob_err *err);
    void *arg;
};

/* Entries as a whole archive; contents come from the directory `root`. A whiteout becomes the empty
 * file .wh.NAME. */
int layer_tar_write(int root, const struct layer_entries *entries, const struct tar_sink *to,
                    struct ob_err *err);

/* Archives entry by entry, for other things than trees. */

/* The header of an entry; e->size bytes of a regular file must follow, and then tar_pad. */
int tar_header(const struct layer_entry *e, const struct tar_sink *to, struct ob_err *err);
int tar_pad(uint64_t size, const struct tar_sink *to, struct ob_err *err);
/* The content of a regular file: `size` bytes from where fd stands, and the padding. */
int tar_content(int fd, uint64_t size, const struct tar_sink *to, struct ob_err *err);
int tar_end(const struct tar_sink *to, struct ob_err *err);

#endif
