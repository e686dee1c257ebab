/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lower part of a terminal, on which a table is drawn again and again while lines scroll by
 * above it. A frame is one write, ends on the line below the table, and leaves the terminal as it
 * was: whenever the process dies, nothing has to be put in order. Whoever resizes the terminal
 * finds the table in its place with the next frame.
 */
#ifndef EXEC_SCREEN_H
#define EXEC_SCREEN_H

#include "base/buf.h"

struct screen {
    int fd;
    bool colour, reflows;
    unsigned rows, columns; /* as of the last frame */
    struct buf above;       /* lines to go above the table with the next frame; may be added to */
    struct buf frame;
    unsigned *widths; /* of the table's lines that are on the screen */
    size_t n_lines, cap_lines;
};

void screen_open(struct screen *s, int fd); /* fd need not be a terminal */
void screen_free(struct screen *s);

/* How many columns there are now. */
unsigned screen_columns(const struct screen *s);
/* False if the terminal takes nothing now, because somebody has stopped it (Ctrl-S). */
bool screen_takes_more(const struct screen *s);

/* In between, the lines of the table are put: at most s->rows - 1. */
void screen_begin(struct screen *s);
void screen_end(struct screen *s);
/* Takes the table away, and writes what was to go above it. */
void screen_clear(struct screen *s);

/* A line of the table. What does not fit is left out. */
struct pen {
    struct screen *s;
    unsigned used; /* columns */
};

struct pen screen_line(struct screen *s);
void pen_put(struct pen *p, struct str text); /* which may hold anything */
void pen_end(struct pen *p);

/* Also for `above`: "" if the terminal has no colours. */
enum style { STYLE_NORMAL, STYLE_BOLD, STYLE_DIM, STYLE_RED, STYLE_GREEN, STYLE_CYAN };
const char *screen_style(const struct screen *s, enum style style);
void pen_style(struct pen *p, enum style style);

#endif
