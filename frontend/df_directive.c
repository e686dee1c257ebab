/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parser directives, `# name=value` at the very top. The block ends at the first line that is none:
 * an empty line, an ordinary comment, an unknown name. Each may stand once.
 */
#include <config.h>

#include "frontend/df_line.h"

static void skip_blanks(struct str *s)
{
    while (s->n && ascii_is_blank(s->p[0]))
        *s = str_skip(*s, 1);
}

/* Splits `# name = value`. False if the line has another form. */
static bool split(struct str line, struct str *name, struct str *value)
{
    skip_blanks(&line);
    if (line.n == 0 || line.p[0] != '#')
        return false;
    line = str_skip(line, 1);
    skip_blanks(&line);
    size_t n = 0;
    while (n < line.n && ascii_is_alnum(line.p[n]))
        n++;
    if (n == 0 || !ascii_is_alpha(line.p[0]))
        return false;
    *name = str_of(line.p, n);
    line = str_skip(line, n);
    skip_blanks(&line);
    if (line.n == 0 || line.p[0] != '=')
        return false;
    *value = str_trim(str_skip(line, 1));
    return value->n > 0;
}

static struct df_directive *find(struct df_directives *d, struct str name)
{
    if (str_eq_nocase(name, STR("syntax")))
        return &d->syntax;
    if (str_eq_nocase(name, STR("escape")))
        return &d->escape;
    if (str_eq_nocase(name, STR("check")))
        return &d->check;
    return NULL;
}

static void check_escape(struct compile *c, struct df_directives *d)
{
    struct str v = d->escape.value;
    if (v.n == 1 && (v.p[0] == '\\' || v.p[0] == '`'))
        d->escape_char = v.p[0];
    else
        diag_error(c->diags, d->escape.span,
                   "invalid escape character \"" STR_FMT "\", expected \"\\\" or \"`\"",
                   STR_ARG(v));
}

size_t df_directives_read(struct compile *c, uint32_t source, struct str text, size_t start,
                          struct df_directives *d)
{
    *d = (struct df_directives){.escape_char = '\\'};
    size_t pos = start;
    while (pos < text.n) {
        struct str rest = str_skip(text, pos), name, value;
        ptrdiff_t nl = str_find(rest, '\n');
        struct str line = str_of(rest.p, nl < 0 ? rest.n : (size_t)nl);
        struct df_directive *dir = split(line, &name, &value) ? find(d, name) : NULL;
        if (!dir)
            break;
        if (dir->is_set) {
            struct diag *e =
                diag_error(c->diags, span_of(source, (size_t)(name.p - text.p), name.n),
                           "second \"" STR_FMT "\" directive, only one can be used", STR_ARG(name));
            diag_note_at(e, dir->span, "the first one is here");
        } else {
            *dir = (struct df_directive){true, value,
                                         span_of(source, (size_t)(value.p - text.p), value.n)};
        }
        pos += line.n + (nl >= 0);
    }
    if (d->escape.is_set)
        check_escape(c, d);
    return pos;
}
