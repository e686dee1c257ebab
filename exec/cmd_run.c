/* SPDX-License-Identifier: Apache-2.0 */
/* obexec run: reads an IR, checks it, builds its targets, prints their keys. */
#include <config.h>

#include "exec/cmd.h"

#include "base/cleanup.h"
#include "base/cli.h"
#include "base/fs.h"
#include "base/log.h"
#include "exec/bases.h"
#include "exec/build.h"
#include "exec/open.h"
#include "ir/pass.h"
#include "ir/read.h"

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <sys/prctl.h>

static const char help[] =
    "Usage: obexec [run] [OPTION]... IR.json [CONTEXT]\n"
    "       obexec ls|log|delete|clean|healthcheck|stores [ARGUMENT]...\n"
    "Build the targets of a step graph. IR.json may be - for standard input; CONTEXT is\n"
    "the directory that files are copied from. Prints each target's id.\n"
    "The other commands look after the store: obexec COMMAND --help says how.\n"
    "\n"
    "      --store=KIND:PATH     where results are kept (default: the fastest kind that\n"
    "                            works, in /var/cache/obkit or $XDG_CACHE_HOME/obkit)\n"
    "      --sandbox=KIND        what runs commands (default: what fits the store)\n"
    "      --target=STAGE        build this stage only; may be repeated\n"
    "  -j, --jobs=N              how many steps run at a time (default: processors)\n"
    "      --build-context=NAME=REF\n"
    "                            what FROM NAME means: oci-layout://DIR[:TAG],\n"
    "                            oci-archive:FILE, docker-archive:FILE, tar:FILE, dir:DIR\n"
    "      --secret=id=ID,src=FILE\n"
    "                            a file that steps may ask for; never kept\n"
    "      --network-default=none|host\n"
    "                            network of steps that do not say (default: none)\n"
    "      --fast-sync           fsync and its kin do nothing inside the sandbox\n"
    "      --resolve             print what base images are, and build nothing\n"
    "      --progress=STYLE      auto, plain, json or quiet, on standard error\n"
    "  -v, --verbose             say more\n"
    "  -h, --help                print this\n"
    "  -V, --version             print the version\n"
    "\n"
    "Exit status: 0 done, 1 a step failed or the IR has errors, 2 usage, 3 the machine or\n"
    "the store failed, 130 interrupted.\n";

enum {
    OPT_STORE = 256,
    OPT_SANDBOX,
    OPT_TARGET,
    OPT_CONTEXT,
    OPT_SECRET,
    OPT_NETWORK,
    OPT_FAST_SYNC,
    OPT_PROGRESS,
    OPT_RESOLVE,
};

static const struct option long_options[] = {
    {"store", required_argument, NULL, OPT_STORE},
    {"sandbox", required_argument, NULL, OPT_SANDBOX},
    {"target", required_argument, NULL, OPT_TARGET},
    {"jobs", required_argument, NULL, 'j'},
    {"build-context", required_argument, NULL, OPT_CONTEXT},
    {"secret", required_argument, NULL, OPT_SECRET},
    {"network-default", required_argument, NULL, OPT_NETWORK},
    {"fast-sync", no_argument, NULL, OPT_FAST_SYNC},
    {"progress", required_argument, NULL, OPT_PROGRESS},
    {"resolve", no_argument, NULL, OPT_RESOLVE},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {0},
};

struct cli {
    struct arena *arena;
    struct kit_request kit;
    struct build_options build;
    const char *progress;
    int verbosity;
    bool resolve;
    const char *ir, *context;
};

static bool add_context(struct cli *cli, const char *text)
{
    struct build_context c;
    if (!str_cut(str_from(text), '=', &c.name, &c.ref) || c.name.n == 0 || c.ref.n == 0)
        return false;
    vec_push(cli->arena, &cli->build.contexts, c);
    return true;
}

static bool add_secret(struct cli *cli, const char *text)
{
    struct build_secret s = {0};
    struct str rest = str_from(text);
    for (bool more = true; more;) {
        struct str field, key, value;
        more = str_cut(rest, ',', &field, &rest);
        if (!str_cut(field, '=', &key, &value))
            return false;
        if (str_eq(key, STR("id")))
            s.id = value;
        else if (str_eq(key, STR("src")) || str_eq(key, STR("source")))
            s.file = value;
        else
            return false;
    }
    vec_push(cli->arena, &cli->build.secrets, s);
    return s.id.n > 0 && s.file.n > 0;
}

static bool set_jobs(struct cli *cli, const char *text)
{
    unsigned long long n;
    if (!str_to_u64(str_from(text), &n) || n == 0 || n > 1024)
        return false;
    cli->build.jobs = (unsigned)n;
    return true;
}

static bool set_network(struct cli *cli, const char *text)
{
    cli->build.network_default_host = strcmp(text, "host") == 0;
    return cli->build.network_default_host || strcmp(text, "none") == 0;
}

/* -1 = go on, else the exit status. */
static int parse_option(struct cli *cli, int opt)
{
    const char *what = NULL;
    switch (opt) {
    case OPT_STORE: cli->kit.store = optarg; return -1;
    case OPT_SANDBOX: cli->kit.sandbox = optarg; return -1;
    case OPT_TARGET: vec_push(cli->arena, &cli->build.targets, str_from(optarg)); return -1;
    case 'j': what = set_jobs(cli, optarg) ? NULL : "--jobs takes a number from 1 to 1024"; break;
    case OPT_CONTEXT:
        what = add_context(cli, optarg) ? NULL : "--build-context takes NAME=REF";
        break;
    case OPT_SECRET: what = add_secret(cli, optarg) ? NULL : "--secret takes id=ID,src=FILE"; break;
    case OPT_NETWORK:
        what = set_network(cli, optarg) ? NULL : "--network-default takes none or host";
        break;
    case OPT_FAST_SYNC: cli->kit.options.fast_sync = true; return -1;
    case OPT_PROGRESS: cli->progress = optarg; return -1;
    case OPT_RESOLVE: cli->resolve = true; return -1;
    case 'v': cli->verbosity++; return -1;
    case 'h': return cli_help(help);
    case 'V': return cli_version("obexec");
    default: fputs("Try 'obexec --help'.\n", stderr); return OB_EXIT_USAGE;
    }
    return what ? cli_usage_error("obexec", "%s, not \"%s\"", what, optarg) : -1;
}

static int parse_cli(int argc, char **argv, struct cli *cli)
{
    static char program[] = "obexec"; /* for getopt's messages, which should not name "run" */
    int status = -1, opt;
    argv[0] = program;
    while (status < 0 && (opt = getopt_long(argc, argv, "j:vhV", long_options, NULL)) != -1)
        status = parse_option(cli, opt);
    if (status >= 0)
        return status;
    if (optind == argc)
        return cli_usage_error("obexec", "an IR file is missing");
    if (argc - optind > 2)
        return cli_usage_error("obexec", "\"%s\" is one argument too many", argv[optind + 2]);
    cli->ir = argv[optind];
    cli->context = argv[optind + 1]; /* NULL at the end */
    return -1;
}

/* Whether `obkit build` started this process, which says so in the environment. */
static bool is_of_obkit(void)
{
    unsigned long long pid;
    const char *text = getenv("OBKIT_PARENT");
    return text && str_to_u64(str_from(text), &pid) && pid == (unsigned long long)getppid();
}

static int read_plan(const struct cli *cli, struct plan *plan, int *status, struct ob_err *err)
{
    enum { MAX_IR = 1 << 30 };
    bool is_stdin = strcmp(cli->ir, "-") == 0;
    const char *name = is_stdin ? "standard input" : cli->ir;
    cleanup_buf struct buf text = BUF_INIT;
    cleanup_close int fd =
        is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(cli->ir, O_RDONLY | O_CLOEXEC);
    *status = OB_EXIT_ENVIRONMENT;
    if (fd < 0)
        return ob_err_set(err, errno, "can't open \"%s\"", cli->ir);
    if (fs_read_all(fd, &text, MAX_IR, err) < 0)
        return ob_err_wrap(err, is_stdin ? "can't read %s" : "can't read \"%s\"", name);
    *status = OB_EXIT_FAILED;
    if (text.n == 0 && is_stdin && is_of_obkit())
        return ob_err_set(err, 0, "%s", ""); /* spec2ir has said why */
    if (text.n == 0)
        return ob_err_set(err, 0, "%s is empty: no IR came", name);
    return ir_read_json(plan, buf_str(&text), err) < 0 ? ob_err_wrap(err, "%s", name) : 0;
}

/* Replaces the plan's targets by the stages that were asked for, if any were, and drops the steps
 * that no target needs. */
static int choose_targets(const struct cli *cli, struct plan *plan, struct ob_err *err)
{
    if (cli->build.targets.n)
        plan->targets.n = 0;
    vec_for (const struct str, name, &cli->build.targets) {
        struct target t = {.name = *name, .stage = NO_STEP};
        for (uint32_t i = 0; i < plan->stages.n; i++)
            if (str_eq_nocase(plan->stages.at[i].name, *name)) {
                t.stage = i;
                t.step = plan->stages.at[i].step;
            }
        if (t.stage == NO_STEP)
            return ob_err_set(err, 0,
                              "no stage \"" STR_FMT "\" in the IR (spec2ir -O0 keeps all of them)",
                              STR_ARG(*name));
        vec_push(plan->arena, &plan->targets, t);
    }
    pass_reach(plan, PASS_SILENT);
    return 0;
}

static int print_keys(const struct plan *plan, const struct digest *keys)
{
    char hex[SHA256_HEX + 1];
    for (size_t i = 0; i < plan->targets.n; i++) {
        digest_hex(&keys[i], hex);
        if (plan->targets.n == 1)
            printf("%s\n", hex);
        else
            printf("%s " STR_FMT "\n", hex, STR_ARG(plan->targets.at[i].name));
    }
    return cli_close_stdout("obexec");
}

static void report(struct progress *progress, const char *text)
{
    if (text[0])
        progress->event(progress, &(struct event){.kind = EVENT_ERROR, .text = str_from(text)});
}

static int resolve(struct build *b, struct progress *progress)
{
    struct ob_err err;
    cleanup_buf struct buf out = BUF_INIT;
    if (bases_describe(b, &out, &err) < 0) {
        report(progress, err.text);
        return OB_EXIT_ENVIRONMENT;
    }
    fwrite(out.p, 1, out.n, stdout);
    return cli_close_stdout("obexec");
}

static int build_plan(const struct cli *cli, struct plan *plan, struct opened *o,
                      struct progress *progress, bool *changed)
{
    struct ob_err err;
    struct build b = {
        .arena = cli->arena,
        .plan = plan,
        .kit = o->kit,
        .layout = o->layout,
        .index = o->index,
        .progress = progress,
        .options = &cli->build,
        .context_path = cli->context,
        .store_path = o->path,
    };
    struct digest *keys = arena_new_n(cli->arena, struct digest, plan->targets.n);
    if (cli->resolve)
        return resolve(&b, progress);
    if (build_check(&b, &err) < 0 || build_open_context(&b, &err) < 0) {
        report(progress, err.text);
        return OB_EXIT_FAILED;
    }
    enum build_end end = build_run(&b, keys, changed, &err);
    if (b.context >= 0)
        close(b.context);
    switch (end) {
    case BUILD_OK: return print_keys(plan, keys);
    case BUILD_FAILED: return OB_EXIT_FAILED;
    case BUILD_INTERRUPTED: report(progress, "interrupted"); return OB_EXIT_INTERRUPTED;
    case BUILD_ERROR: break;
    }
    report(progress, err.text);
    return OB_EXIT_ENVIRONMENT;
}

static int run(const struct cli *cli)
{
    struct plan plan = PLAN_INIT(cli->arena);
    struct opened o;
    struct ob_err err;
    int status;
    struct progress *progress = progress_open(cli->progress, STDERR_FILENO);
    if (!progress)
        return cli_usage_error("obexec", "--progress takes auto, plain, json or quiet, not \"%s\"",
                               cli->progress);
    if (read_plan(cli, &plan, &status, &err) < 0 || choose_targets(cli, &plan, &err) < 0) {
        report(progress, err.text);
    } else if (opened_open(&cli->kit, &o, &err) < 0) {
        report(progress, err.text);
        status = opened_exit_status(&err);
    } else {
        bool changed = false;
        status = build_plan(cli, &plan, &o, progress, &changed);
        opened_close(&o, changed);
    }
    progress->close(progress);
    return status;
}

int cmd_run(int argc, char **argv)
{
    struct arena arena = ARENA_INIT;
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    struct cli cli = {.arena = &arena, .progress = "auto"};
    cli.build.jobs = cpus > 0 ? (unsigned)cpus : 1;
    int status = parse_cli(argc, argv, &cli);
    log_init("obexec", cli.verbosity);
    cli_exit_on_signals();
    if (is_of_obkit()) {
        prctl(PR_SET_PDEATHSIG, SIGTERM); /* a killed obkit ends its build */
        if (!is_of_obkit())
            return OB_EXIT_INTERRUPTED; /* it was killed just before */
    }
    signal(SIGPIPE, SIG_IGN); /* a build goes on when nobody reads its progress */
    if (status < 0)
        status = run(&cli);
    arena_free(&arena);
    return status;
}
