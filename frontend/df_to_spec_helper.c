/* SPDX-License-Identifier: Apache-2.0 */
/* Commands of ours, which do what no operation of a spec does, and the text of all commands. */
#include <config.h>

#include "frontend/df_to_spec.h"

#include "base/mode.h"
#include "frontend/sx_emit.h"

#include <sys/stat.h>

/* A command is one argument, for which the kernel has 128 KiB with the zero byte behind it. */
enum { COMMAND_MAX = (128 << 10) - 1 };

void ts_put_command(struct ts_chain *ch, struct str text)
{
    enum { BEFORE = 13 }; /* "(run (shell \"" */
    if (text.n > COMMAND_MAX)
        ts_error(ch, "this becomes a command of %zu bytes, which is too long for one", text.n);
    sx_emit_text(ch->out, text, ch->indent + BEFORE);
}

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

struct str_vec ts_windows_cmd(struct ts_chain *ch)
{
    struct str_vec cmd = {0};
    vec_push(ch->t->a, &cmd, STR("cmd"));
    vec_push(ch->t->a, &cmd, STR("/S"));
    vec_push(ch->t->a, &cmd, STR("/C"));
    return cmd;
}

bool ts_has_shell(struct ts_chain *ch)
{
    if (!ch->is_scratch || ch->has_run)
        return true;
    ts_error(ch, "this needs a shell, which scratch has not");
    return false;
}

void ts_helper(struct ts_chain *ch, struct str command)
{
    struct str_vec shell = ch->is_windows ? ts_windows_cmd(ch) : ts_sh(ch);
    if (!ts_has_shell(ch))
        return;
    if (!ch->is_windows)
        ts_want_user(ch, STR("0:0"));
    ts_want_shell(ch, &shell);
    ts_line(ch, "(run (shell ");
    ts_put_command(ch, command);
    buf_puts(ch->out, "))");
}

struct str ts_mode(struct ts_chain *ch, struct text chmod)
{
    struct str mode = ts_value(ch, chmod), octal;
    struct buf b = BUF_INIT;
    if (mode.n == 0)
        return mode;
    if (df_octal_read(mode, 07777, &octal))
        return octal;
    if (!mode_is_symbolic(mode)) {
        ts_error(ch, "\"" STR_FMT "\" is no mode of files", STR_ARG(mode));
        return STR("");
    }
    for (size_t i = 0; i < mode.n; i++) {
        bool begins = i == 0 || mode.p[i - 1] == ',';
        if (begins && strchr("+-=", mode.p[i]))
            buf_putc(&b, 'a'); /* or the umask counts */
        buf_putc(&b, mode.p[i]);
    }
    struct str out = arena_str(ch->t->a, buf_str(&b));
    buf_free(&b);
    return out;
}

/* Of a mode that is known, what a symbolic one makes of it: chmods differ in what "X" is. */
static struct str mode_word(struct arena *a, struct str mode, const struct ts_copied *c)
{
    if (c->mode == 0 || !mode_is_symbolic(mode))
        return mode;
    return arena_printf(a, "%o", (unsigned)mode_apply(mode, c->mode & 07777, S_ISDIR(c->mode)));
}

void ts_chmod(struct ts_chain *ch, struct str mode, const struct ts_copied_vec *copied)
{
    struct str last = STR("");
    struct buf b = BUF_INIT;
    if (mode.n == 0 || copied->n == 0)
        return;
    if (ch->is_windows) {
        ts_error(ch, "a spec for Windows can't change modes");
        return;
    }
    vec_for (const struct ts_copied, c, copied) {
        struct str word = mode_word(ch->t->a, mode, c);
        if (!str_eq(word, last))
            buf_printf(&b, "%schmod " STR_FMT, b.n ? " && " : "", STR_ARG(word));
        last = word;
        buf_printf(&b, " " STR_FMT, STR_ARG(ts_quote(ch->t->a, c->path)));
    }
    ts_helper(ch, arena_str(ch->t->a, buf_str(&b)));
    buf_free(&b);
}
