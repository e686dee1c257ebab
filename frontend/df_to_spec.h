/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a compiled Dockerfile to a spec. Each stage that the target reads becomes a build, the
 * stages that FROM leads to are written out in it, and each step becomes an operation, or several
 * that make the same of the filesystem. obkit-translate(7) says what becomes of what.
 *
 * The steps are the source: variables, heredocs and triggers are resolved in them. What only
 * describes an image makes no step, and is a loss.
 */
#ifndef FRONTEND_DF_TO_SPEC_H
#define FRONTEND_DF_TO_SPEC_H

#include "frontend/df_lower.h"
#include "frontend/names.h"

struct to_spec {
    struct compile *c;
    struct arena *a;
    struct df_lower *lo;
    /* One for each step of the file. */
    const struct df_stage **begins; /* the stage whose FROM it is */
    const struct df_stage **ends;   /* the last stage with a name that it is the result of */
    bool *is_read;                  /* something needed copies from it */
    struct map builds;              /* id of a step -> its build's name, a struct str */
    struct names names;             /* of builds */
    struct map told;                /* what was reported once and for all -> something */
    struct buf text;                /* the finished builds */
};

/* The steps from an image or scratch to one step, as they are written, and what the operations so
 * far have set. */
struct ts_chain {
    struct to_spec *t;
    struct buf *out;
    unsigned indent;
    const struct df_stage *root;  /* the stage whose FROM begins it; NULL: an image of --from */
    const struct df_cause *cause; /* of the step that is being written */
    bool is_windows, is_scratch;
    bool has_run; /* so it has a shell */
    struct str cwd, user;
    struct str_vec shell; /* n = 0: the sandbox's */
    struct map env;       /* name -> struct str */
    struct str_vec env_names;
    struct map dirs;    /* directories that are known to be there */
    struct str pending; /* one that WORKDIR makes and nothing has made yet; .p NULL = none */
    struct str pending_owner;
    /* What the base image was taken to have, as --pin does not know it. */
    bool took_user, took_cwd, took_shell;
    struct str_vec took_env;
};

/* Refuses the step: there is no spec that does the same. */
void ts_error(struct ts_chain *ch, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Whether nothing of its configuration has to be assumed. */
bool ts_base_is_known(const struct ts_chain *ch);
/* Says that the translation does not keep something. */
struct diag *ts_loss(struct ts_chain *ch, const struct diag_rule *rule, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Whether this is the first time that it is said. */
bool ts_is_news(struct to_spec *t, struct str what);
/* Begins a line with the chain's indentation. */
void ts_line(struct ts_chain *ch, const char *begin);
/* A text with what the base image has, or is taken to have. */
struct str ts_value(struct ts_chain *ch, struct text t);
/* The same of a path, with one slash where several stand. */
struct str ts_path(struct ts_chain *ch, struct text t);

/* df_to_spec_context.c: writes the operations that set what the next one needs. */
void ts_want_cwd(struct ts_chain *ch, struct text cwd);
void ts_want_user(struct ts_chain *ch, struct str user);
void ts_want_shell(struct ts_chain *ch, const struct str_vec *shell);
void ts_want_env(struct ts_chain *ch, const struct name_value_vec *env);
/* The user of a step or, if is_owner, of what is copied; "" is root there and the base's here. */
struct str ts_user(struct ts_chain *ch, struct text user, bool is_owner);
struct str_vec ts_sh(struct ts_chain *ch); /* /bin/sh -c */

/* df_to_spec_run.c */
void ts_run(struct ts_chain *ch, const struct step *s);
/* Runs a command of ours as root with sh: without network, in the current directory. */
void ts_helper(struct ts_chain *ch, struct str command);
/* s in single quotes for sh, or as it is. */
struct str ts_quote(struct arena *a, struct str s);

/* df_to_spec_dirs.c: directories, and those that WORKDIR makes. */
bool ts_is_dir(const struct ts_chain *ch, struct str path);
void ts_know_dir(struct ts_chain *ch, struct str path); /* and its parents */
void ts_mkdir(struct ts_chain *ch, const struct step *s);
/* Before an operation that makes `path` by itself, with this owner and mode 755: makes a directory
 * that still has to be made, unless that operation does. .p NULL: it makes nothing. */
void ts_settle(struct ts_chain *ch, struct str path, struct str owner);
/* Commands that make a directory and its parents; empty if it is there. */
struct str ts_mkdir_command(struct ts_chain *ch, struct str dir, struct str owner);

/* df_to_spec_copy.c, df_to_spec_file.c */
void ts_copy(struct ts_chain *ch, const struct step *s);
void ts_add(struct ts_chain *ch, const struct step *s);
void ts_file(struct ts_chain *ch, const struct step *s);
/* Changes modes of what was copied. */
void ts_chmod(struct ts_chain *ch, struct str mode, const struct str_vec *paths);

/* The name of the build that a step is the result of. */
struct str ts_build_of(struct ts_chain *ch, uint32_t step);

/* df_to_spec_loss.c: reports the instructions of the target that only describe its image. */
void ts_losses(struct to_spec *t, const struct df_stage *target);

#endif
