/* SPDX-License-Identifier: Apache-2.0 */
/* The table of instructions, and places of words. */
#include <config.h>

#include "frontend/df_ast.h"

const struct df_insn_type df_insn_types[DF_N_KINDS] = {
#define DF_INSN(NAME, SHAPE) {DF_##NAME, DF_SHAPE_##SHAPE, STR_INIT(#NAME)},
#include "frontend/df_insn.def"
#undef DF_INSN
};

const struct df_insn_type *df_insn_find(struct str keyword)
{
    for (size_t i = 0; i < DF_N_KINDS; i++)
        if (str_eq_nocase(df_insn_types[i].name, keyword))
            return &df_insn_types[i];
    return NULL;
}

struct span df_word_span(const struct df_word *w)
{
    return df_line_span(w->line, w->raw);
}

struct span df_word_part(const struct df_word *w, size_t off, size_t len)
{
    if (w->s.p != w->raw.p || off + len > w->raw.n)
        return df_word_span(w);
    return df_line_span(w->line, str_of(w->raw.p + off, len));
}

struct span df_insn_span(const struct df_insn *in)
{
    return df_line_span(in->line, in->line->text);
}
