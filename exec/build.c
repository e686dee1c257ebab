/* SPDX-License-Identifier: Apache-2.0 */
/* What a build needs before it is scheduled: its context. */
#include <config.h>

#include "exec/build.h"

#include "base/cleanup.h"
#include "base/fs.h"

#include <fcntl.h>

static bool copies_from_context(const struct plan *p)
{
    vec_for (const struct step, s, &p->steps)
        if (s->kind == STEP_COPY && s->op.copy.source == COPY_FROM_CONTEXT)
            return true;
    return false;
}

int build_open_context(struct build *b, struct ob_err *err)
{
    cleanup_buf struct buf text = BUF_INIT;
    b->context = -1;
    if (!copies_from_context(b->plan))
        return 0;
    if (!b->context_path)
        return ob_err_set(err, 0, "the build copies files from a context: give its directory");
    b->context = open(b->context_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (b->context < 0)
        return ob_err_set(err, errno, "can't open context \"%s\"", b->context_path);
    if (fs_read_file_at(b->context, ".dockerignore", &text, 16 << 20, err) < 0)
        return ob_err_wrap(err, "context \"%s\"", b->context_path);
    struct str copy = arena_str(b->arena, buf_str(&text));
    if (ignore_parse(b->arena, copy, &b->ignore, err) < 0)
        return ob_err_wrap(err, "\"%s/.dockerignore\"", b->context_path);
    return 0;
}
