/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Source texts and places in them. A span is (source, byte offset, length); line and column are
 * computed only when somebody asks. Texts stay in memory, so that a message quotes what was
 * parsed and not what the file says by now.
 */
#ifndef BASE_SOURCE_H
#define BASE_SOURCE_H

#include "base/err.h"
#include "base/vec.h"

#include <stdint.h>

struct span {
    uint32_t source; /* index into struct sources */
    uint32_t off, len;
};

struct source {
    struct str path;    /* as the user wrote it; "-" = standard input */
    struct str text;    /* followed by one NUL byte, as scanners want it */
    uint32_t *line_off; /* offset of each line's first byte, made at the first question */
    uint32_t n_lines;
    uint32_t known_line, known_off,
        known_column; /* the last answer of source_place, to go on from */
};

struct sources {
    struct arena *arena;
    VEC(struct source) list;
};

#define SOURCES_INIT(a) ((struct sources){.arena = (a)})

/* Largest text accepted: offsets are 32 bits. */
#define SOURCE_MAX_BYTES ((size_t)1 << 30)

/* Reads a file ("-" = standard input) and gives its index. */
int source_load(struct sources *ss, const char *path, uint32_t *index, struct ob_err *err);
/* Adds a text that is already in memory; it is copied. */
uint32_t source_add(struct sources *ss, struct str path, struct str text);

static inline const struct source *source_at(const struct sources *ss, uint32_t index)
{
    return &ss->list.at[index];
}

/* All counted from 1. column counts characters (UTF-8 sequences; a stray byte is one), as people
 * do; byte_column counts bytes. */
struct place {
    uint32_t line, column, byte_column;
};

/* The place of a byte; off may be the text's length (the end of the file). */
struct place source_place(struct sources *ss, uint32_t source, uint32_t off);
uint32_t source_line_count(struct sources *ss, uint32_t source);
/* Line number `line` (from 1) without its line end. */
struct str source_line(struct sources *ss, uint32_t source, uint32_t line);

static inline struct span span_of(uint32_t source, size_t off, size_t len)
{
    return (struct span){source, (uint32_t)off, (uint32_t)len};
}

static inline uint32_t span_end(struct span s)
{
    return s.off + s.len;
}

/* The smallest span over both; they must be of one source. */
struct span span_join(struct span a, struct span b);

#endif
