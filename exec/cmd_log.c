/* SPDX-License-Identifier: Apache-2.0 */
/* obexec log: what a step has written. */
#include <config.h>

#include "exec/cmd.h"

#include "base/cleanup.h"
#include "base/cli.h"
#include "base/fs.h"
#include "exec/store_cmd.h"

/* The name in state/log of the only log whose key starts so: a result's, else a failed one's. */
static int find_log(struct store_cmd *c, const char *prefix, char name[LOG_NAME_MAX])
{
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
        if (!same_key || strlen(e->d_name) < strlen(name)) /* the result's own log is shortest */
            snprintf(name, LOG_NAME_MAX, "%s", e->d_name);
    }
    if (n_found == 0)
        return ob_err_set(&c->err, 0, "no log of \"%s\" in the store", prefix);
    if (n_found > 1)
        return ob_err_set(&c->err, 0, "\"%s\" fits more than one log: give more digits", prefix);
    return 0;
}

static int do_log(struct store_cmd *c, void *arg)
{
    (void)arg;
    char name[LOG_NAME_MAX];
    cleanup_buf struct buf text = BUF_INIT;
    if (find_log(c, c->args[0], name) < 0)
        return store_cmd_fail(c, OB_EXIT_FAILED);
    if (fs_read_file_at(c->o.layout.log, name, &text, 1 << 30, &c->err) < 0)
        return store_cmd_fail(c, OB_EXIT_ENVIRONMENT);
    fwrite(text.p, 1, text.n, stdout);
    return cli_close_stdout("obexec");
}

int cmd_log(int argc, char **argv)
{
    static const struct store_cmd_usage usage = {
        .help =
            "Usage: obexec log ID [--store=KIND:PATH]\n"
            "Print the output of the step that made a result, or of the last failed try. ID is\n"
            "the first digits of its id, four or more.\n" STORE_CMD_HELP,
        .min_args = 1,
        .max_args = 1,
        .what = "an id",
    };
    struct store_cmd c;
    int status = store_cmd_parse(&c, argc, argv, &usage);
    return status >= 0 ? status : store_cmd_run(&c, do_log, NULL);
}
