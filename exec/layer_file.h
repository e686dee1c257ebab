/* SPDX-License-Identifier: Apache-2.0 */
/* What there is to a file beyond what stat(2) says, for trees that are compared. Names are single
 * ones in a directory; links are not followed. All functions give -1 and errno on failure. */
#ifndef EXEC_LAYER_FILE_H
#define EXEC_LAYER_FILE_H

#include "base/vec.h"

#include <sys/types.h>

struct layer_xattr {
    struct str name, value;
};

DEFINE_VEC(layer_xattrs, struct layer_xattr);

struct layer_rest {
    struct layer_xattrs xattrs; /* those that belong to an image, sorted by name */
    struct str link;            /* target of a symbolic link */
};

/* Room for reading: what malloc gave for so many bytes. */
enum { LAYER_CHUNK = 128 << 10, LAYER_ROOM = 2 * LAYER_CHUNK };

/* "." is the directory itself. */
int layer_read_rest(struct arena *a, char *room, int dir, const char *name, mode_t mode,
                    struct layer_rest *out);
bool layer_same_rest(const struct layer_rest *x, const struct layer_rest *y);
/* 1 = two regular files, one in each directory, have the same bytes. */
int layer_same_content(char *room, int dir_x, int dir_y, const char *name);

#endif
