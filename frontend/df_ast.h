/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree of a Dockerfile: a list of instructions, each with its flags and arguments as written.
 * Nothing is expanded, looked up or checked here beyond the shape of a line; that is lowering.
 *
 * Every piece of text is a df_word, which knows where it stands, so that a message about any part
 * of it can point at the right column of the right physical line.
 */
#ifndef FRONTEND_DF_AST_H
#define FRONTEND_DF_AST_H

#include "frontend/df_line.h"

enum df_kind {
#define DF_INSN(NAME, SHAPE) DF_##NAME,
#include "frontend/df_insn.def"
#undef DF_INSN
    DF_N_KINDS,
};

enum df_shape {
    DF_SHAPE_ARGS,        /* NAME[=VALUE]...: pairs */
    DF_SHAPE_COMMAND,     /* JSON array (is_exec) or the rest of the line: words */
    DF_SHAPE_FROM,        /* IMAGE [AS NAME]: words, the second is the name */
    DF_SHAPE_HEALTHCHECK, /* NONE, or CMD with a command */
    DF_SHAPE_PAIRS,       /* NAME=VALUE..., or NAME and the rest of the line (is_legacy): pairs */
    DF_SHAPE_PATHS,       /* JSON array (is_exec) or words between blanks: words */
    DF_SHAPE_TEXT,        /* the rest of the line: one word */
    DF_SHAPE_TRIGGER,     /* the same, which is an instruction: trigger */
    DF_SHAPE_WORDS,       /* words between blanks: words */
};

struct df_insn_type {
    enum df_kind kind;
    enum df_shape shape;
    struct str name; /* upper case */
};

extern const struct df_insn_type df_insn_types[DF_N_KINDS];

/* The row of a keyword in any case; NULL if there is none. */
const struct df_insn_type *df_insn_find(struct str keyword);

struct df_word {
    struct str s;   /* what it says: as written, or decoded (JSON strings, flags with quotes) */
    struct str raw; /* as written; a part of line->text */
    const struct df_line *line;
};

DEFINE_VEC(df_word_vec, struct df_word);

struct df_flag {
    struct df_word name; /* without the dashes */
    bool has_value;
    struct df_word value; /* of "=value" */
    struct df_word whole;
};

DEFINE_VEC(df_flag_vec, struct df_flag);

struct df_pair {
    struct df_word name;
    bool has_value;
    struct df_word value;
};

DEFINE_VEC(df_pair_vec, struct df_pair);

struct df_heredoc {
    struct df_word word; /* "<<EOF", with digits, dash and quotes */
    struct str name;     /* the terminator */
    bool expand;         /* no part of the name was quoted */
    bool strip_tabs;     /* "<<-" */
    struct span body;    /* without the terminator's line */
    struct span content; /* the body that it means: of two with one name, that of the last */
};

DEFINE_VEC(df_heredoc_vec, struct df_heredoc);

struct df_insn {
    const struct df_insn_type *type; /* NULL: the keyword is unknown; then is_broken as well */
    const struct df_line *line;
    const struct df_check *check; /* of the comments right above it; NULL if they have none */
    struct df_word keyword;
    bool
        is_broken; /* the line has an error, which was reported; nothing else is to be said of it */
    bool is_exec;  /* the arguments were a JSON array of strings */
    bool is_legacy; /* ENV or LABEL without "=" */
    bool is_none;   /* HEALTHCHECK NONE */
    struct df_flag_vec flags;
    struct df_word_vec words;
    struct df_pair_vec pairs;
    struct df_heredoc_vec heredocs; /* those of a trigger are its own */
    struct df_insn *trigger;        /* of ONBUILD, may be broken; NULL for others */
};

struct df_file {
    uint32_t source;
    struct df_directives directives;
    VEC(struct df_insn) insns;
    VEC(uint32_t) froms; /* which of insns are FROM, also broken ones */
};

static inline const struct df_insn *df_file_insn(const struct df_file *file, uint32_t index)
{
    return &file->insns.at[index];
}

static inline struct df_word df_word_of(const struct df_line *line, struct str s)
{
    return (struct df_word){s, s, line};
}

/* Where a word stands in the source. */
struct span df_word_span(const struct df_word *w);
/* The part of it from byte `off` of its text, `len` bytes; all of it if the text was decoded. */
struct span df_word_part(const struct df_word *w, size_t off, size_t len);
/* The whole instruction, from its keyword to its last character. */
struct span df_insn_span(const struct df_insn *in);

/* The heredoc that a word of COPY or ADD opens, or that is all of the text of RUN; else NULL. */
const struct df_heredoc *df_heredoc_of(const struct df_insn *in, const struct df_word *w);
/* Its body as a word, ending with a newline unless it is empty: without the tabs that "<<-" strips,
 * and with CR LF as LF. BuildKit keeps the CR; a file that was saved with CR LF means the same. Its
 * line is none that could be scanned; it only knows where each byte stands. */
struct df_word df_heredoc_word(struct compile *c, const struct df_heredoc *h);
/* The body with its tabs, for a shell that strips them itself; CR LF is LF here too. */
struct str df_heredoc_raw(struct compile *c, const struct df_heredoc *h);

#endif
