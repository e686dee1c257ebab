/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "base/mode.h"

#include "base/err.h"

/* One clause: WHO [OP PERMISSIONS]... */
struct change {
    mode_t mode, before; /* what it is now, and before all clauses */
    bool is_directory;
};

/* The bits of u, g, o that "ugoa" at the start of s name; all of them if none is named. */
static mode_t read_who(struct str *s)
{
    mode_t who = 0;
    for (; s->n; *s = str_skip(*s, 1)) {
        switch (s->p[0]) {
        case 'u': who |= 04700; continue;
        case 'g': who |= 02070; continue;
        case 'o': who |= 01007; continue;
        case 'a': who |= 07777; continue;
        }
        break;
    }
    return who ? who : 07777;
}

/* The three bits of one class, in all classes. */
static mode_t spread(mode_t rwx)
{
    return (rwx & 7) * 0111;
}

static mode_t letter_bits(char ch, const struct change *c)
{
    switch (ch) {
    case 'r': return 0444;
    case 'w': return 0222;
    case 'x': return 0111;
    case 'X': return c->is_directory || (c->before & 0111) ? 0111 : 0;
    case 's': return 06000;
    case 't': return 01000;
    case 'u': return spread(c->mode >> 6);
    case 'g': return spread(c->mode >> 3);
    case 'o': return spread(c->mode);
    }
    return (mode_t)-1;
}

/* "rwx…", or one of "ugo": whose permissions to copy. */
static mode_t read_permissions(struct str *s, const struct change *c)
{
    mode_t bits = 0;
    for (bool first = true; s->n; first = false) {
        bool copies = strchr("ugo", s->p[0]) != NULL;
        mode_t b = letter_bits(s->p[0], c);
        if (b == (mode_t)-1 || (copies && !first))
            break;
        bits |= b;
        *s = str_skip(*s, 1);
        if (copies)
            break;
    }
    return bits;
}

static void apply_op(struct str *s, mode_t who, struct change *c)
{
    char op = s->p[0];
    *s = str_skip(*s, 1);
    mode_t bits = read_permissions(s, c) & who;
    if (op == '+')
        c->mode |= bits;
    else if (op == '-')
        c->mode &= ~bits;
    else
        c->mode = (c->mode & ~who) | bits;
}

static bool is_op(struct str s)
{
    return s.n && (s.p[0] == '+' || s.p[0] == '-' || s.p[0] == '=');
}

static bool apply_clause(struct str s, struct change *c)
{
    mode_t who = read_who(&s);
    if (!is_op(s))
        return false;
    while (is_op(s))
        apply_op(&s, who, c);
    return s.n == 0;
}

static bool apply(struct str s, struct change *c)
{
    struct str clause;
    bool more = s.n > 0, ok = more;
    while (more && ok) {
        more = str_cut(s, ',', &clause, &s);
        ok = apply_clause(clause, c);
    }
    return ok;
}

bool mode_is_symbolic(struct str s)
{
    struct change c = {0};
    return apply(s, &c);
}

mode_t mode_apply(struct str s, mode_t mode, bool is_directory)
{
    struct change c = {mode & 07777, mode & 07777, is_directory};
    if (!apply(s, &c))
        BUG("\"" STR_FMT "\" is no symbolic mode", STR_ARG(s));
    return c.mode;
}
