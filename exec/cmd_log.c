/* SPDX-License-Identifier: Apache-2.0 */
/* obexec log: what a step has written, or with -f also what it is writing. */
#include <config.h>

#include "exec/cmd.h"

#include "base/cleanup.h"
#include "base/cli.h"
#include "base/fs.h"
#include "base/terminal.h"
#include "exec/store_cmd.h"
#include "exec/tail.h"

#include <fcntl.h>
#include <time.h>

/* The name in state/log of the only log whose key starts so: of the result's, a running step's
 * (.part) and a failed one's (.failed) the first that is there, which has the shortest name. */
static int find_log(struct store_cmd *c, char name[LOG_NAME_MAX])
{
    const char *prefix = c->args[0];
    size_t n = strlen(prefix), n_found = 0;
    cleanup_dir DIR *d = fs_opendir(c->o.layout.log);
    if (n < 4)
        return ob_err_set(&c->err, 0, "\"%s\" is too short for an id: give four digits or more",
                          prefix);
    name[0] = '\0';
    for (struct dirent *e; d && (e = readdir(d));) {
        if (strncmp(e->d_name, prefix, n) != 0 || strlen(e->d_name) >= LOG_NAME_MAX)
            continue;
        bool same_key = strncmp(name, e->d_name, SHA256_HEX) == 0;
        n_found += !same_key;
        if (!same_key || strlen(e->d_name) < strlen(name))
            snprintf(name, LOG_NAME_MAX, "%s", e->d_name);
    }
    if (n_found == 0)
        return ob_err_set(&c->err, 0, "no log of \"%s\" in the store", prefix);
    if (n_found > 1)
        return ob_err_set(&c->err, 0, "\"%s\" fits more than one log: give more digits", prefix);
    return 0;
}

/* Opens it under the name that it has by now: a step that ends renames its log. */
static int open_log(struct store_cmd *c, char key[SHA256_HEX + 1])
{
    char name[LOG_NAME_MAX];
    int fd;
    do {
        if (find_log(c, name) < 0)
            return -1;
        fd = openat(c->o.layout.log, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    } while (fd < 0 && errno == ENOENT);
    snprintf(key, SHA256_HEX + 1, "%.*s", SHA256_HEX, name);
    return fd < 0 ? ob_err_set(&c->err, errno, "can't open log \"%s\" in the store", name) : fd;
}

/* Prints as it is what is not for a terminal: whoever wrote the log shall not drive that. */
struct printer {
    bool is_terminal;
    struct buf line; /* the last one, as long as it has no end */
    struct buf out;
};

static void add_lines(struct printer *p, struct str text)
{
    enum { MAX_LINE = 64 << 10 };
    struct str head;
    while (str_cut(text, '\n', &head, &text)) {
        buf_add_str(&p->line, head);
        terminal_add(&p->out, tail_shown(buf_str(&p->line)));
        buf_putc(&p->out, '\n');
        buf_clear(&p->line);
    }
    buf_add_str(&p->line, head);
    if (p->line.n > MAX_LINE) {
        terminal_add(&p->out, buf_str(&p->line));
        buf_clear(&p->line);
    }
}

/* A line without an end is shown too, but for the start of a character. */
static void add_rest(struct printer *p)
{
    struct str text = buf_str(&p->line);
    size_t n = text.n - str_open_char(text);
    if (n == 0)
        return;
    terminal_add(&p->out, tail_shown(str_of(text.p, n)));
    memmove(p->line.p, p->line.p + n, text.n - n);
    p->line.n = text.n - n;
}

static int flush(struct printer *p, struct ob_err *err)
{
    int rc = fs_write_all(STDOUT_FILENO, p->out.p, p->out.n, err);
    buf_clear(&p->out);
    return rc < 0 ? ob_err_wrap(err, "standard output") : 0;
}

/* Prints from where fd is to the end. */
static int print_rest(struct printer *p, int fd, struct ob_err *err)
{
    char chunk[64 << 10];
    ssize_t n;
    while ((n = read(fd, chunk, sizeof chunk)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ob_err_set(err, errno, "can't read the log");
        if (p->is_terminal)
            add_lines(p, str_of(chunk, (size_t)n));
        else
            buf_add(&p->out, chunk, (size_t)n);
        if (flush(p, err) < 0)
            return -1;
    }
    add_rest(p);
    return flush(p, err);
}

/* Asks again and again: a killed writer tells nobody that there will be no more. */
static int print_growing(struct printer *p, struct store_cmd *c, const char *key, int fd)
{
    static const struct timespec pause = {.tv_nsec = 50000000};
    for (;;) {
        bool grows = layout_log_grows(&c->o.layout, key, fd); /* before what may be the last look */
        if (print_rest(p, fd, &c->err) < 0)
            return -1;
        if (!grows)
            return 0;
        nanosleep(&pause, NULL);
    }
}

static int do_log(struct store_cmd *c, void *arg)
{
    const bool *follow = arg;
    char key[SHA256_HEX + 1];
    cleanup_close int fd = open_log(c, key);
    if (fd < 0)
        return store_cmd_fail(c, OB_EXIT_FAILED);
    struct printer p = {.is_terminal = isatty(STDOUT_FILENO)};
    int rc = *follow ? print_growing(&p, c, key, fd) : print_rest(&p, fd, &c->err);
    buf_free(&p.line);
    buf_free(&p.out);
    if (rc < 0 && c->err.errnum == EPIPE)
        return OB_EXIT_OK; /* the reader, as head, has seen enough */
    return rc < 0 ? store_cmd_fail(c, OB_EXIT_ENVIRONMENT) : OB_EXIT_OK;
}

static const char *on_option(void *arg, int opt)
{
    (void)opt;
    *(bool *)arg = true;
    return NULL;
}

int cmd_log(int argc, char **argv)
{
    static const struct option options[] = {{"follow", no_argument, NULL, 'f'}, {0}};
    bool follow = false;
    const struct store_cmd_usage usage = {
        .help =
            "Usage: obexec log [-f] ID [--store=KIND:PATH]\n"
            "Print the output of the step that made a result, or of the last failed try. ID is\n"
            "the first digits of its id, four or more. Of a step that is running, print what\n"
            "there is. On a terminal, without control sequences.\n"
            "\n"
            "  -f, --follow              go on until the step ends\n" STORE_CMD_HELP,
        .short_options = "f",
        .options = options,
        .on_option = on_option,
        .arg = &follow,
        .min_args = 1,
        .max_args = 1,
        .what = "an id",
    };
    struct store_cmd c;
    int status = store_cmd_parse(&c, argc, argv, &usage);
    return status >= 0 ? status : store_cmd_run(&c, do_log, &follow);
}
