/* SPDX-License-Identifier: Apache-2.0 */
/* Finds and opens the contexts that a plan needs. */
#include <config.h>

#include "exec/context.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/remote.h"
#include "exec/build.h"

#include <fcntl.h>

const struct context *context_find(const struct build *b, struct str name)
{
    vec_for (const struct context, c, &b->contexts)
        if (str_eq(c->name, name))
            return c;
    return NULL;
}

static int read_ignore(struct build *b, struct context *c, struct ob_err *err)
{
    cleanup_buf struct buf text = BUF_INIT;
    if (fs_read_file_at(c->fd, ".dockerignore", &text, 16 << 20, err) < 0)
        return -1;
    struct str copy = arena_str(b->arena, buf_str(&text));
    return ignore_parse(b->arena, copy, &c->ignore, err) < 0 ? ob_err_wrap(err, "\".dockerignore\"")
                                                             : 0;
}

static int open_context(struct build *b, struct str name, const char *path, struct ob_err *err)
{
    struct context c = {.name = name};
    c.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (c.fd < 0)
        return ob_err_set(err, errno, "can't open context \"%s\"", path);
    vec_push(b->arena, &b->contexts, c);
    struct context *kept = &b->contexts.at[b->contexts.n - 1];
    return read_ignore(b, kept, err) < 0 ? ob_err_wrap(err, "context \"%s\"", path) : 0;
}

/* What --build-context says of a name; empty = nothing. */
static struct str ref_of(const struct build *b, struct str name)
{
    name = remote_short_name(name);
    vec_for (const struct build_context, c, &b->options->contexts)
        if (str_eq_nocase(remote_short_name(c->name), name))
            return c->ref;
    return STR("");
}

static int open_by_name(struct build *b, struct str name, struct ob_err *err)
{
    if (context_find(b, name))
        return 0;
    if (name.n == 0 && !b->context_path)
        return ob_err_set(err, 0, "the build copies files from a context: give its directory");
    if (name.n == 0)
        return open_context(b, name, b->context_path, err);
    struct str ref = ref_of(b, name);
    if (ref.n == 0)
        return ob_err_set(err, 0,
                          "the build copies files from the context \"" STR_FMT
                          "\": give its directory with --build-context " STR_FMT "=DIR",
                          STR_ARG(name), STR_ARG(name));
    return open_context(b, name, arena_cstr(b->arena, ref), err);
}

static int open_of_mounts(struct build *b, const struct op_run *op, struct ob_err *err)
{
    vec_for (const struct ir_mount, m, &op->mounts)
        if (m->from == MOUNT_FROM_CONTEXT && open_by_name(b, m->context, err) < 0)
            return -1;
    return 0;
}

static int open_of_step(struct build *b, const struct step *s, struct ob_err *err)
{
    switch (s->kind) {
    case STEP_RUN: return open_of_mounts(b, &s->op.run, err);
    case STEP_ADD: return open_by_name(b, STR(""), err);
    case STEP_COPY:
        return s->op.copy.source == COPY_FROM_CONTEXT ? open_by_name(b, s->op.copy.context, err)
                                                      : 0;
    default: return 0;
    }
}

int contexts_open(struct build *b, struct ob_err *err)
{
    if (b->context_path && open_by_name(b, STR(""), err) < 0)
        return -1;
    vec_for (const struct step, s, &b->plan->steps)
        if (open_of_step(b, s, err) < 0)
            return -1;
    return 0;
}

void contexts_close(struct build *b)
{
    vec_for (const struct context, c, &b->contexts)
        close(c->fd);
    b->contexts.n = 0;
}
