/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scanner of S-expressions, by the lexical rules of OCaml's sexplib, which define the language
 * of specs. Comments end here; a token that is wrong is reported here and handed on as a broken
 * atom, so the grammar never sees a lexical error.
 *
 * The text ends with a NUL byte; re2c's end rule ($) tells it from others by the limit.
 */
#include <config.h>

#include "frontend/sx_lex.h"

#include "base/buf.h"

/*!re2c
re2c:yyfill:enable = 0;
re2c:eof = 0;
re2c:define:YYCTYPE = "unsigned char";
re2c:define:YYCURSOR = p;
re2c:define:YYLIMIT = rd->limit;
re2c:define:YYMARKER = marker;

newline = "\r"? "\n";
blank = [ \t\f];
bare = [^;()" \t\f\r\n];
atom_start = (bare \ [#|]) | "#" (bare \ [|]) | "|" (bare \ [#]);
digit = [0-9];
hex = [0-9a-fA-F];
*/

static struct span span_from(const struct sx_reader *rd, const char *from, const char *to)
{
    return span_of(rd->source, (size_t)(from - rd->text), (size_t)(to - from));
}

static struct sx_datum *atom_new(struct sx_reader *rd, const char *from, const char *to)
{
    struct sx_datum *d = arena_new(rd->arena, struct sx_datum);
    d->kind = SX_ATOM;
    d->span = span_from(rd, from, to);
    d->text = str_of(from, (size_t)(to - from));
    return d;
}

static void note_comment(struct sx_reader *rd, const char *from, const char *to)
{
    if (rd->comments)
        vec_push(rd->arena, rd->comments, span_from(rd, from, to));
}

static bool is_full(const struct sx_reader *rd)
{
    return rd->diags->n_errors >= SX_ERRORS_MAX;
}

/* "#|" and "|#" may not stand inside a bare atom: too easily a comment was meant. */
static void check_bare(struct sx_reader *rd, struct sx_datum *atom)
{
    struct str s = atom->text;
    for (size_t i = 0; i + 1 < s.n; i++) {
        if (!(s.p[i] == '#' && s.p[i + 1] == '|') && !(s.p[i] == '|' && s.p[i + 1] == '#'))
            continue;
        struct diag *e = diag_error(rd->diags, span_from(rd, s.p + i, s.p + i + 2),
                                    "\"%.2s\" inside an atom", s.p + i);
        diag_note(e, "put a blank before a comment, or write the atom as a string: \"...\"");
        atom->is_broken = true;
        return;
    }
}

/* Goes behind a string inside a comment; its quote ends at p. */
static const char *skip_string(struct sx_reader *rd, const char *p, struct span comment)
{
    const char *opener = p - 1;
    for (;;) {
        /*!re2c
        ["] { return p; }
        "\\" [^]? | [^"\\]+ { continue; }
        * { continue; }
        $ {
            rd->is_cut = true;
            struct diag *e = diag_error(rd->diags, span_from(rd, opener, opener + 1),
                                        "this string is never closed, expected '\"'");
            diag_note_at(e, comment, "it stands in this comment");
            return p;
        }
        */
    }
}

/* Goes behind a comment whose opener ends at p. Comments nest, and strings hide what they hold. */
static const char *skip_comment(struct sx_reader *rd, const char *p)
{
    struct span opener = span_from(rd, p - 2, p);
    const char *marker;
    for (unsigned depth = 1; depth > 0;) {
        /*!re2c
        "#"+ "|" { depth++; continue; }
        "|"+ "#" { depth--; continue; }
        ["] { p = skip_string(rd, p, opener); continue; }
        [^#|"]+ { continue; }
        * { continue; }
        $ {
            if (!rd->is_cut)
                diag_error(rd->diags, opener, "this comment is never closed, expected \"|#\"");
            rd->is_cut = true;
            return p;
        }
        */
    }
    return p;
}

static unsigned digit_value(char c)
{
    return ascii_is_digit(c) ? (unsigned)(c - '0') : (unsigned)(ascii_lower(c) - 'a') + 10;
}

static char simple_escape(char c)
{
    switch (c) {
    case 'n': return '\n';
    case 't': return '\t';
    case 'b': return '\b';
    case 'r': return '\r';
    default: return c;
    }
}

/* The byte of a numeric escape that ends at p and has three or two digits in base. */
static char numeric_escape(struct sx_reader *rd, struct sx_datum *string, const char *p,
                           unsigned base)
{
    size_t n_digits = base == 16 ? 2 : 3;
    size_t n = n_digits + (base == 10 ? 1 : 2);
    unsigned value = 0;
    for (const char *d = p - n_digits; d < p; d++)
        value = value * base + digit_value(*d);
    if (value >= 1 && value <= 255)
        return (char)value;
    string->is_broken = true;
    if (is_full(rd))
        return '?';
    diag_error(rd->diags, span_from(rd, p - n, p),
               value ? "escape \"" STR_FMT "\" is out of range, expected at most 255"
                     : "escape \"" STR_FMT "\" is a NUL byte, which no command or path can hold",
               STR_ARG(str_of(p - n, n)));
    return '?';
}

static void report_unfinished(struct sx_reader *rd, struct sx_datum *string, const char *p)
{
    string->is_broken = true;
    if (!is_full(rd))
        diag_error(rd->diags, span_from(rd, p - 2, p), "unfinished escape \"\\%c\", expected %s",
                   p[-1], p[-1] == 'x' ? "two hexadecimal digits" : "three decimal digits");
}

static void check_utf8(struct sx_reader *rd, struct sx_datum *string)
{
    size_t bad;
    if (string->is_broken || str_is_utf8(string->text, &bad))
        return;
    string->is_broken = true;
    diag_error(rd->diags, string->span, "the escapes in this string make byte 0x%02x, not UTF-8",
               (unsigned char)string->text.p[bad]);
}

/* Reads a string whose opening quote ends at p, and gives what is behind it. */
static const char *scan_string(struct sx_reader *rd, const char *p, struct sx_datum **out)
{
    const char *opener = p - 1, *marker, *from;
    struct buf value = BUF_INIT;
    bool has_numbers = false;
    struct sx_datum *d = *out = atom_new(rd, opener, p);
    d->is_quoted = true;
    for (;;) {
        from = p;
        /*!re2c
        ["] { break; }
        [^"\\]+ { buf_add(&value, from, (size_t)(p - from)); continue; }
        "\\" newline [ \t]* { continue; }
        "\\" [\\'"ntbr ] { buf_putc(&value, simple_escape(p[-1])); continue; }
        "\\" digit{3} {
            has_numbers = true;
            buf_putc(&value, numeric_escape(rd, d, p, 10));
            continue;
        }
        "\\x" hex{2} {
            has_numbers = true;
            buf_putc(&value, numeric_escape(rd, d, p, 16));
            continue;
        }
        "\\o" [0-7]{3} {
            has_numbers = true;
            buf_putc(&value, numeric_escape(rd, d, p, 8));
            continue;
        }
        "\\" [0-9x] {
            report_unfinished(rd, d, p);
            continue;
        }
        // Any other backslash stands for itself, as "C:\opam" and "\$HOME" do in sexplib.
        "\\" { buf_putc(&value, '\\'); continue; }
        * { buf_add(&value, from, 1); continue; }
        $ {
            rd->is_cut = d->is_broken = true;
            diag_error(rd->diags, span_from(rd, opener, opener + 1),
                       "this string is never closed, expected '\"'");
            break;
        }
        */
    }
    d->span = span_from(rd, opener, p);
    d->text = arena_str(rd->arena, buf_str(&value));
    buf_free(&value);
    if (has_numbers)
        check_utf8(rd, d);
    return p;
}

int sx_lex(union SX_STYPE *value, struct span *place, struct sx_reader *rd)
{
    const char *p = rd->cursor, *from, *marker;
    int token;
    for (;;) {
        if (is_full(rd)) {
            rd->is_cut = true;
            p = rd->limit;
        }
        from = p;
        /*!re2c
        (blank | newline)+ { continue; }
        ";" [^\r\n]* {
            note_comment(rd, from, p);
            continue;
        }
        "#|" {
            p = skip_comment(rd, p);
            note_comment(rd, from, p);
            continue;
        }
        "|#" {
            diag_error(rd->diags, span_from(rd, from, p),
                       "this closes no comment, expected \"#|\" before it");
            continue;
        }
        "\r" {
            diag_error(rd->diags, span_from(rd, from, p), "carriage return without a newline");
            continue;
        }
        "(" { token = TOK_SX_OPEN; break; }
        ")" { token = TOK_SX_CLOSE; break; }
        "#;" { token = TOK_SX_SKIP; break; }
        ["] { p = scan_string(rd, p, &value->TOK_SX_ATOM); token = TOK_SX_ATOM; break; }
        "#" | "|" | atom_start bare* {
            value->TOK_SX_ATOM = atom_new(rd, from, p);
            check_bare(rd, value->TOK_SX_ATOM);
            token = TOK_SX_ATOM;
            break;
        }
        * { BUG("byte 0x%02x fits no rule of specs", (unsigned char)*from); }
        $ { token = TOK_SX_END; break; }
        */
    }
    rd->cursor = p;
    *place = span_from(rd, from, p);
    return token;
}
