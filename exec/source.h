/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the files of a manifest for reading, one after the other. Each thread has its own. */
#ifndef EXEC_SOURCE_H
#define EXEC_SOURCE_H

#include "exec/manifest.h"

struct source {
    int root;
    int dir;         /* that of the last file: neighbours tend to follow */
    struct str path; /* its path; .p NULL = none is open */
};

#define SOURCE_INIT(root) ((struct source){(root), -1, {0}})

/* Opens a regular file; -1 and *err if that fails, or it is not the one that the manifest lists.
 * `done` is what is done to it ("read"), for messages. */
int source_open(struct source *s, const struct manifest_file *f, const char *done,
                struct ob_err *err);
/* Whether it still is, after it was read: any change of a file changes its ctime, which cannot be
 * set back as mtime can. */
int source_check(const struct manifest_file *f, int fd, const char *done, struct ob_err *err);
void source_close(struct source *s);

#endif
