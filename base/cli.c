/* SPDX-License-Identifier: Apache-2.0 */
/* --help, --version and usage errors, alike in all programs. */
#include <config.h>

#include "base/cli.h"

#include "base/err.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int cli_close_stdout(const char *program)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return OB_EXIT_OK;
    fprintf(stderr, "%s: can't write to standard output: %s\n", program, strerror(errno));
    return OB_EXIT_ENVIRONMENT;
}

int cli_version(const char *program)
{
    printf("%s (obkit) %s\n", program, PACKAGE_VERSION);
    return cli_close_stdout(program);
}

int cli_help(const char *text)
{
    fputs(text, stdout);
    return cli_close_stdout("obkit");
}

int cli_usage_error(const char *program, const char *fmt, ...)
{
    va_list ap;
    fprintf(stderr, "%s: ", program);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fprintf(stderr, "\nTry '%s --help'.\n", program);
    return OB_EXIT_USAGE;
}

bool cli_colour(int fd)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(fd) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}
