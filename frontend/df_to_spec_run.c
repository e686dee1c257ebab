/* SPDX-License-Identifier: Apache-2.0 */
/* RUN: which command, with which shell and in which environment. */
#include <config.h>

#include "frontend/df_to_spec.h"

#include "frontend/pin.h"
#include "frontend/sx_emit.h"

static const struct diag_rule script_name_lost = {"ScriptNameLost", DIAG_LOSS};

/* A script is written, run and removed by the command itself. */
static struct str script_command(struct ts_chain *ch, const struct op_run *op)
{
    const struct ir_file *f = &op->scripts.at[0];
    struct str content = ts_value(ch, f->content);
    ts_loss(ch, &script_name_lost, "the script is called otherwise: it is a temporary file");
    return arena_printf(ch->t->a,
                        "f=$(mktemp)\nprintf %%s " STR_FMT
                        " >\"$f\"\nchmod 700 \"$f\"\n\"$f\"\ns=$?\nrm -f \"$f\"\nexit $s",
                        STR_ARG(ts_quote(ch->t->a, content)));
}

/* The shell of the image: a spec's own default would be another one. */
static struct str_vec base_shell(struct ts_chain *ch)
{
    const struct pin *pin = ch->root ? ch->root->base : NULL;
    if (pin && pin->shell.n)
        return pin->shell;
    ch->took_shell |= !ts_base_is_known(ch);
    if (!ch->is_windows)
        return ts_sh(ch);
    return ch->shell.n ? ts_windows_cmd(ch) : ch->shell; /* none is cmd there, too */
}

/* Sets *shell and gives the command: together they are the argv. Exec form without a shell is the
 * same with its last word as the command. */
static struct str command_of(struct ts_chain *ch, const struct op_run *op, struct str_vec *shell)
{
    const struct command *cmd = &op->command;
    if (cmd->form == COMMAND_SHELL) {
        *shell = cmd->shell_kind == SHELL_LIST ? cmd->shell : base_shell(ch);
        return op->scripts.n ? script_command(ch, op) : cmd->line;
    }
    if (cmd->argv.n == 1) {
        ts_has_shell(ch);
        ch->took_shell |= !ts_base_is_known(ch);
        *shell = ts_sh(ch);
        return str_concat(ch->t->a, STR("exec "), ts_quote(ch->t->a, cmd->argv.at[0]));
    }
    *shell = cmd->argv;
    shell->cap = --shell->n;
    return cmd->argv.at[cmd->argv.n - 1];
}

/* Without what only a mount that is lost has set. */
static struct name_value_vec env_of(struct ts_chain *ch, const struct op_run *op)
{
    struct name_value_vec env = {0};
    bool has_ssh = false;
    vec_for (const struct ir_mount, m, &op->mounts)
        has_ssh |= m->type == MOUNT_SSH;
    if (!has_ssh)
        return op->env;
    vec_for (const struct name_value, e, &op->env)
        if (!str_eq(e->name, STR("SSH_AUTH_SOCK")))
            vec_push(ch->t->a, &env, *e);
    return env;
}

void ts_run(struct ts_chain *ch, const struct step *s)
{
    const struct op_run *op = &s->op.run;
    struct str_vec shell;
    ts_check_run(ch, op);
    struct str command = command_of(ch, op, &shell);
    struct str cwd = ts_path(ch, op->cwd);
    ts_settle(ch, cwd, STR("0:0"));
    struct name_value_vec env = env_of(ch, op);
    ts_want_env(ch, &env);
    ts_want_cwd(ch, op->cwd);
    ts_want_user(ch, ts_user(ch, op->user, false));
    if (op->command.form == COMMAND_ARGV) {
        ts_line(ch, "; ");
        buf_add_str(ch->out, s->meta.heading);
    }
    ts_want_shell(ch, &shell);
    ts_line(ch, "(run ");
    ts_put_mounts(ch, MOUNT_CACHE, "cache", op);
    if (op->network != NETWORK_NONE)
        buf_puts(ch->out, "(network host) ");
    ts_put_mounts(ch, MOUNT_SECRET, "secrets", op);
    buf_puts(ch->out, "(shell ");
    ts_put_command(ch, command);
    buf_puts(ch->out, "))");
    ch->has_run = true;
    ts_know_dir(ch, cwd.n ? cwd : STR("/"));
}
