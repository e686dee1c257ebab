/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parser directives, `# name=value` at the very top. The block ends at the first line that is none:
 * an empty line, an ordinary comment, an unknown name. Each may stand once.
 */
#include <config.h>

#include "frontend/df_line.h"

#include "frontend/df_rules.h"

static void skip_blanks(struct str *s)
{
    while (s->n && ascii_is_blank(s->p[0]))
        *s = str_skip(*s, 1);
}

bool df_directive_split(struct str line, struct str *name, struct str *value)
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

static void check_checks(struct compile *c, struct df_directives *d)
{
    struct str bad, v = d->check.value;
    const char *why = df_check_read(c->arena, v, &d->checks, &bad);
    if (!why)
        return;
    struct span at =
        span_of(d->check.span.source, d->check.span.off + (size_t)(bad.p - v.p), bad.n);
    diag_error(c->diags, at, "\"" STR_FMT "\" in the check directive, expected %s", STR_ARG(bad),
               why);
}

/* Line by line, `#!` first or not: BuildKit finds syntax and check behind it, but no escape. */
struct block {
    struct compile *c;
    uint32_t source;
    struct str text;
    bool has_shebang;
};

static struct span span_in(const struct block *b, struct str part)
{
    return span_of(b->source, (size_t)(part.p - b->text.p), part.n);
}

static void set(const struct block *b, struct df_directives *d, struct df_directive *dir,
                struct str name, struct str value)
{
    if (dir->is_set) {
        struct diag *e =
            diag_error(b->c->diags, span_in(b, name),
                       "second \"" STR_FMT "\" directive, only one can be used", STR_ARG(name));
        diag_note_at(e, dir->span, "the first one is here");
    } else if (dir == &d->escape && b->has_shebang) {
        diag_rule(b->c->diags, &df_rule_ignored_directive, span_in(b, name),
                  "the escape directive has no effect below a \"#!\" line");
    } else {
        *dir = (struct df_directive){true, value, span_in(b, value)};
    }
}

static struct str line_at(struct str text, size_t pos)
{
    struct str rest = str_skip(text, pos);
    ptrdiff_t nl = str_find(rest, '\n');
    return str_of(rest.p, nl < 0 ? rest.n : (size_t)nl + 1);
}

size_t df_directives_read(struct compile *c, uint32_t source, struct str text, size_t start,
                          struct df_directives *d)
{
    bool has_shebang = str_starts(str_skip(text, start), STR("#!"));
    const struct block b = {c, source, text, has_shebang};
    *d = (struct df_directives){.escape_char = '\\'};
    size_t pos = start + (has_shebang ? line_at(text, start).n : 0);
    for (struct str name, value; pos < text.n; pos += line_at(text, pos).n) {
        bool is_one = df_directive_split(line_at(text, pos), &name, &value);
        struct df_directive *dir = is_one ? find(d, name) : NULL;
        if (!dir)
            break;
        set(&b, d, dir, name, value);
    }
    if (d->escape.is_set)
        check_escape(c, d);
    if (d->check.is_set)
        check_checks(c, d);
    return pos;
}
