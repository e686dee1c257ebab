/* SPDX-License-Identifier: Apache-2.0 */
/* The table of options: for each its name, and what takes its value. */
#include <config.h>

#include "exec/run_options.h"

#include "base/cli.h"
#include "base/quantity.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>

static const char help[] =
    "Usage: obexec [run] [OPTION]... IR.json [CONTEXT]\n"
    "       obexec ls|log|inspect|shell|du|prune|delete|clean|cache|healthcheck|stores\n"
    "              [ARGUMENT]...\n"
    "Build the targets of a step graph. IR.json may be - for standard input; CONTEXT is\n"
    "the directory that files are copied from, or a tar archive, or - for one on standard\n"
    "input. Prints each target's id.\n"
    "The other commands look after the store: obexec COMMAND --help says how.\n"
    "\n"
    "What to build, and what comes out\n"
    "      --target=STAGE        build this stage only; may be repeated\n"
    "      --build-context=NAME=REF\n"
    "                            what FROM NAME means: oci-layout://DIR[:TAG],\n"
    "                            oci-archive:FILE, docker-archive:FILE, tar:FILE, dir:DIR;\n"
    "                            or, as CONTEXT, what COPY copies from NAME\n"
    "  -o, --output=type=TYPE,dest=PATH\n"
    "                            write the result: local, tar, oci or docker\n"
    "  -t, --tag=NAME            name of the image that is written\n"
    "      --squash              the image has one layer above its base\n"
    "      --no-cache            run every step, also if its result is there\n"
    "      --resolve             print what base images are, and build nothing\n"
    "\n"
    "What steps get\n"
    "      --secret=id=ID[,src=FILE|,env=NAME][,rebuild=yes]\n"
    "                            a secret that steps may ask for; never kept\n"
    "      --ssh=ID[=SOCKET]     an ssh agent that steps may ask for\n"
    "      --network-default=auto|private|none|host\n"
    "                            network of steps that do not say (default: auto)\n"
    "      --cpus=N              processors that a step may use, such as 1.5\n"
    "      --memory=SIZE         memory of a step, such as 512m\n"
    "      --pids=N              processes of a step\n"
    "      --allow=NAME          allow what steps may not do: security.insecure\n"
    "      --fast-sync           fsync and its kin do nothing inside the sandbox\n"
    "\n"
    "How it is run\n"
    "      --store=KIND:PATH     where results are kept (default: the fastest kind that\n"
    "                            works, in /var/cache/obkit or $XDG_CACHE_HOME/obkit)\n"
    "      --sandbox=KIND        what runs commands (default: what fits the store)\n"
    "  -j, --jobs=N              how many steps run at a time (default: processors)\n"
    "  -k, --keep-going          after a failure, build what does not need the failed step\n"
    "      --on-error=stop|shell after a failure, stop or open a shell where it happened\n"
    "      --step-timeout=TIME   how long a step may take, such as 10m\n"
    "      --timeout=TIME        how long the build may take\n"
    "      --grace=TIME          from SIGTERM to SIGKILL for steps that are cancelled\n"
    "                            (default: 5s)\n"
    "      --durable             a result is on disk before it counts\n"
    "      --min-free=SIZE|N%    remove old results to keep so much of the disk free\n"
    "      --progress=STYLE      auto, tty, plain, json or quiet, on standard error\n"
    "      --trace=FILE          write a trace for chrome://tracing\n"
    "  -v, --verbose             say more\n"
    "  -h, --help                print this\n"
    "  -V, --version             print the version\n"
    "\n"
    "Exit status: 0 done, 1 a step failed or the IR has errors, 2 usage, 3 the machine or\n"
    "the store failed, 130 interrupted.\n";

static const char shell_help[] =
    "Usage: obexec shell [OPTION]... ID [CONTEXT]\n"
    "Open a shell where a step failed: on what it was to start from, with its mounts,\n"
    "environment, user and directory. ID is the first digits of the id that the failure\n"
    "names, four or more; that of a result opens a shell on the result. What is done there\n"
    "is dropped. CONTEXT is needed if the context has moved.\n"
    "\n"
    "      --store=KIND:PATH     the store (default: as in obexec run)\n"
    "      --sandbox=KIND        what runs the shell (default: what fits the store)\n"
    "      --build-context=NAME=REF, --secret=id=ID[,src=FILE|,env=NAME], --ssh=ID[=SOCKET],\n"
    "      --network-default=NET, --cpus=N, --memory=SIZE, --pids=N, --allow=NAME\n"
    "                            as in obexec run: they are not kept\n"
    "  -h, --help                print this\n"
    "\n"
    "Exit status: the shell's, or 1 no such id, 2 usage, 3 the machine or the store failed.\n";

static bool set_store(struct run_options *o, const char *text)
{
    o->kit.store = text;
    return text[0] != '\0';
}

static bool set_sandbox(struct run_options *o, const char *text)
{
    o->kit.sandbox = text;
    return text[0] != '\0'; /* which would ask for none */
}

static bool set_progress(struct run_options *o, const char *text)
{
    o->progress = text;
    return true;
}

static bool set_trace(struct run_options *o, const char *text)
{
    o->trace = text;
    return text[0] != '\0';
}

static bool add_target(struct run_options *o, const char *text)
{
    vec_push(o->arena, &o->build.targets, str_from(text));
    return text[0] != '\0'; /* which stages without a name have */
}

static bool add_output(struct run_options *o, const char *text)
{
    vec_push(o->arena, &o->build.outputs, str_from(text));
    return text[0] != '\0';
}

static bool add_tag(struct run_options *o, const char *text)
{
    vec_push(o->arena, &o->build.tags, str_from(text));
    return text[0] != '\0';
}

static bool add_context(struct run_options *o, const char *text)
{
    struct build_context c;
    if (!str_cut(str_from(text), '=', &c.name, &c.ref) || c.name.n == 0 || c.ref.n == 0)
        return false;
    vec_push(o->arena, &o->build.contexts, c);
    return true;
}

static bool set_secret_field(struct build_secret *s, struct str key, struct str value)
{
    if (str_eq(key, STR("id")))
        s->id = value;
    else if (str_eq(key, STR("src")) || str_eq(key, STR("source")))
        s->file = value;
    else if (str_eq(key, STR("env")))
        s->env = value;
    else if (str_eq(key, STR("rebuild")))
        s->rebuild = str_eq(value, STR("yes"));
    else
        return false;
    return value.n > 0 && (!str_eq(key, STR("rebuild")) || s->rebuild || str_eq(value, STR("no")));
}

static bool add_secret(struct run_options *o, const char *text)
{
    struct build_secret s = {0};
    struct str rest = str_from(text);
    for (bool more = true; more;) {
        struct str field, key, value;
        more = str_cut(rest, ',', &field, &rest);
        if (!str_cut(field, '=', &key, &value) || !set_secret_field(&s, key, value))
            return false;
    }
    vec_push(o->arena, &o->build.secrets, s);
    return s.id.n > 0 && (s.file.n == 0 || s.env.n == 0);
}

static bool add_ssh(struct run_options *o, const char *text)
{
    struct build_ssh s = {0};
    bool has_socket = str_cut(str_from(text), '=', &s.id, &s.socket);
    vec_push(o->arena, &o->build.ssh, s);
    return s.id.n > 0 && (!has_socket || s.socket.n > 0);
}

static bool set_jobs(struct run_options *o, const char *text)
{
    unsigned long long n;
    if (!str_to_u64(str_from(text), &n) || n == 0 || n > 1024)
        return false;
    o->build.jobs = (unsigned)n;
    return true;
}

static bool set_network(struct run_options *o, const char *text)
{
    static const char *const names[] = {
        [BUILD_NETWORK_AUTO] = "auto",
        [BUILD_NETWORK_PRIVATE] = "private",
        [BUILD_NETWORK_NONE] = "none",
        [BUILD_NETWORK_HOST] = "host",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(text, names[i]) == 0) {
            o->build.network = (enum build_network)i;
            return true;
        }
    return false;
}

/* What every kernel takes: cpu.max has a least quota, memory.max is a signed number, and pids.max,
 * which counts the sandbox's own process as well, ends at PID_MAX_LIMIT. With less than MIN_MEMORY
 * no command starts. */
enum { MIN_CPU_MILLI = 10, MAX_CPUS = 8192, MIN_MEMORY = 64 << 10, MAX_PIDS = (4 << 20) - 1 };
#define MAX_MEMORY (UINT64_C(7) << 60)

static bool set_cpus(struct run_options *o, const char *text)
{
    uint64_t *milli = &o->build.limits.cpu_milli;
    return quantity_milli(str_from(text), milli) && *milli >= MIN_CPU_MILLI &&
           *milli <= MAX_CPUS * 1000;
}

static bool set_memory(struct run_options *o, const char *text)
{
    uint64_t *bytes = &o->build.limits.memory;
    return quantity_bytes(str_from(text), bytes) && *bytes >= MIN_MEMORY && *bytes <= MAX_MEMORY;
}

static bool set_pids(struct run_options *o, const char *text)
{
    unsigned long long n;
    if (!str_to_u64(str_from(text), &n) || n == 0 || n > MAX_PIDS)
        return false;
    o->build.limits.pids = n;
    return true;
}

static bool set_allow(struct run_options *o, const char *text)
{
    o->build.allow_insecure = true;
    return strcmp(text, "security.insecure") == 0;
}

static bool set_on_error(struct run_options *o, const char *text)
{
    o->build.opens_shell = strcmp(text, "shell") == 0;
    return o->build.opens_shell || strcmp(text, "stop") == 0;
}

/* poll(2) counts milliseconds in an int; nobody waits that long. */
static bool set_time(const char *text, uint64_t *out)
{
    return quantity_ms(str_from(text), out) && *out > 0 && *out <= INT_MAX;
}

static bool set_step_timeout(struct run_options *o, const char *text)
{
    return set_time(text, &o->build.step_timeout);
}

static bool set_timeout(struct run_options *o, const char *text)
{
    return set_time(text, &o->build.timeout);
}

static bool set_grace(struct run_options *o, const char *text)
{
    return quantity_ms(str_from(text), &o->build.grace) && o->build.grace <= INT_MAX;
}

bool run_options_min_free(const char *text, struct build_min_free *out)
{
    struct str s = str_from(text);
    unsigned long long n;
    *out = (struct build_min_free){0};
    if (!str_ends(s, STR("%")))
        return quantity_bytes(s, &out->bytes) && out->bytes > 0;
    bool is_share = str_to_u64(str_of(s.p, s.n - 1), &n) && n > 0 && n < 100;
    out->percent = is_share ? (unsigned)n : 0;
    return is_share;
}

static bool set_min_free(struct run_options *o, const char *text)
{
    return run_options_min_free(text, &o->build.min_free);
}

/* Options with a value: what takes it, and what to say if it doesn't. */
static const struct taker {
    const char *name;
    int letter; /* 0 = none */
    bool (*take)(struct run_options *o, const char *text);
    const char *takes;
} takers[] = {
    {"allow", 0, set_allow, "security.insecure"},
    {"build-context", 0, add_context, "NAME=REF"},
    {"cpus", 0, set_cpus, "a number of processors from 0.01 to 8192, such as 1.5"},
    {"grace", 0, set_grace, "a time, such as 5s"},
    {"jobs", 'j', set_jobs, "a number from 1 to 1024"},
    {"memory", 0, set_memory, "a size from 64k to 7e, such as 512m"},
    {"min-free", 0, set_min_free, "a size or a percentage, such as 10g or 15%"},
    {"network-default", 0, set_network, "auto, private, none or host"},
    {"on-error", 0, set_on_error, "stop or shell"},
    {"output", 'o', add_output, "type=TYPE,dest=PATH"},
    {"pids", 0, set_pids, "a number of processes from 1 to 4194303"},
    {"progress", 0, set_progress, "a style"},
    {"sandbox", 0, set_sandbox, "a kind of sandbox"},
    {"secret", 0, add_secret, "id=ID, and src=FILE or env=NAME"},
    {"ssh", 0, add_ssh, "ID or ID=SOCKET"},
    {"step-timeout", 0, set_step_timeout, "a time, such as 10m"},
    {"store", 0, set_store, "KIND:PATH"},
    {"tag", 't', add_tag, "a name"},
    {"target", 0, add_target, "a stage"},
    {"timeout", 0, set_timeout, "a time, such as 1h30m"},
    {"trace", 0, set_trace, "a file"},
};

enum { N_TAKERS = sizeof takers / sizeof takers[0], FIRST_TAKER = 256 };

enum {
    OPT_DURABLE = FIRST_TAKER + N_TAKERS,
    OPT_FAST_SYNC,
    OPT_NO_CACHE,
    OPT_RESOLVE,
    OPT_SQUASH,
};

static const struct option flags[] = {
    {"durable", no_argument, NULL, OPT_DURABLE},
    {"fast-sync", no_argument, NULL, OPT_FAST_SYNC},
    {"help", no_argument, NULL, 'h'},
    {"keep-going", no_argument, NULL, 'k'},
    {"no-cache", no_argument, NULL, OPT_NO_CACHE},
    {"resolve", no_argument, NULL, OPT_RESOLVE},
    {"squash", no_argument, NULL, OPT_SQUASH},
    {"verbose", no_argument, NULL, 'v'},
    {"version", no_argument, NULL, 'V'},
};

enum { N_FLAGS = sizeof flags / sizeof flags[0] };

/* -1 = go on, else the exit status. */
static int take(struct run_options *o, const struct taker *t)
{
    if (t->take(o, optarg))
        return -1;
    return cli_usage_error("obexec", "--%s takes %s, not \"%s\"", t->name, t->takes, optarg);
}

static int parse_option(struct run_options *o, int opt)
{
    for (size_t i = 0; i < N_TAKERS; i++)
        if (opt == takers[i].letter || opt == FIRST_TAKER + (int)i)
            return take(o, &takers[i]);
    switch (opt) {
    case OPT_DURABLE: o->build.durable = true; return -1;
    case OPT_FAST_SYNC: o->kit.options.fast_sync = true; return -1;
    case OPT_NO_CACHE: o->build.no_cache = true; return -1;
    case OPT_RESOLVE: o->resolve = true; return -1;
    case OPT_SQUASH: o->build.squash = true; return -1;
    case 'k': o->build.keep_going = true; return -1;
    case 'v': o->verbosity++; return -1;
    case 'h': return cli_help(o->command == RUN_OPTIONS_SHELL ? shell_help : help);
    case 'V': return cli_version("obexec");
    default: fputs("Try 'obexec --help'.\n", stderr); return OB_EXIT_USAGE;
    }
}

static int parse_options(struct run_options *o, int argc, char **argv)
{
    struct option options[N_FLAGS + N_TAKERS + 1] = {0};
    int status = -1, opt;
    memcpy(options, flags, sizeof flags);
    for (int i = 0; i < N_TAKERS; i++)
        options[N_FLAGS + i] =
            (struct option){takers[i].name, required_argument, NULL, FIRST_TAKER + i};
    while (status < 0 && (opt = getopt_long(argc, argv, "j:ko:t:vhV", options, NULL)) != -1)
        status = parse_option(o, opt);
    return status;
}

int run_options_parse(struct run_options *o, int argc, char **argv)
{
    static char program[] = "obexec"; /* for getopt's messages, which should not name "run" */
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    argv[0] = program;
    o->progress = "auto";
    o->build.jobs = cpus > 0 ? (unsigned)cpus : 1;
    o->build.grace = 5000;
    int status = parse_options(o, argc, argv);
    if (status >= 0)
        return status;
    if (optind == argc)
        return cli_usage_error("obexec", o->command == RUN_OPTIONS_SHELL ? "shell: an id is missing"
                                                                         : "an IR file is missing");
    if (argc - optind > 2)
        return cli_usage_error("obexec", "\"%s\" is one argument too many", argv[optind + 2]);
    o->ir = argv[optind];
    o->context = argv[optind + 1]; /* NULL at the end */
    if (o->context && o->context[0] == '\0')
        return cli_usage_error("obexec", "the context is empty");
    if (o->context && strcmp(o->ir, "-") == 0 && strcmp(o->context, "-") == 0)
        return cli_usage_error("obexec", "the IR and the context can't both be standard input");
    return -1;
}
