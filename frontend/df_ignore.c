/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FILE.dockerignore beside the Dockerfile FILE: it counts instead of the context's .dockerignore,
 * so its lines go into the plan. The context's own is read by who has the context.
 */
#include <config.h>

#include "frontend/df_lower.h"

#include "base/pattern.h"

#include <unistd.h>

static bool check_line(struct df_lower *lo, uint32_t source, struct str text, struct str line)
{
    struct ob_err err;
    struct str pattern = str_starts(line, STR("!")) ? str_trim(str_skip(line, 1)) : line;
    if (pattern.n && pattern_check(pattern, &err) == 0)
        return true;
    diag_error(lo->c->diags, span_of(source, (size_t)(line.p - text.p), line.n),
               "bad pattern \"" STR_FMT "\"", STR_ARG(line));
    return false;
}

static void read_lines(struct df_lower *lo, uint32_t source)
{
    struct str text = source_at(lo->c->sources, source)->text, line, rest = text;
    for (bool more = true; more;) {
        more = str_cut(rest, '\n', &line, &rest);
        if (str_starts(line, STR("\xef\xbb\xbf")))
            line = str_skip(line, 3);
        if (str_starts(line, STR("#")))
            continue;
        line = str_trim(line);
        if (line.n && check_line(lo, source, text, line))
            vec_push(lo->c->arena, &lo->ignore, line);
    }
}

void df_ignore_init(struct df_lower *lo)
{
    struct compile *c = lo->c;
    struct str path = source_at(c->sources, lo->file->source)->path;
    const char *name = arena_cstr(c->arena, str_concat(c->arena, path, STR(".dockerignore")));
    struct ob_err err;
    uint32_t source;
    if (str_eq(path, STR("-")) || access(name, F_OK) != 0)
        return;
    if (source_load(c->sources, name, &source, &err) < 0) {
        diag_error(c->diags, span_of(lo->file->source, 0, 0), "%s", err.text);
        return;
    }
    const struct source *s = source_at(c->sources, source);
    struct plan_source ps = {s->path, sha256_of(s->text.p, s->text.n)};
    vec_push(c->arena, &c->plan->sources, ps);
    lo->has_ignore = true;
    if (compile_check_text(c, source))
        read_lines(lo, source);
}
