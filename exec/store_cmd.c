/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments of the sub-commands that work on a store. */
#include <config.h>

#include "exec/store_cmd.h"

#include "base/cli.h"
#include "base/log.h"

#include <stdio.h>

/* The command's own options, then those of all. */
static const struct option *all_options(struct store_cmd *c, const struct store_cmd_usage *u)
{
    static const struct option common[] = {
        {"store", required_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},
    };
    enum { N_COMMON = sizeof common / sizeof common[0] };
    size_t n = 0;
    while (u->options && u->options[n].name)
        n++;
    struct option *out = arena_new_n(&c->arena, struct option, n + N_COMMON + 1);
    if (n)
        memcpy(out, u->options, n * sizeof *out);
    memcpy(out + n, common, sizeof common);
    return out;
}

static int wrong_option(const struct store_cmd *c)
{
    fprintf(stderr, "Try 'obexec %s --help'.\n", c->name);
    return OB_EXIT_USAGE;
}

/* -1 = go on, else the exit status. */
static int parse_option(struct store_cmd *c, const struct store_cmd_usage *u, int opt)
{
    switch (opt) {
    case 's': c->kit.store = optarg; return -1;
    case 'h': return cli_help(u->help);
    case '?': return wrong_option(c);
    default: break;
    }
    const char *wrong = u->on_option(u->arg, opt);
    return wrong ? cli_usage_error("obexec", "%s: %s, not \"%s\"", c->name, wrong, optarg) : -1;
}

int store_cmd_parse(struct store_cmd *c, int argc, char **argv, const struct store_cmd_usage *u)
{
    static char program[] = "obexec"; /* for getopt's messages */
    char letters[32];
    int status = -1, opt;
    *c = (struct store_cmd){.name = argv[0], .kit = {.sandbox = "", .must_exist = true}};
    argv[0] = program;
    snprintf(letters, sizeof letters, "h%s", u->short_options ? u->short_options : "");
    const struct option *options = all_options(c, u);
    while (status < 0 && (opt = getopt_long(argc, argv, letters, options, NULL)) != -1)
        status = parse_option(c, u, opt);
    c->args = argv + optind;
    c->n_args = argc - optind;
    if (status < 0 && c->n_args < u->min_args)
        status = cli_usage_error("obexec", "%s: %s is missing", c->name, u->what);
    else if (status < 0 && c->n_args > u->max_args)
        status = cli_usage_error("obexec", "%s: \"%s\" is one argument too many", c->name,
                                 c->args[u->max_args]);
    if (status >= 0)
        arena_free(&c->arena);
    return status;
}

int store_cmd_fail(struct store_cmd *c, int status)
{
    log_error("%s", c->err.text);
    return status;
}

int store_cmd_run(struct store_cmd *c, int (*work)(struct store_cmd *c, void *arg), void *arg)
{
    log_init("obexec", 0);
    if (opened_open(&c->kit, &c->o, &c->err) < 0) {
        arena_free(&c->arena);
        return store_cmd_fail(c, opened_exit_status(&c->err));
    }
    int status = work(c, arg);
    opened_close(&c->o, true);
    arena_free(&c->arena);
    return status;
}
