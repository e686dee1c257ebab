/* SPDX-License-Identifier: Apache-2.0 */
/* Filters text for a terminal. */
#include <config.h>

#include "base/terminal.h"

/* Bytes of the control sequence (colours, cursor movements) that s begins with. */
static size_t sequence_length(struct str s)
{
    size_t i = 1;
    if (s.n < 2 || s.p[1] != '[')
        return i;
    for (i = 2; i < s.n && (s.p[i] < 0x40 || s.p[i] > 0x7e); i++)
        ;
    return i < s.n ? i + 1 : s.n;
}

static bool is_control(struct str character)
{
    unsigned char c = (unsigned char)character.p[0];
    bool is_c1 = c == 0xc2 && (unsigned char)character.p[1] < 0xa0;
    return (c < 0x20 && c != '\t') || c == 0x7f || is_c1;
}

void terminal_add(struct buf *out, struct str s)
{
    for (size_t n; s.n; s = str_skip(s, n)) {
        n = str_char_len(s);
        if (n == 0) {
            buf_puts(out, "\xef\xbf\xbd"); /* a stray byte */
            n = 1;
        } else if (s.p[0] == 0x1b) {
            n = sequence_length(s);
        } else if (!is_control(s)) {
            buf_add(out, s.p, n);
        }
    }
}
