/* SPDX-License-Identifier: Apache-2.0 */
/* The mounts of RUN: what a spec has of them, what is lost, and what is refused. */
#include <config.h>

#include "frontend/df_to_spec.h"

#include "frontend/sx_emit.h"

static const struct diag_rule device_lost = {"DeviceLost", DIAG_LOSS};
static const struct diag_rule mount_option_lost = {"MountOptionLost", DIAG_LOSS};
static const struct diag_rule secret_required = {"SecretRequired", DIAG_LOSS};
static const struct diag_rule mount_owner_lost = {"MountOwnerLost", DIAG_LOSS};
static const struct diag_rule mount_lost = {"MountLost", DIAG_LOSS};

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
    if (!is_cache && !m->required)
        ts_loss(ch, &secret_required, "the secret \"" STR_FMT "\" must be given",
                STR_ARG(ts_value(ch, m->id)));
    if (m->sharing != SHARING_SHARED || has_own_mode(m) || m->uid || m->gid ||
        (is_cache && m->read_only) || m->env.n)
        ts_loss(ch, &mount_option_lost,
                "of the mount \"" STR_FMT "\" only id and target count in a spec",
                STR_ARG(ts_value(ch, m->id)));
}

void ts_put_mounts(struct ts_chain *ch, enum mount_type type, const char *field,
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

/* A spec's caches belong to the step's user, and its secrets can be read by anybody. */
static void check_owner(struct ts_chain *ch, const struct op_run *op, const struct ir_mount *m)
{
    bool has_owner = m->type == MOUNT_CACHE || m->type == MOUNT_SECRET;
    if (has_owner && m->uid == 0 && !str_eq(ts_user(ch, op->user, false), STR("0:0")))
        ts_loss(ch, &mount_owner_lost, "the mount \"" STR_FMT "\" is not for root alone",
                STR_ARG(ts_value(ch, m->id)));
}

/* Mounts and more that no spec has. */
void ts_check_run(struct ts_chain *ch, const struct op_run *op)
{
    vec_for (const struct ir_mount, m, &op->mounts) {
        check_owner(ch, op, m);
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
