/* SPDX-License-Identifier: Apache-2.0 */
/* obexec cache: the caches that steps share, listed, removed, and carried to other stores. */
#include <config.h>

#include "exec/cmd.h"

#include "base/cleanup.h"
#include "base/cli.h"
#include "base/log.h"
#include "base/quantity.h"
#include "base/terminal.h"
#include "exec/cache_tar.h"
#include "exec/output_file.h"
#include "exec/store_cmd.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

static const char help[] =
    "Usage: obexec cache ls\n"
    "       obexec cache rm CACHE...\n"
    "       obexec cache export CACHE FILE\n"
    "       obexec cache import [--spec] CACHE FILE\n"
    "Look after the caches that steps share. CACHE is a cache's id, or the first digits of\n"
    "the name that ls prints, four or more.\n"
    "\n"
    "  ls        list the caches: name, last use, size, kind, whether it is in use, id\n"
    "  rm        remove caches; waits until no step uses them\n"
    "  export    write a cache to a tar file; - is standard output\n"
    "  import    make a cache, or replace it, from a tar file, which may be compressed; - is\n"
    "            standard input\n"
    "\n"
    "      --spec                a new cache is one of specs, not of Dockerfiles\n" STORE_CMD_HELP;

struct cache_cmd {
    bool is_spec;
    struct caches caches;
};

static const char *on_option(void *arg, int opt)
{
    struct cache_cmd *cc = arg;
    (void)opt;
    cc->is_spec = true;
    return NULL;
}

static void print_cache(const struct cache_info *info)
{
    char when[32], kind[32] = "dir";
    struct tm tm;
    cleanup_buf struct buf id = BUF_INIT, size = BUF_INIT;
    terminal_quote(&id, info->id);
    quantity_add_bytes(&size, info->bytes);
    strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", localtime_r(&info->used, &tm));
    if (info->kind == CACHE_COPY)
        snprintf(kind, sizeof kind, "copy %" PRIu64, info->generation);
    printf("%.12s  %s  %10s  %-9s  %-6s  %s\n", info->name.hex, when, size.p, kind,
           info->in_use ? "in use" : "-", id.n ? id.p : "");
}

static int do_ls(struct store_cmd *c, struct cache_cmd *cc)
{
    struct cache_info_vec all = {0};
    if (cache_list(&cc->caches, &c->arena, true, &all, &c->err) < 0)
        return store_cmd_fail(c, OB_EXIT_ENVIRONMENT);
    vec_for (const struct cache_info, info, &all)
        print_cache(info);
    return cli_close_stdout("obexec");
}

static bool is_meant(const struct cache_info *info, struct str text)
{
    return str_eq(info->id, text) || (text.n >= 4 && str_starts(str_from(info->name.hex), text));
}

/* 1, 0 = there is none, -1 = several, or the store fails; *status says which. */
static int find(struct store_cmd *c, struct cache_cmd *cc, const char *text, struct cache_info *out,
                int *status)
{
    struct cache_info_vec all = {0};
    int n = 0;
    *status = OB_EXIT_ENVIRONMENT;
    if (cache_list(&cc->caches, &c->arena, false, &all, &c->err) < 0)
        return -1;
    vec_for (const struct cache_info, info, &all)
        if (is_meant(info, str_from(text))) {
            *out = *info;
            n++;
        }
    *status = OB_EXIT_FAILED;
    if (n > 1)
        return ob_err_set(&c->err, 0,
                          "\"%s\" fits more than one cache: give digits of the name that ls prints",
                          text);
    return n;
}

static int find_existing(struct store_cmd *c, struct cache_cmd *cc, const char *text,
                         struct cache_info *out, int *status)
{
    int rc = find(c, cc, text, out, status);
    return rc == 0 ? ob_err_set(&c->err, 0, "no cache \"%s\" in the store", text) : rc;
}

static void say_waiting(void *arg, struct str id)
{
    (void)arg;
    log_warning("cache \"" STR_FMT "\" is in use: waiting until it is free", STR_ARG(id));
}

static int remove_one(struct store_cmd *c, struct cache_cmd *cc, const struct cache_info *info)
{
    int rc = cache_remove(&cc->caches, &info->name, false, &c->err);
    if (rc == 0) {
        say_waiting(NULL, info->id);
        rc = cache_remove(&cc->caches, &info->name, true, &c->err);
    }
    return rc < 0 ? -1 : 0;
}

/* None is removed unless all are there. */
static int do_rm(struct store_cmd *c, struct cache_cmd *cc)
{
    struct cache_info_vec found = {0};
    for (int i = 1; i < c->n_args; i++) {
        struct cache_info info;
        int status;
        if (find_existing(c, cc, c->args[i], &info, &status) < 0)
            return store_cmd_fail(c, status);
        vec_push(&c->arena, &found, info);
    }
    vec_for (const struct cache_info, info, &found)
        if (remove_one(c, cc, info) < 0)
            return store_cmd_fail(c, OB_EXIT_ENVIRONMENT);
    return OB_EXIT_OK;
}

static int export_to(struct store_cmd *c, struct cache_cmd *cc, const struct cache_info *info,
                     const char *file)
{
    struct output_file out;
    int rc = output_file_open(&out, strcmp(file, "-") == 0 ? NULL : file, &c->err);
    if (rc == 0 && (rc = cache_export(&cc->caches, info, out.fd, &c->err)) < 0 &&
        c->err.errnum != CACHE_EMPTY)
        ob_err_wrap(&c->err, "\"%s\"", out.path);
    if (rc == 0)
        rc = output_file_commit(&out, &c->err);
    output_file_close(&out);
    return rc;
}

static int do_export(struct store_cmd *c, struct cache_cmd *cc)
{
    struct cache_info info;
    int status;
    if (find_existing(c, cc, c->args[1], &info, &status) < 0)
        return store_cmd_fail(c, status);
    return export_to(c, cc, &info, c->args[2]) < 0 ? store_cmd_fail(c, OB_EXIT_ENVIRONMENT)
                                                   : OB_EXIT_OK;
}

/* The cache that steps find under this id: its owner is that of the archive's directory. */
static void set_new(const struct cache_cmd *cc, const char *id, const struct cache_start *start,
                    struct cache_info *out)
{
    const struct cache_ask ask = {
        .kind = cc->is_spec ? CACHE_COPY : CACHE_DIR, .id = str_from(id), .start = *start};
    *out = (struct cache_info){.name = cache_name(&ask), .kind = ask.kind, .id = ask.id};
}

/* What comes through a pipe is kept until it can be seen to be whole. */
static int open_archive(struct store_cmd *c, const char *file)
{
    struct stat st;
    cleanup_close int fd = strcmp(file, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                                  : open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        return ob_err_set(&c->err, errno, "can't open it");
    bool is_stream = S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode);
    return is_stream ? layout_spool(&c->o.layout, fd, &c->err) : take_fd(&fd);
}

static int import_from(struct store_cmd *c, struct cache_cmd *cc, const char *file,
                       struct cache_info *info, bool is_new)
{
    const struct cache_waiting waiting = {.fn = say_waiting};
    struct cache_start start;
    cleanup_close int fd = open_archive(c, file);
    if (fd < 0 || cache_tar_start(fd, &start, &c->err) < 0)
        return -1;
    if (is_new)
        set_new(cc, c->args[1], &start, info);
    int rc = cache_import(&cc->caches, info, &start, fd, &waiting, &c->err);
    if (rc < 0)
        cache_forget_empty(&cc->caches, &info->name);
    return rc;
}

static int do_import(struct store_cmd *c, struct cache_cmd *cc)
{
    const char *file = c->args[2];
    struct cache_info info;
    int status;
    int rc = find(c, cc, c->args[1], &info, &status);
    if (rc < 0)
        return store_cmd_fail(c, status);
    if (import_from(c, cc, file, &info, rc == 0) == 0)
        return OB_EXIT_OK;
    ob_err_wrap(&c->err, "\"%s\"", strcmp(file, "-") == 0 ? "standard input" : file);
    return store_cmd_fail(c, OB_EXIT_FAILED);
}

static const struct verb {
    const char *name;
    int min_args, max_args; /* its name counts */
    const char *what;
    enum caches_mode mode;
    int (*work)(struct store_cmd *c, struct cache_cmd *cc);
} verbs[] = {
    {"ls", 1, 1, NULL, CACHES_LOOK, do_ls},
    {"rm", 2, INT16_MAX, "a cache", CACHES_LOOK, do_rm},
    {"export", 3, 3, "a cache or a file", CACHES_LOOK, do_export},
    {"import", 3, 3, "a cache or a file", CACHES_MAKE, do_import},
};

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

static int do_cache(struct store_cmd *c, void *arg)
{
    struct cache_cmd *cc = arg;
    const struct verb *v = find_verb(c->args[0]);
    if (caches_open(&cc->caches, &c->o.layout, c->o.kit.store, c->o.path, v->mode, &c->err) < 0)
        return store_cmd_fail(c, OB_EXIT_ENVIRONMENT);
    int status = v->work(c, cc);
    caches_close(&cc->caches);
    return status;
}

/* -1 = go on, else the exit status. */
static int check_args(const struct store_cmd *c)
{
    const struct verb *v = find_verb(c->args[0]);
    if (!v)
        return cli_usage_error("obexec", "cache: ls, rm, export or import, not \"%s\"", c->args[0]);
    if (c->n_args < v->min_args)
        return cli_usage_error("obexec", "cache %s: %s is missing", v->name, v->what);
    if (c->n_args > v->max_args)
        return cli_usage_error("obexec", "cache %s: \"%s\" is one argument too many", v->name,
                               c->args[v->max_args]);
    return -1;
}

int cmd_cache(int argc, char **argv)
{
    static const struct option options[] = {{"spec", no_argument, NULL, 256}, {0}};
    struct cache_cmd cc = {.caches = CACHES_INIT};
    const struct store_cmd_usage usage = {
        .help = help,
        .options = options,
        .on_option = on_option,
        .arg = &cc,
        .min_args = 1,
        .max_args = INT16_MAX,
        .what = "ls, rm, export or import",
    };
    struct store_cmd c;
    int status = store_cmd_parse(&c, argc, argv, &usage);
    if (status < 0 && (status = check_args(&c)) >= 0)
        arena_free(&c.arena);
    return status >= 0 ? status : store_cmd_run(&c, do_cache, &cc);
}
