/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logical lines: what is left of a Dockerfile when comments and empty lines are gone and
 * continued lines are joined. Each remembers where its parts come from. Also the directives at the
 * top of the file, since one of them (escape) decides what a continuation is.
 */
#ifndef FRONTEND_DF_LINE_H
#define FRONTEND_DF_LINE_H

#include "frontend/compile.h"

struct df_segment {
    uint32_t at;  /* offset in the logical line */
    uint32_t src; /* offset in the source of the byte that stands there */
};

/* text is trimmed, has no newline, and is followed by a newline, a blank or a NUL byte: so a
 * scanner that takes all of these for ends of words never leaves it. */
struct df_line {
    struct str text;
    uint32_t source;
    uint32_t n_segments; /* at least 1; the first is at 0 */
    const struct df_segment *segment;
    struct df_segment whole; /* the segment of a line that was not joined */
};

/* The place in the source of a part of line->text. */
struct span df_line_span(const struct df_line *line, struct str part);

struct df_directive {
    bool is_set;
    struct str value;
    struct span span; /* of the value */
};

/* Which warnings count, and how: what `check=` says. */
struct df_check {
    struct str_vec skip, experimental; /* names of rules, as written */
    bool skip_all, experimental_all;
    bool error; /* the warnings that are left are errors */
};

struct df_directives {
    struct df_directive syntax, escape, check;
    struct df_check checks; /* the value of check */
    char escape_char;       /* '\\' or '`' */
};

struct df_reader {
    struct compile *c;
    uint32_t source;
    struct str text;
    size_t pos; /* start of the next physical line */
    char escape;
    bool is_dirty; /* there are bytes in it that no instruction may have */
    bool is_cut;   /* one of them was in an instruction: reported, and the file ends there */
    const struct df_check *check; /* of the comments above the next line; NULL if they have none */
    VEC(char) joined;             /* scratch for the line being joined */
    VEC(struct df_segment) segments;
};

/* Skips a byte-order mark, reads the directives, and stands before the first line. */
void df_reader_init(struct df_reader *r, struct compile *c, uint32_t source,
                    struct df_directives *d);
/* The next logical line, in the arena; NULL at the end of the file. */
const struct df_line *df_reader_next(struct df_reader *r);
/* The next physical line, without its end, for heredocs. False at the end of the file. */
bool df_reader_physical(struct df_reader *r, struct str *line);
/* Whether a part of the source has neither NUL bytes nor malformed UTF-8, which an executed string
 * or JSON can't hold; in comments they do no harm. False: reported, and the file ends here. */
bool df_reader_is_text(struct df_reader *r, struct str part);

/* A line of its own out of a part of one. */
const struct df_line *df_line_part(struct arena *a, const struct df_line *line, struct str part);

/* The length of the blank at the start of s, as Unicode sees it; 0 if there is none. */
size_t df_blank_len(struct str s);
/* s without what Unicode calls blanks at its start: a no-break space pasted before an instruction
 * does not count. */
struct str df_trim_left(struct str s);

/* df_directive.c: reads the block of directives at the start of `text` and gives its length. */
size_t df_directives_read(struct compile *c, uint32_t source, struct str text, size_t start,
                          struct df_directives *d);
/* Splits a comment `# NAME = VALUE`. False if it has another form. */
bool df_directive_split(struct str line, struct str *name, struct str *value);

/* df_check.c: reads the value of `check`. NULL, or what is wrong with *bad, a part of it. */
const char *df_check_read(struct arena *a, struct str value, struct df_check *check,
                          struct str *bad);
/* Takes notice of a comment, without blanks before it, that stands above an instruction. */
void df_check_comment(struct df_reader *r, struct str line);

#endif
