/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world's failures, and our own. A user's mistake in a spec is a diagnostic (base/diag.h); a
 * failing disk, kernel or file is a struct ob_err, a value on the caller's stack; an impossible
 * state is BUG().
 *
 * A function that can fail takes `struct ob_err *err` last and returns 0 or -1 (or 1, 0 and -1
 * where "absent" is an answer). It sets *err exactly when it returns -1. Each layer adds what it
 * knows: `return ob_err_wrap(err, "store \"%s\"", path);`.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>

/* Exit statuses of every program. */
enum ob_exit {
    OB_EXIT_OK = 0,
    OB_EXIT_FAILED = 1,      /* the input has errors, or a step failed */
    OB_EXIT_USAGE = 2,       /* the command line is wrong */
    OB_EXIT_ENVIRONMENT = 3, /* the machine or a backend failed */
    OB_EXIT_INTERRUPTED = 130,
};

struct ob_err {
    int errnum;      /* the errno behind it, 0 if there is none */
    char text[1020]; /* one line, without a newline at the end; cut if longer */
};

#define OB_ERR_INIT ((struct ob_err){0})

/* Each returns -1. errnum 0 = no errno; otherwise ": " and its text are appended. */
int ob_err_set(struct ob_err *err, int errnum, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Puts "FMT: " in front of what *err says. */
int ob_err_wrap(struct ob_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Our own mistake: says where, and aborts. */
#define BUG(...) ob_bug(__FILE__, __LINE__, __VA_ARGS__)
_Noreturn void ob_bug(const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

_Noreturn void ob_out_of_memory(void);

#endif
