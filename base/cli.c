/* SPDX-License-Identifier: Apache-2.0 */
/* --help, --version and usage errors, alike in all programs. */
#include <config.h>

#include "base/cli.h"

#include "base/err.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void cli_fill_std(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0) /* what is opened gets the lowest number, which is this one */
            open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

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

char *const *cli_paths(char *const *given, int *n)
{
    static char stdin_name[] = "-";
    static char *const only_stdin[] = {stdin_name};
    if (*n)
        return given;
    *n = 1;
    return only_stdin;
}

bool cli_terminal(int fd)
{
    const char *term = getenv("TERM");
    return isatty(fd) && term && *term && strcmp(term, "dumb") != 0;
}

bool cli_colour(int fd)
{
    const char *no = getenv("NO_COLOR");
    return cli_terminal(fd) && !(no && *no);
}

void cli_signals(sigset_t *out)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction sa;
    sigemptyset(out);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        if (sigaction(signals[i], NULL, &sa) == 0 && sa.sa_handler != SIG_IGN)
            sigaddset(out, signals[i]);
}

static void exit_interrupted(int sig)
{
    (void)sig;
    _exit(OB_EXIT_INTERRUPTED);
}

void cli_exit_on_signals(void)
{
    struct sigaction sa = {.sa_handler = exit_interrupted};
    sigset_t set;
    cli_signals(&set);
    for (int sig = 1; sig < NSIG; sig++)
        if (sigismember(&set, sig) == 1)
            sigaction(sig, &sa, NULL);
}
