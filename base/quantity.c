/* SPDX-License-Identifier: Apache-2.0 */
/* Amounts with units. Fractions are read digit by digit, so that no locale and no rounding of
 * floating point matters. */
#include <config.h>

#include "base/quantity.h"

struct number {
    uint64_t whole, fraction, scale; /* whole + fraction / scale */
};

/* Takes a number off the front of *text. */
static bool take_number(struct str *text, struct number *out)
{
    enum { MAX_DIGITS = 9 };
    bool has_digits = false, is_fraction = false;
    *out = (struct number){.scale = 1};
    for (; text->n > 0; *text = str_skip(*text, 1)) {
        char c = text->p[0];
        if (c == '.' && !is_fraction) {
            is_fraction = true;
            continue;
        }
        if (c < '0' || c > '9')
            break;
        uint64_t *part = is_fraction ? &out->fraction : &out->whole;
        has_digits = true;
        if (is_fraction && out->scale >= 1000000000)
            continue;
        if (*part > (UINT64_MAX - 9) / 10)
            return false;
        *part = *part * 10 + (uint64_t)(c - '0');
        if (is_fraction)
            out->scale *= 10;
    }
    return has_digits;
}

static bool times(const struct number *n, uint64_t unit, uint64_t *out)
{
    uint64_t whole;
    unsigned __int128 part = (unsigned __int128)n->fraction * unit / n->scale;
    return !__builtin_mul_overflow(n->whole, unit, &whole) && part <= UINT64_MAX &&
           !__builtin_add_overflow(whole, (uint64_t)part, out);
}

bool quantity_bytes(struct str text, uint64_t *out)
{
    static const char letters[] = "kmgtpe";
    struct number n;
    uint64_t unit = 1;
    if (!take_number(&text, &n))
        return false;
    const char *at = text.n ? memchr(letters, text.p[0] | 0x20, sizeof letters - 1) : NULL;
    if (at) {
        unit <<= 10 * (at - letters + 1);
        text = str_skip(text, 1);
        if (str_starts(text, STR("i")))
            text = str_skip(text, 1);
    }
    if (text.n > 0 && (text.p[0] | 0x20) == 'b')
        text = str_skip(text, 1);
    return text.n == 0 && times(&n, unit, out);
}

/* Takes a unit off the front: how many milliseconds it has, 0 = unknown. */
static uint64_t take_unit(struct str *text)
{
    static const struct {
        const char *name;
        uint64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    if (text->n == 0)
        return 1000;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (str_starts(*text, str_from(units[i].name))) {
            *text = str_skip(*text, strlen(units[i].name));
            return units[i].ms;
        }
    return 0;
}

bool quantity_ms(struct str text, uint64_t *out)
{
    struct number n;
    uint64_t part;
    *out = 0;
    do {
        if (!take_number(&text, &n))
            return false;
        uint64_t unit = take_unit(&text);
        if (unit == 0 || !times(&n, unit, &part) || __builtin_add_overflow(*out, part, out))
            return false;
    } while (text.n > 0);
    return true;
}

bool quantity_milli(struct str text, uint64_t *out)
{
    struct number n;
    return take_number(&text, &n) && text.n == 0 && times(&n, 1000, out);
}

void quantity_add_bytes(struct buf *out, uint64_t bytes)
{
    static const char letters[] = "KMGTPE";
    const char *unit = letters;
    if (bytes < 1024) {
        buf_printf(out, "%u B", (unsigned)bytes);
        return;
    }
    for (; bytes >= 1024 * 1024; bytes /= 1024)
        unit++;
    unsigned whole = (unsigned)(bytes / 1024), tenth = (unsigned)(bytes % 1024 * 10 / 1024);
    if (whole < 10)
        buf_printf(out, "%u.%u %ciB", whole, tenth, *unit);
    else
        buf_printf(out, "%u %ciB", whole, *unit);
}
