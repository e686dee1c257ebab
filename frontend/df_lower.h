/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lowering: from the tree to steps and stages. df_lower.c goes through the instructions in order
 * and calls one function an instruction; these keep the state of the current stage here and append
 * to the plan. All are silent about broken instructions, and report everything else they refuse.
 */
#ifndef FRONTEND_DF_LOWER_H
#define FRONTEND_DF_LOWER_H

#include "frontend/df_ast.h"
#include "frontend/vars.h"

DEFINE_VEC(df_insn_ptrs, const struct df_insn *);

struct df_stage;
DEFINE_VEC(df_stage_ptrs, struct df_stage *);

struct df_stage {
    struct str name;        /* as written; empty if it has none */
    struct df_word keyword; /* of its FROM, for messages */
    struct df_word from;    /* the image as written, for messages */
    uint32_t index;
    uint32_t root;          /* the step that its filesystem begins with */
    uint32_t step;          /* the last one so far */
    bool is_scratch;        /* nothing is inherited from an image */
    bool is_windows;        /* its platform is known, and that */
    bool is_broken;         /* its FROM was refused */
    bool is_context;        /* --build-context stands in for it: its instructions do not count */
    bool is_needed;         /* by the target; known at the end */
    const struct pin *base; /* its base image, if --pin knows it */
    const struct df_stage *parent; /* the stage that FROM names, NULL for an image */
    struct df_stage_ptrs needs;    /* its base, and those that it copies or mounts from */
    struct df_insn_ptrs triggers;  /* its ONBUILD instructions */
    struct vars run_env;           /* what RUN and expansions see: ENV and ARG, the later wins */
    struct vars env;               /* ENV alone */
    struct vars labels, ports, volumes;
    struct text_vec late_ports, late_volumes; /* whose text only the base image can tell */
    size_t late_weight;                       /* of both */
    struct str_vec hidden; /* names of ENV that an ARG behind it hides, in this stage only */
    struct text cwd;       /* empty until WORKDIR */
    struct value user;     /* empty until USER */
    bool has_user;
    bool has_cmd;               /* CMD was given in this stage itself */
    uint32_t n_ssh;             /* ssh mounts so far in the instruction */
    struct image_config config; /* what is complete when it is set; the rest at the stage's end */
    struct diag_vec errors;     /* those that count only if a target needs the stage */
};

/* The last FROM of a file that gives a name: what --from means, wherever it stands. */
struct df_named {
    const struct df_insn *from;
    uint32_t index;
};

/* Where a step of the plan comes from. */
struct df_cause {
    struct span at;
    const struct df_insn *in; /* NULL: the image of a --from or from= */
};

/* Names that are compared in one file for suggestions, so that many misspelt ones stay cheap. */
enum { DF_COMPARE_MAX = 100000 };

struct df_lower {
    struct compile *c;
    const struct df_file *file;
    struct df_stage *stage; /* NULL before the first FROM */
    struct df_stage_ptrs stages;
    uint32_t first_step;         /* of this file in the plan */
    VEC(struct df_cause) causes; /* of the steps from there on */
    struct map names;            /* lower-case name -> the last stage so far that has it */
    struct map named;            /* lower-case name -> struct df_named */
    struct vars globals;         /* ARG before the first FROM */
    bool globals_broken;         /* one of them was refused: unset ones are no news */
    struct map build_args;       /* name -> const struct build_arg */
    struct map declared;         /* every ARG's name -> something */
    bool outside_reported;       /* an instruction before the first FROM was */
    bool in_image_trigger;       /* what is lowered comes from a base image */
    bool is_trial;    /* a trigger is looked at where it stands: names mean nothing yet */
    struct str epoch; /* as in struct image_config; set at the first FROM */
    bool epoch_is_elsewhere;
    bool has_ignore; /* there is a FILE.dockerignore; ignore has its lines */
    struct str_vec ignore;
    struct map undefined;  /* name of a variable -> the last stage that was told it is unset */
    size_t names_compared; /* for suggestions */
};

/* What BuildKit finds only when it builds a stage, and so not in one that no target needs: there
 * the error becomes a warning. Errors in the shape of an instruction are reported with diag_error.
 */
struct diag *df_error(struct df_lower *lo, struct span at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
struct diag *df_verror(struct df_lower *lo, struct span at, const char *fmt, va_list ap)
    __attribute__((format(printf, 3, 0)));

/* Sets a variable for the word `at`, and counts what had to be copied for it. */
void df_set(struct df_lower *lo, struct vars *env, const struct df_word *at, struct str name,
            struct value value);

/* df_expand.c: a word with its variables replaced and its quotes removed. */
bool df_expand(struct df_lower *lo, const struct df_word *word, struct value *out);
/* The same where the base image's configuration can't be waited for. */
bool df_expand_literal(struct df_lower *lo, const struct df_word *word, struct str *out);
/* The same as df_expand for the body of a heredoc: quotes are ordinary characters, and the escape
 * character is a backslash whatever the file's is. */
bool df_expand_raw(struct df_lower *lo, const struct df_word *word, struct value *out);

/* df_variable.c: notes which global arguments are near the unset variables of a word of FROM. */
void df_suggest_variables(struct df_lower *lo, struct diag *d, struct str word);

/* df_flags.c: checks an instruction's flags against df_flag.def. */
bool df_flags_check(struct df_lower *lo, const struct df_insn *in);
void df_flags_ignored(struct df_lower *lo, const struct df_insn *in);
/* Notes which word of a list, which ends with NULL, was probably meant. */
void df_note_nearest(struct diag *d, struct str got, const char *const *list);
const struct df_flag *df_flag_find(const struct df_insn *in, struct str name); /* NULL = absent */

/* df_path.c */
struct str df_path_clean(struct arena *a, struct str path); /* as Go's path.Clean */
struct text df_workdir_join(struct arena *a, const struct df_stage *st, struct text path);
struct text df_copy_dest(struct arena *a, const struct df_stage *st, struct text path);
struct text df_mount_target(struct arena *a, const struct df_stage *st, struct text path);
struct str df_copy_source(struct arena *a, struct str path);
/* The same for COPY --parents, where a "/./" says which directories are kept. */
struct str df_parents_source(struct arena *a, struct str path);
struct text df_with_slash(struct arena *a, struct text path);

/* df_windows.c */
bool df_is_windows(struct arena *a, struct str platform);
/* In a stage for Windows: gives *path slashes and takes its drive off. False: reported. */
bool df_windows_path(struct df_lower *lo, const struct df_word *at, struct text *path);
/* The same for the working directory of an image. NULL, or what is wrong with it. */
const char *df_windows_workdir(struct arena *a, struct str *dir);

/* df_stage.c */
struct str df_stage_key(struct arena *a,
                        struct str name); /* a name as it is compared: lower case */
void df_lower_from(struct df_lower *lo, const struct df_insn *in);
void df_stage_finish(struct df_lower *lo);           /* the current one, if any */
struct df_stage df_stage_trial(struct df_stage *st); /* one that goes on from it */
/* Notes a port or volume of the current stage that only the base image can tell. */
void df_add_late(struct df_lower *lo, struct text_vec *list, const struct value *v);
bool df_target_set(struct df_lower *lo);
/* Where COPY --from=NAME or a mount's from=NAME reads: a step, or else the context of this name.
 * False: reported. */
struct df_origin {
    bool is_context;
    struct str context;
    uint32_t step;
};
bool df_stage_resolve(struct df_lower *lo, const struct df_word *at, struct str name,
                      struct df_origin *out);
/* The REF of --build-context for this name, which stands for an image or a stage; NULL = none. */
const struct build_context *df_context_find(const struct df_lower *lo, struct str name);

/* df_args.c */
void df_build_args_init(struct df_lower *lo);
void df_build_args_check(struct df_lower *lo);
void df_lower_arg(struct df_lower *lo, const struct df_insn *in);
struct str df_build_arg(const struct df_lower *lo, struct str name); /* empty if not given */

/* df_epoch.c: finds out what SOURCE_DATE_EPOCH says, once the global arguments are known */
void df_epoch_init(struct df_lower *lo);

/* df_ignore.c: reads FILE.dockerignore */
void df_ignore_init(struct df_lower *lo);

/* df_steps.c: RUN and WORKDIR, and what makes all steps */
void df_lower_run(struct df_lower *lo, const struct df_insn *in);
void df_lower_workdir(struct df_lower *lo, const struct df_insn *in);
struct command df_command(struct df_lower *lo, const struct df_insn *in);
struct str df_heading(struct arena *a, const struct df_insn *in);
bool df_heredoc_is_file(struct df_lower *lo, const struct df_heredoc *h); /* its name is one's */
void df_add_step(struct df_lower *lo, const struct df_insn *in, struct step *s);
/* The same for a step that need not be one of the current stage. Gives its index. */
uint32_t df_put_step(struct df_lower *lo, struct step *s, const struct df_cause *cause,
                     struct str heading);

/* df_copy.c: COPY and ADD */
void df_lower_copy(struct df_lower *lo, const struct df_insn *in);
void df_lower_add(struct df_lower *lo, const struct df_insn *in);

/* df_csv.c: the parts of a --mount or --device, KEY[=VALUE] between commas. */
struct df_field {
    struct df_word key, value; /* the key as written */
    bool has_value;
    struct df_word whole;
};
DEFINE_VEC(df_field_vec, struct df_field);
bool df_csv_read(struct df_lower *lo, const struct df_word *text, struct df_field_vec *out);
bool df_bool_read(struct str s, bool *out); /* as Go's strconv.ParseBool: 1, t, true, ... */
bool df_octal_read(struct str s, unsigned max, struct str *out); /* without leading zeros */

/* df_mount.c, df_device.c: the mounts and devices of RUN. False: reported. */
bool df_mounts_read(struct df_lower *lo, const struct df_insn *in, struct step *s);
bool df_devices_read(struct df_lower *lo, const struct df_insn *in, struct op_run *op);

/* df_onbuild.c: ONBUILD, and the triggers of the base that run behind FROM */
void df_lower_onbuild(struct df_lower *lo, const struct df_insn *in);
void df_triggers_run(struct df_lower *lo, const struct df_stage *base);
void df_image_triggers_run(struct df_lower *lo, const struct pin *base);

void df_lower_insn(struct df_lower *lo, const struct df_insn *in);

/* df_lower.c: all of df_compile, with the stages that it found. NULL if there are errors. */
struct df_lower *df_lower_source(struct compile *c, uint32_t source);

/* df_config.c: what describes the image */
void df_lower_cmd(struct df_lower *lo, const struct df_insn *in);
void df_lower_entrypoint(struct df_lower *lo, const struct df_insn *in);
void df_lower_env(struct df_lower *lo, const struct df_insn *in);
void df_lower_label(struct df_lower *lo, const struct df_insn *in);
void df_lower_maintainer(struct df_lower *lo, const struct df_insn *in);
void df_lower_shell(struct df_lower *lo, const struct df_insn *in);
void df_lower_stopsignal(struct df_lower *lo, const struct df_insn *in);
void df_lower_user(struct df_lower *lo, const struct df_insn *in);
void df_lower_volume(struct df_lower *lo, const struct df_insn *in);

/* df_expose.c */
void df_lower_expose(struct df_lower *lo, const struct df_insn *in);

/* df_health.c */
void df_lower_healthcheck(struct df_lower *lo, const struct df_insn *in);
/* A duration as Go writes it ("1m30s"), in nanoseconds. */
bool df_duration_read(struct str s, int64_t *ns);

/* df_signal.c: whether a STOPSIGNAL is a number or the name of a Linux signal. */
bool df_signal_is_valid(struct str s);
void df_signal_note(struct diag *d, struct str s); /* which was probably meant */

/* df_image_lex.re: whether s is an image reference: [HOST[:PORT]/]PATH[:TAG][@DIGEST]. */
bool df_image_is_valid(struct str s);

#endif
