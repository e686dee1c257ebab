/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes files whose content stands in the plan. They go into dst, each under its name, if dst ends
 * in "/", is a directory already, or there are several; else the one file becomes dst. As in
 * copies, a file replaces what is not a directory, and what is missing on the way is made.
 */
#ifndef EXEC_WRITE_FILES_H
#define EXEC_WRITE_FILES_H

#include "exec/look.h"

struct new_file {
    struct str name, content;
};

/* dst is absolute. Without a chmod the mode is 0644. */
int write_files(int root, struct str dst, const struct new_file *file, size_t n,
                const struct look *look, struct ob_err *err);

#endif
