/* SPDX-License-Identifier: Apache-2.0 */
/* Flags of instructions: names and values come from df_flag.def. */
#include <config.h>

#include "frontend/df_lower.h"

#include "base/suggest.h"
#include "frontend/df_rules.h"

enum flag_value { FLAG_STRING, FLAG_STRINGS, FLAG_BOOL };

struct flag_row {
    enum df_kind insn;
    struct str name;
    enum flag_value value;
};

static const struct flag_row rows[] = {
#define DF_FLAG(INSN, NAME, VALUE) {DF_##INSN, STR_INIT(NAME), FLAG_##VALUE},
#include "frontend/df_flag.def"
#undef DF_FLAG
};

enum { N_ROWS = sizeof rows / sizeof rows[0] };

static const struct flag_row *row_find(enum df_kind insn, struct str name)
{
    for (size_t i = 0; i < N_ROWS; i++)
        if (rows[i].insn == insn && str_eq(rows[i].name, name))
            return &rows[i];
    return NULL;
}

void df_note_nearest(struct diag *d, struct str got, const char *const *list)
{
    struct str best = suggest_from(got, list);
    if (best.p)
        diag_note(d, "did you mean \"" STR_FMT "\"?", STR_ARG(best));
}

static void unknown_flag(struct df_lower *lo, const struct df_insn *in, const struct df_flag *f)
{
    struct str insn = in->type->name, name = f->name.s;
    struct suggest s;
    suggest_init(&s, name);
    for (size_t i = 0; i < N_ROWS; i++)
        if (rows[i].insn == in->type->kind)
            suggest_offer(&s, rows[i].name);
    struct diag *d =
        diag_error(lo->c->diags, df_word_span(&f->whole), STR_FMT " has no flag \"--" STR_FMT "\"",
                   STR_ARG(insn), STR_ARG(name));
    if (s.best.p)
        diag_note(d, "did you mean \"--" STR_FMT "\"?", STR_ARG(s.best));
}

static bool check_value(struct df_lower *lo, const struct df_flag *f, const struct flag_row *row)
{
    struct str name = f->name.s, v = f->value.s;
    if (row->value != FLAG_BOOL && !f->has_value) {
        diag_error(lo->c->diags, df_word_span(&f->whole),
                   "flag \"--" STR_FMT "\" needs a value: \"--" STR_FMT "=...\"", STR_ARG(name),
                   STR_ARG(name));
        return false;
    }
    bool is_bool = str_eq_nocase(v, STR("true")) || str_eq_nocase(v, STR("false"));
    if (row->value == FLAG_BOOL && f->has_value && !is_bool) {
        diag_error(lo->c->diags, df_word_span(&f->whole),
                   "flag \"--" STR_FMT "\" must be \"true\" or \"false\"", STR_ARG(name));
        return false;
    }
    return true;
}

static bool check_flag(struct df_lower *lo, const struct df_insn *in, const struct df_flag *f)
{
    const struct flag_row *row = row_find(in->type->kind, f->name.s);
    if (!row) {
        unknown_flag(lo, in, f);
        return false;
    }
    const struct df_flag *first = df_flag_find(in, f->name.s);
    if (first != f && row->value != FLAG_STRINGS) {
        struct diag *d = diag_error(lo->c->diags, df_word_span(&f->whole),
                                    "flag \"--" STR_FMT "\" is given twice", STR_ARG(f->name.s));
        diag_note_at(d, df_word_span(&first->whole), "the first one is here");
        return false;
    }
    return check_value(lo, f, row);
}

bool df_flags_check(struct df_lower *lo, const struct df_insn *in)
{
    bool ok = true;
    vec_for (const struct df_flag, f, &in->flags)
        ok &= check_flag(lo, in, f);
    return ok;
}

/* ARG, STOPSIGNAL and HEALTHCHECK NONE: BuildKit does not even look at them. */
void df_flags_ignored(struct df_lower *lo, const struct df_insn *in)
{
    vec_for (const struct df_flag, f, &in->flags)
        diag_rule(lo->c->diags, &df_rule_ignored_flag, df_word_span(&f->whole),
                  "flag \"" STR_FMT "\" has no effect on " STR_FMT "%s", STR_ARG(f->whole.s),
                  STR_ARG(in->type->name), in->is_none ? " NONE" : "");
}

const struct df_flag *df_flag_find(const struct df_insn *in, struct str name)
{
    vec_for (const struct df_flag, f, &in->flags)
        if (str_eq(f->name.s, name))
            return f;
    return NULL;
}
