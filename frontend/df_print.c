/* SPDX-License-Identifier: Apache-2.0 */
/* Each instruction is its logical line, as it was joined; so there is nothing to quote. */
#include <config.h>

#include "frontend/df_print.h"

#include "frontend/df_scan.h"

static void put_directive(struct buf *out, const char *name, const struct df_directive *d)
{
    if (d->is_set)
        buf_printf(out, "# %s=" STR_FMT "\n", name, STR_ARG(d->value));
}

static void put_rules(struct buf *out, const char *key, const struct str_vec *rules, bool all)
{
    const char *between = "";
    if (!all && rules->n == 0)
        return;
    buf_printf(out, "# check=%s=%s", key, all ? "all" : "");
    vec_for (const struct str, s, rules) {
        if (all)
            break;
        buf_printf(out, "%s" STR_FMT, between, STR_ARG(*s));
        between = ",";
    }
    buf_putc(out, '\n');
}

/* A comment line each: of several in one comment the last would count. */
static void put_check(struct buf *out, const struct df_check *check)
{
    if (!check)
        return;
    put_rules(out, "skip", &check->skip, check->skip_all);
    put_rules(out, "experimental", &check->experimental, check->experimental_all);
}

/* A line may end with an escape character only if a blank that does not let it go on was trimmed:
 * a form feed is one. */
static void end_line(struct buf *out, struct str text, char escape)
{
    size_t n = text.n;
    if (text.p[n - 1] == escape && (n == 1 || text.p[n - 2] != escape))
        buf_putc(out, '\f');
    buf_putc(out, '\n');
}

static void put_bodies(struct compile *c, struct buf *out, const struct df_heredoc_vec *heredocs)
{
    vec_for (const struct df_heredoc, h, heredocs) {
        buf_add(out, source_at(c->sources, h->body.source)->text.p + h->body.off, h->body.len);
        buf_printf(out, STR_FMT "\n", STR_ARG(h->name));
    }
}

static void put_insn(struct compile *c, struct buf *out, const struct df_insn *in, char escape)
{
    struct str text = in->line->text;
    put_check(out, in->check);
    buf_add_str(out, in->type->name);
    buf_add_str(out, str_skip(text, in->keyword.s.n));
    end_line(out, text, escape);
    put_bodies(c, out, in->trigger ? &in->trigger->heredocs : &in->heredocs);
}

void df_print(struct compile *c, const struct df_file *file, struct buf *out)
{
    const struct df_directives *d = &file->directives;
    put_directive(out, "syntax", &d->syntax);
    put_directive(out, "escape", &d->escape);
    put_directive(out, "check", &d->check);
    if (file->insns.n && file->insns.at[0].check)
        buf_putc(out, '\n'); /* or its comment would be a directive */
    vec_for (const struct df_insn, in, &file->insns)
        put_insn(c, out, in, d->escape_char);
}

bool df_print_source(struct compile *c, uint32_t source, struct buf *out)
{
    size_t errors = c->diags->n_errors;
    struct df_file file;
    if (!df_parse_file(c, source, &file))
        return false;
    df_checks_apply(c, &file);
    if (c->diags->n_errors != errors)
        return false;
    df_print(c, &file, out);
    return true;
}

bool df_to_dockerfile(struct compile *c, uint32_t source, struct buf *out)
{
    return df_compile(c, source) && df_print_source(c, source, out);
}
