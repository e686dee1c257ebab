/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the front ends: places for steps, and the check that a source is text at all. */
#include <config.h>

#include "frontend/compile.h"

enum { HEADING_MAX = 200 };

/* What sources may take beyond their own size; real ones stay far below. Fuzzers find out how to
 * reach it within seconds, and then do nothing else. */
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define SPEND_MAX ((size_t)1 << 20)
#else
#define SPEND_MAX ((size_t)256 << 20)
#endif

static struct str one_line(struct arena *a, struct str s)
{
    s = str_trim(s);
    size_t n = str_text_len(str_of(s.p, s.n < HEADING_MAX ? s.n : HEADING_MAX));
    if (n == s.n)
        return s;
    while (n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
        n--;
    return str_concat(a, str_trim(str_of(s.p, n)), STR(" ..."));
}

struct step_meta compile_meta(struct compile *c, struct span span, struct str heading)
{
    struct place from = source_place(c->sources, span.source, span.off);
    struct place to = source_place(c->sources, span.source, span_end(span));
    return (struct step_meta){
        .source = span.source,
        .line = from.line,
        .column = from.column,
        .end_line = to.line,
        .end_column = to.column,
        .heading = one_line(c->arena, heading),
    };
}

bool compile_spend(struct compile *c, struct span at, size_t bytes)
{
    if (c->spent > SPEND_MAX)
        return false;
    c->spent += bytes;
    if (c->spent <= SPEND_MAX)
        return true;
    diag_error(c->diags, at,
               "the values in this file grow to more than 256 MiB, with what its steps repeat");
    return false;
}

size_t compile_command_weight(const struct command *cmd)
{
    size_t n = cmd->line.n;
    vec_for (const struct str, s, &cmd->argv)
        n += sizeof *s + s->n;
    vec_for (const struct str, s, &cmd->shell)
        n += sizeof *s + s->n;
    return n;
}

bool compile_check_text(struct compile *c, uint32_t source)
{
    struct str text = source_at(c->sources, source)->text;
    ptrdiff_t nul = str_find(text, '\0');
    size_t bad;
    if (nul >= 0) {
        diag_error(c->diags, span_of(source, (size_t)nul, 1), "NUL byte: this is not a text file");
        return false;
    }
    if (!str_is_utf8(text, &bad)) {
        diag_error(c->diags, span_of(source, bad, 1), "byte 0x%02x is not UTF-8",
                   (unsigned char)text.p[bad]);
        return false;
    }
    return true;
}
