/* SPDX-License-Identifier: Apache-2.0 */
/* Error values: made and wrapped here, printed by the mains. */
#include <config.h>

#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int ob_err_set(struct ob_err *err, int errnum, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof err->text, fmt, ap);
    va_end(ap);
    err->errnum = errnum;
    if (errnum != 0) {
        size_t n = strlen(err->text);
        snprintf(err->text + n, sizeof err->text - n, ": %s", strerror(errnum));
    }
    return -1;
}

int ob_err_wrap(struct ob_err *err, const char *fmt, ...)
{
    char old[sizeof err->text];
    memcpy(old, err->text, sizeof old);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof err->text, fmt, ap);
    va_end(ap);
    size_t n = strlen(err->text);
    snprintf(err->text + n, sizeof err->text - n, ": %s", old);
    return -1;
}

void ob_bug(const char *file, int line, const char *fmt, ...)
{
    va_list ap;
    fprintf(stderr, "obkit: bug at %s:%d: ", file, line);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    abort();
}

void ob_out_of_memory(void)
{
    fputs("obkit: out of memory\n", stderr);
    exit(OB_EXIT_ENVIRONMENT);
}
