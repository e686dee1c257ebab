/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contexts of a build: directories that it copies from, the main one and those that
 * --build-context names. They are opened before the first step, so that workers inherit them. One
 * that is given as a tar archive, plain or compressed, is unpacked into the store's scratch, which
 * goes when the build ends, or is killed and another comes.
 */
#ifndef EXEC_CONTEXT_H
#define EXEC_CONTEXT_H

#include "base/pattern.h"
#include "base/sha256.h"

struct build;

struct context {
    struct str name;           /* as the plan has it; empty = the main one */
    int fd;                    /* its directory */
    struct ignore_list ignore; /* its .dockerignore */
    int lock;                  /* of the scratch that it was unpacked into, or -1 */
    struct digest scratch;
};

DEFINE_VEC(context_vec, struct context);

/* Opens what the plan copies from, and the main context if there is one. contexts_close must
 * follow, also after an error. */
int contexts_open(struct build *b, struct ob_err *err);
void contexts_close(struct build *b);

/* One of those that are open. */
const struct context *context_find(const struct build *b, struct str name);
/* Whether this is the descriptor of a context that is there again in the next build. */
bool context_stays(const struct build *b, int fd);

#endif
