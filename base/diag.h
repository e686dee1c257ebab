/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Diagnostics: what a user did wrong, with the place in the source. The front end never prints; it
 * adds to a sink and goes on, so that one run reports every mistake.
 *
 * Messages are lower case, without a full stop, with the thing in double quotes and what was
 * expected: `unknown operation "rnu"`. A hint that tells what to do is a note.
 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include "base/source.h"

enum diag_level {
    DIAG_WARNING,
    DIAG_LOSS, /* a warning that a translation does not say what its source says; never skipped */
    DIAG_ERROR
};

/* A named kind of message, which users can switch on and off. Rows are static const tables of the
 * front end; the name is printed in brackets and means the same for ever. */
struct diag_rule {
    const char *name;
    enum diag_level level;
};

struct diag_note {
    bool has_span;
    struct span span;
    struct str text;
};

struct diag {
    const struct diag_rule *rule; /* NULL: an error without a name */
    enum diag_level level;
    bool is_skipped; /* the user does not want to see it */
    struct span span;
    struct str text;
    VEC(struct diag_note) notes;
    struct diag_sink *sink;
};

DEFINE_VEC(diag_vec, struct diag *);

struct diag_sink {
    struct arena *arena;
    struct diag_vec list; /* in the order of reporting */
    size_t n_errors, n_losses;
};

#define DIAG_SINK_INIT(a) ((struct diag_sink){.arena = (a)})

struct diag *diag_error(struct diag_sink *sink, struct span span, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
struct diag *diag_verror(struct diag_sink *sink, struct span span, const char *fmt, va_list ap)
    __attribute__((format(printf, 3, 0)));
struct diag *diag_rule(struct diag_sink *sink, const struct diag_rule *rule, struct span span,
                       const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Makes a warning of an error that turns out not to count. */
void diag_demote(struct diag *d);
/* Makes an error of a warning. */
void diag_raise(struct diag *d);
/* Keeps a warning from being printed; errors can't be skipped. Which ones, the language says. */
void diag_skip(struct diag *d);
void diag_note(struct diag *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void diag_note_at(struct diag *d, struct span span, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
