/* SPDX-License-Identifier: Apache-2.0 */
/* obexec ls, delete, clean, stores: looking at a store and taking from it. */
#include <config.h>

#include "exec/cmd.h"

#include "base/cleanup.h"
#include "base/cli.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/terminal.h"
#include "base/userns.h"
#include "exec/cache.h"
#include "exec/failure.h"
#include "exec/results.h"
#include "exec/store_cmd.h"

#include <fcntl.h>
#include <time.h>

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

static int do_ls(struct store_cmd *c, void *arg)
{
    (void)arg;
    struct index_row_vec rows = {0};
    if (opened_reconcile(&c->o, &c->err) < 0 ||
        index_list(c->o.index, &c->arena, &rows, &c->err) < 0)
        return store_cmd_fail(c, OB_EXIT_ENVIRONMENT);
    vec_for (const struct index_row, r, &rows) {
        int found = store_lookup(c->o.kit.store, r->key.p, NULL, &c->err);
        if (found < 0)
            return store_cmd_fail(c, OB_EXIT_ENVIRONMENT);
        if (found) /* a row is there before its result is */
            print_row(r);
    }
    return cli_close_stdout("obexec");
}

int cmd_ls(int argc, char **argv)
{
    static const struct store_cmd_usage usage = {
        .help = "Usage: obexec ls [--store=KIND:PATH]\n"
                "List the results, oldest first.\n" STORE_CMD_HELP,
        .min_args = 0,
        .max_args = 0,
        .what = NULL,
    };
    struct store_cmd c;
    int status = store_cmd_parse(&c, argc, argv, &usage);
    return status >= 0 ? status : store_cmd_run(&c, do_ls, NULL);
}

static int say_removed(uint32_t n)
{
    printf("%u %s removed\n", n, n == 1 ? "result" : "results");
    return cli_close_stdout("obexec");
}

/* Nobody else uses the store from here, and the index knows all of it. */
static int claim(struct store_cmd *c)
{
    return layout_claim(&c->o.layout, &c->err) < 0 ? -1 : opened_reconcile(&c->o, &c->err);
}

/* Removes a result after everything that was built on it, and counts. One that is gone by now went
 * with what it was built on. */
static int remove_result(struct store_cmd *c, struct str key, uint32_t *n)
{
    struct str_vec children = {0};
    if (store_lookup(c->o.kit.store, arena_cstr(&c->arena, key), NULL, &c->err) == 0)
        return 0;
    if (index_children(c->o.index, &c->arena, key, &children, &c->err) < 0)
        return -1;
    vec_for (const struct str, child, &children)
        if (remove_result(c, *child, n) < 0)
            return -1;
    if (result_remove(c->o.kit.store, &c->o.layout, arena_cstr(&c->arena, key), &c->err) < 0)
        return -1;
    ++*n;
    return index_remove(c->o.index, key, &c->err);
}

/* All are found before one is removed: a wrong id removes nothing, and an id may be that of a
 * result that goes with another. */
static int do_delete(struct store_cmd *c, void *arg)
{
    (void)arg;
    uint32_t n = 0;
    struct str_vec keys = {0};
    if (claim(c) < 0)
        return store_cmd_fail(c, OB_EXIT_ENVIRONMENT);
    for (int i = 0; i < c->n_args; i++) {
        struct str key;
        if (opened_find(&c->o, &c->arena, c->args[i], &key, &c->err) < 0)
            return store_cmd_fail(c, opened_exit_status(&c->err));
        vec_push(&c->arena, &keys, key);
    }
    vec_for (const struct str, key, &keys)
        if (remove_result(c, *key, &n) < 0)
            return store_cmd_fail(c, OB_EXIT_ENVIRONMENT);
    return say_removed(n);
}

int cmd_delete(int argc, char **argv)
{
    static const struct store_cmd_usage usage = {
        .help = "Usage: obexec delete ID... [--store=KIND:PATH]\n"
                "Remove results, and those that were built on them. ID is the first digits of a\n"
                "result's id, four or more.\n" STORE_CMD_HELP,
        .min_args = 1,
        .max_args = 1000000,
        .what = "an id",
    };
    struct store_cmd c;
    int status = store_cmd_parse(&c, argc, argv, &usage);
    return status >= 0 ? status : store_cmd_run(&c, do_delete, NULL);
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

/* What belongs to no result: logs of failed steps, what images were last, leftovers. */
static void remove_files(const struct layout *l)
{
    failure_remove_old(l, INT64_MAX);
    const int dirs[] = {l->log, l->image, l->config, l->record, l->unsynced};
    for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
        cleanup_dir DIR *d = fs_opendir(dirs[i]);
        for (struct dirent *e; d && (e = readdir(d));)
            unlinkat(dirs[i], e->d_name, 0);
    }
}

static int do_clean(struct store_cmd *c, void *arg)
{
    (void)arg;
    struct key_list l = {.arena = &c->arena};
    uint32_t n = 0;
    if (claim(c) < 0)
        return store_cmd_fail(c, OB_EXIT_ENVIRONMENT);
    if (store_each(c->o.kit.store, collect_key, &l, &c->err) < 0)
        return store_cmd_fail(c, OB_EXIT_ENVIRONMENT);
    vec_for (const struct str, key, &l.keys)
        if (remove_result(c, *key, &n) < 0)
            return store_cmd_fail(c, OB_EXIT_ENVIRONMENT);
    remove_files(&c->o.layout);
    unsigned n_caches;
    if (cache_remove_all(&c->o.layout, c->o.kit.store, c->o.path, &n_caches, &c->err) < 0)
        return store_cmd_fail(c, OB_EXIT_ENVIRONMENT);
    if (n_caches > 0)
        printf("%u %s removed\n", n_caches, n_caches == 1 ? "cache" : "caches");
    return say_removed(n);
}

int cmd_clean(int argc, char **argv)
{
    static const struct store_cmd_usage usage = {
        .help = "Usage: obexec clean [--store=KIND:PATH]\n"
                "Remove all results, caches and logs.\n" STORE_CMD_HELP,
        .min_args = 0,
        .max_args = 0,
        .what = NULL,
    };
    struct store_cmd c;
    int status = store_cmd_parse(&c, argc, argv, &usage);
    return status >= 0 ? status : store_cmd_run(&c, do_clean, NULL);
}

/* As what a build would be: the place of the default store is that of the user who calls. */
static void describe(const char *where)
{
    struct ob_err why, err;
    cleanup_buf struct buf dir = BUF_INIT;
    cleanup_buf struct buf text = BUF_INIT;
    if (where)
        buf_puts(&dir, where);
    bool has_place = where || kit_default_dir(&dir, &err) == 0;
    if (userns_is_needed() && userns_enter(&why, &err) < 0)
        log_warning("%s", err.text);
    kit_describe(has_place ? dir.p : NULL, &text);
    fputs(text.p, stdout);
}

int cmd_stores(int argc, char **argv)
{
    static const struct store_cmd_usage usage = {
        .help =
            "Usage: obexec stores [DIRECTORY]\n"
            "List the kinds of stores, sandboxes and base images, and say what does not work\n"
            "here. Stores are tried in DIRECTORY, or where the default store would be; nothing\n"
            "is left there.\n" STORE_CMD_HELP,
        .min_args = 0,
        .max_args = 1,
        .what = NULL,
    };
    struct store_cmd c;
    int status = store_cmd_parse(&c, argc, argv, &usage);
    if (status >= 0)
        return status;
    arena_free(&c.arena);
    describe(c.n_args ? c.args[0] : NULL);
    return cli_close_stdout("obexec");
}
