/* SPDX-License-Identifier: Apache-2.0 */
/* EXPOSE: ports, ranges of them, and what may stand before and behind them. */
#include <config.h>

#include "frontend/df_lower.h"

#include <arpa/inet.h>

struct ports {
    unsigned first, last;
};

static bool read_number(struct str s, unsigned *out)
{
    unsigned long long n;
    if (!str_to_u64(s, &n) || n > 65535)
        return false;
    *out = (unsigned)n;
    return true;
}

/* PORT or FIRST-LAST. */
static bool read_range(struct str s, struct ports *out)
{
    struct str first, last;
    bool is_range = str_cut(s, '-', &first, &last);
    if (!read_number(first, &out->first))
        return false;
    out->last = out->first;
    return !is_range || (read_number(last, &out->last) && out->first <= out->last);
}

static bool is_address(struct arena *a, struct str s)
{
    unsigned char bytes[16];
    if (s.n > 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
        s = str_of(s.p + 1, s.n - 2);
    const char *text = arena_cstr(a, s);
    return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

/* Takes what stands behind the last `sep` off *s; all of it if there is none. */
static struct str cut_last(struct str *s, char sep)
{
    size_t n = s->n;
    while (n > 0 && s->p[n - 1] != sep)
        n--;
    struct str last = str_skip(*s, n);
    s->n = n > 0 ? n - 1 : 0;
    return last;
}

/* [IP:]HOST, which EXPOSE takes and which means nothing: as many ports as there are, or any range
 * for a single one. */
static bool is_host_part(struct arena *a, struct str s, const struct ports *inside)
{
    struct ports host;
    struct str port = cut_last(&s, ':');
    if (s.n && !is_address(a, s))
        return false;
    if (port.n == 0)
        return true;
    return read_range(port, &host) && (inside->first == inside->last ||
                                       host.last - host.first == inside->last - inside->first);
}

/* Reads [[IP:]HOST:]PORT[-LAST][/[PROTOCOL]]; gives "PORT[-LAST]/protocol". */
static bool read_port(struct arena *a, struct str s, struct str *out)
{
    static const struct str protocols[] = {STR_INIT("tcp"), STR_INIT("udp"), STR_INIT("sctp")};
    struct str ports, protocol, host = s;
    struct ports p;
    str_cut(cut_last(&host, ':'), '/', &ports, &protocol);
    if (protocol.n == 0)
        protocol = protocols[0];
    if (!read_range(ports, &p) || !is_host_part(a, host, &p))
        return false;
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
        if (!str_eq_nocase(protocol, protocols[i]))
            continue;
        *out = p.first == p.last
                   ? arena_printf(a, "%u/" STR_FMT, p.first, STR_ARG(protocols[i]))
                   : arena_printf(a, "%u-%u/" STR_FMT, p.first, p.last, STR_ARG(protocols[i]));
        return true;
    }
    return false;
}

static void expose(struct df_lower *lo, const struct df_word *w, struct str s)
{
    struct str port;
    if (!read_port(lo->c->arena, s, &port)) {
        df_error(lo, df_word_span(w),
                 "\"" STR_FMT "\" is not a port, expected PORT[-PORT][/tcp|/udp|/sctp]",
                 STR_ARG(s));
        return;
    }
    df_set(lo, &lo->stage->ports, w, port, (struct value){text_lit(lo->c->arena, port), port.n});
}

/* Ranges stay ranges. A variable may hold several ports. */
void df_lower_expose(struct df_lower *lo, const struct df_insn *in)
{
    struct value v;
    if (!df_flags_check(lo, in))
        return;
    vec_for (const struct df_word, w, &in->words) {
        if (!df_expand(lo, w, &v))
            return;
        if (!text_is_literal(v.text)) {
            df_add_late(lo, &lo->stage->late_ports, &v);
            continue;
        }
        for (struct str rest = str_trim(text_str(v.text)); rest.n; rest = str_trim(rest)) {
            size_t n = 0;
            while (n < rest.n && !ascii_is_blank(rest.p[n]))
                n++;
            expose(lo, w, str_of(rest.p, n));
            rest = str_skip(rest, n);
        }
    }
}
