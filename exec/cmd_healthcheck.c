/* SPDX-License-Identifier: Apache-2.0 */
/*
 * obexec healthcheck: makes a result, runs a command on it, takes it away again. The filesystem is
 * made of this very program and the libraries it has loaded, so nothing has to be fetched.
 */
#include <config.h>

#include "exec/cmd.h"

#include "base/cleanup.h"
#include "base/cli.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/path.h"
#include "exec/open.h"

#include <fcntl.h>
#include <getopt.h>
#include <link.h>
#include <sys/stat.h>
#include <time.h>

static const char help[] =
    "Usage: obexec healthcheck [--store=KIND:PATH] [--sandbox=KIND]\n"
    "Make a result in the store, run a command on it in the sandbox, and remove it.\n"
    "\n"
    "      --store=KIND:PATH     the store (default: as in obexec run)\n"
    "      --sandbox=KIND        the sandbox (default: what fits the store)\n"
    "  -h, --help                print this\n"
    "\n"
    "Exit status: 0 all works, 2 usage, 3 the machine, store or sandbox failed.\n";

struct health {
    struct opened o;
    struct arena arena;
    char key[SHA256_HEX + 1];   /* of the result that is made */
    char child[SHA256_HEX + 1]; /* of the step that runs on it */
    const char *loader;         /* the dynamic linker's name in the filesystem, or NULL */
    int root;                   /* of the filesystem while it is filled */
    struct ob_err *err;
};

/* Two keys that no step has, in use from now on: nobody takes the result for one to be removed. */
static int use_keys(struct health *h)
{
    struct {
        struct timespec t;
        pid_t pid;
        int n;
    } seed = {0};
    clock_gettime(CLOCK_REALTIME, &seed.t);
    seed.pid = getpid();
    struct digest key = sha256_of(&seed, sizeof seed);
    digest_hex(&key, h->key);
    seed.n = 1;
    struct digest child = sha256_of(&seed, sizeof seed);
    digest_hex(&child, h->child);
    if (layout_use(&h->o.layout, &key, h->err) < 0)
        return -1;
    return layout_use(&h->o.layout, &child, h->err);
}

static int copy_in(struct health *h, const char *from, const char *to)
{
    struct stat st;
    cleanup_close int in = open(from, O_RDONLY | O_CLOEXEC);
    cleanup_close int out = openat(h->root, to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    if (in < 0 || out < 0 || fstat(in, &st) < 0)
        return ob_err_set(h->err, errno, "can't copy \"%s\"", from);
    return fs_copy_data(in, out, (uint64_t)st.st_size, h->err) < 0
               ? ob_err_wrap(h->err, "\"%s\"", from)
               : 0;
}

/* For dl_iterate_phdr: one loaded object. The program itself has no name here. */
static int copy_library(struct dl_phdr_info *info, size_t size, void *arg)
{
    struct health *h = arg;
    (void)size;
    if (info->dlpi_name[0] != '/')
        return 0;
    const char *name = arena_cstr(&h->arena, path_base(str_from(info->dlpi_name)));
    if (str_starts(str_from(name), STR("ld-")))
        h->loader = name;
    return copy_in(h, info->dlpi_name, name);
}

static int make_result(struct health *h)
{
    struct store_txn *txn;
    struct rootfs root = ROOTFS_INIT;
    struct ob_err ignored;
    if (store_begin(h->o.kit.store, h->key, NULL, &txn, &root, h->err) < 0)
        return -1;
    h->root = root.fd;
    int rc = copy_in(h, "/proc/self/exe", "obexec");
    if (rc == 0)
        rc = dl_iterate_phdr(copy_library, h);
    rootfs_close(&root);
    if (rc == 0)
        return store_commit(txn, h->err);
    store_abort(txn, &ignored);
    return -1;
}

/* The command prints the version, through the dynamic linker where there is one. */
static int run_on(struct health *h, const struct rootfs *root, int out)
{
    char loader[256], *argv[6], *env[] = {NULL};
    char program[] = "/obexec", option[] = "--library-path", path[] = "/", version[] = "--version";
    struct sandbox_run *run;
    struct sandbox_status status;
    snprintf(loader, sizeof loader, "/%s", h->loader ? h->loader : "");
    size_t n = 0;
    if (h->loader) {
        argv[n++] = loader;
        argv[n++] = option;
        argv[n++] = path;
    }
    argv[n++] = program;
    argv[n++] = version;
    argv[n] = NULL;
    struct step_cfg cfg = {
        .argv = argv, .env = env, .cwd = "/", .hostname = "builder", .in_fd = -1, .out_fd = out};
    if (sandbox_start(h->o.kit.sandbox, root, &cfg, &run, h->err) < 0 ||
        sandbox_reap(run, &status, h->err) < 0)
        return -1;
    return status.exit_code == 0
               ? 0
               : ob_err_set(h->err, 0, "the command ended with status %d", status.exit_code);
}

static int run_command(struct health *h)
{
    struct store_txn *txn;
    struct rootfs root = ROOTFS_INIT;
    struct ob_err ignored;
    int pipe_fds[2];
    char text[64] = "";
    if (store_begin(h->o.kit.store, h->child, h->key, &txn, &root, h->err) < 0)
        return -1;
    if (pipe2(pipe_fds, O_CLOEXEC) < 0) {
        ob_err_set(h->err, errno, "can't make a pipe");
        rootfs_close(&root);
        store_abort(txn, &ignored);
        return -1;
    }
    int rc = run_on(h, &root, pipe_fds[1]);
    close(pipe_fds[1]);
    ssize_t n = read(pipe_fds[0], text, sizeof text - 1);
    close(pipe_fds[0]);
    if (rc == 0 && (n <= 0 || strncmp(text, "obexec (obkit)", 14) != 0))
        rc = ob_err_set(h->err, 0, "the command did not print what it should");
    rootfs_close(&root);
    store_abort(txn, &ignored);
    return rc;
}

static int check(struct health *h)
{
    if (use_keys(h) < 0 || make_result(h) < 0)
        return ob_err_wrap(h->err, "making a result in \"%s\"", h->o.path);
    int rc = run_command(h);
    if (rc < 0)
        ob_err_wrap(h->err, "running a command");
    struct ob_err err;
    if (store_remove(h->o.kit.store, h->key, &err) < 0 && rc == 0) {
        *h->err = err;
        rc = ob_err_wrap(h->err, "removing the result");
    }
    return rc;
}

int cmd_healthcheck(int argc, char **argv)
{
    static const struct option long_options[] = {
        {"store", required_argument, NULL, 's'},
        {"sandbox", required_argument, NULL, 'b'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    struct kit_request q = {0};
    static char program[] = "obexec"; /* for getopt's messages */
    int opt;
    argv[0] = program;
    while ((opt = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        switch (opt) {
        case 's': q.store = optarg; break;
        case 'b': q.sandbox = optarg; break;
        case 'h': return cli_help(help);
        default: fputs("Try 'obexec healthcheck --help'.\n", stderr); return OB_EXIT_USAGE;
        }
    }
    if (q.sandbox && !q.sandbox[0])
        return cli_usage_error("obexec",
                               "healthcheck: --sandbox takes a kind of sandbox, not \"\"");
    if (optind < argc)
        return cli_usage_error("obexec", "healthcheck takes no \"%s\"", argv[optind]);
    struct ob_err err;
    struct health h = {.err = &err};
    log_init("obexec", 0);
    int status = OB_EXIT_OK;
    if (opened_open(&q, &h.o, &err) < 0) {
        status = opened_exit_status(&err);
    } else {
        status = check(&h) < 0 ? OB_EXIT_ENVIRONMENT : OB_EXIT_OK;
        if (status == OB_EXIT_OK)
            printf("store %s and sandbox %s work: %s\n", h.o.kit.store->ops->name,
                   h.o.kit.sandbox->ops->name, h.o.path);
        opened_close(&h.o, true);
    }
    if (status != OB_EXIT_OK)
        log_error("%s", err.text);
    arena_free(&h.arena);
    return status == OB_EXIT_OK ? cli_close_stdout("obexec") : status;
}
