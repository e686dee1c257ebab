/* SPDX-License-Identifier: Apache-2.0 */
/* What the command lines of all programs have in common. */
#ifndef BASE_CLI_H
#define BASE_CLI_H

#include <stdbool.h>

/* Prints "NAME (obkit) VERSION" and gives the exit status: 0, or 3 if stdout can't be written. */
int cli_version(const char *program);
/* Prints the help text to stdout, with the same exit statuses. */
int cli_help(const char *text);
/* "PROGRAM: text" and a line that names --help, on stderr; gives OB_EXIT_USAGE. */
int cli_usage_error(const char *program, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Colours: only on a terminal, never with NO_COLOR set or TERM=dumb. */
bool cli_colour(int fd);
/* Flushes stdout; a failure (a full disk, a closed pipe) is printed and gives 3. */
int cli_close_stdout(const char *program);

#endif
