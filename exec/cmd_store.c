/* SPDX-License-Identifier: Apache-2.0 */
/* obexec ls, log, delete, clean, stores: looking at a store and taking from it. */
#include <config.h>

#include "exec/cmd.h"

#include "base/cleanup.h"
#include "base/cli.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/terminal.h"
#include "exec/open.h"

#include <fcntl.h>
#include <getopt.h>
#include <time.h>

static const char help[] =
    "Usage: obexec ls|log ID|delete ID...|clean [--store=KIND:PATH]\n"
    "       obexec stores\n"
    "Look at a store and take from it. ID is the first digits of a result's id, four or\n"
    "more.\n"
    "\n"
    "  ls        list the results, oldest first\n"
    "  log       print the output of the step that made a result, or of the last failed\n"
    "            try\n"
    "  delete    remove results, and those that were built on them\n"
    "  clean     remove all results\n"
    "  stores    list the kinds of stores, sandboxes and base images\n"
    "\n"
    "      --store=KIND:PATH     the store (default: as in obexec run)\n"
    "  -h, --help                print this\n"
    "\n"
    "Exit status: 0 done, 1 no such result, 2 usage, 3 the store failed.\n";

/* One sub-command's arguments and what it opened. */
struct store_cmd {
    const char *name;
    struct kit_request kit;
    char **args;
    int n_args;
    struct arena arena;
    struct opened o;
    struct ob_err err;
};

/* -1 = go on, else the exit status. */
static int parse(struct store_cmd *c, int argc, char **argv, int min_args, int max_args)
{
    static const struct option long_options[] = {
        {"store", required_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    int opt;
    static char program[] = "obexec"; /* for getopt's messages */
    *c = (struct store_cmd){.name = argv[0], .kit = {.sandbox = "", .must_exist = true}};
    argv[0] = program;
    while ((opt = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        if (opt == 'h')
            return cli_help(help);
        if (opt != 's') {
            fputs("Try 'obexec ls --help'.\n", stderr);
            return OB_EXIT_USAGE;
        }
        c->kit.store = optarg;
    }
    c->args = argv + optind;
    c->n_args = argc - optind;
    if (c->n_args < min_args)
        return cli_usage_error("obexec", "%s: an id is missing", c->name);
    if (c->n_args > max_args)
        return cli_usage_error("obexec", "%s: \"%s\" is one argument too many", c->name,
                               c->args[max_args]);
    return -1;
}

static int fail(struct store_cmd *c, int status)
{
    log_error("%s", c->err.text);
    return status;
}

/* Opens the store, does the work, closes. */
static int with_store(struct store_cmd *c, int (*work)(struct store_cmd *c))
{
    log_init("obexec", 0);
    if (opened_open(&c->kit, &c->o, &c->err) < 0)
        return fail(c, opened_exit_status(&c->err));
    int status = work(c);
    opened_close(&c->o, true);
    arena_free(&c->arena);
    return status;
}

static void print_row(const struct index_row *r)
{
    char when[32];
    struct tm tm;
    time_t t = (time_t)r->created;
    cleanup_buf struct buf heading = BUF_INIT;
    terminal_add(&heading, r->heading);
    strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", localtime_r(&t, &tm));
    printf("%.12s  %s  %8.2fs  %s\n", r->key.p, when, (double)r->ms / 1000,
           heading.n ? heading.p : "");
}

static int do_ls(struct store_cmd *c)
{
    struct index_row_vec rows = {0};
    if (index_list(c->o.index, &c->arena, &rows, &c->err) < 0)
        return fail(c, OB_EXIT_ENVIRONMENT);
    vec_for (const struct index_row, r, &rows) {
        int found = store_lookup(c->o.kit.store, r->key.p, NULL, &c->err);
        if (found < 0)
            return fail(c, OB_EXIT_ENVIRONMENT);
        if (found) /* a row is there before its result is */
            print_row(r);
    }
    return cli_close_stdout("obexec");
}

int cmd_ls(int argc, char **argv)
{
    struct store_cmd c;
    int status = parse(&c, argc, argv, 0, 0);
    return status >= 0 ? status : with_store(&c, do_ls);
}

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

static int do_log(struct store_cmd *c)
{
    char name[LOG_NAME_MAX];
    cleanup_buf struct buf text = BUF_INIT;
    if (find_log(c, c->args[0], name) < 0)
        return fail(c, OB_EXIT_FAILED);
    if (fs_read_file_at(c->o.layout.log, name, &text, 1 << 30, &c->err) < 0)
        return fail(c, OB_EXIT_ENVIRONMENT);
    fwrite(text.p, 1, text.n, stdout);
    return cli_close_stdout("obexec");
}

int cmd_log(int argc, char **argv)
{
    struct store_cmd c;
    int status = parse(&c, argc, argv, 1, 1);
    return status >= 0 ? status : with_store(&c, do_log);
}

static void remove_file(int dir, struct str key, const char *suffix)
{
    char name[LOG_NAME_MAX];
    snprintf(name, sizeof name, STR_FMT "%s", STR_ARG(key), suffix);
    unlinkat(dir, name, 0);
}

/* Removes a result after everything that was built on it. */
static int remove_result(struct store_cmd *c, struct str key)
{
    struct str_vec children = {0};
    if (index_children(c->o.index, &c->arena, key, &children, &c->err) < 0)
        return -1;
    vec_for (const struct str, child, &children)
        if (remove_result(c, *child) < 0)
            return -1;
    if (store_remove(c->o.kit.store, arena_cstr(&c->arena, key), &c->err) < 0)
        return -1;
    remove_file(c->o.layout.log, key, "");
    remove_file(c->o.layout.log, key, ".failed");
    remove_file(c->o.layout.config, key, "");
    return index_remove(c->o.index, key, &c->err);
}

static int do_delete(struct store_cmd *c)
{
    if (layout_claim(&c->o.layout, &c->err) < 0)
        return fail(c, OB_EXIT_ENVIRONMENT);
    for (int i = 0; i < c->n_args; i++) {
        struct str key;
        if (opened_find(&c->o, &c->arena, c->args[i], &key, &c->err) < 0)
            return fail(c, OB_EXIT_FAILED);
        if (remove_result(c, key) < 0)
            return fail(c, OB_EXIT_ENVIRONMENT);
    }
    return OB_EXIT_OK;
}

int cmd_delete(int argc, char **argv)
{
    struct store_cmd c;
    int status = parse(&c, argc, argv, 1, 1000000);
    return status >= 0 ? status : with_store(&c, do_delete);
}

struct key_list {
    struct arena *arena;
    struct str_vec keys;
};

static int collect_key(void *arg, const char *key, struct ob_err *err)
{
    struct key_list *l = arg;
    (void)err;
    vec_push(l->arena, &l->keys, arena_str(l->arena, str_from(key)));
    return 0;
}

/* Failed logs belong to no result. */
static void remove_failed_logs(struct store_cmd *c)
{
    cleanup_dir DIR *d = fs_opendir(c->o.layout.log);
    for (struct dirent *e; d && (e = readdir(d));)
        if (str_ends(str_from(e->d_name), STR(".failed")))
            unlinkat(c->o.layout.log, e->d_name, 0);
}

static int do_clean(struct store_cmd *c)
{
    struct key_list l = {.arena = &c->arena};
    if (layout_claim(&c->o.layout, &c->err) < 0)
        return fail(c, OB_EXIT_ENVIRONMENT);
    if (store_each(c->o.kit.store, collect_key, &l, &c->err) < 0)
        return fail(c, OB_EXIT_ENVIRONMENT);
    vec_for (const struct str, key, &l.keys)
        if (remove_result(c, *key) < 0)
            return fail(c, OB_EXIT_ENVIRONMENT);
    remove_failed_logs(c);
    printf("%u %s removed\n", l.keys.n, l.keys.n == 1 ? "result" : "results");
    return cli_close_stdout("obexec");
}

int cmd_clean(int argc, char **argv)
{
    struct store_cmd c;
    int status = parse(&c, argc, argv, 0, 0);
    return status >= 0 ? status : with_store(&c, do_clean);
}

int cmd_stores(int argc, char **argv)
{
    struct store_cmd c;
    int status = parse(&c, argc, argv, 0, 0);
    if (status >= 0)
        return status;
    struct buf b = BUF_INIT;
    kit_describe(&b);
    fputs(b.p, stdout);
    buf_free(&b);
    return cli_close_stdout("obexec");
}
