/* SPDX-License-Identifier: Apache-2.0 */
/* The signals of Linux by name, whatever system the compiler runs on. */
#include <config.h>

#include "frontend/df_lower.h"

static const struct str names[] = {
    STR_INIT("ABRT"),   STR_INIT("ALRM"),  STR_INIT("BUS"),  STR_INIT("CHLD"), STR_INIT("CLD"),
    STR_INIT("CONT"),   STR_INIT("FPE"),   STR_INIT("HUP"),  STR_INIT("ILL"),  STR_INIT("INT"),
    STR_INIT("IO"),     STR_INIT("IOT"),   STR_INIT("KILL"), STR_INIT("PIPE"), STR_INIT("POLL"),
    STR_INIT("PROF"),   STR_INIT("PWR"),   STR_INIT("QUIT"), STR_INIT("SEGV"), STR_INIT("STKFLT"),
    STR_INIT("STOP"),   STR_INIT("SYS"),   STR_INIT("TERM"), STR_INIT("TRAP"), STR_INIT("TSTP"),
    STR_INIT("TTIN"),   STR_INIT("TTOU"),  STR_INIT("URG"),  STR_INIT("USR1"), STR_INIT("USR2"),
    STR_INIT("VTALRM"), STR_INIT("WINCH"), STR_INIT("XCPU"), STR_INIT("XFSZ"), STR_INIT("RTMIN"),
    STR_INIT("RTMAX"),
};

/* RTMIN+1 ... RTMIN+15, RTMAX-14 ... RTMAX-1. */
static bool is_realtime(struct str s)
{
    unsigned long long n;
    bool up = s.n > 6 && str_eq_nocase(str_of(s.p, 6), STR("RTMIN+"));
    bool down = s.n > 6 && str_eq_nocase(str_of(s.p, 6), STR("RTMAX-"));
    return (up || down) && str_to_u64(str_skip(s, 6), &n) && n >= 1 && n <= (up ? 15u : 14u);
}

bool df_signal_is_valid(struct str s)
{
    unsigned long long n;
    if (str_to_u64(s, &n))
        return n >= 1 && n <= 64;
    if (s.n > 3 && str_eq_nocase(str_of(s.p, 3), STR("SIG")))
        s = str_skip(s, 3);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_eq_nocase(names[i], s))
            return true;
    return is_realtime(s);
}
