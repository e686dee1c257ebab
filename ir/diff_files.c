/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing documents: ir_diff of what is read. */
#include <config.h>

#include "ir/diff.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "ir/read.h"

#include <fcntl.h>

static int read_plan(const char *path, struct plan *p, struct ob_err *err)
{
    enum { MAX_IR = 1 << 30 };
    bool is_stdin = strcmp(path, "-") == 0;
    const char *name = is_stdin ? "standard input" : path;
    cleanup_buf struct buf text = BUF_INIT;
    cleanup_close int fd =
        is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return ob_err_set(err, errno, "can't open \"%s\"", name);
    if (fs_read_all(fd, &text, MAX_IR, err) < 0)
        return ob_err_wrap(err, "can't read \"%s\"", name);
    return ir_read_json(p, buf_str(&text), err) < 0 ? ob_err_wrap(err, "%s", name) : 0;
}

int ir_diff_files(const char *a, const char *b, struct buf *out, struct ob_err *err)
{
    struct arena arena = ARENA_INIT;
    struct plan p = PLAN_INIT(&arena), q = PLAN_INIT(&arena);
    int rc = -1;
    if (read_plan(a, &p, err) == 0 && read_plan(b, &q, err) == 0)
        rc = !ir_diff(&p, &q, out);
    arena_free(&arena);
    return rc;
}
