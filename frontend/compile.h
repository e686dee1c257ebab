/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the two front ends share: the state of one compilation, and the entry points that the
 * programs call. A front end parses a source to its own AST, checks it, and lowers it to steps,
 * one stage, and one target of the plan. It reports to the sink and never prints.
 */
#ifndef FRONTEND_COMPILE_H
#define FRONTEND_COMPILE_H

#include "base/buf.h"
#include "base/diag.h"
#include "ir/plan.h"

enum { COMPILE_PATH_MAX = 4096 }; /* bytes of a working directory: PATH_MAX of Linux */

struct context; /* frontend/context.h */

struct build_arg {
    struct str name;
    struct str value; /* --build-arg K=V, or K with the value of the environment */
};

DEFINE_VEC(build_arg_vec, struct build_arg);

/* --build-context NAME=REF: what NAME means instead of a stage or an image. */
struct build_context {
    struct str name, ref;
};

DEFINE_VEC(build_context_vec, struct build_context);

/* What only translations look at. */
struct translate_options {
    bool buildkit;                 /* print what only BuildKit reads */
    bool windows_escape;           /* "`" continues a Dockerfile's lines */
    const struct context *context; /* --context; NULL = nobody may look at what is copied */
    struct str passwd, group;      /* texts that say what names mean; empty = nothing does */
};

struct compile_options {
    struct build_arg_vec build_args;
    struct str target;   /* a stage's name; empty = the last stage */
    struct str platform; /* "os/arch[/variant]"; empty = the executor's own */
    struct build_context_vec contexts;
    struct pins *pins; /* --pin: the base images are known; NULL = they are not */
    bool strict;       /* refuse what BuildKit refuses, also where it has a clear meaning */
    struct translate_options translate;
};

struct compile {
    struct arena *arena;
    struct sources *sources; /* plan.sources has the same indices */
    struct diag_sink *diags;
    struct plan *plan;
    const struct compile_options *options;
    size_t spent; /* see compile_spend */
};

/* Compile source number `source` into c->plan. False if it has errors (they are in the sink; what
 * was added to the plan is then of no use). */
bool df_compile(struct compile *c, uint32_t source);
bool sx_compile(struct compile *c, uint32_t source);

/* The AST as an indented text for people and goldens, one node a line with its place. */
bool df_dump(struct compile *c, uint32_t source, struct buf *out);
bool sx_dump(struct compile *c, uint32_t source, struct buf *out);

/* The source in the one style of its language, which specfmt(1) describes; it is not compiled, but
 * only what can be read is printed. Comments stay, and what it says stays the same. */
bool df_format(struct compile *c, uint32_t source, struct buf *out);
bool sx_format(struct compile *c, uint32_t source, struct buf *out);

/* Whether two sources that can be read say the same, word by word. */
bool df_same(struct compile *c, uint32_t a, uint32_t b);

/* Translations: they compile the source as well, and print nothing if it has errors. What can't be
 * said in the other language is a loss (DIAG_LOSS) or an error; obkit-translate(7) lists both. */

/* A Dockerfile without comments and continuations. */
bool df_to_dockerfile(struct compile *c, uint32_t source, struct buf *out);
bool df_to_spec(struct compile *c, uint32_t source, struct buf *out);
bool sx_to_dockerfile(struct compile *c, uint32_t source, struct buf *out);

/* The first without compiling. */
bool df_print_source(struct compile *c, uint32_t source, struct buf *out);

/* The meta part of a step that stands at `span`; heading is cut to one line. */
struct step_meta compile_meta(struct compile *c, struct span span, struct str heading);

/* Counts bytes that are made from little source: steps and stages repeat what was set before them.
 * False, reported once, when it is too much. */
bool compile_spend(struct compile *c, struct span at, size_t bytes);
/* What a command takes where it is repeated. */
size_t compile_command_weight(const struct command *cmd);

/* Reports bytes that no front end can pass on: NUL and malformed UTF-8 (IR is JSON, and an
 * executed string ends at a NUL). False if there were any. */
bool compile_check_text(struct compile *c, uint32_t source);

#endif
