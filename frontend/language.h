/* SPDX-License-Identifier: Apache-2.0 */
/* Which language a source is in, and its front end. */
#ifndef FRONTEND_LANGUAGE_H
#define FRONTEND_LANGUAGE_H

#include "frontend/compile.h"

struct language {
    const char *name; /* as in --from */
    bool (*compile)(struct compile *c, uint32_t source);
    bool (*dump)(struct compile *c, uint32_t source, struct buf *out);
    bool (*format)(struct compile *c, uint32_t source, struct buf *out);
    /* NULL: what can be read can be compiled, and that tells. */
    bool (*same)(struct compile *c, uint32_t a, uint32_t b);
    bool (*to_dockerfile)(struct compile *c, uint32_t source, struct buf *out);
    bool (*to_spec)(struct compile *c, uint32_t source, struct buf *out);
    bool (*to_other)(struct compile *c, uint32_t source, struct buf *out); /* --to=other */
};

/* By the name in --from; NULL if there is none such ("auto" is not a language). */
const struct language *language_named(const char *name);

/* By the file's name (*.spec, Dockerfile*, *.Dockerfile, Containerfile*), else by its first
 * character that counts: specs start with a parenthesis, ";" or "#|". */
const struct language *language_guess(const struct source *s);

#endif
