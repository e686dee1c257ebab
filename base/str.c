/* SPDX-License-Identifier: Apache-2.0 */
/* Byte strings: comparing, searching, splitting. Allocates nothing. */
#include <config.h>

#include "base/str.h"

#include <limits.h>
#include <stdint.h>

int str_cmp(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    if (c != 0)
        return c;
    return a.n < b.n ? -1 : a.n > b.n;
}

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
            return false;
    return true;
}

bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && str_eq(str_of(s.p, prefix.n), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.n >= suffix.n && str_eq(str_skip(s, s.n - suffix.n), suffix);
}

ptrdiff_t str_find(struct str s, char c)
{
    const char *at = s.n ? memchr(s.p, c, s.n) : NULL;
    return at ? at - s.p : -1;
}

struct str str_trim(struct str s)
{
    while (s.n && ascii_is_blank(s.p[0]))
        s = str_skip(s, 1);
    while (s.n && ascii_is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

/* Eight bytes at once, which are most of most texts. */
static const uint64_t ones = UINT64_C(0x0101010101010101), high = UINT64_C(0x8080808080808080);

static uint64_t eight_at(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

size_t str_ascii_len(struct str s)
{
    size_t i = 0;
    while (s.n - i >= 8 && (eight_at(s.p + i) & high) == 0)
        i += 8;
    while (i < s.n && (unsigned char)s.p[i] < 0x80)
        i++;
    return i;
}

/* Subtracting sets the high bit of the first byte that was less, unless it had that already. */
static bool has_control(uint64_t v)
{
    return (((v - ones * 0x20) | ((v ^ ones * 0x7f) - ones)) & ~v & high) != 0;
}

size_t str_text_len(struct str s)
{
    size_t i = 0;
    while (s.n - i >= 8 && !has_control(eight_at(s.p + i)))
        i += 8;
    while (i < s.n && (unsigned char)s.p[i] >= 0x20 && s.p[i] != 0x7f)
        i++;
    return i;
}

bool str_cut(struct str s, char sep, struct str *head, struct str *rest)
{
    ptrdiff_t at = str_find(s, sep);
    if (at < 0) {
        *head = s;
        *rest = str_of(NULL, 0);
        return false;
    }
    *head = str_of(s.p, (size_t)at);
    *rest = str_skip(s, (size_t)at + 1);
    return true;
}

bool str_to_u64(struct str s, unsigned long long *out)
{
    unsigned long long v = 0;
    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (!ascii_is_digit(s.p[i]))
            return false;
        unsigned d = (unsigned)(s.p[i] - '0');
        if (v > (ULLONG_MAX - d) / 10)
            return false;
        v = v * 10 + d;
    }
    *out = v;
    return true;
}

size_t str_char_len(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    unsigned char c = p[0];
    if (c < 0x80)
        return 1;
    size_t len = c >= 0xc2 && c <= 0xdf   ? 2
                 : (c & 0xf0) == 0xe0     ? 3
                 : c >= 0xf0 && c <= 0xf4 ? 4
                                          : 0;
    if (len == 0 || len > s.n)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] > 0x9f) || (c == 0xf0 && p[1] < 0x90) ||
        (c == 0xf4 && p[1] > 0x8f))
        return 0;
    return len;
}

size_t str_open_char(struct str s)
{
    static const char rests[2][4] = {"\x80\x80\x80",
                                     "\xbf\xbf\xbf"}; /* one of them fits each start */
    for (size_t n = 1; n <= 3 && n <= s.n; n++) {
        const char *start = s.p + s.n - n;
        if (((unsigned char)*start & 0xc0) == 0x80)
            continue;
        for (size_t i = 0; i < 2; i++) {
            char whole[6];
            memcpy(whole, start, n);
            memcpy(whole + n, rests[i], 3);
            if (str_char_len(str_of(whole, n + 3)) > n)
                return n;
        }
        return 0;
    }
    return 0;
}

bool str_is_utf8(struct str s, size_t *bad)
{
    size_t i = 0;
    while ((i += str_ascii_len(str_skip(s, i))) < s.n) {
        size_t len = str_char_len(str_skip(s, i));
        if (len == 0) {
            if (bad)
                *bad = i;
            return false;
        }
        i += len;
    }
    return true;
}
