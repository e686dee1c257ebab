/* SPDX-License-Identifier: Apache-2.0 */
/* The sink: collects diagnostics. Printing is base/diag_print.c. */
#include <config.h>

#include "base/diag.h"

/* What users wrote is quoted in messages, and may be anything. */
static struct str cut(struct str s)
{
    enum { LONGEST = 1000 };
    if (s.n <= LONGEST)
        return s;
    s.n = LONGEST;
    while (s.n > 0 && ((unsigned char)s.p[s.n] & 0xc0) == 0x80)
        s.n--;
    return s;
}

static struct str message(struct arena *a, const char *fmt, va_list ap)
{
    struct str full = arena_vprintf(a, fmt, ap), shown = cut(full);
    return shown.n == full.n ? full : str_concat(a, shown, STR("..."));
}

static struct diag *add(struct diag_sink *sink, const struct diag_rule *rule, enum diag_level level,
                        struct span span, const char *fmt, va_list ap)
{
    struct diag *d = arena_new(sink->arena, struct diag);
    d->rule = rule;
    d->level = level;
    d->span = span;
    d->text = message(sink->arena, fmt, ap);
    d->sink = sink;
    vec_push(sink->arena, &sink->list, d);
    sink->n_errors += level == DIAG_ERROR;
    sink->n_losses += level == DIAG_LOSS;
    return d;
}

struct diag *diag_error(struct diag_sink *sink, struct span span, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    struct diag *d = add(sink, NULL, DIAG_ERROR, span, fmt, ap);
    va_end(ap);
    return d;
}

struct diag *diag_verror(struct diag_sink *sink, struct span span, const char *fmt, va_list ap)
{
    return add(sink, NULL, DIAG_ERROR, span, fmt, ap);
}

void diag_demote(struct diag *d)
{
    if (d->level != DIAG_ERROR)
        return;
    d->level = DIAG_WARNING;
    d->sink->n_errors--;
}

void diag_raise(struct diag *d)
{
    if (d->level == DIAG_ERROR)
        return;
    d->level = DIAG_ERROR;
    d->sink->n_errors++;
}

void diag_skip(struct diag *d)
{
    d->is_skipped = d->level == DIAG_WARNING;
}

struct diag *diag_rule(struct diag_sink *sink, const struct diag_rule *rule, struct span span,
                       const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    struct diag *d = add(sink, rule, rule->level, span, fmt, ap);
    va_end(ap);
    return d;
}

static void add_note(struct diag *d, bool has_span, struct span span, const char *fmt, va_list ap)
{
    struct diag_note n = {has_span, span, message(d->sink->arena, fmt, ap)};
    vec_push(d->sink->arena, &d->notes, n);
}

void diag_note(struct diag *d, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add_note(d, false, (struct span){0}, fmt, ap);
    va_end(ap);
}

void diag_note_at(struct diag *d, struct span span, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add_note(d, true, span, fmt, ap);
    va_end(ap);
}
