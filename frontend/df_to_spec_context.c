/* SPDX-License-Identifier: Apache-2.0 */
/* The operations that set directory, user, shell and variables for those behind them. */
#include <config.h>

#include "frontend/df_to_spec.h"

#include "base/passwd.h"
#include "frontend/pin.h"
#include "frontend/sx_emit.h"

static const struct diag_rule user_by_name = {"UserByName", DIAG_WARNING};

void ts_want_cwd(struct ts_chain *ch, struct text cwd)
{
    struct str dir = ts_path(ch, cwd);
    if (dir.n == 0) {
        ch->took_cwd |= !ts_base_is_known(ch);
        dir = STR("/");
    }
    if (str_eq(ch->cwd, dir))
        return;
    ch->cwd = dir;
    ts_line(ch, "(workdir ");
    sx_emit_atom(ch->out, dir);
    buf_putc(ch->out, ')');
}

/* NUMBER:NUMBER as it is written in specs; false for anything else. */
static bool is_numbers(struct str user, struct str *uid, struct str *gid)
{
    uint32_t n;
    return str_cut(user, ':', uid, gid) && passwd_id(*uid, &n) && passwd_id(*gid, &n);
}

void ts_want_user(struct ts_chain *ch, struct str user)
{
    struct str uid, gid;
    if (str_eq(ch->user, user))
        return;
    ch->user = user;
    if (is_numbers(user, &uid, &gid)) {
        ts_line(ch, "(user ");
        buf_printf(ch->out, "(uid " STR_FMT ") (gid " STR_FMT "))", STR_ARG(uid), STR_ARG(gid));
        return;
    }
    ts_line(ch, "(user (name ");
    sx_emit_atom(ch->out, user);
    buf_puts(ch->out, "))");
    if (ch->is_windows || !ts_is_news(ch->t, user))
        return;
    struct diag *d = diag_rule(ch->t->c->diags, &user_by_name, ch->cause->at,
                               "the numbers of \"" STR_FMT "\" are not known, and OBuilder takes "
                               "names of users only on Windows",
                               STR_ARG(user));
    diag_note(d, "--passwd and --group say what names mean");
}

/* What names mean say the file of the option, or else the image's. */
static struct str passwd_of(const struct ts_chain *ch)
{
    struct str given = ch->t->c->options->translate.passwd;
    return given.n || !ch->root || !ch->root->base ? given : ch->root->base->passwd;
}

static struct str group_of(const struct ts_chain *ch)
{
    struct str given = ch->t->c->options->translate.group;
    return given.n || !ch->root || !ch->root->base ? given : ch->root->base->group;
}

/* Number of a group; false if nobody knows. */
static bool find_gid(const struct ts_chain *ch, struct str name, uint32_t *gid)
{
    if (group_find(group_of(ch), name, gid) || passwd_id(name, gid))
        return true;
    *gid = 0;
    return str_eq(name, STR("root"));
}

/* The user of a step, whose number is looked up as well. */
static bool find_user(const struct ts_chain *ch, struct str name, struct passwd_entry *e)
{
    struct str passwd = passwd_of(ch);
    if (passwd_find(passwd, name, false, e) || passwd_find(passwd, name, true, e))
        return true;
    *e = (struct passwd_entry){0};
    if (str_eq(name, STR("root")))
        return true;
    /* A number that no user has; without the file nobody knows whether one has it. */
    return passwd_id(name, &e->uid) && (passwd.n > 0 || e->uid == 0);
}

/* Who owns a file: numbers are what they say, and without a group it is the same number. */
static bool find_owner(const struct ts_chain *ch, struct str name, struct passwd_entry *e)
{
    *e = (struct passwd_entry){0};
    if (passwd_id(name, &e->uid)) {
        e->gid = e->uid;
        return true;
    }
    return passwd_find(passwd_of(ch), name, false, e) || str_eq(name, STR("root"));
}

static struct str root_user(const struct ts_chain *ch)
{
    return ch->is_windows ? STR("ContainerAdministrator") : STR("0:0");
}

struct str ts_user(struct ts_chain *ch, struct text user, bool is_owner)
{
    struct str text = ts_value(ch, user), name, group;
    struct passwd_entry e;
    if (text.n == 0) {
        ch->took_user |= !is_owner && !ts_base_is_known(ch);
        return root_user(ch);
    }
    bool has_group = str_cut(text, ':', &name, &group) && group.n;
    if (name.n == 0)
        name = STR("0");
    bool known = (is_owner ? find_owner : find_user)(ch, name, &e);
    uint32_t gid = e.gid;
    if (has_group)
        known = (known || passwd_id(name, &e.uid)) &&
                ((is_owner && passwd_id(group, &gid)) || find_gid(ch, group, &gid));
    return known && !ch->is_windows ? arena_printf(ch->t->a, "%u:%u", e.uid, gid) : text;
}

struct str ts_chown_word(struct ts_chain *ch, struct str user)
{
    bool has_group = str_find(user, ':') >= 0;
    struct str word = has_group ? user : str_concat(ch->t->a, user, STR(":"));
    return ts_quote(ch->t->a, word);
}

static bool same_list(const struct str_vec *x, const struct str_vec *y)
{
    if (x->n != y->n)
        return false;
    for (size_t i = 0; i < x->n; i++)
        if (!str_eq(x->at[i], y->at[i]))
            return false;
    return true;
}

void ts_want_shell(struct ts_chain *ch, const struct str_vec *shell)
{
    if (same_list(&ch->shell, shell))
        return;
    ch->shell = *shell;
    ts_line(ch, "(shell");
    vec_for (const struct str, word, shell) {
        buf_putc(ch->out, ' ');
        sx_emit_atom(ch->out, *word);
    }
    buf_putc(ch->out, ')');
}

struct str_vec ts_sh(struct ts_chain *ch)
{
    struct str_vec sh = {0};
    vec_push(ch->t->a, &sh, STR("/bin/sh"));
    vec_push(ch->t->a, &sh, STR("-c"));
    return sh;
}

static void set_env(struct ts_chain *ch, struct str name, struct str value)
{
    struct str *old = map_get(&ch->env, name);
    if (old && str_eq(*old, value))
        return;
    if (!old) {
        old = arena_new(ch->t->a, struct str);
        *map_slot(&ch->env, name) = old;
    }
    *old = value;
    ts_line(ch, "(env ");
    sx_emit_atom(ch->out, name);
    buf_putc(ch->out, ' ');
    sx_emit_atom(ch->out, value);
    buf_putc(ch->out, ')');
}

/* What is set stays set, as in a Dockerfile: arguments of a stage go on in those that begin with
 * it.
 */
void ts_want_env(struct ts_chain *ch, const struct name_value_vec *env)
{
    if (ch->last_env.at == env->at && ch->last_env.n == env->n)
        return; /* the steps of a stage share what has not changed */
    ch->last_env = *env;
    compile_spend(ch->t->c, ch->cause->at, env->n * sizeof *env->at);
    vec_for (const struct name_value, e, env)
        set_env(ch, e->name, ts_value(ch, e->value));
}
