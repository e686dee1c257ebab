/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Directories. A Dockerfile's WORKDIR makes one; a spec's does not, but a command makes the
 * directory that it runs in, and a copy the directories that it copies into. So a directory waits
 * for an operation that makes it with the right owner, and only if there is none, mkdir makes it.
 */
#include <config.h>

#include "frontend/df_to_spec.h"

#include "base/path.h"

static const char *const usual[] = {
    "bin",
    "boot",
    "dev",
    "etc",
    "home",
    "lib",
    "lib64",
    "media",
    "mnt",
    "opt",
    "proc",
    "root",
    "run",
    "sbin",
    "srv",
    "sys",
    "tmp",
    "usr",
    "usr/bin",
    "usr/lib",
    "usr/local",
    "usr/sbin",
    "usr/src",
    "usr/share",
    "usr/local/bin",
    "usr/local/lib",
    "usr/local/sbin",
    "var",
    "var/lib",
    "var/log",
    "usr/local/etc",
    "usr/local/share",
    "var/run",
    "etc/init.d",
    "var/tmp",
    "var/cache",
};

bool ts_is_usual_dir(const struct ts_chain *ch, struct str path)
{
    struct str clean = path_clean(ch->t->a, path);
    for (size_t i = 0; !ch->is_scratch && i < sizeof usual / sizeof usual[0]; i++)
        if (str_eq(clean, str_from(usual[i])))
            return true;
    return false;
}

bool ts_is_dir(const struct ts_chain *ch, struct str path)
{
    struct str clean = path_clean(ch->t->a, path);
    return clean.n == 0 || map_get(&ch->dirs, clean);
}

void ts_know_dir(struct ts_chain *ch, struct str path)
{
    struct str clean = path_clean(ch->t->a, path);
    for (size_t n = clean.n; n > 0; n--)
        if (n == clean.n || clean.p[n] == '/')
            *map_slot(&ch->dirs, str_of(clean.p, n)) = ch;
}

/* Whether path is dir or below it. */
static bool is_within(struct ts_chain *ch, struct str path, struct str dir)
{
    struct str p = path_clean(ch->t->a, path), d = path_clean(ch->t->a, dir);
    return str_eq(p, d) || (str_starts(p, d) && p.p[d.n] == '/');
}

/* Each directory on the way is made by itself, as those that are made get the owner. */
static void make_owned(struct ts_chain *ch, struct buf *out, struct str dir, struct str owner)
{
    struct str clean = path_clean(ch->t->a, dir), who = ts_chown_word(ch, owner);
    for (size_t n = 1; n <= clean.n; n++) {
        struct str part = str_of(clean.p, n);
        if ((n < clean.n && clean.p[n] != '/') || ts_is_dir(ch, part))
            continue;
        struct str path = ts_quote(ch->t->a, str_concat(ch->t->a, STR("/"), part));
        buf_printf(
            out, "%s[ -d " STR_FMT " ] || { mkdir " STR_FMT " && chown " STR_FMT " " STR_FMT "; }",
            out->n ? " && " : "", STR_ARG(path), STR_ARG(path), STR_ARG(who), STR_ARG(path));
    }
}

/* cmd wants backslashes, and its mkdir makes parents. */
static void make_on_windows(struct ts_chain *ch, struct buf *out, struct str dir)
{
    char *path = arena_cstr(ch->t->a, dir);
    for (size_t i = 0; i < dir.n; i++)
        if (path[i] == '/')
            path[i] = '\\';
    buf_printf(out, "if not exist \"%s\" mkdir \"%s\"", path, path);
}

struct str ts_mkdir_command(struct ts_chain *ch, struct str dir, struct str owner)
{
    struct buf b = BUF_INIT;
    if (ts_is_dir(ch, dir))
        return STR("");
    if (ch->is_windows)
        make_on_windows(ch, &b, dir);
    else if (str_eq(owner, STR("0:0")))
        buf_printf(&b, "mkdir -p " STR_FMT, STR_ARG(ts_quote(ch->t->a, dir)));
    else
        make_owned(ch, &b, dir, owner);
    struct str command = arena_str(ch->t->a, buf_str(&b));
    buf_free(&b);
    return command;
}

void ts_settle(struct ts_chain *ch, struct str path, struct str owner)
{
    struct str dir = ch->pending;
    if (!dir.p)
        return;
    ch->pending.p = NULL;
    bool same_owner = ch->is_windows || str_eq(owner, ch->pending_owner);
    bool is_made = path.p && is_within(ch, path, dir) && same_owner;
    if (is_made || ts_is_dir(ch, dir))
        return;
    ts_helper(ch, ts_mkdir_command(ch, dir, ch->pending_owner));
    ts_know_dir(ch, dir);
}

void ts_mkdir(struct ts_chain *ch, const struct step *s)
{
    struct str dir = ts_path(ch, s->op.mkdir.path);
    struct str owner = ts_user(ch, s->op.mkdir.owner, true);
    if (ch->pending.p && is_within(ch, dir, ch->pending) && str_eq(owner, ch->pending_owner))
        ch->pending.p = NULL; /* who makes the new one makes this on the way */
    ts_settle(ch, (struct str){0}, (struct str){0});
    if (ts_is_dir(ch, dir))
        return;
    ch->pending = dir;
    ch->pending_owner = owner;
}
