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

#include "frontend/context.h"
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
    struct str_vec shell;           /* n = 0: the sandbox's */
    struct map env;                 /* name -> struct str */
    struct name_value_vec last_env; /* the last that was wanted */
    struct map dirs;                /* directories that are known to be there */
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
/* The user of a step or, if is_owner, of what is copied; "" is root there and the base's here.
 * Numbers are looked up for a step alone, as obexec does. */
struct str ts_user(struct ts_chain *ch, struct text user, bool is_owner);
/* The same for chown(1): of a name without a group, the group is that of the user. */
struct str ts_chown_word(struct ts_chain *ch, struct str user);
struct str_vec ts_sh(struct ts_chain *ch);          /* /bin/sh -c */
struct str_vec ts_windows_cmd(struct ts_chain *ch); /* cmd /S /C */

/* df_to_spec_chain.c: writes the steps up to `last` into a list that is open, and what the config,
 * if it is not NULL, says besides. */
void ts_put_chain(struct to_spec *t, struct buf *out, unsigned indent, uint32_t last,
                  const struct image_config *config);

/* df_to_spec_run.c, df_to_spec_mount.c */
void ts_run(struct ts_chain *ch, const struct step *s);
/* Refuses the mounts and devices that no spec has. */
void ts_check_run(struct ts_chain *ch, const struct op_run *op);
void ts_put_mounts(struct ts_chain *ch, enum mount_type type, const char *field,
                   const struct op_run *op);

/* df_to_spec_helper.c */
/* Writes a command into the operation that is open. */
void ts_put_command(struct ts_chain *ch, struct str text);
/* Runs a command of ours as root with sh: without network, in the current directory. */
void ts_helper(struct ts_chain *ch, struct str command);
/* Whether there is a shell; if not, the step is refused. */
bool ts_has_shell(struct ts_chain *ch);
/* s in single quotes for sh, or as it is. */
struct str ts_quote(struct arena *a, struct str s);
/* A mode for chmod(1), which does not look at the umask; empty if there is none. */
struct str ts_mode(struct ts_chain *ch, struct text chmod);
/* What was copied, and which mode its source has; 0 = nobody knows. */
struct ts_copied {
    struct str path;
    mode_t mode;
};
DEFINE_VEC(ts_copied_vec, struct ts_copied);
/* Changes their modes. */
void ts_chmod(struct ts_chain *ch, struct str mode, const struct ts_copied_vec *copied);

/* df_to_spec_dirs.c: directories, and those that WORKDIR makes. */
bool ts_is_dir(const struct ts_chain *ch, struct str path);
bool ts_is_usual_dir(const struct ts_chain *ch, struct str path); /* in nearly every image */
void ts_know_dir(struct ts_chain *ch, struct str path);           /* and its parents */
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

/* df_to_spec_source.c: what is copied, by the words of one instruction. */
enum ts_what { TS_FILE, TS_DIRECTORY, TS_MAYBE_FILE };

struct ts_source {
    struct str path; /* links followed, where they can be */
    struct str name; /* under which it goes into a directory */
    enum ts_what what;
};

struct ts_sources {
    struct ts_chain *ch;
    const struct context *context; /* to look into; NULL = nobody can */
    struct context view;           /* that, with what this instruction ignores */
    struct str build;              /* the build that is copied from; .p NULL = the context */
    VEC(struct ts_source) list;
    struct str_vec exclude; /* names */
    bool has_ignore;        /* the Dockerfile has a file of its own that says what is ignored */
    struct ignore_list ignore;
    struct map written_dirs; /* sources with a slash behind them */
};

void ts_sources_init(struct ts_sources *from, struct ts_chain *ch);
void ts_sources_from_context(struct ts_sources *from, bool has_own, const struct str_vec *own);
void ts_sources_add(struct ts_sources *from, struct str path); /* or a pattern */
void ts_sources_exclude(struct ts_sources *from, const struct str_vec *patterns);
/* After the sources are known: excludes what is ignored, or reports that it is not. */
void ts_sources_ignore(struct ts_sources *from);
/* Reports a source that is only taken to be a file. */
void ts_source_report(struct ts_sources *from, const struct ts_source *s);
/* What is copied of a directory of the context, links excepted, as below/NAME. */
int ts_source_list(struct ts_sources *from, struct str dir, struct str below,
                   struct ts_copied_vec *out, struct ob_err *err);

/* The name of the build that a step is the result of. */
struct str ts_build_of(struct ts_chain *ch, uint32_t step);

/* df_to_spec_loss.c: reports the instructions of the target that only describe its image. */
void ts_losses(struct to_spec *t, const struct df_stage *target);

#endif
