/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of one parse: shared by the lexer, which reads logical lines and splits each into
 * tokens by its instruction's shape, and the grammar, which fills `insn`. The lexer opens an
 * instruction at its keyword; the grammar's rule for the line closes it.
 */
#ifndef FRONTEND_DF_SCAN_H
#define FRONTEND_DF_SCAN_H

#include "frontend/df_ast.h"

/* What stands at `cur`. */
enum df_mode {
    DF_MODE_LINE,    /* nothing: the next logical line is to be read */
    DF_MODE_FLAGS,   /* flags, if any */
    DF_MODE_IMAGE,   /* FROM's image */
    DF_MODE_AS,      /* FROM's AS */
    DF_MODE_NAME,    /* FROM's name */
    DF_MODE_HEALTH,  /* NONE or CMD */
    DF_MODE_COMMAND, /* a JSON array or text */
    DF_MODE_PATHS,   /* a JSON array or words */
    DF_MODE_PATH_WORDS,
    DF_MODE_PORTS,
    DF_MODE_TEXT,
    DF_MODE_TRIGGER,
    DF_MODE_FIRST_PAIR, /* NAME=VALUE, or the NAME of the old form */
    DF_MODE_PAIRS,
    DF_MODE_END,
};

struct df_parse {
    struct compile *c;
    struct df_file *file;
    struct df_reader reader;
    enum df_mode mode;
    const char *cur, *end;         /* what is left of the line */
    struct str token;              /* the last one, for messages */
    bool line_failed;              /* an error was reported: the rest of the line is skipped */
    struct df_insn insn;           /* the one being read */
    bool is_trigger;               /* of ONBUILD: `trigger` is all there is to read */
    const struct df_line *trigger; /* NULL when it was read */
};

/* Parses source number `source`. What is wrong goes to the sink; broken lines are in the tree.
 * False if the source is no text, and was read only up to there. */
bool df_parse_file(struct compile *c, uint32_t source, struct df_file *file);

/* df_check.c: skips and raises warnings as the file wants it, when all were reported. */
void df_checks_apply(struct compile *c, const struct df_file *file);

/* df_json.c: reads a JSON array of strings that is all of `text`, a part of the line. If it is an
 * array of something else, *other gets its first element that is no string. */
enum df_json { DF_JSON_NONE, DF_JSON_STRINGS, DF_JSON_OTHER };
enum df_json df_json_read(struct arena *a, const struct df_line *line, struct str text,
                          struct df_word_vec *out, struct str *other);

/* df_heredoc.c: finds the heredocs of the line and reads their bodies. False: reported. */
bool df_heredocs_read(struct df_parse *ps);

/* df_parse.y: parses the part of the line that is the instruction of ONBUILD. False if this file is
 * wrong; what matters only when an image is built from its image is a warning. */
bool df_parse_trigger(struct df_parse *ps, struct str text);
/* Reports what BuildKit finds in a trigger only when it runs: an error, and a warning there. */
struct diag *df_refuse(struct df_parse *ps, struct span at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* df_lex.re: the end of the word at p, which is not a blank. Words end at blanks; within quotes and
 * behind an escape blanks do not count. Never goes beyond the line's end. */
const char *df_scan_plain(const char *p);
const char *df_scan_quoted(const char *p, char escape);
/* The end of the JSON string at p; p itself if there is none. */
const char *df_scan_json_string(const char *p);

#endif
