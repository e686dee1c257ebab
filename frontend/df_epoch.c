/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SOURCE_DATE_EPOCH, from --build-arg or a global ARG: seconds; or where to take the time from: the
 * main context, a named one, or a stage of this file that does nothing but ADD one remote source.
 * Only who builds can find that time, so the plan says where it is.
 */
#include <config.h>

#include "frontend/df_lower.h"

#include "base/remote.h"

static bool is_integer(struct str s)
{
    size_t i = s.n && (s.p[0] == '-' || s.p[0] == '+');
    bool digits = i < s.n && s.n - i <= 18;
    for (; i < s.n; i++)
        digits &= ascii_is_digit(s.p[i]);
    return digits;
}

/* One spelling, one id. */
static struct str canonical(struct arena *a, struct str s)
{
    bool negative = s.p[0] == '-';
    if (s.p[0] == '-' || s.p[0] == '+')
        s = str_skip(s, 1);
    while (s.n > 1 && s.p[0] == '0')
        s = str_skip(s, 1);
    return negative && !str_eq(s, STR("0")) ? str_concat(a, STR("-"), s) : s;
}

/* The instructions of the stage whose FROM stands at `from`; *n of them. */
static const struct df_insn *body_of(const struct df_lower *lo, const struct df_insn *from,
                                     size_t *n)
{
    const struct df_insn *end = lo->file->insns.at + lo->file->insns.n;
    *n = 0;
    while (from + 1 + *n < end && (!from[1 + *n].type || from[1 + *n].type->kind != DF_FROM))
        ++*n;
    return from + 1;
}

static bool refuse(struct df_lower *lo, const struct df_word *at, const char *why)
{
    diag_error(lo->c->diags, df_word_span(at), "a stage for SOURCE_DATE_EPOCH %s", why);
    return false;
}

static bool read_add(struct df_lower *lo, const struct df_insn *in, struct str *url)
{
    if (in->words.n != 2)
        return refuse(lo, &in->keyword, "adds exactly one remote source");
    if (!df_expand_literal(lo, &in->words.at[0], url))
        return false;
    return remote_kind(*url) != REMOTE_NONE ||
           refuse(lo, &in->words.at[0], "adds an HTTP(S) URL or a git repository");
}

/* Lowers nothing: only its arguments are evaluated, in a stage of their own. */
static bool read_body(struct df_lower *lo, const struct df_insn *in, size_t n, struct str *url)
{
    *url = STR("");
    for (size_t i = 0; i < n; i++) {
        if (in[i].is_broken)
            return false;
        if (in[i].type->kind == DF_ARG)
            df_lower_arg(lo, &in[i]);
        else if (in[i].type->kind != DF_ADD)
            return refuse(lo, &in[i].keyword, "has only ARG and ADD");
        else if (url->n)
            return refuse(lo, &in[i].keyword, "adds exactly one remote source");
        else if (!read_add(lo, &in[i], url))
            return false;
    }
    return true;
}

static void from_stage(struct df_lower *lo, const struct df_insn *from)
{
    struct df_stage own = {.is_scratch = true, .keyword = from->keyword};
    struct str base, url;
    size_t n;
    const struct df_insn *body = body_of(lo, from, &n);
    if (!df_expand_literal(lo, &from->words.at[0], &base))
        return;
    if (!str_eq(base, STR("scratch"))) {
        refuse(lo, &from->words.at[0], "is made from scratch");
        return;
    }
    size_t before = lo->c->diags->list.n;
    lo->stage = &own;
    bool ok = read_body(lo, body, n, &url);
    lo->stage = NULL;
    for (size_t i = before; i < lo->c->diags->list.n; i++)
        if (lo->c->diags->list.at[i]->level == DIAG_WARNING)
            diag_skip(lo->c->diags->list.at[i]); /* the stage itself says it again */
    if (ok && url.n)
        lo->epoch = str_concat(lo->c->arena, STR("source:"), url);
    else if (ok)
        refuse(lo, &from->keyword, "adds exactly one remote source");
}

/* Where the value stands, if it is in the file. */
static struct span place_of(const struct df_lower *lo)
{
    vec_for (const struct df_insn, in, &lo->file->insns) {
        if (!in->is_broken && in->type->kind == DF_FROM)
            break;
        vec_for (const struct df_pair, p, &in->pairs)
            if (str_eq(p->name.s, STR("SOURCE_DATE_EPOCH")))
                return df_word_span(p->has_value ? &p->value : &p->name);
    }
    return span_of(lo->file->source, 0, 0);
}

static void from_elsewhere(struct df_lower *lo, struct str value)
{
    struct arena *a = lo->c->arena;
    const struct df_named *stage = map_get(&lo->named, df_stage_key(a, value));
    lo->epoch_is_elsewhere = true;
    if (str_eq(value, STR("context"))) {
        lo->epoch = value;
    } else if (df_context_find(lo, value)) {
        lo->epoch = str_concat(a, STR("context:"), value);
    } else if (stage) {
        from_stage(lo, stage->from);
    } else {
        struct diag *d = diag_error(lo->c->diags, place_of(lo),
                                    "SOURCE_DATE_EPOCH \"" STR_FMT "\" is no time", STR_ARG(value));
        diag_note(d, "it is a number of seconds, \"context\", a named context or a stage");
    }
}

void df_epoch_init(struct df_lower *lo)
{
    struct value v = {0};
    struct str value = df_build_arg(lo, STR("SOURCE_DATE_EPOCH"));
    if (value.n == 0 && vars_get(&lo->globals, STR("SOURCE_DATE_EPOCH"), &v))
        value = text_str(v.text);
    if (is_integer(value))
        lo->epoch = canonical(lo->c->arena, value);
    else if (value.n)
        from_elsewhere(lo, value);
}
