/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the tree of a spec to a Dockerfile. sx_to_df.c goes through the stages and calls one
 * function an operation; these append whole instructions. Where OBuilder's own printer is right,
 * the text is the same as its. In the end the text is compiled, so that nothing is printed that is
 * no Dockerfile.
 */
#ifndef FRONTEND_SX_TO_DF_H
#define FRONTEND_SX_TO_DF_H

#include "frontend/compile.h"
#include "frontend/sx_ast.h"

/* Where an instruction begins in the text, and what it comes from. */
struct sx_df_mark {
    size_t at;
    struct span span;
    bool is_from;
};

/* The next operation that makes the working directory or leaves it, and whom the former makes it
 * for. It is looked for once for all directories before it, if it makes them all. */
struct sx_df_use {
    const struct sx_op *op; /* NULL = not looked for, the end = there is none */
    const struct sx_user *user;
};

struct sx_df {
    struct compile *c;
    struct arena *arena;
    const struct translate_options *options;
    struct buf *out;
    size_t start; /* of the Dockerfile in *out */
    char escape;
    VEC(struct sx_df_mark) marks;
    /* What the operations of the current stage have set. */
    const struct sx_op *end;    /* behind its last operation */
    const struct sx_user *user; /* NULL = still root */
    struct sx_df_use use;
    struct sx_word_vec shell; /* empty = the sandbox's default */
    bool has_user;            /* the stage has a USER: what the image has does not count */
    bool has_workdir;         /* or what it has was reported */
};

/* Appends an instruction, whose last line has no newline yet. */
void sx_df_put(struct sx_df *df, struct span span, struct str insn);
/* Before what is done as the user: a spec begins as root, and an image as it says. */
void sx_df_need_user(struct sx_df *df, struct span span);
/* Before what is done in the working directory: a spec begins in "/", an image anywhere. */
void sx_df_need_workdir(struct sx_df *df, struct span span);
bool sx_df_is_root(const struct sx_df *df);
/* False: there is a newline in it, and that was reported. */
bool sx_df_is_line(struct sx_df *df, const struct sx_word *word, const char *what);

/* Reports ".." in a path that is cleaned in a Dockerfile. */
void sx_df_check_parent(struct sx_df *df, const struct sx_word *path);
/* The elements of a JSON array. */
struct str sx_df_words(struct arena *a, const struct sx_word_vec *words);

/* sx_to_df_stage.c: sets stage_name of every build of a spec. */
void sx_df_name_stages(struct compile *c, struct sx_spec *spec);

/* sx_to_df_windows.c: tells who prints a spec for Windows without the option for that. */
void sx_df_hint_windows(struct sx_df *df, const struct sx_spec *spec);

/* sx_to_df_run.c, sx_to_df_copy.c */
void sx_df_run(struct sx_df *df, const struct sx_op *op);
void sx_df_copy(struct sx_df *df, const struct sx_op *op);

/* sx_to_df_check.c: whether an instruction RUN has this command, given to a shell. */
bool sx_df_reads_as(const struct sx_df *df, struct str insn, struct str command);
/* Compiles what was printed and reports what is wrong with it. */
void sx_df_check(struct sx_df *df);

#endif
