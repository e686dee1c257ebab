/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The front of the sandbox contract: checks what the caller hands in and what the backend gives
 * back, so that neither side has to. Nobody else calls through the table.
 */
#include <config.h>

#include "exec/sandbox.h"

static int check_rc(const struct sandbox_ops *ops, const char *slot, int rc,
                    const struct ob_err *err)
{
    if (rc != 0 && rc != -1)
        BUG("sandbox %s: %s gave %d", ops->name, slot, rc);
    if (rc < 0 && err->text[0] == '\0')
        BUG("sandbox %s: %s failed without saying why", ops->name, slot);
    return rc;
}

static void check_mount(const struct step_mount *m)
{
    if (!m->target || m->target[0] != '/')
        BUG("the target of a mount is not absolute");
    if (m->kind == STEP_MOUNT_BIND && m->source_fd < 0)
        BUG("the mount on %s has no source", m->target);
}

static void check_cfg(const struct step_cfg *cfg)
{
    if (!cfg->argv || !cfg->argv[0] || !cfg->env || !cfg->hostname)
        BUG("a step needs a command, an environment and a host name");
    if (!cfg->cwd || cfg->cwd[0] != '/')
        BUG("the working directory is not absolute");
    if (cfg->out_fd < 0)
        BUG("a step has nowhere to write");
    if ((cfg->n_groups && !cfg->groups) || (cfg->n_mounts && !cfg->mounts))
        BUG("a step counts groups or mounts that are not there");
    for (size_t i = 0; i < cfg->n_mounts; i++)
        check_mount(&cfg->mounts[i]);
}

int sandbox_open(const struct sandbox_ops *ops, const struct sandbox_options *o,
                 struct sandbox **out, struct ob_err *err)
{
    *out = NULL;
    if (check_rc(ops, "open", ops->open(o, out, err), err) < 0)
        return -1;
    if (!*out || (*out)->ops != ops)
        BUG("sandbox %s: open gave no sandbox of its own", ops->name);
    return 0;
}

void sandbox_close(struct sandbox *s)
{
    if (s)
        s->ops->close(s);
}

int sandbox_check(struct sandbox *s, const struct step_cfg *cfg, struct ob_err *err)
{
    return check_rc(s->ops, "check", s->ops->check(s, cfg, err), err);
}

static void check_root(const struct sandbox *s, const struct rootfs *root)
{
    if (!(s->ops->kinds & root->kind))
        BUG("sandbox %s can't run on a root filesystem of kind %d", s->ops->name, root->kind);
    if ((root->kind == ROOTFS_DIR) != (root->fd >= 0))
        BUG("a root filesystem has a descriptor exactly if it is a directory");
}

int sandbox_start(struct sandbox *s, const struct rootfs *root, const struct step_cfg *cfg,
                  struct sandbox_run **out, struct ob_err *err)
{
    check_root(s, root);
    check_cfg(cfg);
    *out = NULL;
    if (check_rc(s->ops, "start", s->ops->start(s, root, cfg, out, err), err) < 0)
        return -1;
    if (!*out || (*out)->sandbox != s)
        BUG("sandbox %s: start gave no run of its own", s->ops->name);
    return 0;
}

void sandbox_wait(struct sandbox_run *run)
{
    run->sandbox->ops->wait(run);
}

int sandbox_reap(struct sandbox_run *run, struct sandbox_status *status, struct ob_err *err)
{
    const struct sandbox_ops *ops = run->sandbox->ops;
    *status = (struct sandbox_status){.exit_code = -1};
    if (check_rc(ops, "reap", ops->reap(run, status, err), err) < 0)
        return -1;
    if (status->is_step_fault)
        BUG("sandbox %s: a fault without an error", ops->name);
    if (status->exit_code < 0 || status->exit_code > 255)
        BUG("sandbox %s: exit status %d", ops->name, status->exit_code);
    if (status->signal != 0 && status->exit_code != 128 + status->signal)
        BUG("sandbox %s: signal %d, but exit status %d", ops->name, status->signal,
            status->exit_code);
    return 0;
}

void sandbox_terminate(struct sandbox_run *run)
{
    run->sandbox->ops->terminate(run);
}

void sandbox_kill(struct sandbox_run *run)
{
    run->sandbox->ops->kill(run);
}

const char *const *sandbox_default_shell(struct sandbox *s, const struct rootfs *root)
{
    check_root(s, root);
    const char *const *shell = s->ops->default_shell(s, root);
    if (!shell || !shell[0])
        BUG("sandbox %s: no default shell", s->ops->name);
    return shell;
}
