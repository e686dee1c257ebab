/* SPDX-License-Identifier: Apache-2.0 */
/* The heredocs of COPY and ADD: a command writes what stands in the Dockerfile. */
#include <config.h>

#include "frontend/df_to_spec.h"

/* The directory above a path. */
static struct str above(struct str path)
{
    while (path.n > 1 && path.p[path.n - 1] != '/')
        path.n--;
    while (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    return path;
}

static void add_command(struct buf *b, struct str command)
{
    if (command.n == 0)
        return;
    if (b->n)
        buf_puts(b, " && ");
    buf_add_str(b, command);
}

/* Without a slash, the shell finds out whether the destination is a directory. */
static struct str target_of(struct ts_chain *ch, struct buf *b, const struct op_file *op,
                            struct str dst, struct str name)
{
    struct arena *a = ch->t->a;
    bool slash = str_ends(dst, STR("/"));
    if (slash || op->files.n > 1 || ts_is_dir(ch, dst)) {
        struct str path = arena_printf(a, slash ? STR_FMT STR_FMT : STR_FMT "/" STR_FMT,
                                       STR_ARG(dst), STR_ARG(name));
        add_command(b, ts_mkdir_command(ch, above(path), ts_user(ch, op->owner, true)));
        ts_know_dir(ch, above(path));
        return ts_quote(a, path);
    }
    add_command(b, ts_mkdir_command(ch, above(dst), ts_user(ch, op->owner, true)));
    ts_know_dir(ch, above(dst));
    struct str quoted = ts_quote(a, dst);
    add_command(b, arena_printf(a, "f=" STR_FMT " && { [ ! -d \"$f\" ] || f=\"$f\"/" STR_FMT "; }",
                                STR_ARG(quoted), STR_ARG(ts_quote(a, name))));
    return STR("\"$f\"");
}

static void write_file(struct ts_chain *ch, struct buf *b, const struct op_file *op,
                       const struct ir_file *f)
{
    struct arena *a = ch->t->a;
    struct str content = ts_quote(a, ts_value(ch, f->content));
    struct str path = target_of(ch, b, op, ts_path(ch, op->dst), f->name);
    struct str mode = ts_mode(ch, op->chmod), owner = ts_user(ch, op->owner, true);
    add_command(b, arena_printf(a, "rm -f " STR_FMT " && printf %%s " STR_FMT " >" STR_FMT,
                                STR_ARG(path), STR_ARG(content), STR_ARG(path)));
    if (!str_eq(owner, STR("0:0")))
        add_command(b, arena_printf(a, "chown " STR_FMT " " STR_FMT,
                                    STR_ARG(ts_chown_word(ch, owner)), STR_ARG(path)));
    if (mode.n)
        add_command(b, arena_printf(a, "chmod " STR_FMT " " STR_FMT, STR_ARG(mode), STR_ARG(path)));
}

void ts_file(struct ts_chain *ch, const struct step *s)
{
    const struct op_file *op = &s->op.file;
    struct buf b = BUF_INIT;
    if (ch->is_windows) {
        ts_error(ch, "a spec for Windows can't write files");
        return;
    }
    ts_settle(ch, (struct str){0}, (struct str){0});
    vec_for (const struct ir_file, f, &op->files)
        write_file(ch, &b, op, f);
    ts_helper(ch, arena_str(ch->t->a, buf_str(&b)));
    buf_free(&b);
}
