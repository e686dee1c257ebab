/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fills a step_cfg. The environment is the base image's, then the step's on top; PATH and HOME get
 * what docker gives them where neither says anything.
 */
#include <config.h>

#include "exec/run_cfg.h"

#include "exec/image.h"
#include "exec/user.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct make {
    struct arena *arena;
    const struct build *build;
    const struct op_run *op;
    struct base_config base;
    struct user user;
    struct ob_err *err;
};

static bool is_var(struct str entry, struct str name)
{
    return str_starts(entry, name) && entry.n > name.n && entry.p[name.n] == '=';
}

static void set_var(struct make *m, struct str_vec *env, struct str name, struct str value)
{
    struct str entry = arena_printf(m->arena, STR_FMT "=" STR_FMT, STR_ARG(name), STR_ARG(value));
    vec_for (struct str, e, env)
        if (is_var(*e, name)) {
            *e = entry;
            return;
        }
    vec_push(m->arena, env, entry);
}

static bool has_var(const struct str_vec *env, struct str name)
{
    vec_for (const struct str, e, env)
        if (is_var(*e, name))
            return true;
    return false;
}

static char **to_argv(struct arena *a, const struct str_vec *v)
{
    char **out = arena_new_n(a, char *, v->n + 1);
    for (size_t i = 0; i < v->n; i++)
        out[i] = arena_cstr(a, v->at[i]);
    return out;
}

static char **make_env(struct make *m)
{
    struct str_vec env = {0};
    for (size_t i = 0; i < m->base.n_env; i++)
        vec_push(m->arena, &env, m->base.env[i]);
    vec_for (const struct name_value, e, &m->op->env)
        set_var(m, &env, e->name, text_value(m->arena, e->value, &m->base));
    if (!has_var(&env, STR("PATH")))
        set_var(m, &env, STR("PATH"), STR(DEFAULT_PATH));
    if (!has_var(&env, STR("HOME")))
        set_var(m, &env, STR("HOME"), m->user.home);
    return to_argv(m->arena, &env);
}

static void add_shell(struct make *m, const struct rootfs *root, const struct image_info *base,
                      struct str_vec *argv)
{
    const struct command *c = &m->op->command;
    const struct str_vec *list = c->shell_kind == SHELL_LIST ? &c->shell : &base->shell;
    if (c->shell_kind == SHELL_SANDBOX) {
        const char *const *words = sandbox_default_shell(m->build->kit.sandbox, root);
        for (; *words; words++)
            vec_push(m->arena, argv, str_from(*words));
        return;
    }
    vec_for (const struct str, s, list)
        vec_push(m->arena, argv, *s);
    if (list->n == 0) { /* the image has no SHELL: docker's default */
        vec_push(m->arena, argv, STR("/bin/sh"));
        vec_push(m->arena, argv, STR("-c"));
    }
}

static char **make_argv(struct make *m, const struct rootfs *root, const struct image_info *base)
{
    const struct command *c = &m->op->command;
    struct str_vec argv = {0};
    if (c->form == COMMAND_ARGV)
        return to_argv(m->arena, &c->argv);
    add_shell(m, root, base, &argv);
    vec_push(m->arena, &argv, c->line);
    return to_argv(m->arena, &argv);
}

/* A path in the sandbox. The verifier knows only those that are not late, and takes Windows' too.
 */
static int make_path(struct make *m, struct str path, const char *what, const char **out)
{
    if (!str_starts(path, STR("/")))
        return ob_err_set(m->err, 0, "%s \"" STR_FMT "\" is not an absolute path", what,
                          STR_ARG(path));
    *out = arena_cstr(m->arena, path);
    return 0;
}

static int add_secret(struct make *m, const struct ir_mount *mount, struct step_mount *out)
{
    vec_for (const struct build_secret, s, &m->build->options->secrets) {
        if (!str_eq(s->id, mount->id))
            continue;
        const char *file = arena_cstr(m->arena, s->file);
        out->kind = STEP_MOUNT_BIND;
        out->read_only = true;
        out->source_fd = open(file, O_PATH | O_CLOEXEC);
        return out->source_fd < 0 ? ob_err_set(m->err, errno, "secret \"" STR_FMT "\": \"%s\"",
                                               STR_ARG(mount->id), file)
                                  : 0;
    }
    return ob_err_set(
        m->err, 0, "the step needs secret \"" STR_FMT "\": give --secret id=" STR_FMT ",src=FILE",
        STR_ARG(mount->id), STR_ARG(mount->id));
}

static int add_mount(struct make *m, const struct ir_mount *mount, struct step_mount *out)
{
    *out = (struct step_mount){.source_fd = -1, .read_only = mount->read_only};
    struct str target = text_value(m->arena, mount->target, &m->base);
    if (make_path(m, target, "the mount target", &out->target) < 0)
        return -1;
    switch (mount->type) {
    case MOUNT_SECRET: return add_secret(m, mount, out);
    case MOUNT_CACHE:
        /* A cache may be lost at any time, so one that is always empty is slow and right. */
        out->kind = STEP_MOUNT_TMPFS;
        out->mode = 0755;
        out->uid = m->user.uid;
        out->gid = m->user.gid;
        return 0;
    case MOUNT_TMPFS:
        out->kind = STEP_MOUNT_TMPFS;
        out->mode = 01777;
        return 0;
    case MOUNT_BIND:
    case MOUNT_SSH: break;
    }
    return ob_err_set(m->err, 0, "mounts of type %s are not supported by this obexec",
                      mount_type_name(mount->type));
}

static int add_script(struct make *m, const struct ir_file *script, struct step_mount *out)
{
    struct str content = text_value(m->arena, script->content, &m->base);
    struct str path = str_concat(m->arena, STR("/dev/pipes/"), script->name);
    *out = (struct step_mount){
        .kind = STEP_MOUNT_FILE,
        .target = arena_cstr(m->arena, path),
        .source_fd = -1,
        .read_only = true,
        .content = content.p,
        .size = content.n,
        .mode = 0755,
    };
    return 0;
}

static int make_mounts(struct make *m, struct step_cfg *out)
{
    const struct op_run *op = m->op;
    size_t n = 0;
    struct step_mount *mounts =
        arena_new_n(m->arena, struct step_mount, op->mounts.n + op->scripts.n);
    vec_for (const struct ir_mount, mount, &op->mounts)
        if (add_mount(m, mount, &mounts[n++]) < 0)
            return -1;
    vec_for (const struct ir_file, script, &op->scripts)
        if (add_script(m, script, &mounts[n++]) < 0)
            return -1;
    out->mounts = mounts;
    out->n_mounts = n;
    return 0;
}

static int make_cwd(struct make *m, const char **out)
{
    struct str cwd = text_value(m->arena, m->op->cwd, &m->base);
    if (cwd.n == 0)
        cwd = m->base.workdir.n ? m->base.workdir : STR("/");
    return make_path(m, cwd, "the working directory", out);
}

int run_cfg_make(const struct build *b, const struct op_run *op, const struct image_info *base,
                 const struct rootfs *root, struct step_cfg *out, struct ob_err *err)
{
    struct make m = {b->arena, b, op, image_base_config(base), .err = err};
    struct str user = text_value(m.arena, op->user, &m.base);
    if (op->user.n == 0)
        user = m.base.user;
    if (user_resolve(m.arena, root->fd, user, USER_RUN, &m.user, err) < 0)
        return -1;
    enum network net = op->network;
    bool host = net == NETWORK_HOST || (net == NETWORK_DEFAULT && b->options->network_default_host);
    *out = (struct step_cfg){
        .argv = make_argv(&m, root, base),
        .env = make_env(&m),
        .uid = m.user.uid,
        .gid = m.user.gid,
        .groups = m.user.groups.at,
        .n_groups = m.user.groups.n,
        .hostname = "builder",
        .network = host ? STEP_NETWORK_HOST : STEP_NETWORK_NONE,
        .in_fd = -1,
        .out_fd = -1,
    };
    return make_cwd(&m, &out->cwd) < 0 ? -1 : make_mounts(&m, out);
}
