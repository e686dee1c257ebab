/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What steps need. A field that needs one capability whenever it is set says so in its row of the
 * field tables; what depends on values is here.
 */
#include <config.h>

#include "ir/need.h"

#include "base/mode.h"
#include "base/remote.h"
#include "ir/field.h"

_Static_assert(N_NEEDS <= 32, "a set has its bits");

static const char *const names[N_NEEDS] = {
    [NEED_ADD] = "add",
    [NEED_ADD_CHECKSUM] = "add.checksum",
    [NEED_ADD_GIT] = "add.git",
    [NEED_ADD_HTTP] = "add.http",
    [NEED_CHMOD_SYMBOLIC] = "chmod.symbolic",
    [NEED_CONTEXT_NAMED] = "context.named",
    [NEED_COPY_PARENTS] = "copy.parents",
    [NEED_EPOCH] = "epoch",
    [NEED_EPOCH_SOURCE] = "epoch.source",
    [NEED_FILE] = "file",
    [NEED_FROM_ONBUILD] = "from.onbuild",
    [NEED_LATE] = "late",
    [NEED_LATE_PATTERN] = "late.pattern",
    [NEED_PROXIES] = "proxies",
    [NEED_RUN_DEVICE] = "run.device",
    [NEED_RUN_DEVICE_OPTIONAL] = "run.device.optional",
    [NEED_RUN_INSECURE] = "run.insecure",
    [NEED_RUN_MOUNT_BIND] = "run.mount.bind",
    [NEED_RUN_MOUNT_CACHE_FROM] = "run.mount.cache.from",
    [NEED_RUN_MOUNT_SECRET_ENV] = "run.mount.secret.env",
    [NEED_RUN_MOUNT_SSH] = "run.mount.ssh",
    [NEED_RUN_MOUNT_SSH_OPTIONAL] = "run.mount.ssh.optional",
    [NEED_RUN_MOUNT_TMPFS] = "run.mount.tmpfs",
    [NEED_RUN_SCRIPTS] = "run.scripts",
};

const char *need_name(enum ir_need need)
{
    return names[need];
}

enum ir_need need_named(struct str name)
{
    for (enum ir_need n = NEED_NONE + 1; n < N_NEEDS; n++)
        if (str_eq(name, str_from(names[n])))
            return n;
    return NEED_NONE;
}

void needs_add(struct ir_needs *set, enum ir_need need)
{
    if (need != NEED_NONE)
        set->bits |= UINT32_C(1) << need;
}

static void add_text(struct text t, struct ir_needs *to)
{
    if (text_is_literal(t))
        return;
    needs_add(to, NEED_LATE);
    for (size_t i = 0; i < t.n; i++) {
        if (t.part[i].kind != TEXT_EXPAND)
            continue;
        const struct text_expand *x = t.part[i].x;
        if (text_op_is_pattern(x->op))
            needs_add(to, NEED_LATE_PATTERN);
        add_text(x->of, to);
        add_text(x->word, to);
        add_text(x->with, to);
    }
}

static void add_fields(const struct field *table, const void *obj, struct ir_needs *to);

static void add_value(const struct field *f, const void *obj, struct ir_needs *to)
{
    if (f->type == FIELD_TEXT || f->type == FIELD_STR_OR_TEXT)
        add_text(*FIELD_AT(struct text, f, obj), to);
    if (f->type == FIELD_TEXT_LIST)
        vec_for (const struct text, t, FIELD_AT(struct text_vec, f, obj))
            add_text(*t, to);
    if (f->type == FIELD_TEXT_PAIRS)
        vec_for (const struct name_value, e, FIELD_AT(struct name_value_vec, f, obj))
            add_text(e->value, to);
    if (f->type == FIELD_OBJECTS)
        field_for_objects(o, f, obj) add_fields(f->fields, o, to);
}

static void add_fields(const struct field *table, const void *obj, struct ir_needs *to)
{
    field_for(f, table)
    {
        if (field_is_default(f, obj))
            continue;
        needs_add(to, f->need);
        add_value(f, obj, to);
    }
}

static enum ir_need mount_need(const struct ir_mount *m)
{
    switch (m->type) {
    case MOUNT_BIND: return NEED_RUN_MOUNT_BIND;
    case MOUNT_CACHE: return m->from != MOUNT_FROM_NOTHING ? NEED_RUN_MOUNT_CACHE_FROM : NEED_NONE;
    case MOUNT_TMPFS: return NEED_RUN_MOUNT_TMPFS;
    case MOUNT_SECRET: return m->env.n ? NEED_RUN_MOUNT_SECRET_ENV : NEED_NONE;
    case MOUNT_SSH: return m->required ? NEED_RUN_MOUNT_SSH : NEED_RUN_MOUNT_SSH_OPTIONAL;
    }
    return NEED_NONE;
}

static void add_run(const struct op_run *op, struct ir_needs *to)
{
    vec_for (const struct ir_mount, m, &op->mounts)
        needs_add(to, mount_need(m));
    vec_for (const struct ir_device, d, &op->devices)
        needs_add(to, d->optional ? NEED_RUN_DEVICE_OPTIONAL : NEED_RUN_DEVICE);
}

static void add_source(struct text src, struct ir_needs *to)
{
    if (!text_is_literal(src))
        return;
    enum remote r = remote_kind(text_str(src));
    needs_add(to, r == REMOTE_GIT ? NEED_ADD_GIT : r == REMOTE_HTTP ? NEED_ADD_HTTP : NEED_NONE);
}

/* What files are given: a mode and a time. */
static void add_looks(struct text chmod, struct str epoch, struct ir_needs *to)
{
    int64_t unused;
    if (text_is_literal(chmod) && mode_is_symbolic(text_str(chmod)))
        needs_add(to, NEED_CHMOD_SYMBOLIC);
    if (epoch.n && !epoch_seconds(epoch, &unused))
        needs_add(to, NEED_EPOCH_SOURCE);
}

void step_needs(const struct step *s, struct ir_needs *to)
{
    add_fields(op_fields(s->kind), &s->op, to);
    switch (s->kind) {
    case STEP_RUN: add_run(&s->op.run, to); return;
    case STEP_COPY: add_looks(s->op.copy.chmod, s->op.copy.epoch, to); return;
    case STEP_MKDIR: add_looks(TEXT_EMPTY, s->op.mkdir.epoch, to); return;
    case STEP_ADD:
        needs_add(to, NEED_ADD);
        vec_for (const struct text, src, &s->op.add.src)
            add_source(*src, to);
        add_looks(s->op.add.chmod, s->op.add.epoch, to);
        return;
    case STEP_FILE:
        needs_add(to, NEED_FILE);
        add_looks(s->op.file.chmod, s->op.file.epoch, to);
        return;
    case STEP_FROM:
    case STEP_SCRATCH:
    case N_STEP_KINDS: return;
    }
}

struct ir_needs plan_needs(const struct plan *p)
{
    struct ir_needs all = {0};
    vec_for (const struct step, s, &p->steps)
        step_needs(s, &all);
    vec_for (const struct stage, s, &p->stages) {
        add_fields(config_fields, &s->config, &all);
        add_looks(TEXT_EMPTY, s->config.epoch, &all);
    }
    if (p->proxies.n)
        needs_add(&all, NEED_PROXIES);
    return all;
}
