/* SPDX-License-Identifier: Apache-2.0 */
/* RUN. */
#include <config.h>

#include "frontend/df_to_spec.h"

#include "frontend/pin.h"
#include "frontend/sx_emit.h"

static const struct diag_rule device_lost = {"DeviceLost", DIAG_LOSS};
static const struct diag_rule mount_option_lost = {"MountOptionLost", DIAG_LOSS};
static const struct diag_rule mount_lost = {"MountLost", DIAG_LOSS};

struct str ts_quote(struct arena *a, struct str s)
{
    static const char plain[] = "-_./:@%+,=";
    struct buf b = BUF_INIT;
    size_t safe = 0;
    while (safe < s.n && (ascii_is_alnum(s.p[safe]) || (s.p[safe] && strchr(plain, s.p[safe]))))
        safe++;
    if (safe == s.n && s.n > 0)
        return s;
    buf_putc(&b, '\'');
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\'')
            buf_puts(&b, "'\\''");
        else
            buf_putc(&b, s.p[i]);
    buf_putc(&b, '\'');
    struct str quoted = arena_str(a, buf_str(&b));
    buf_free(&b);
    return quoted;
}

static void put_text(struct ts_chain *ch, struct str text)
{
    enum { BEFORE = 13 }; /* "(run (shell \"" */
    sx_emit_text(ch->out, text, ch->indent + BEFORE);
}

static struct str_vec windows_cmd(struct ts_chain *ch)
{
    struct str_vec cmd = {0};
    vec_push(ch->t->a, &cmd, STR("cmd"));
    vec_push(ch->t->a, &cmd, STR("/S"));
    vec_push(ch->t->a, &cmd, STR("/C"));
    return cmd;
}

void ts_helper(struct ts_chain *ch, struct str command)
{
    struct str_vec shell = ch->is_windows ? windows_cmd(ch) : ts_sh(ch);
    if (ch->is_scratch && !ch->has_run) {
        ts_error(ch, "this needs a shell, which scratch has not");
        return;
    }
    if (!ch->is_windows)
        ts_want_user(ch, STR("0:0"));
    ts_want_shell(ch, &shell);
    ts_line(ch, "(run (shell ");
    put_text(ch, command);
    buf_puts(ch->out, "))");
}

/* ---- mounts ---- */

static void put_option(struct ts_chain *ch, const char *key, struct str value, bool *any)
{
    buf_puts(ch->out, *any ? " (" : " (buildkit_options (");
    buf_printf(ch->out, "%s ", key);
    sx_emit_atom(ch->out, value);
    buf_putc(ch->out, ')');
    *any = true;
}

static void put_number(struct ts_chain *ch, const char *key, int64_t n, bool *any)
{
    if (n)
        put_option(ch, key, arena_printf(ch->t->a, "%lld", (long long)n), any);
}

/* What a Dockerfile gives a cache when it says nothing. */
static bool has_own_mode(const struct ir_mount *m)
{
    return m->mode.n && !(m->type == MOUNT_CACHE && str_eq(m->mode, STR("755")));
}

static void put_options(struct ts_chain *ch, const struct ir_mount *m)
{
    static const char *const sharings[] = {"shared", "private", "locked"};
    bool any = false;
    if (m->sharing != SHARING_SHARED)
        put_option(ch, "sharing", str_from(sharings[m->sharing]), &any);
    if (has_own_mode(m))
        put_option(ch, "mode", m->mode, &any);
    put_number(ch, "uid", m->uid, &any);
    put_number(ch, "gid", m->gid, &any);
    if (any)
        buf_putc(ch->out, ')');
}

static void check_options(struct ts_chain *ch, const struct ir_mount *m)
{
    bool is_cache = m->type == MOUNT_CACHE;
    if (m->from != MOUNT_FROM_NOTHING)
        ts_error(ch, "a spec's cache begins empty, not with files");
    else if (ts_value(ch, m->id).n == 0)
        ts_error(ch, "a mount in a spec has an id, and this one is empty");
    else if (text_is_empty(m->target))
        ts_error(ch, "a spec shows a secret as a file, not only in a variable");
    if (m->sharing != SHARING_SHARED || has_own_mode(m) || m->uid || m->gid ||
        (is_cache && m->read_only) || m->env.n || (!is_cache && !m->required))
        ts_loss(ch, &mount_option_lost,
                "of the mount \"" STR_FMT "\" only id and target count in a spec",
                STR_ARG(ts_value(ch, m->id)));
}

static void put_mounts(struct ts_chain *ch, enum mount_type type, const char *field,
                       const struct op_run *op)
{
    bool any = false;
    vec_for (const struct ir_mount, m, &op->mounts) {
        if (m->type != type)
            continue;
        check_options(ch, m);
        buf_printf(ch->out, any ? " (" : "(%s (", field);
        sx_emit_atom(ch->out, ts_value(ch, m->id));
        buf_puts(ch->out, " (target ");
        sx_emit_atom(ch->out, ts_path(ch, m->target));
        buf_putc(ch->out, ')');
        put_options(ch, m);
        buf_putc(ch->out, ')');
        any = true;
    }
    if (any)
        buf_puts(ch->out, ") ");
}

/* Mounts and more that no spec has. */
static void check_run(struct ts_chain *ch, const struct op_run *op)
{
    vec_for (const struct ir_mount, m, &op->mounts) {
        if (m->type == MOUNT_BIND || m->type == MOUNT_TMPFS)
            ts_error(ch, "a spec has no mounts of type %s", mount_type_name(m->type));
        else if (m->type == MOUNT_SSH && m->required)
            ts_error(ch, "a spec shows no ssh agents, and this one is required");
        else if (m->type == MOUNT_SSH)
            ts_loss(ch, &mount_lost, "the ssh agent is not shown to this command");
    }
    vec_for (const struct ir_device, d, &op->devices)
        if (d->optional)
            ts_loss(ch, &device_lost, "the device \"" STR_FMT "\" is not there", STR_ARG(d->name));
        else
            ts_error(ch, "a spec has no devices, and \"" STR_FMT "\" is required",
                     STR_ARG(d->name));
    if (op->security == SECURITY_INSECURE)
        ts_error(ch, "a spec has no insecure commands");
}

/* ---- commands ---- */

/* A script is written, run and removed by the command itself. */
static struct str script_command(struct ts_chain *ch, const struct op_run *op)
{
    const struct ir_file *f = &op->scripts.at[0];
    struct str content = ts_value(ch, f->content);
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
    return ch->shell.n ? windows_cmd(ch) : ch->shell; /* none is cmd there, too */
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
    check_run(ch, op);
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
    put_mounts(ch, MOUNT_CACHE, "cache", op);
    if (op->network != NETWORK_NONE)
        buf_puts(ch->out, "(network host) ");
    put_mounts(ch, MOUNT_SECRET, "secrets", op);
    buf_puts(ch->out, "(shell ");
    put_text(ch, command);
    buf_puts(ch->out, "))");
    ch->has_run = true;
    ts_know_dir(ch, cwd.n ? cwd : STR("/"));
}
