/* SPDX-License-Identifier: Apache-2.0 */
/* What the command lines of all programs have in common. */
#ifndef BASE_CLI_H
#define BASE_CLI_H

#include <signal.h>
#include <stdbool.h>

/* To be called before anything is opened: fills descriptors 0 to 2 where the caller has closed
 * them, so that no file of ours gets their numbers and with it what is meant for the user. Reading
 * and writing them fails as before. */
void cli_fill_std(void);
/* Prints "NAME (obkit) VERSION" and gives the exit status: 0, or 3 if stdout can't be written. */
int cli_version(const char *program);
/* Prints the help text to stdout, with the same exit statuses. */
int cli_help(const char *text);
/* "PROGRAM: text" and a line that names --help, on stderr; gives OB_EXIT_USAGE. */
int cli_usage_error(const char *program, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Whether fd is a terminal on which the cursor can be moved: TERM is set, and not to dumb. */
bool cli_terminal(int fd);
/* Colours: only on such a terminal, and never with NO_COLOR set. */
bool cli_colour(int fd);
/* The paths that a program is to read, *n of them: those that it was given, or else "-". */
char *const *cli_paths(char *const *given, int *n);
/* Flushes stdout; a failure (a full disk, a closed pipe) is printed and gives 3. */
int cli_close_stdout(const char *program);
/* The signals that ask a program to end: SIGINT, SIGTERM and SIGHUP, without those that whoever
 * started us had us ignore, as nohup(1) does. */
void cli_signals(sigset_t *out);
/* Has these signals end the program with OB_EXIT_INTERRUPTED and nothing else. */
void cli_exit_on_signals(void);

#endif
