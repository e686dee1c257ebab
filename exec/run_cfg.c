/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fills a step_cfg. The environment is the base image's, then the step's on top; PATH and HOME get
 * what docker gives them where neither says anything.
 */
#include <config.h>

#include "exec/run_cfg.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/path.h"
#include "exec/image.h"
#include "exec/isolate.h"
#include "exec/look.h"
#include "exec/secret.h"
#include "exec/user.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

struct make {
    struct arena *arena;
    const struct build *build;
    const struct op_run *op;
    struct base_config base;
    const struct run_source *sources; /* by mount */
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

/* Those of the whole build give way to what the step sets itself; of one name the last counts. */
static void add_proxies(struct make *m, struct str_vec *env)
{
    const struct str_vec own = *env;
    vec_for (const struct name_str, p, &m->build->plan->proxies)
        if (!has_var(&own, p->name))
            set_var(m, env, p->name, p->value);
}

/* Known by then, see know_ids. */
static struct str mount_id(const struct ir_mount *mount)
{
    return text_str(mount->id);
}

static int value_of(struct make *m, struct text t, struct str *out)
{
    return text_value(m->arena, t, &m->base, out, m->err);
}

static const struct build_secret *find_secret(const struct make *m, const struct ir_mount *mount)
{
    return secret_find(m->build->options, mount_id(mount));
}

/* Sets the variables that hold secrets. */
static int add_secret_vars(struct make *m, struct str_vec *env)
{
    struct str value;
    vec_for (const struct ir_mount, mount, &m->op->mounts) {
        const struct build_secret *s = mount->env.n ? find_secret(m, mount) : NULL;
        if (!s)
            continue;
        if (secret_read(s, m->arena, &value, m->err) < 0)
            return -1;
        if (str_find(value, '\0') >= 0)
            return ob_err_set(
                m->err, 0, "secret \"" STR_FMT "\" holds a zero byte, so no variable can hold it",
                STR_ARG(mount_id(mount)));
        set_var(m, env, mount->env, value);
    }
    return 0;
}

static int make_env(struct make *m, char ***out)
{
    struct str_vec env = {0};
    for (size_t i = 0; i < m->base.n_env; i++)
        vec_push(m->arena, &env, m->base.env[i]);
    vec_for (const struct name_value, e, &m->op->env) {
        struct str value;
        if (value_of(m, e->value, &value) < 0)
            return ob_err_wrap(m->err, "variable \"" STR_FMT "\"", STR_ARG(e->name));
        set_var(m, &env, e->name, value);
    }
    if (add_secret_vars(m, &env) < 0)
        return -1;
    add_proxies(m, &env);
    if (!has_var(&env, STR("PATH")))
        set_var(m, &env, STR("PATH"), TEXT_DEFAULT_PATH);
    if (!has_var(&env, STR("HOME")))
        set_var(m, &env, STR("HOME"), m->user.home);
    *out = to_argv(m->arena, &env);
    return 0;
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

static int lacks_secret(const struct make *m, const struct ir_mount *mount)
{
    if (!mount->required && !mount->read_only)
        return 0;
    return ob_err_set(
        m->err, 0, "the step needs secret \"" STR_FMT "\": give --secret id=" STR_FMT ",src=FILE",
        STR_ARG(mount_id(mount)), STR_ARG(mount_id(mount)));
}

/* A file in memory. One that the user has in no file but a spec asks for is the step's user's. */
static int add_secret_content(struct make *m, const struct ir_mount *mount,
                              const struct build_secret *s, struct step_mount *out)
{
    struct str content;
    if (secret_read(s, m->arena, &content, m->err) < 0)
        return -1;
    out->kind = STEP_MOUNT_FILE;
    out->content = content.p;
    out->size = content.n;
    out->mode = mount->mode.n ? look_octal(mount->mode) : 0400;
    out->uid = mount->read_only ? m->user.uid : (uid_t)mount->uid;
    out->gid = mount->read_only ? m->user.gid : (gid_t)mount->gid;
    return 1;
}

/* A read-only secret is the file itself, and needed: that is what specs mean. */
static int add_secret(struct make *m, const struct ir_mount *mount, struct step_mount *out)
{
    const struct build_secret *s = find_secret(m, mount);
    if (!s)
        return lacks_secret(m, mount);
    if (mount->target.n == 0)
        return 0;
    bool is_file = mount->read_only && secret_file(s).n > 0;
    out->read_only = true;
    if (!is_file)
        return add_secret_content(m, mount, s, out);
    out->kind = STEP_MOUNT_BIND;
    out->source_fd = secret_open(s, m->arena, O_PATH, m->err);
    return out->source_fd < 0 ? -1 : 1;
}

static int add_source(const struct make *m, size_t i, struct step_mount *out)
{
    out->kind = STEP_MOUNT_BIND;
    out->source_fd = m->sources[i].fd;
    out->is_detached = m->sources[i].is_detached;
    return out->source_fd >= 0;
}

/* 1 = *out is a mount, 0 = there is nothing to mount, -1. */
static int fill_mount(struct make *m, size_t i, struct step_mount *out)
{
    const struct ir_mount *mount = &m->op->mounts.at[i];
    switch (mount->type) {
    case MOUNT_SECRET: return add_secret(m, mount, out);
    case MOUNT_TMPFS:
        out->kind = STEP_MOUNT_TMPFS;
        out->mode = 01777;
        out->size = (uint64_t)mount->size;
        return 1;
    case MOUNT_BIND:
    case MOUNT_CACHE:
    case MOUNT_SSH: return add_source(m, i, out);
    }
    return 0;
}

static int add_mount(struct make *m, size_t i, struct step_mount *out)
{
    const struct ir_mount *mount = &m->op->mounts.at[i];
    *out = (struct step_mount){.source_fd = -1, .read_only = mount->read_only};
    struct str target;
    if (value_of(m, mount->target, &target) < 0)
        return -1;
    int rc = fill_mount(m, i, out);
    return rc > 0 && make_path(m, target, "the mount target", &out->target) < 0 ? -1 : rc;
}

static int add_script(struct make *m, const struct ir_file *script, struct step_mount *out)
{
    struct str content;
    if (value_of(m, script->content, &content) < 0)
        return -1;
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
    for (size_t i = 0; i < op->mounts.n; i++) {
        int rc = add_mount(m, i, &mounts[n]);
        if (rc < 0)
            return -1;
        n += (size_t)rc;
    }
    vec_for (const struct ir_file, script, &op->scripts)
        if (add_script(m, script, &mounts[n++]) < 0)
            return -1;
    out->mounts = mounts;
    out->n_mounts = n;
    return 0;
}

static int make_cwd(struct make *m, const char **out)
{
    struct str cwd;
    if (value_of(m, m->op->cwd, &cwd) < 0)
        return -1;
    if (cwd.n == 0)
        cwd = m->base.workdir.n ? m->base.workdir : STR("/");
    if (str_starts(cwd, STR("/")))
        cwd = str_concat(m->arena, STR("/"), path_clean(m->arena, cwd));
    return make_path(m, cwd, "the working directory", out);
}

/* Without a user the image's counts; one that turns out to be empty is root. */
static int make_user(struct make *m, const struct rootfs *root)
{
    struct str user = m->base.user;
    if (m->op->user.n && value_of(m, m->op->user, &user) < 0)
        return -1;
    return user_resolve(m->arena, root->fd, user, USER_RUN, &m->user, m->err);
}

int run_cfg_user(const struct build *b, const struct op_run *op, const struct image_info *base,
                 const struct rootfs *root, struct user *out, struct ob_err *err)
{
    struct make m = {b->arena, b, op, image_base_config(base), .err = err};
    int rc = make_user(&m, root);
    *out = m.user;
    return rc;
}

/* A copy of the step in which the ids of mounts are known. */
static int know_ids(struct make *m, struct op_run *copy)
{
    size_t n = copy->mounts.n;
    struct ir_mount *mounts = arena_new_n(m->arena, struct ir_mount, n);
    for (size_t i = 0; i < n; i++) {
        struct str id;
        mounts[i] = copy->mounts.at[i];
        if (value_of(m, mounts[i].id, &id) < 0)
            return -1;
        mounts[i].id = text_lit(m->arena, id);
    }
    copy->mounts.at = mounts;
    m->op = copy;
    return 0;
}

int run_cfg_make(const struct build *b, const struct op_run *op, const struct image_info *base,
                 const struct rootfs *root, const struct run_source *sources, struct step_cfg *out,
                 struct ob_err *err)
{
    struct make m = {b->arena, b, op, image_base_config(base), .sources = sources, .err = err};
    struct op_run copy = *op;
    char **env = NULL;
    if (know_ids(&m, &copy) < 0 || make_user(&m, root) < 0 || make_env(&m, &env) < 0)
        return -1;
    *out = (struct step_cfg){
        .argv = make_argv(&m, root, base),
        .env = env,
        .uid = m.user.uid,
        .gid = m.user.gid,
        .groups = m.user.groups.at,
        .n_groups = m.user.groups.n,
        .hostname = "builder",
        .network = isolate_network(b, op),
        .limits = b->options->limits,
        .is_insecure = op->security == SECURITY_INSECURE,
        .in_fd = -1,
        .out_fd = -1,
    };
    return make_cwd(&m, &out->cwd) < 0 ? -1 : make_mounts(&m, out);
}
