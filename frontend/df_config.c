/* SPDX-License-Identifier: Apache-2.0 */
/* The instructions that only describe the image, or set what later steps run with. */
#include <config.h>

#include "frontend/df_lower.h"

#include "frontend/df_rules.h"

#include <arpa/inet.h>

void df_lower_cmd(struct df_lower *lo, const struct df_insn *in)
{
    if (!df_flags_check(lo, in))
        return;
    lo->stage->config.cmd = df_command(lo, in);
    lo->stage->config.reset_cmd = false;
    lo->stage->has_cmd = true;
}

/* A new entry point makes no sense of the CMD that the base had; one of this stage stays. */
void df_lower_entrypoint(struct df_lower *lo, const struct df_insn *in)
{
    struct df_stage *st = lo->stage;
    if (!df_flags_check(lo, in))
        return;
    st->config.entrypoint = df_command(lo, in);
    if (st->has_cmd)
        return;
    st->config.cmd = (struct command){0};
    st->config.reset_cmd = true;
}

static bool check_names(struct df_lower *lo, const struct df_insn *in)
{
    bool ok = true;
    vec_for (const struct df_pair, p, &in->pairs) {
        if (p->name.s.n)
            continue;
        diag_error(lo->c->diags, df_word_span(&p->name), STR_FMT " needs a name before \"=\"",
                   STR_ARG(in->type->name));
        ok = false;
    }
    return ok;
}

struct expanded {
    struct str name;
    struct value value;
};

/* All of them are expanded before any is set: one instruction sees the values from before it. */
static struct expanded *expand_pairs(struct df_lower *lo, const struct df_insn *in)
{
    struct expanded *e = arena_new_n(lo->c->arena, struct expanded, in->pairs.n);
    bool ok = df_flags_check(lo, in) && check_names(lo, in);
    for (size_t i = 0; i < in->pairs.n && ok; i++) {
        const struct df_pair *p = &in->pairs.at[i];
        ok &= df_expand_literal(lo, &p->name, &e[i].name);
        ok &= df_expand(lo, &p->value, &e[i].value);
        if (ok && e[i].name.n == 0) {
            diag_error(lo->c->diags, df_word_span(&p->name), "the name \"" STR_FMT "\" is empty",
                       STR_ARG(p->name.s));
            ok = false;
        }
    }
    return ok ? e : NULL;
}

void df_lower_env(struct df_lower *lo, const struct df_insn *in)
{
    const struct expanded *e = expand_pairs(lo, in);
    for (size_t i = 0; e && i < in->pairs.n; i++) {
        const struct df_word *at = &in->pairs.at[i].name;
        df_set(lo, &lo->stage->env, at, e[i].name, e[i].value);
        df_set(lo, &lo->stage->run_env, at, e[i].name, e[i].value);
    }
}

void df_lower_label(struct df_lower *lo, const struct df_insn *in)
{
    const struct expanded *e = expand_pairs(lo, in);
    for (size_t i = 0; e && i < in->pairs.n; i++)
        df_set(lo, &lo->stage->labels, &in->pairs.at[i].name, e[i].name, e[i].value);
}

void df_lower_maintainer(struct df_lower *lo, const struct df_insn *in)
{
    struct diag *d;
    if (!df_flags_check(lo, in))
        return;
    lo->stage->config.author = in->words.at[0].s;
    d = diag_rule(lo->c->diags, &df_rule_maintainer_deprecated, df_word_span(&in->keyword),
                  "MAINTAINER is deprecated");
    diag_note(d, "write LABEL org.opencontainers.image.authors=\"...\"");
}

void df_lower_shell(struct df_lower *lo, const struct df_insn *in)
{
    if (!df_flags_check(lo, in))
        return;
    if (!in->is_exec || in->words.n == 0) {
        struct span at = in->words.n ? df_word_span(&in->words.at[0]) : df_insn_span(in);
        diag_error(lo->c->diags, at, "SHELL needs a JSON array of strings: [\"/bin/sh\", \"-c\"]");
        return;
    }
    struct str_vec shell = {0};
    vec_for (const struct df_word, w, &in->words)
        vec_push(lo->c->arena, &shell, w->s);
    lo->stage->config.shell = shell;
}

void df_lower_stopsignal(struct df_lower *lo, const struct df_insn *in)
{
    struct value v;
    df_flags_ignored(lo, in);
    if (!df_expand(lo, &in->words.at[0], &v))
        return;
    if (text_is_literal(v.text) && !df_signal_is_valid(text_str(v.text))) {
        df_error(lo, df_word_span(&in->words.at[0]), "unknown signal \"" STR_FMT "\"",
                 STR_ARG(text_str(v.text)));
        return;
    }
    lo->stage->config.stop_signal = v.text;
}

void df_lower_user(struct df_lower *lo, const struct df_insn *in)
{
    struct value v;
    if (!df_flags_check(lo, in) || !df_expand(lo, &in->words.at[0], &v))
        return;
    lo->stage->user = v;
    lo->stage->has_user = true;
}

void df_lower_volume(struct df_lower *lo, const struct df_insn *in)
{
    struct df_stage *st = lo->stage;
    struct value v;
    if (!df_flags_check(lo, in))
        return;
    if (in->words.n == 0)
        diag_error(lo->c->diags, df_insn_span(in), "VOLUME needs a path, the array is empty");
    vec_for (const struct df_word, w, &in->words) {
        if (str_trim(w->s).n == 0) {
            diag_error(lo->c->diags, df_word_span(w), "the path of a VOLUME is empty");
            continue;
        }
        struct df_word trimmed = *w;
        trimmed.s = str_trim(w->s);
        if (!df_expand(lo, &trimmed, &v))
            return; /* a path in quotes is in pieces, which is one mistake */
        if (text_is_literal(v.text))
            df_set(lo, &st->volumes, w, text_str(v.text), v);
        else
            vec_push(lo->c->arena, &st->late_volumes, v.text);
    }
}

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
            vec_push(lo->c->arena, &lo->stage->late_ports, v.text);
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
