/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RUN. A command is printed as OBuilder prints it, lines joined by continuations, where the shell
 * and the Dockerfile's reader both take that for the same; else as a heredoc, which keeps every
 * byte but carriage returns; else as a JSON array, which keeps these as well, and adds no newline.
 */
#include <config.h>

#include "frontend/sx_to_df.h"

#include "base/passwd.h"
#include "frontend/df_quote.h"
#include "frontend/sh_lines.h"
#include "frontend/sx_loss.h"

static void put_field(struct sx_df *df, struct buf *flag, struct str key, struct str value)
{
    struct str word = value.n ? df_quote_word(df->arena, value, df->escape) : value;
    struct str field = arena_printf(df->arena, STR_FMT "=" STR_FMT, STR_ARG(key), STR_ARG(word));
    buf_putc(flag, ',');
    buf_add_str(flag, df_quote_field(df->arena, field));
}

static bool mount_is_line(struct sx_df *df, const struct sx_mount *m)
{
    bool ok = sx_df_is_line(df, &m->id, "an ID") && sx_df_is_line(df, &m->target, "a target");
    vec_for (const struct sx_option, o, &m->options)
        ok = ok && sx_df_is_line(df, &o->key, "an option") &&
             sx_df_is_line(df, &o->value, "the value of an option");
    return ok;
}

static bool has_option(const struct sx_mount *m, struct str key)
{
    vec_for (const struct sx_option, o, &m->options)
        if (str_eq(o->key.text, key))
            return true;
    return false;
}

/* The numbers of the step's user. False: it has a name that only --passwd could tell. */
static bool user_numbers(const struct sx_df *df, struct str *uid, struct str *gid)
{
    const struct sx_user *u = df->user;
    struct passwd_entry entry;
    *uid = u ? u->uid.text : STR("0");
    *gid = u ? u->gid.text : STR("0");
    if (!u || !u->name.text.p)
        return true;
    if (!passwd_find(df->options->passwd, u->name.text, false, &entry))
        return false;
    *uid = arena_printf(df->arena, "%lu", (unsigned long)entry.uid);
    *gid = arena_printf(df->arena, "%lu", (unsigned long)entry.gid);
    return true;
}

/* The mount belongs to the step's user. OBuilder prints no group, and the text stays the same as
 * its where user and group have one number. On Windows users have no numbers, unless the
 * spec gives one. */
static void put_owner(struct sx_df *df, struct buf *flag, const struct sx_mount *m)
{
    struct str uid, gid;
    bool is_windows = df->options->windows_escape;
    if (is_windows && (!df->user || df->user->name.text.p))
        return;
    if (user_numbers(df, &uid, &gid)) {
        put_field(df, flag, STR("uid"), uid);
        if (!str_eq(uid, gid))
            put_field(df, flag, STR("gid"), gid);
    } else if (!has_option(m, STR("uid"))) {
        struct diag *d = diag_rule(df->c->diags, &sx_loss_mount_owner, m->span,
                                   "the mount \"" STR_FMT "\" belongs to root, as the number of "
                                   "user \"" STR_FMT "\" is not known",
                                   STR_ARG(m->id.text), STR_ARG(df->user->name.text));
        diag_note(d, "--passwd=FILE looks it up");
    }
}

static void put_mount(struct sx_df *df, struct buf *head, const char *type,
                      const struct sx_mount *m)
{
    struct buf flag = BUF_INIT;
    if (!mount_is_line(df, m))
        return;
    buf_printf(&flag, "--mount=type=%s", type);
    put_field(df, &flag, STR("id"), m->id.text);
    put_field(df, &flag, STR("target"), m->target.text);
    put_owner(df, &flag, m);
    vec_for (const struct sx_option, o, &m->options)
        put_field(df, &flag, o->key.text, o->value.text);
    buf_putc(head, ' ');
    buf_add_str(head, df_quote_flag(df->arena, buf_str(&flag)));
    buf_free(&flag);
}

static void lose_mounts(struct sx_df *df, const struct diag_rule *rule, const char *what,
                        const struct sx_mount_vec *mounts)
{
    vec_for (const struct sx_mount, m, mounts)
        diag_note(diag_rule(df->c->diags, rule, m->span, "the %s \"" STR_FMT "\" is left out", what,
                            STR_ARG(m->id.text)),
                  "--buildkit prints it");
}

static void put_mounts(struct sx_df *df, struct buf *head, const struct sx_run *run)
{
    if (!df->options->buildkit) {
        lose_mounts(df, &sx_loss_secret, "secret", &run->secrets);
        lose_mounts(df, &sx_loss_cache, "cache", &run->caches);
        return;
    }
    vec_for (const struct sx_mount, m, &run->secrets)
        put_mount(df, head, "secret", m);
    vec_for (const struct sx_mount, m, &run->caches)
        put_mount(df, head, "cache", m);
}

static bool is_known_shell(struct str word)
{
    static const char *const names[] = {"sh",   "bash", "dash", "ash",        "ksh",
                                        "mksh", "zsh",  "cmd",  "powershell", "pwsh"};
    ptrdiff_t slash;
    while ((slash = str_find(word, '/')) >= 0 || (slash = str_find(word, '\\')) >= 0)
        word = str_skip(word, (size_t)slash + 1);
    if (str_ends(word, STR(".exe")))
        word.n -= STR(".exe").n;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_eq_nocase(word, str_from(names[i])))
            return true;
    return false;
}

static bool joins_lines(const struct sx_df *df, struct str command)
{
    bool is_known = df->shell.n == 0;
    vec_for (const struct sx_word, w, &df->shell)
        is_known |= is_known_shell(w->text);
    return str_find(command, '\n') < 0 || (is_known && sh_lines_can_join(command));
}

/* Without what a shell does not see at both ends; a carriage return is no blank to it. */
static struct str trim(struct str s)
{
    while (s.n && strchr(" \t\n", s.p[0]))
        s = str_skip(s, 1);
    while (s.n && strchr(" \t\n", s.p[s.n - 1]))
        s.n--;
    return s;
}

/* The command's lines, trimmed, with `between` them. */
static struct str lines_with(struct arena *a, struct str command, struct str between)
{
    struct buf b = BUF_INIT;
    struct str line, rest = command;
    for (bool more = true; more;) {
        more = str_cut(rest, '\n', &line, &rest);
        buf_add_str(&b, trim(line));
        if (more)
            buf_add_str(&b, between);
    }
    struct str s = arena_str(a, buf_str(&b));
    buf_free(&b);
    return s;
}

/* The instruction with continued lines; .p is NULL if that would be another command. */
static struct str with_lines(struct sx_df *df, struct str head, struct str command)
{
    struct arena *a = df->arena;
    struct str trimmed = trim(command);
    bool cuts_escape = str_ends(trimmed, STR("\\")) && !str_ends(command, STR("\\"));
    if (trimmed.n == 0 || cuts_escape || !joins_lines(df, trimmed))
        return (struct str){0};
    struct str between = arena_printf(a, " %c\n    ", df->escape);
    struct str lines = lines_with(a, trimmed, between);
    struct str insn = arena_printf(a, STR_FMT " " STR_FMT, STR_ARG(head), STR_ARG(lines));
    bool same = sx_df_reads_as(df, insn, lines_with(a, trimmed, STR("     ")));
    return same ? insn : (struct str){0};
}

/* A line that no line of the command is. */
static struct str delimiter(struct arena *a, struct str command)
{
    struct str line, rest = command, eof = STR("EOF");
    size_t longest = 0;
    bool taken = false;
    for (bool more = true; more;) {
        more = str_cut(rest, '\n', &line, &rest);
        if (!str_starts(line, eof))
            continue;
        taken = true;
        longest = line.n > longest ? line.n : longest;
    }
    if (!taken)
        return eof;
    char *p = arena_alloc(a, longest + 2);
    memset(p, '_', longest + 1);
    memcpy(p, eof.p, eof.n);
    return str_of(p, longest + 1);
}

/* Whether the command's last character would escape the newline at the end of a heredoc. */
static bool ends_with_escape(const struct sx_df *df, struct str command)
{
    return command.n &&
           strchr(df->options->windows_escape ? "\\^`" : "\\", command.p[command.n - 1]);
}

/* A text that begins with "#!" would be a script of its own, and no shell's command. */
static struct str with_heredoc(struct sx_df *df, struct str head, struct str command)
{
    struct arena *a = df->arena;
    if (command.n == 0 || ends_with_escape(df, command))
        return (struct str){0};
    struct str name = delimiter(a, command);
    struct str body = arena_printf(a, "%s" STR_FMT "%s", str_starts(command, STR("#!")) ? "\n" : "",
                                   STR_ARG(command), str_ends(command, STR("\n")) ? "" : "\n");
    struct str insn = arena_printf(a, STR_FMT " <<" STR_FMT "\n" STR_FMT STR_FMT, STR_ARG(head),
                                   STR_ARG(name), STR_ARG(body), STR_ARG(name));
    return sx_df_reads_as(df, insn, body) ? insn : (struct str){0};
}

static struct str with_array(struct sx_df *df, struct str head, struct str command)
{
    struct arena *a = df->arena;
    struct str shell = df->options->windows_escape ? STR("\"cmd\", \"/S\", \"/C\"")
                                                   : STR("\"/usr/bin/env\", \"bash\", \"-c\"");
    if (df->shell.n)
        shell = sx_df_words(a, &df->shell);
    return arena_printf(a, STR_FMT " [" STR_FMT ", " STR_FMT "]", STR_ARG(head), STR_ARG(shell),
                        STR_ARG(df_quote_json(a, command)));
}

void sx_df_run(struct sx_df *df, const struct sx_op *op)
{
    const struct sx_run *run = &op->run;
    struct buf head = BUF_INIT;
    sx_df_need_user(df, op->form->span);
    sx_df_need_workdir(df, op->form->span);
    buf_puts(&head, run->networks.n ? "RUN" : "RUN --network=none");
    put_mounts(df, &head, run);
    struct str start = buf_str(&head), command = run->command.text;
    struct str insn = with_lines(df, start, command);
    if (!insn.p)
        insn = with_heredoc(df, start, command);
    if (!insn.p)
        insn = with_array(df, start, command);
    buf_free(&head);
    sx_df_put(df, op->form->span, insn);
}
