/* SPDX-License-Identifier: Apache-2.0 */
/* What a build needs before it is scheduled: its context. */
#include <config.h>

#include "exec/build.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/remote.h"
#include "exec/look.h"

#include <fcntl.h>

/* Sources that are late are looked at by the step. */
static const char *unsupported_add(const struct build *b, const struct op_add *op)
{
    vec_for (const struct text, t, &op->src)
        if (text_is_literal(*t) && remote_kind(text_str(*t)) != REMOTE_NONE)
            return arena_cstr(b->arena, arena_printf(b->arena, "fetching \"" STR_FMT "\"",
                                                     STR_ARG(text_str(*t))));
    return op->checksum.n ? "checking the digest of files of the context" : NULL;
}

static const char *unsupported_run(const struct op_run *op)
{
    if (op->security == SECURITY_INSECURE)
        return "--security=insecure";
    vec_for (const struct ir_device, d, &op->devices)
        if (!d->optional)
            return "a device";
    vec_for (const struct ir_mount, m, &op->mounts) {
        if (m->type == MOUNT_CACHE && m->from != MOUNT_FROM_NOTHING)
            return "a cache with an initial content";
        if (m->type == MOUNT_SSH && m->required)
            return "a required ssh mount";
        if (m->uid >= UINT32_MAX || m->gid >= UINT32_MAX)
            return "an owner that is no number of a user or group";
        if (m->context.n)
            return "a mount of a named context";
    }
    return NULL;
}

/* What a step asks for that no part of obexec does; NULL = nothing. */
static const char *unsupported(const struct build *b, const struct step *s)
{
    switch (s->kind) {
    case STEP_ADD: return unsupported_add(b, &s->op.add);
    case STEP_RUN: return unsupported_run(&s->op.run);
    case STEP_FROM:
    case STEP_SCRATCH:
    case STEP_COPY:
    case STEP_MKDIR:
    case STEP_FILE:
    case N_STEP_KINDS: break;
    }
    return NULL;
}

static struct str epoch_of(const struct step *s)
{
    switch (s->kind) {
    case STEP_COPY: return s->op.copy.epoch;
    case STEP_ADD: return s->op.add.epoch;
    case STEP_FILE: return s->op.file.epoch;
    case STEP_MKDIR: return s->op.mkdir.epoch;
    default: return STR("");
    }
}

static const char *unsupported_epoch(const struct step *s)
{
    struct timespec time;
    struct str epoch = epoch_of(s);
    return epoch.n && !look_epoch(epoch, &time) ? "a SOURCE_DATE_EPOCH that is no number of seconds"
                                                : NULL;
}

static const bool *find_built_on(const struct build *b)
{
    bool *out = arena_new_n(b->arena, bool, b->plan->steps.n);
    vec_for (const struct step, s, &b->plan->steps)
        if (s->parent != NO_STEP)
            out[s->parent] = true;
    vec_for (const struct target, t, &b->plan->targets)
        out[t->step] = true;
    return out;
}

int build_check(struct build *b, struct ob_err *err)
{
    b->is_built_on = find_built_on(b);
    vec_for (const struct step, s, &b->plan->steps) {
        const char *what = unsupported(b, s);
        if (!what)
            what = unsupported_epoch(s);
        if (!what)
            continue;
        return ob_err_set(err, 0, "step %zu (" STR_FMT "): %s can't be done by this obexec",
                          (size_t)(s - b->plan->steps.at) + 1, STR_ARG(s->meta.heading), what);
    }
    return 0;
}

static bool reads_context(const struct step *s)
{
    if (s->kind == STEP_RUN)
        vec_for (const struct ir_mount, m, &s->op.run.mounts)
            if (m->from == MOUNT_FROM_CONTEXT)
                return true;
    return s->kind == STEP_ADD || (s->kind == STEP_COPY && s->op.copy.source == COPY_FROM_CONTEXT);
}

/* 1 = some step reads the context, 0 = none does, -1 = one reads another than the main. */
static int needs_context(const struct plan *p, struct ob_err *err)
{
    int needs = 0;
    vec_for (const struct step, s, &p->steps) {
        if (s->kind == STEP_COPY && s->op.copy.context.n)
            return ob_err_set(err, 0, "named contexts (\"" STR_FMT "\") are not supported",
                              STR_ARG(s->op.copy.context));
        needs |= reads_context(s);
    }
    return needs;
}

int build_open_context(struct build *b, struct ob_err *err)
{
    cleanup_buf struct buf text = BUF_INIT;
    b->context = -1;
    int needs = needs_context(b->plan, err);
    if (needs < 0)
        return -1;
    if (!b->context_path)
        return needs == 0 ? 0
                          : ob_err_set(err, 0,
                                       "the build copies files from a context: give its directory");
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
