/* SPDX-License-Identifier: Apache-2.0 */
/* The verifier: order and shape of the graph, then what each kind needs, then the ids. */
#include <config.h>

#include "ir/verify.h"

#include "base/mode.h"
#include "ir/identify.h"

struct check {
    const struct plan *plan;
    size_t index; /* of the step that is checked */
    struct ob_err *err;
};

static int fail(const struct check *c, const char *where, const char *what)
{
    return ob_err_set(c->err, 0, "$.steps[%zu]%s: %s", c->index, where, what);
}

static bool is_base(const struct step *s)
{
    return s->kind == STEP_FROM || s->kind == STEP_SCRATCH;
}

/* How many steps it reads besides its parent. */
static size_t reads_wanted(const struct step *s)
{
    size_t n = s->kind == STEP_COPY && s->op.copy.source == COPY_FROM_STEP;
    if (s->kind == STEP_RUN)
        vec_for (const struct ir_mount, m, &s->op.run.mounts)
            n += m->from == MOUNT_FROM_STEP;
    return n;
}

static int check_edges(const struct check *c, const struct step *s)
{
    if (is_base(s) && s->parent != NO_STEP)
        return fail(c, ".parent", "a base has no parent");
    if (!is_base(s) && s->parent == NO_STEP)
        return fail(c, "", "\"parent\" is missing");
    if (s->parent != NO_STEP && s->parent >= c->index)
        return fail(c, ".parent", "not an earlier step");
    vec_for (const uint32_t, r, &s->reads)
        if (*r >= c->index)
            return fail(c, ".reads", "not an earlier step");
    size_t want = reads_wanted(s);
    if (s->reads.n == want)
        return 0;
    return fail(c, ".reads",
                s->kind == STEP_RUN ? "not as many steps as mounts from steps"
                : want              ? "a copy from a step reads exactly one"
                                    : "reads nothing");
}

/* Paths in a sandbox: a literal starts with "/" or, on Windows, with a drive; a late value is up
 * to the base image. */
static bool is_absolute(struct text t)
{
    struct str h = text_head(t);
    if (h.n == 0)
        return t.n > 0;
    return h.p[0] == '/' || h.p[0] == '\\' || (h.n >= 2 && ascii_is_alpha(h.p[0]) && h.p[1] == ':');
}

static bool has_nul(struct str s)
{
    return str_find(s, '\0') >= 0;
}

static int check_env(const struct check *c, const struct name_value_vec *env)
{
    vec_for (const struct name_value, e, env)
        if (e->name.n == 0 || str_find(e->name, '=') >= 0 || has_nul(e->name))
            return fail(c, ".op.env", "a name is empty or has a \"=\"");
    return 0;
}

/* Up to 07777; empty = none. */
static bool is_octal(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '7')
            return false;
    return s.n <= 4 || (s.n == 5 && s.p[0] == '0');
}

static bool is_file_name(struct str s)
{
    return s.n > 0 && str_find(s, '/') < 0 && !has_nul(s) && !str_eq(s, STR(".")) &&
           !str_eq(s, STR(".."));
}

static int check_mount(const struct check *c, const struct ir_mount *m)
{
    bool is_env_only = m->type == MOUNT_SECRET && m->env.n && m->target.n == 0;
    if (!is_env_only && !is_absolute(m->target))
        return fail(c, ".op.mounts", "a target is not an absolute path");
    if (m->type == MOUNT_BIND && m->from == MOUNT_FROM_NOTHING)
        return fail(c, ".op.mounts", "a bind mount is from nothing");
    if (m->context.n && m->from != MOUNT_FROM_CONTEXT)
        return fail(c, ".op.mounts", "a mount that is not from a context names one");
    if (str_find(m->env, '=') >= 0 || has_nul(m->env))
        return fail(c, ".op.mounts", "the name of a variable has a \"=\"");
    return is_octal(m->mode) ? 0 : fail(c, ".op.mounts", "not an octal mode");
}

static int check_run(const struct check *c, const struct op_run *op)
{
    if (op->command.form == COMMAND_NONE)
        return fail(c, ".op", "expected \"argv\", or \"shell\" and \"command\"");
    if (op->command.form == COMMAND_ARGV && op->command.argv.n == 0)
        return fail(c, ".op.argv", "is empty");
    if (op->command.form == COMMAND_SHELL && op->command.shell_kind == SHELL_LIST &&
        op->command.shell.n == 0)
        return fail(c, ".op.shell", "is empty");
    if (op->cwd.n && !is_absolute(op->cwd))
        return fail(c, ".op.cwd", "not an absolute path");
    vec_for (const struct ir_mount, m, &op->mounts)
        if (check_mount(c, m) < 0)
            return -1;
    vec_for (const struct ir_file, f, &op->scripts)
        if (!is_file_name(f->name))
            return fail(c, ".op.scripts", "a name is not that of a file");
    return check_env(c, &op->env);
}

/* Where files go, and the mode that they get. */
static int check_placed(const struct check *c, struct text dst, struct text chmod)
{
    if (!is_absolute(dst))
        return fail(c, ".op.dst", "not an absolute path");
    return !text_is_literal(chmod) || is_octal(text_str(chmod)) || mode_is_symbolic(text_str(chmod))
               ? 0
               : fail(c, ".op.chmod", "neither an octal nor a symbolic mode");
}

static int check_copy(const struct check *c, const struct op_copy *op)
{
    if (op->src.n == 0)
        return fail(c, ".op.src", "is empty");
    if (op->source == COPY_FROM_STEP && op->context.n)
        return fail(c, ".op.context", "a copy from a step has no context");
    return check_placed(c, op->dst, op->chmod);
}

static int check_add(const struct check *c, const struct op_add *op)
{
    if (op->src.n == 0)
        return fail(c, ".op.src", "is empty");
    return check_placed(c, op->dst, op->chmod);
}

static int check_file(const struct check *c, const struct op_file *op)
{
    if (op->files.n == 0)
        return fail(c, ".op.files", "is empty");
    vec_for (const struct ir_file, f, &op->files)
        if (!is_file_name(f->name))
            return fail(c, ".op.files", "a name is not that of a file");
    return check_placed(c, op->dst, op->chmod);
}

static int check_op(const struct check *c, const struct step *s)
{
    switch (s->kind) {
    case STEP_FROM: return s->op.from.image.n ? 0 : fail(c, ".op.image", "is empty");
    case STEP_SCRATCH: return 0;
    case STEP_RUN: return check_run(c, &s->op.run);
    case STEP_COPY: return check_copy(c, &s->op.copy);
    case STEP_MKDIR:
        return is_absolute(s->op.mkdir.path) ? 0 : fail(c, ".op.path", "not an absolute path");
    case STEP_ADD: return check_add(c, &s->op.add);
    case STEP_FILE: return check_file(c, &s->op.file);
    case N_STEP_KINDS: break;
    }
    return fail(c, ".kind", "unknown");
}

bool ir_op_is_valid(const struct step *s)
{
    struct ob_err unused;
    struct check c = {.err = &unused};
    return check_op(&c, s) == 0;
}

static int check_ids(struct plan *p, struct ob_err *err)
{
    size_t wrong;
    struct digest right;
    char hex[SHA256_HEX + 1];
    if (ir_ids_hold(p, &wrong, &right))
        return 0;
    digest_hex(&right, hex);
    return ob_err_set(err, 0, "$.steps[%zu].id: the step hashes to %s", wrong, hex);
}

static int check_ends(const struct plan *p, struct ob_err *err)
{
    for (size_t i = 0; i < p->stages.n; i++)
        if (p->stages.at[i].step >= p->steps.n)
            return ob_err_set(err, 0, "$.stages[%zu].step: no such step", i);
    for (size_t i = 0; i < p->targets.n; i++) {
        const struct target *t = &p->targets.at[i];
        if (t->step >= p->steps.n)
            return ob_err_set(err, 0, "$.targets[%zu].step: no such step", i);
        if (t->stage != NO_STEP && t->stage >= p->stages.n)
            return ob_err_set(err, 0, "$.targets[%zu].stage: no such stage", i);
        if (t->stage != NO_STEP && p->stages.at[t->stage].step != t->step)
            return ob_err_set(err, 0, "$.targets[%zu].step: not the stage's step", i);
    }
    return p->targets.n ? 0 : ob_err_set(err, 0, "$.targets: is empty: there is nothing to build");
}

int ir_verify(struct plan *p, struct ob_err *err)
{
    struct check c = {.plan = p, .err = err};
    for (c.index = 0; c.index < p->steps.n; c.index++) {
        struct step *s = &p->steps.at[c.index];
        if (check_edges(&c, s) < 0 || check_op(&c, s) < 0)
            return -1;
        if (s->meta.line != 0 && s->meta.source >= p->sources.n)
            return fail(&c, ".meta.source", "no such source");
    }
    return check_ends(p, err) < 0 ? -1 : check_ids(p, err);
}
