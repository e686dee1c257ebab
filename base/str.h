/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Byte strings by value. A struct str points into memory that somebody else owns (a source, an
 * arena, a literal), is not terminated, and may hold any byte. Character tests are ASCII only:
 * nothing here looks at the locale.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct str {
    const char *p; /* may be NULL when n is 0 */
    size_t n;
};

#define STR(lit) ((struct str){"" lit, sizeof(lit) - 1})
/* For static initialisers, where a compound literal is not a constant. */
#define STR_INIT(lit)                                                                              \
    {                                                                                              \
        "" lit, sizeof(lit) - 1                                                                    \
    }
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).n, (s).p

static inline struct str str_from(const char *cstr)
{
    return (struct str){cstr, strlen(cstr)};
}

static inline struct str str_of(const char *p, size_t n)
{
    return (struct str){p, n};
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* The part of s from byte off on; off may not exceed s.n. */
static inline struct str str_skip(struct str s, size_t off)
{
    return (struct str){s.n ? s.p + off : s.p, s.n - off};
}

int str_cmp(struct str a, struct str b);        /* as memcmp, the shorter first */
bool str_eq_nocase(struct str a, struct str b); /* ASCII letters fold */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
ptrdiff_t str_find(struct str s, char c); /* index of the first c, or -1 */
struct str str_trim(struct str s);        /* without ASCII blanks at both ends */
size_t str_ascii_len(struct str s);       /* the bytes before the first that is not ASCII */
size_t str_text_len(struct str s);        /* the bytes before the first control character */

/* Splits s at the first `sep`: *head gets what is before it, *rest what follows. Without a
 * separator *head is all of s, *rest is empty, and the answer is false. */
bool str_cut(struct str s, char sep, struct str *head, struct str *rest);

/* Reads s as a whole decimal number without sign or blanks. False if it is none or too large. */
bool str_to_u64(struct str s, unsigned long long *out);

static inline bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool ascii_is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool ascii_is_alnum(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c);
}

static inline bool ascii_is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The bytes of the UTF-8 character at the start of s, which is not empty; 0 if it is malformed. */
size_t str_char_len(struct str s);

/* How many bytes at the end of s begin a UTF-8 character whose rest could follow: 0 to 3. */
size_t str_open_char(struct str s);

/* Whether s is well-formed UTF-8 (no surrogates, no overlong forms). If not, *bad (may be NULL)
 * gets the offset of the first byte that is not. */
bool str_is_utf8(struct str s, size_t *bad);

#endif
