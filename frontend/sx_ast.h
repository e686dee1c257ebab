/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A spec in its two shapes: S-expressions as read (struct sx_datum), and the tree that the forms
 * mean (struct sx_spec). Every node has its span; all of it lives in the compilation's arena.
 *
 * A node that was reported as wrong is still there, as far as it could be read, so that later
 * checks go on. Lowering runs only when nothing was wrong.
 */
#ifndef FRONTEND_SX_AST_H
#define FRONTEND_SX_AST_H

#include "base/source.h"
#include "base/vec.h"

struct sx_datum;
DEFINE_VEC(sx_datum_vec, struct sx_datum *);

enum sx_datum_kind { SX_ATOM, SX_LIST };

struct sx_datum {
    enum sx_datum_kind kind;
    bool is_quoted; /* SX_ATOM: a string */
    bool is_broken; /* has an error already: later checks say nothing more about it */
    struct span span;
    union {
        struct str text; /* SX_ATOM: its value, escapes resolved */
        struct sx_datum_vec items;
    };
};

/* An atom that stands for itself. .text.p is NULL if it is missing. */
struct sx_word {
    struct str text;
    struct span span;
};

DEFINE_VEC(sx_word_vec, struct sx_word);

/* (KEY VALUE) of buildkit_options */
struct sx_option {
    struct span span;
    struct sx_word key, value;
};

DEFINE_VEC(sx_option_vec, struct sx_option);

/* (ID (target PATH) ...): a cache or a secret */
struct sx_mount {
    struct span span;
    struct sx_word id, target;
    struct sx_option_vec options;
};

DEFINE_VEC(sx_mount_vec, struct sx_mount);

struct sx_run {
    struct sx_mount_vec caches, secrets;
    struct sx_word_vec networks;
    struct sx_word command;
};

struct sx_copy {
    struct sx_word build;             /* the name in (from (build NAME)); missing = the context */
    const struct sx_build *build_ref; /* what it names; set by sx_resolve */
    struct sx_word_vec src, exclude;
    struct sx_word dst;
};

struct sx_user {
    struct sx_word uid, gid; /* canonical decimal numbers */
    struct sx_word name;     /* or this */
};

enum sx_op_kind { SX_COMMENT, SX_WORKDIR, SX_SHELL, SX_ENV, SX_USER, SX_RUN, SX_COPY };

struct sx_op {
    enum sx_op_kind kind;
    const struct sx_datum *form; /* as read: its span, and its text in headings */
    union {
        struct sx_word_vec args; /* SX_COMMENT, SX_WORKDIR: one; SX_SHELL: words; SX_ENV: two */
        struct sx_user user;
        struct sx_run run;
        struct sx_copy copy;
    };
};

DEFINE_VEC(sx_op_vec, struct sx_op);

struct sx_build;
DEFINE_VEC(sx_build_vec, struct sx_build *);

struct sx_spec {
    struct span span;
    struct sx_build_vec builds;
    const struct sx_datum *from; /* the whole (from IMAGE); NULL if it is missing */
    struct sx_word image;
    struct sx_op_vec ops;
};

/* (build NAME SPEC) */
struct sx_build {
    struct span span;
    struct sx_word name;
    struct sx_spec *spec;
    uint32_t step, stage;  /* its last step and its stage in the plan; set by lowering */
    struct str stage_name; /* in a Dockerfile; set by sx_df_name_stages */
};

#endif
