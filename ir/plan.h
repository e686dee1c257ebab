/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The step graph in memory: what front ends build, passes change, the writer prints and obexec
 * runs. Read this file first. man/obkit-ir.5 describes the same as JSON.
 *
 * Everything lives in one arena and points into it. A step comes after all steps it refers to, so
 * the list is in a valid order of execution. Each step has a hashed part (kind, parent, reads and
 * op) and an unhashed one (meta).
 */
#ifndef IR_PLAN_H
#define IR_PLAN_H

#include "base/sha256.h"
#include "base/vec.h"
#include "ir/text.h"

#include <stdint.h>

enum { IR_VERSION = 1 };

/* "No step", where a step's index is expected. */
#define NO_STEP UINT32_MAX

enum step_kind {
    STEP_FROM,    /* a base image's root filesystem and configuration; has no parent */
    STEP_SCRATCH, /* an empty root filesystem and configuration; has no parent */
    STEP_RUN,     /* runs a command in a sandbox on the parent's filesystem */
    STEP_COPY,    /* copies files from the context or from another step's result */
    STEP_MKDIR,   /* makes a directory and its parents (a Dockerfile's WORKDIR) */
    STEP_ADD,     /* copies from the context, URLs or git repositories, and unpacks archives */
    STEP_FILE,    /* writes files whose content stands in the plan (heredocs of COPY) */
    N_STEP_KINDS
};

/* A command and how to run it. */
enum command_form {
    COMMAND_NONE,  /* not set; only in image configurations */
    COMMAND_ARGV,  /* argv as it is */
    COMMAND_SHELL, /* a shell's words with `line` as one more argument */
};

enum shell_kind {
    SHELL_LIST,    /* `shell` says it */
    SHELL_BASE,    /* the base image's SHELL, or /bin/sh -c, or cmd /S /C on Windows */
    SHELL_SANDBOX, /* the sandbox's own default, as in specs */
};

struct command {
    enum command_form form;
    enum shell_kind shell_kind; /* COMMAND_SHELL */
    struct str_vec argv;        /* COMMAND_ARGV */
    struct str_vec shell;       /* SHELL_LIST */
    struct str line;            /* COMMAND_SHELL */
};

struct name_value {
    struct str name;
    struct text value;
};

DEFINE_VEC(name_value_vec, struct name_value);

enum network { NETWORK_DEFAULT, NETWORK_NONE, NETWORK_HOST };
enum security { SECURITY_SANDBOX, SECURITY_INSECURE };

enum mount_type { MOUNT_BIND, MOUNT_CACHE, MOUNT_TMPFS, MOUNT_SECRET, MOUNT_SSH };
enum mount_from { MOUNT_FROM_NOTHING, MOUNT_FROM_CONTEXT, MOUNT_FROM_STEP };
enum sharing { SHARING_SHARED, SHARING_PRIVATE, SHARING_LOCKED };

struct name_str {
    struct str name, value;
};

DEFINE_VEC(name_str_vec, struct name_str);

struct ir_mount {
    enum mount_type type;
    struct text id;     /* of a cache, secret or ssh agent */
    struct text target; /* absolute path in the sandbox; empty = a secret only in a variable */
    bool read_only;
    struct name_str_vec options; /* what the spec gave for BuildKit only, in its order */
    enum mount_from from;        /* what a bind shows, or a new cache begins with */
    struct str context;          /* MOUNT_FROM_CONTEXT: its name; empty = the main one */
    struct text source;          /* path in it; empty = its root */
    bool has_ignore;             /* as in op_copy, for MOUNT_FROM_CONTEXT */
    struct str_vec ignore;
    enum sharing sharing; /* of a cache */
    struct str mode;      /* octal, of a cache, secret or ssh socket; empty = 755, 400, 600 */
    int64_t uid, gid;     /* of the same; a cache without a mode is the step's user's */
    int64_t size;         /* of a tmpfs, in bytes; 0 = no limit of its own */
    bool required;        /* secret, ssh: to lack it is an error */
    struct str env;       /* the variable that gets a secret's value */
};

DEFINE_VEC(ir_mount_vec, struct ir_mount);

struct ir_device {
    struct str name; /* as the Container Device Interface names it: vendor/class=name */
    bool optional;   /* to lack it is no error */
};

DEFINE_VEC(ir_device_vec, struct ir_device);

struct ir_file {
    struct str name; /* without "/" */
    struct text content;
};

DEFINE_VEC(ir_file_vec, struct ir_file);

struct op_from {
    struct str image;    /* as the user wrote it, or with its digest after --pin */
    struct str platform; /* "os/arch[/variant]"; empty = the executor's own */
    bool onbuild;        /* the image has ONBUILD triggers, and they stand behind it in the plan */
};

struct op_run {
    struct command command;    /* never COMMAND_NONE */
    struct text cwd;           /* absolute; empty = the base image's */
    struct text user;          /* "user[:group]", names or numbers; empty = the base image's */
    struct name_value_vec env; /* set on top of the base image's, in this order, each name once */
    enum network network;
    enum security security;
    struct ir_mount_vec mounts; /* those with MOUNT_FROM_STEP read the step's reads, in order */
    struct ir_device_vec devices;
    struct ir_file_vec scripts; /* shown, read-only and executable, as /dev/pipes/NAME */
};

enum copy_source { COPY_FROM_CONTEXT, COPY_FROM_STEP };
enum copy_style { COPY_DOCKERFILE, COPY_SPEC };

DEFINE_VEC(text_vec, struct text);

/* Where the two styles differ is said in exec/copy.h. */
struct op_copy {
    enum copy_style style;
    enum copy_source source;
    struct str context;     /* COPY_FROM_CONTEXT: the context's name; empty = the main one */
    struct text_vec src;    /* COPY_FROM_STEP reads the step reads[0] */
    struct text dst;        /* absolute; a trailing slash counts */
    struct str_vec exclude; /* spec: base names; Dockerfile: --exclude patterns */
    struct str_vec ignore;  /* patterns of DOCKERFILE.dockerignore, if there is such a file */
    bool has_ignore;        /* false: the context's own .dockerignore counts */
    struct text owner;      /* as op_run.user; empty, late or not: root, or kept (obkit-ir.5) */
    struct text chmod;      /* octal or symbolic mode for every file copied; empty = keep */
    bool parents;           /* Dockerfile: keep the directories of src, from a "/./" in it on */
    struct str epoch;       /* see struct image_config: the time of what is made; empty = as is */
};

enum choice { CHOICE_DEFAULT, CHOICE_YES, CHOICE_NO };

/* A Dockerfile's ADD. What a source is, base/remote.h decides from its text. */
struct op_add {
    struct text_vec src; /* paths in the main context, URLs, git repositories */
    struct text dst;     /* the following as in op_copy */
    struct str_vec exclude, ignore;
    bool has_ignore;
    struct text owner;
    struct text chmod;
    struct text checksum;     /* "sha256:…" of a URL, or a git commit; empty = not checked */
    enum choice keep_git_dir; /* given at all, it says that a URL is a git repository */
    enum choice unpack;       /* by default archives from the context, but not from URLs */
    struct str epoch;
};

/* Files go into dst if that ends in "/", is a directory already, or if there are several. */
struct op_file {
    struct ir_file_vec files; /* mode 0644 */
    struct text dst, owner;   /* as in op_copy */
    struct text chmod;
    struct str epoch;
};

struct op_mkdir {
    struct text path;  /* absolute */
    struct text owner; /* of what is made; as op_run.user, empty = root */
    struct str epoch;  /* as in op_copy */
};

/* Where a step comes from. Lines and columns from 1, columns in characters; end is behind the
 * last character. line 0 = unknown. */
struct step_meta {
    uint32_t source; /* index into plan.sources */
    uint32_t line, column, end_line, end_column;
    struct str heading; /* one line for people, as "RUN make" */
};

struct step {
    enum step_kind kind;
    uint32_t parent;     /* the step whose filesystem this one changes, or NO_STEP */
    VEC(uint32_t) reads; /* further steps whose filesystem it reads, in the op's order */
    union {
        struct op_from from;
        struct op_run run;
        struct op_copy copy;
        struct op_mkdir mkdir;
        struct op_add add;
        struct op_file file;
    } op;
    struct step_meta meta;
    struct digest op_digest; /* of kind and op alone; set by ir_identify */
    struct digest id;        /* of op_digest and the ids of parent and reads; same */
};

struct healthcheck {
    bool is_set;
    bool is_none; /* HEALTHCHECK NONE: switches off what the base image has */
    struct command test;
    int64_t interval_ns, timeout_ns, start_period_ns, start_interval_ns; /* 0 = default */
    int64_t retries;                                                     /* 0 = default */
};

/* What the stage says of its image beyond the files. Absent = inherited from the base. */
struct image_config {
    struct name_value_vec env; /* as op_run.env, without build arguments */
    struct text user, workdir;
    struct command entrypoint, cmd;
    bool reset_cmd;       /* ENTRYPOINT was set and CMD not: the base's CMD is dropped */
    struct str_vec shell; /* n = 0: inherited */
    struct name_value_vec labels;
    struct text_vec expose; /* "80/tcp" */
    struct text_vec volumes;
    struct text stop_signal;
    struct healthcheck healthcheck;
    struct str author;
    struct str_vec onbuild; /* instructions for who builds on this image, as they were written */
    /* SOURCE_DATE_EPOCH: the time for whatever gets one. Seconds since 1970; or where to take it
     * from: "context", "context:NAME", "source:" and what a Dockerfile's ADD takes. Empty = none.
     */
    struct str epoch;
};

struct stage {
    struct str name; /* as written; empty if it has none */
    uint32_t step;   /* its last step */
    struct image_config config;
};

struct target {
    struct str name; /* the stage's name, or the source's path if it has none */
    uint32_t step;
    uint32_t stage; /* index into plan.stages, or NO_STEP */
};

struct plan_source {
    struct str path;
    struct digest sha256; /* of the whole text */
};

struct plan {
    struct arena *arena;
    VEC(struct plan_source) sources;
    VEC(struct step) steps;
    VEC(struct stage) stages;
    VEC(struct target) targets;  /* what is built; several specs give several */
    struct name_str_vec proxies; /* HTTP_PROXY and the like, for every command; not hashed */
};

#define PLAN_INIT(a) ((struct plan){.arena = (a)})

/* Appends a step and gives its index. */
uint32_t plan_add_step(struct plan *p, const struct step *s);

/* A step of this kind without parent and reads. */
struct step step_of_kind(enum step_kind kind);

const char *step_kind_name(enum step_kind kind); /* as in JSON */
const char *network_name(enum network n);
const char *mount_type_name(enum mount_type t);

/* Whether an epoch is a number of seconds since 1970, or before; then *out gets it. Others say
 * where to take it from. */
bool epoch_seconds(struct str epoch, int64_t *out);

/* Whether an owner is the same ids in every filesystem, and so can't fail: numbers, or none. */
bool owner_is_numeric(struct text owner);

const struct text *env_get(const struct name_value_vec *env, struct str name); /* NULL = absent */

#endif
