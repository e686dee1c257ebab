/* SPDX-License-Identifier: Apache-2.0 */
/* Each message is one write, so that lines of several processes do not mix. */
#include <config.h>

#include "base/log.h"

#include "base/buf.h"
#include "base/terminal.h"

#include <unistd.h>

static const char *program = "obkit"; /* set once by main */
static int verbosity;

void log_init(const char *name, int level)
{
    program = name;
    verbosity = level;
}

static void say(const char *kind, const char *fmt, va_list ap)
{
    struct buf text = BUF_INIT, b = BUF_INIT;
    buf_vprintf(&text, fmt, ap);
    buf_printf(&b, "%s: %s", program, kind);
    terminal_quote(&b, buf_str(&text)); /* there are names of files and images in it */
    buf_putc(&b, '\n');
    if (write(STDERR_FILENO, b.p, b.n) < 0) {
        /* nowhere to report it */
    }
    buf_free(&text);
    buf_free(&b);
}

void log_error(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say("", fmt, ap);
    va_end(ap);
}

void log_warning(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say("warning: ", fmt, ap);
    va_end(ap);
}

void log_info(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    if (verbosity >= 1)
        say("", fmt, ap);
    va_end(ap);
}
