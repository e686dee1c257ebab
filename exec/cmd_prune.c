/* SPDX-License-Identifier: Apache-2.0 */
/* obexec du, prune: how much there is, and taking from it. */
#include <config.h>

#include "exec/cmd.h"

#include "exec/store_cmd.h"

static int do_du(struct store_cmd *c, void *arg)
{
    (void)arg;
    ob_err_set(&c->err, 0, "%s", "not yet");
    return store_cmd_fail(c, OB_EXIT_ENVIRONMENT);
}

int cmd_du(int argc, char **argv)
{
    static const struct store_cmd_usage usage = {
        .help = "Usage: obexec du [--store=KIND:PATH]\n"
                "Say how much space results take.\n" STORE_CMD_HELP,
        .min_args = 0,
        .max_args = 0,
        .what = NULL,
    };
    struct store_cmd c;
    int status = store_cmd_parse(&c, argc, argv, &usage);
    return status >= 0 ? status : store_cmd_run(&c, do_du, NULL);
}

static int do_prune(struct store_cmd *c, void *arg)
{
    (void)arg;
    ob_err_set(&c->err, 0, "%s", "not yet");
    return store_cmd_fail(c, OB_EXIT_ENVIRONMENT);
}

int cmd_prune(int argc, char **argv)
{
    static const struct store_cmd_usage usage = {
        .help = "Usage: obexec prune [--store=KIND:PATH]\n"
                "Remove old results.\n" STORE_CMD_HELP,
        .min_args = 0,
        .max_args = 0,
        .what = NULL,
    };
    struct store_cmd c;
    int status = store_cmd_parse(&c, argc, argv, &usage);
    return status >= 0 ? status : store_cmd_run(&c, do_prune, NULL);
}
