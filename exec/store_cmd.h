/* SPDX-License-Identifier: Apache-2.0 */
/* What the sub-commands that work on a store have in common: arguments, and the opened store. */
#ifndef EXEC_STORE_CMD_H
#define EXEC_STORE_CMD_H

#include "exec/open.h"

#include <getopt.h>

/* The end of every such command's help. */
#define STORE_CMD_HELP                                                                             \
    "\n"                                                                                           \
    "      --store=KIND:PATH     the store (default: as in obexec run)\n"                          \
    "  -h, --help                print this\n"                                                     \
    "\n"                                                                                           \
    "Exit status: 0 done, 1 no such result, 2 usage, 3 the store failed.\n"

struct store_cmd {
    const char *name; /* of the sub-command */
    struct kit_request kit;
    char **args;
    int n_args;
    struct arena arena;
    struct opened o;
    struct ob_err err;
};

/* What a sub-command takes. */
struct store_cmd_usage {
    const char *help;
    const char *short_options;    /* of its own, for getopt(3), or NULL */
    const struct option *options; /* of its own, values from 256 on, {0} at the end; or NULL */
    /* Takes one of its own options; gives what is wrong with optarg, or NULL. */
    const char *(*on_option)(void *arg, int opt);
    void *arg;
    int min_args, max_args;
    const char *what; /* one of its arguments, "an id" */
};

/* -1 = go on, else the exit status. --store and --help are every command's. */
int store_cmd_parse(struct store_cmd *c, int argc, char **argv, const struct store_cmd_usage *u);
/* Opens the store, does the work, closes. Gives the exit status. */
int store_cmd_run(struct store_cmd *c, int (*work)(struct store_cmd *c, void *arg), void *arg);
/* Says c->err; gives `status`. */
int store_cmd_fail(struct store_cmd *c, int status);

#endif
