/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scanner for as much of a POSIX shell's grammar as tells where a newline is a mere blank: behind
 * an operator between commands, or behind a reserved word that a command follows. What needs more
 * of a shell to be understood (here-documents, comments, case, backquotes, newlines in quotes) is
 * refused.
 */
#include <config.h>

#include "frontend/sh_lines.h"

enum { DEPTH_MAX = 100 }; /* of substitutions in each other */

struct scan {
    struct str s;
    size_t pos;
    int depth;
};

static char peek(const struct scan *sc)
{
    return sc->pos < sc->s.n ? sc->s.p[sc->pos] : '\0';
}

static char peek_next(const struct scan *sc)
{
    return sc->pos + 1 < sc->s.n ? sc->s.p[sc->pos + 1] : '\0';
}

static bool scan_commands(struct scan *sc, bool in_parentheses);

/* False if there is no other quote, or a newline stands before it. */
static bool skip_single_quotes(struct scan *sc)
{
    for (sc->pos++; sc->pos < sc->s.n && peek(sc) != '\n';)
        if (sc->s.p[sc->pos++] == '\'')
            return true;
    return false;
}

/* "${", up to its brace; one that holds quotes or another brace is not understood. */
static bool skip_parameter(struct scan *sc)
{
    for (; sc->pos < sc->s.n; sc->pos++) {
        if (peek(sc) == '}') {
            sc->pos++;
            return true;
        }
        if (strchr("\n\"'`\\({", peek(sc)) && peek(sc))
            return false;
    }
    return false;
}

/* At a dollar sign. */
static bool skip_dollar(struct scan *sc)
{
    sc->pos++;
    switch (peek(sc)) {
    case '{': sc->pos++; return skip_parameter(sc);
    case '\'': return false;
    case '(':
        sc->pos++;
        if (++sc->depth > DEPTH_MAX || !scan_commands(sc, true))
            return false;
        sc->depth--;
        return true;
    default: return true;
    }
}

static bool skip_double_quotes(struct scan *sc)
{
    for (sc->pos++; sc->pos < sc->s.n && peek(sc) != '\n';) {
        switch (peek(sc)) {
        case '"': sc->pos++; return true;
        case '`': return false;
        case '$':
            if (!skip_dollar(sc))
                return false;
            break;
        case '\\':
            if (peek_next(sc) == '\n')
                return false;
            sc->pos += 2;
            break;
        default: sc->pos++;
        }
    }
    return false;
}

static bool ends_word(char ch)
{
    return ch == '\0' || strchr(" \t\r\n;&|()<>", ch) != NULL;
}

/* Goes behind the word at the cursor. */
static bool skip_word(struct scan *sc)
{
    while (sc->pos < sc->s.n && !ends_word(peek(sc))) {
        switch (peek(sc)) {
        case '\'':
            if (!skip_single_quotes(sc))
                return false;
            break;
        case '"':
            if (!skip_double_quotes(sc))
                return false;
            break;
        case '`': return false;
        case '$':
            if (!skip_dollar(sc))
                return false;
            break;
        case '\\':
            if (peek_next(sc) == '\n' || peek_next(sc) == '\0')
                return false;
            sc->pos += 2;
            break;
        default: sc->pos++;
        }
    }
    return true;
}

static bool is_one_of(struct str word, const char *const *list)
{
    for (; *list; list++)
        if (str_eq(word, str_from(*list)))
            return true;
    return false;
}

/* A word where a command may begin. Behind a reserved one, another command may begin. */
static bool scan_first_word(struct scan *sc, bool *begins)
{
    static const char *const opening[] = {"do", "then",  "else",  "elif", "if",
                                          "{",  "while", "until", NULL};
    size_t from = sc->pos;
    if (!skip_word(sc))
        return false;
    struct str word = str_of(sc->s.p + from, sc->pos - from);
    *begins = is_one_of(word, opening);
    return !str_eq(word, STR("case"));
}

/* Whether a newline or an operator stands at the cursor, with *begins telling whether a command may
 * begin behind it; a redirection is no such operator. */
static bool skip_operator(struct scan *sc, bool *begins)
{
    char ch = peek(sc);
    if (ch == '<' || ch == '>') {
        if (ch == '<' && peek_next(sc) == '<')
            return false;
        sc->pos += strchr(">&|", peek_next(sc)) && peek_next(sc) ? 2 : 1;
        *begins = false;
        return peek(sc) != '(';
    }
    sc->pos++;
    *begins = true;
    return true;
}

/* One token that is no blank. */
static bool scan_token(struct scan *sc, bool *begins)
{
    switch (peek(sc)) {
    case '#':
    case '\r': return false;
    case '\n': sc->pos++; return *begins;
    case '(':
        sc->pos++;
        if (!*begins || ++sc->depth > DEPTH_MAX || !scan_commands(sc, true))
            return false;
        sc->depth--;
        *begins = false;
        return true;
    case ';':
    case '&':
    case '|':
    case '<':
    case '>': return skip_operator(sc, begins);
    default: return *begins ? scan_first_word(sc, begins) : skip_word(sc);
    }
}

/* Commands up to the end, or behind the parenthesis that closes them. */
static bool scan_commands(struct scan *sc, bool in_parentheses)
{
    bool begins = true; /* a command may begin here, so a newline is a blank */
    while (sc->pos < sc->s.n) {
        if (strchr(" \t", peek(sc))) {
            sc->pos++;
        } else if (peek(sc) == ')') {
            sc->pos++;
            return in_parentheses;
        } else if (!scan_token(sc, &begins)) {
            return false;
        }
    }
    return !in_parentheses;
}

bool sh_lines_can_join(struct str command)
{
    struct scan sc = {.s = command};
    return scan_commands(&sc, false);
}
