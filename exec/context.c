/* SPDX-License-Identifier: Apache-2.0 */
/* Finds, opens and unpacks the contexts that a plan needs. */
#include <config.h>

#include "exec/context.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/remote.h"
#include "exec/build.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>

const struct context *context_find(const struct build *b, struct str name)
{
    vec_for (const struct context, c, &b->contexts)
        if (str_eq(c->name, name))
            return c;
    return NULL;
}

bool context_stays(const struct build *b, int fd)
{
    vec_for (const struct context, c, &b->contexts)
        if (c->fd == fd)
            return c->lock < 0;
    return false;
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

static int is_nothing_known(struct ob_err *err)
{
    return ob_err_set(err, 0, "neither a directory nor a tar archive");
}

static int unpack(int archive, int dir, struct ob_err *err)
{
    int is_archive = kit_is_archive(archive, err);
    if (is_archive <= 0)
        return is_archive < 0 ? -1 : is_nothing_known(err);
    if (fchmod(dir, 0755) < 0) /* a copy of all of it may take its mode */
        return ob_err_set(err, errno, "can't set the mode of its directory");
    return kit_unpack_whole(archive, dir, err);
}

static void never_waits(void *arg)
{
    BUG("somebody has the lock of a new name of \"%s\"", (const char *)arg);
}

/* Gives the directory of a scratch with a name that nobody else has. */
static int new_scratch(const struct build *b, struct context *c, struct ob_err *err)
{
    char name[SHA256_HEX + 1], scratch[] = "scratch";
    if (getrandom(c->scratch.b, sizeof c->scratch.b, 0) != sizeof c->scratch.b)
        return ob_err_set(err, errno, "can't get random numbers");
    c->lock = layout_lock(&b->layout, &c->scratch, never_waits, scratch, err);
    digest_hex(&c->scratch, name);
    return c->lock < 0 ? -1 : layout_new_scratch(&b->layout, name, err);
}

/* Puts the directory that an archive becomes in the place of its descriptor. */
static int replace_archive(struct build *b, struct context *c, struct ob_err *err)
{
    struct stat st;
    if (fstat(c->fd, &st) < 0)
        return ob_err_set(err, errno, "can't stat it");
    if (S_ISDIR(st.st_mode))
        return 0;
    if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) /* a terminal, or something without an end */
        return is_nothing_known(err);
    cleanup_close int from = take_fd(&c->fd);
    c->fd = new_scratch(b, c, err);
    if (c->fd < 0)
        return -1;
    if (S_ISREG(st.st_mode))
        return unpack(from, c->fd, err);
    cleanup_close int archive = layout_spool(&b->layout, from, err);
    return archive < 0 ? -1 : unpack(archive, c->fd, err);
}

static int open_context(struct build *b, struct str name, const char *path, struct ob_err *err)
{
    bool is_stdin = name.n == 0 && strcmp(path, "-") == 0;
    struct context new = {.name = name, .lock = -1};
    new.fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(path, O_RDONLY | O_CLOEXEC);
    if (new.fd < 0)
        return ob_err_set(err, errno, "can't open context \"%s\"", path);
    vec_push(b->arena, &b->contexts, new);
    struct context *c = &b->contexts.at[b->contexts.n - 1];
    if (replace_archive(b, c, err) < 0 || read_ignore(b, c, err) < 0)
        return ob_err_wrap(err, "context \"%s\"", is_stdin ? "standard input" : path);
    return 0;
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

static void close_context(const struct build *b, const struct context *c)
{
    char name[SHA256_HEX + 1];
    struct ob_err ignored; /* the next settle tries again */
    if (c->fd >= 0)
        close(c->fd);
    if (c->lock < 0)
        return;
    digest_hex(&c->scratch, name);
    layout_end_scratch(&b->layout, name, &ignored);
    close(c->lock);
}

void contexts_close(struct build *b)
{
    vec_for (const struct context, c, &b->contexts)
        close_context(b, c);
    b->contexts.n = 0;
}
