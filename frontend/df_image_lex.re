/* SPDX-License-Identifier: Apache-2.0 */
/* Names of images: [HOST[:PORT]/]PATH[:TAG][@ALGORITHM:HEX], as registries define them. */
#include <config.h>

#include "frontend/df_lower.h"

/* s need not be terminated: the scanner sees a copy that ends with a NUL byte. */
static bool matches(const char *text, const char *end)
{
    const unsigned char *cursor = (const unsigned char *)text, *marker;
    /*!re2c
    re2c:define:YYCTYPE = "unsigned char";
    re2c:define:YYCURSOR = cursor;
    re2c:define:YYMARKER = marker;
    re2c:yyfill:enable = 0;

    alnum     = [a-z0-9];
    separator = [.] | "_" | "__" | [-]+;
    path      = alnum+ (separator alnum+)*;
    label     = [a-zA-Z0-9] ([a-zA-Z0-9-]* [a-zA-Z0-9])?;
    host      = label ([.] label)* | "[" [a-fA-F0-9:]+ "]";
    port      = ":" [0-9]+;
    tag       = ":" [a-zA-Z0-9_] [a-zA-Z0-9_.-]{0,127};
    digest    = "@" [A-Za-z] [A-Za-z0-9]* ([-_+.] [A-Za-z] [A-Za-z0-9]*)* ":" [0-9a-fA-F]{32,};
    (host port? "/")? path ("/" path)* tag? digest? "\x00" { return (const char *)cursor == end; }
    * { return false; }
    */
}

bool df_image_is_valid(struct str s)
{
    enum { LONGEST = 4096 };
    char text[LONGEST + 1];
    if (s.n == 0 || s.n > LONGEST)
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    return matches(text, text + s.n + 1);
}
