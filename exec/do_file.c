/* SPDX-License-Identifier: Apache-2.0 */
/* The step that writes files: late values, then exec/write_files.c. */
#include <config.h>

#include "exec/work.h"
#include "exec/write_files.h"

int do_file(struct work *w, const struct rootfs *root, struct ob_err *err)
{
    const struct op_file *op = &w->job.step->op.file;
    struct new_file *files = arena_new_n(w->b->arena, struct new_file, op->files.n);
    struct look look = {0};
    struct str dst;
    if (work_value(w, op->dst, &dst, err) < 0 || work_chmod(w, op->chmod, &look.chmod, err) < 0 ||
        work_look(w, op->owner, op->epoch, root, &look, err) < 0)
        return work_fault(w);
    for (size_t i = 0; i < op->files.n; i++) {
        files[i].name = op->files.at[i].name;
        if (work_value(w, op->files.at[i].content, &files[i].content, err) < 0)
            return work_fault(w);
    }
    int rc = write_files(root->fd, dst, files, op->files.n, &look, err);
    return rc < 0 ? work_fault(w) : 0;
}
