/* SPDX-License-Identifier: Apache-2.0 */
/* The signals of Linux by name, whatever system the compiler runs on. */
#include <config.h>

#include "frontend/df_lower.h"

static const char *const names[] = {
    "ABRT",   "ALRM",  "BUS",  "CHLD", "CLD",   "CONT",  "FPE",  "HUP",  "ILL",  "INT",
    "IO",     "IOT",   "KILL", "PIPE", "POLL",  "PROF",  "PWR",  "QUIT", "SEGV", "STKFLT",
    "STOP",   "SYS",   "TERM", "TRAP", "TSTP",  "TTIN",  "TTOU", "URG",  "USR1", "USR2",
    "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX", NULL,
};

/* RTMIN+1 ... RTMIN+15, RTMAX-14 ... RTMAX-1. */
static bool is_realtime(struct str s)
{
    unsigned long long n;
    bool up = s.n > 6 && str_eq_nocase(str_of(s.p, 6), STR("RTMIN+"));
    bool down = s.n > 6 && str_eq_nocase(str_of(s.p, 6), STR("RTMAX-"));
    return (up || down) && str_to_u64(str_skip(s, 6), &n) && n >= 1 && n <= (up ? 15u : 14u);
}

static struct str without_sig(struct str s)
{
    return s.n > 3 && str_eq_nocase(str_of(s.p, 3), STR("SIG")) ? str_skip(s, 3) : s;
}

/* Any number but 0, as BuildKit takes it: what it means is up to the system that runs the image. */
static bool is_number(struct str s, bool *ok)
{
    unsigned long long n;
    bool has_sign = s.n && (s.p[0] == '-' || s.p[0] == '+');
    bool is = str_to_u64(str_skip(s, has_sign), &n);
    *ok = is && n > 0 && n <= INT64_MAX;
    return is;
}

bool df_signal_is_valid(struct str s)
{
    bool ok;
    if (is_number(s, &ok))
        return ok;
    s = without_sig(s);
    for (const char *const *name = names; *name; name++)
        if (str_eq_nocase(str_from(*name), s))
            return true;
    return is_realtime(s);
}

void df_signal_note(struct diag *d, struct str s)
{
    df_note_nearest(d, without_sig(s), names);
}
