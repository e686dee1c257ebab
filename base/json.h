/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A writer of JSON text, for output that must be the same bytes every time. (Reading is jansson's,
 * and base/json_tree.h's where it is much.) The caller opens and closes in pairs; the writer puts
 * the commas. Strings must be UTF-8.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"

#include <stdint.h>

struct json_out {
    struct buf *buf;
    bool comma; /* the next value needs a comma before it */
};

#define JSON_OUT_INIT(b) ((struct json_out){.buf = (b)})

void json_str(struct json_out *j, struct str s);
void json_plain(struct json_out *j, struct str s); /* a string with nothing to escape */
void json_int(struct json_out *j, int64_t v);
void json_bool(struct json_out *j, bool v);

/* For the functions here: where the next value goes, behind its comma, with room for n bytes of it;
 * and that it was written up to `to`. */
static inline char *json_begin(struct json_out *j, size_t n)
{
    struct buf *b = j->buf;
    if (n + 1 >= b->cap - b->n)
        buf_reserve(b, n + 1);
    char *to = b->p + b->n;
    *to = ',';
    return to + j->comma;
}

static inline void json_end(struct json_out *j, char *to, bool comma)
{
    *to = '\0';
    j->buf->n = (size_t)(to - j->buf->p);
    j->comma = comma;
}

/* bracket is '{' or '['. */
static inline void json_open(struct json_out *j, char bracket)
{
    char *to = json_begin(j, 1);
    *to = bracket;
    json_end(j, to + 1, false);
}

/* bracket is '}' or ']'. */
static inline void json_close(struct json_out *j, char bracket)
{
    buf_putc(j->buf, bracket);
    j->comma = true;
}

/* Before the next value, for people who read it. */
static inline void json_newline(struct json_out *j)
{
    json_open(j, '\n');
}

/* With nothing to escape. Inline, as most keys are literals: their copying is a few stores. */
static inline void json_key(struct json_out *j, const char *key)
{
    size_t n = strlen(key);
    char *to = json_begin(j, n + 3);
    *to++ = '"';
    memcpy(to, key, n);
    memcpy(to + n, "\":", 2);
    json_end(j, to + n + 2, false);
}

/* key and value in one. */
static inline void json_key_str(struct json_out *j, const char *key, struct str s)
{
    json_key(j, key);
    json_str(j, s);
}

static inline void json_key_int(struct json_out *j, const char *key, int64_t v)
{
    json_key(j, key);
    json_int(j, v);
}

#endif
