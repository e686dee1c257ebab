/* SPDX-License-Identifier: Apache-2.0 */
/* The sub-commands of obexec: each takes its own arguments (argv[0] is its name) and gives an exit
 * status. */
#ifndef EXEC_CMD_H
#define EXEC_CMD_H

int cmd_run(int argc, char **argv);
int cmd_cache(int argc, char **argv);
int cmd_clean(int argc, char **argv);
int cmd_delete(int argc, char **argv);
int cmd_du(int argc, char **argv);
int cmd_healthcheck(int argc, char **argv);
int cmd_inspect(int argc, char **argv);
int cmd_log(int argc, char **argv);
int cmd_ls(int argc, char **argv);
int cmd_prune(int argc, char **argv);
int cmd_shell(int argc, char **argv);
int cmd_stores(int argc, char **argv);

#endif
