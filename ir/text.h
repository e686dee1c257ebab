/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A string that may be known only in part: what the base image's configuration decides (its
 * environment, its workdir, its user) stays a reference until obexec has the image. A text
 * without references is a literal; most are.
 *
 * Normal form, which every function here keeps: no empty literal parts, no two in a row. So equal
 * texts are equal part by part, and hash alike.
 */
#ifndef IR_TEXT_H
#define IR_TEXT_H

#include "base/vec.h"

struct ob_err;
struct text_expand;

enum text_part_kind {
    TEXT_LITERAL,
    TEXT_ENV,     /* the base image's value of a variable; empty if it has none (but see below) */
    TEXT_WORKDIR, /* the base image's working directory, "/" if it has none */
    TEXT_USER,    /* the base image's user, as it is there */
    TEXT_EXPAND,  /* a shell expansion of something that is not known */
};

struct text_part {
    enum text_part_kind kind;
    struct str s;                /* TEXT_LITERAL: the text; TEXT_ENV: the variable's name */
    const struct text_expand *x; /* TEXT_EXPAND */
};

struct text {
    const struct text_part *part;
    size_t n; /* 0 = the empty string */
};

/* Named after the shell's operators. A variable counts as set if `of` is a lone TEXT_ENV that the
 * base image has, or is anything else. */
enum text_op {
    TEXT_OP_DEFAULT_IF_EMPTY,   /* ${of:-word} */
    TEXT_OP_DEFAULT,            /* ${of-word} */
    TEXT_OP_ALT_IF_NONEMPTY,    /* ${of:+word} */
    TEXT_OP_ALT,                /* ${of+word} */
    TEXT_OP_REQUIRE_NONEMPTY,   /* ${of:?word}: evaluation fails, saying word, if of is empty */
    TEXT_OP_REQUIRE,            /* ${of?word} */
    TEXT_OP_CUT_PREFIX,         /* ${of#word}, word a pattern: see ir/text_pattern.h */
    TEXT_OP_CUT_LONGEST_PREFIX, /* ${of##word} */
    TEXT_OP_CUT_SUFFIX,         /* ${of%word} */
    TEXT_OP_CUT_LONGEST_SUFFIX, /* ${of%%word} */
    TEXT_OP_REPLACE,            /* ${of/word/with} */
    TEXT_OP_REPLACE_ALL,        /* ${of//word/with}; the last */
};

struct text_expand {
    enum text_op op;
    struct text of, word;
    struct text with; /* empty but for the two that replace */
    unsigned depth;   /* text_depth of these, and one */
};

enum { TEXT_DEPTH_MAX = 600 };

/* Where an image has no PATH, commands get this one, as docker has it. */
#define TEXT_DEFAULT_PATH STR("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")

#define TEXT_EMPTY ((struct text){0})

struct text text_lit(struct arena *a, struct str s); /* s is not copied */
struct text text_env(struct arena *a, struct str name);
struct text text_ref(struct arena *a, enum text_part_kind kind); /* TEXT_WORKDIR or TEXT_USER */
struct text text_join(struct arena *a, struct text x, struct text y);
struct text text_join_all(struct arena *a, const struct text *t, size_t n); /* in linear time */
/* Both fold at once whatever can be decided without the base image. What can only fail stays, and
 * fails when it is evaluated. */
struct text text_expand(struct arena *a, enum text_op op, struct text of, struct text word);
struct text text_replace(struct arena *a, enum text_op op, struct text of, struct text pattern,
                         struct text with);

static inline bool text_is_literal(struct text t)
{
    return t.n == 0 || (t.n == 1 && t.part[0].kind == TEXT_LITERAL);
}

static inline bool text_is_empty(struct text t)
{
    return t.n == 0;
}

/* The string of a literal text (BUG otherwise). */
struct str text_str(struct text t);
/* The literal that t begins with; empty if it begins with a reference. */
struct str text_head(struct text t);
struct str text_tail(struct text t); /* the same at its end */
bool text_eq(struct text x, struct text y);
const char *text_op_name(enum text_op op); /* ":-" … */
bool text_op_is_pattern(enum text_op op);  /* word is a pattern */
bool text_op_has_with(enum text_op op);
bool text_may_be_unset(struct text t); /* a lone TEXT_ENV */
/* How deep expansions are nested in it. Readers of plans take TEXT_DEPTH_MAX at least. */
unsigned text_depth(struct text t);

/* What late values are made of, once the base image is known. */
struct base_config {
    const struct str *env; /* "NAME=VALUE" */
    size_t n_env;
    struct str workdir, user;
};

/* The value of t, in the arena. Fails where a required variable has none, a late pattern has an
 * invalid escape, or a value becomes larger than 64 MiB. */
int text_value(struct arena *a, struct text t, const struct base_config *base, struct str *out,
               struct ob_err *err);
/* The same, but all values on the way together take at most *left bytes, and matches the time that
 * goes with them. What it took is taken off *left, also where it fails. */
int text_value_within(struct arena *a, struct text t, const struct base_config *base, size_t *left,
                      struct str *out, struct ob_err *err);

#endif
