/* SPDX-License-Identifier: Apache-2.0 */
/* obexec: chooses the sub-command. Without one it is `run`. */
#include <config.h>

#include "exec/cmd.h"

#include "base/cli.h"

#include <signal.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"run", cmd_run},         {"cache", cmd_cache}, {"clean", cmd_clean},
    {"delete", cmd_delete},   {"du", cmd_du},       {"healthcheck", cmd_healthcheck},
    {"inspect", cmd_inspect}, {"log", cmd_log},     {"ls", cmd_ls},
    {"prune", cmd_prune},     {"shell", cmd_shell}, {"stores", cmd_stores},
};

int main(int argc, char **argv)
{
    static char help[] = "--help";
    cli_fill_std();
    /* The failing write says more than a death, and a build goes on when nobody reads of it. */
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    if (argc > 1 && strcmp(argv[1], "help") == 0)
        argv[1] = help;
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    return cmd_run(argc, argv);
}
