/* SPDX-License-Identifier: Apache-2.0 */
/* HEALTHCHECK, and durations as Go writes them. */
#include <config.h>

#include "frontend/df_lower.h"

#define MILLISECOND INT64_C(1000000)

struct unit {
    struct str name;
    int64_t ns;
};

/* Longer names first: "ms" before "m". */
static const struct unit units[] = {
    {STR_INIT("ns"), 1},
    {STR_INIT("us"), 1000},
    {STR_INIT("\xc2\xb5s"), 1000}, /* micro sign */
    {STR_INIT("\xce\xbcs"), 1000}, /* Greek mu */
    {STR_INIT("ms"), MILLISECOND},
    {STR_INIT("s"), 1000 * MILLISECOND},
    {STR_INIT("m"), 60 * 1000 * MILLISECOND},
    {STR_INIT("h"), 3600 * 1000 * MILLISECOND},
};

static const struct unit *read_unit(struct str *s)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (str_starts(*s, units[i].name)) {
            *s = str_skip(*s, units[i].name.n);
            return &units[i];
        }
    return NULL;
}

/* Digits with at most one point among them; *value in units, *fraction in [0, 1). */
static bool read_number(struct str *s, int64_t *value, double *fraction)
{
    size_t digits = 0;
    *value = 0;
    *fraction = 0;
    for (; s->n && ascii_is_digit(s->p[0]); *s = str_skip(*s, 1), digits++)
        if (__builtin_mul_overflow(*value, 10, value) ||
            __builtin_add_overflow(*value, s->p[0] - '0', value))
            return false;
    if (s->n && s->p[0] == '.') {
        *s = str_skip(*s, 1);
        for (double place = 0.1; s->n && ascii_is_digit(s->p[0]); place /= 10, digits++) {
            *fraction += place * (s->p[0] - '0');
            *s = str_skip(*s, 1);
        }
    }
    return digits > 0;
}

bool df_duration_read(struct str s, int64_t *ns)
{
    bool negative = s.n && s.p[0] == '-';
    if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
        s = str_skip(s, 1);
    *ns = 0;
    if (str_eq(s, STR("0")))
        return true;
    if (s.n == 0)
        return false;
    while (s.n) {
        int64_t value;
        double fraction;
        const struct unit *u = read_number(&s, &value, &fraction) ? read_unit(&s) : NULL;
        if (!u || __builtin_mul_overflow(value, u->ns, &value) ||
            __builtin_add_overflow(value, (int64_t)(fraction * (double)u->ns + 0.5), &value) ||
            __builtin_add_overflow(*ns, value, ns))
            return false;
    }
    if (negative)
        *ns = -*ns;
    return true;
}

static bool read_interval(struct df_lower *lo, const struct df_insn *in, struct str name,
                          int64_t *ns)
{
    const struct df_flag *f = df_flag_find(in, name);
    if (!f || f->value.s.n == 0)
        return true;
    if (!df_duration_read(f->value.s, ns)) {
        diag_error(lo->c->diags, df_word_span(&f->value),
                   "\"" STR_FMT "\" is not a duration like \"1m30s\"", STR_ARG(f->value.s));
        return false;
    }
    if (*ns == 0 || *ns >= MILLISECOND) /* 0 is the default */
        return true;
    diag_error(lo->c->diags, df_word_span(&f->value), "\"--" STR_FMT "\" can't be less than 1ms",
               STR_ARG(name));
    return false;
}

static bool read_retries(struct df_lower *lo, const struct df_insn *in, int64_t *retries)
{
    const struct df_flag *f = df_flag_find(in, STR("retries"));
    unsigned long long n = 0;
    bool has_sign = f && str_starts(f->value.s, STR("+"));
    if (f && f->value.s.n && (!str_to_u64(str_skip(f->value.s, has_sign), &n) || n > INT32_MAX)) {
        diag_error(lo->c->diags, df_word_span(&f->value),
                   "\"" STR_FMT "\" is not a number of retries", STR_ARG(f->value.s));
        return false;
    }
    *retries = (int64_t)n;
    return true;
}

void df_lower_healthcheck(struct df_lower *lo, const struct df_insn *in)
{
    struct healthcheck h = {.is_set = true, .is_none = in->is_none};
    if (in->is_none) {
        df_flags_ignored(lo, in);
        lo->stage->config.healthcheck = h;
        return;
    }
    if (!df_flags_check(lo, in))
        return;
    bool ok = read_interval(lo, in, STR("interval"), &h.interval_ns);
    ok &= read_interval(lo, in, STR("timeout"), &h.timeout_ns);
    ok &= read_interval(lo, in, STR("start-period"), &h.start_period_ns);
    ok &= read_interval(lo, in, STR("start-interval"), &h.start_interval_ns);
    ok &= read_retries(lo, in, &h.retries);
    if (in->words.n == 0) {
        diag_error(lo->c->diags, df_insn_span(in), "HEALTHCHECK CMD needs a command");
        return;
    }
    if (!ok)
        return;
    h.test = df_command(lo, in);
    lo->stage->config.healthcheck = h;
}
