/* SPDX-License-Identifier: Apache-2.0 */
/* Only the control sequences that every terminal since the VT100 has, and two modes that those
 * ignore which lack them. */
#include <config.h>

#include "exec/screen.h"

#include "base/cli.h"
#include "base/err.h"
#include "base/terminal.h"
#include "exec/event.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#define BEGIN_FRAME "\x1b[?2026h" /* the terminal shows what follows as a whole */
#define END_FRAME "\x1b[?2026l"
#define NO_WRAP "\x1b[?7l"
#define WRAP "\x1b[?7h"
#define CLEAR_LINE "\x1b[K"
#define CLEAR_BELOW "\x1b[J"

static void find_size(const struct screen *s, unsigned *rows, unsigned *columns)
{
    struct winsize w;
    bool is_known = ioctl(s->fd, TIOCGWINSZ, &w) == 0 && w.ws_row && w.ws_col;
    *rows = is_known ? w.ws_row : 24;
    *columns = is_known ? w.ws_col : 80;
}

/* Most terminals break the lines of a window that becomes narrower; these cut them off. */
static bool terminal_reflows(void)
{
    const char *term = getenv("TERM"), *xterm = getenv("XTERM_VERSION");
    return !(xterm && *xterm) && !(term && strcmp(term, "linux") == 0);
}

void screen_open(struct screen *s, int fd)
{
    *s = (struct screen){.fd = fd, .colour = cli_colour(fd), .reflows = terminal_reflows()};
    find_size(s, &s->rows, &s->columns);
}

void screen_free(struct screen *s)
{
    buf_free(&s->above);
    buf_free(&s->frame);
    free(s->widths);
}

unsigned screen_columns(const struct screen *s)
{
    unsigned rows, columns;
    find_size(s, &rows, &columns);
    return columns;
}

bool screen_takes_more(const struct screen *s)
{
    struct pollfd p = {s->fd, POLLOUT, 0};
    return poll(&p, 1, 0) > 0;
}

/* How many rows the table takes that is on the screen, whose lines may have been broken since. */
static unsigned rows_of_table(const struct screen *s, unsigned columns)
{
    unsigned rows = 0;
    for (size_t i = 0; i < s->n_lines; i++)
        rows += s->reflows && s->widths[i] > columns ? (s->widths[i] + columns - 1) / columns : 1;
    return rows;
}

/* Goes to where the table began, and writes what is to go above it. */
static void begin(struct screen *s)
{
    unsigned columns = s->columns;
    find_size(s, &s->rows, &s->columns);
    unsigned up = rows_of_table(s, s->columns);
    buf_clear(&s->frame);
    buf_puts(&s->frame, BEGIN_FRAME);
    if (up)
        buf_printf(&s->frame, "\x1b[%uA", up);
    buf_putc(&s->frame, '\r');
    /* Else the new table overwrites the old one line by line, so that nothing flickers. */
    if (s->above.n || columns != s->columns)
        buf_puts(&s->frame, CLEAR_BELOW);
    buf_add_str(&s->frame, buf_str(&s->above));
    buf_clear(&s->above);
    s->n_lines = 0;
}

static void end(struct screen *s)
{
    buf_puts(&s->frame, CLEAR_BELOW END_FRAME);
    progress_write(s->fd, buf_str(&s->frame));
}

/* The table's lines are not wrapped: the terminal may find a character wider than we do. */
void screen_begin(struct screen *s)
{
    begin(s);
    buf_puts(&s->frame, NO_WRAP);
}

void screen_end(struct screen *s)
{
    buf_puts(&s->frame, WRAP);
    end(s);
}

void screen_clear(struct screen *s)
{
    if (s->above.n == 0 && s->n_lines == 0)
        return;
    begin(s);
    end(s);
}

struct pen screen_line(struct screen *s)
{
    buf_puts(&s->frame, CLEAR_LINE);
    return (struct pen){s, 0};
}

void pen_put(struct pen *p, struct str text)
{
    p->used += terminal_clip(&p->s->frame, text, p->s->columns - p->used);
}

void pen_end(struct pen *p)
{
    struct screen *s = p->s;
    buf_putc(&s->frame, '\n');
    if (s->n_lines == s->cap_lines) {
        s->cap_lines = s->cap_lines ? 2 * s->cap_lines : 32;
        s->widths = reallocarray(s->widths, s->cap_lines, sizeof *s->widths);
        if (!s->widths)
            ob_out_of_memory();
    }
    s->widths[s->n_lines++] = p->used;
}

const char *screen_style(const struct screen *s, enum style style)
{
    static const char *const sequences[] = {
        [STYLE_NORMAL] = "\x1b[0m", [STYLE_BOLD] = "\x1b[1m",   [STYLE_DIM] = "\x1b[2m",
        [STYLE_RED] = "\x1b[31m",   [STYLE_GREEN] = "\x1b[32m", [STYLE_CYAN] = "\x1b[36m",
    };
    return s->colour ? sequences[style] : "";
}

void pen_style(struct pen *p, enum style style)
{
    buf_puts(&p->s->frame, screen_style(p->s, style));
}
