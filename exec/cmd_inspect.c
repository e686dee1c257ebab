/* SPDX-License-Identifier: Apache-2.0 */
/* obexec inspect: what is known of a result. */
#include <config.h>

#include "exec/cmd.h"

#include "exec/store_cmd.h"

static int do_inspect(struct store_cmd *c, void *arg)
{
    (void)arg;
    ob_err_set(&c->err, 0, "%s", "not yet");
    return store_cmd_fail(c, OB_EXIT_ENVIRONMENT);
}

int cmd_inspect(int argc, char **argv)
{
    static const struct store_cmd_usage usage = {
        .help = "Usage: obexec inspect ID [--store=KIND:PATH]\n"
                "Say what a result is.\n" STORE_CMD_HELP,
        .min_args = 1,
        .max_args = 1,
        .what = "an id",
    };
    struct store_cmd c;
    int status = store_cmd_parse(&c, argc, argv, &usage);
    return status >= 0 ? status : store_cmd_run(&c, do_inspect, NULL);
}
