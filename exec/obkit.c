/* SPDX-License-Identifier: Apache-2.0 */
/*
 * obkit: the front door. `obkit build` runs spec2ir and obexec as two processes joined by a pipe;
 * the other sub-commands hand their arguments to the program that does the work, as git does.
 */
#include <config.h>

#include "base/cleanup.h"
#include "base/cli.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/spawn.h"
#include "base/vec.h"

#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <sys/wait.h>

static const char help[] =
    "Usage: obkit build [OPTION]... CONTEXT\n"
    "       obkit compile|convert|fmt|run|ls|log|inspect|shell [ARGUMENT]...\n"
    "       obkit du|prune|delete|clean|cache|healthcheck|stores [ARGUMENT]...\n"
    "Build a Dockerfile or an OBuilder spec. CONTEXT is the directory that files are copied\n"
    "from, or a tar archive, or - for one on standard input.\n"
    "\n"
    "  -f, --file=FILE           what to build (default: CONTEXT/Dockerfile)\n"
    "      --from, --target, --build-arg, --platform, --strict\n"
    "                            as in spec2ir(1)\n"
    "      --allow, --build-context, --cpus, --durable, --fast-sync, --grace, -j, --jobs,\n"
    "      -k, --keep-going, --memory, --min-free, --network-default, --no-cache,\n"
    "      --on-error, -o, --output, --pids, --progress, --sandbox, --secret, --squash,\n"
    "      --ssh, --step-timeout, --store, -t, --tag, --timeout, --trace, -v, --verbose\n"
    "                            as in obexec(1)\n"
    "  -h, --help                print this\n"
    "  -V, --version             print the version\n"
    "\n"
    "obkit compile is spec2ir, obkit convert is spec2ir that prints a Dockerfile as a\n"
    "spec and a spec as a Dockerfile, obkit fmt is specfmt; the others are obexec's.\n"
    "\n"
    "Exit status: 0 done, 1 errors in FILE or a failed step, 2 usage, 3 the machine failed,\n"
    "130 interrupted.\n";

/* Options of `obkit build`, by whom they are for. */
enum { FOR_SPEC2IR = 1 << 9, FOR_OBEXEC = 1 << 10, FOR_BOTH = 1 << 11 };

static const struct option long_options[] = {
    {"file", required_argument, NULL, 'f'},
    {"from", required_argument, NULL, FOR_SPEC2IR},
    {"target", required_argument, NULL, FOR_SPEC2IR},
    {"build-arg", required_argument, NULL, FOR_SPEC2IR},
    {"platform", required_argument, NULL, FOR_SPEC2IR},
    {"strict", no_argument, NULL, FOR_SPEC2IR},
    {"build-context", required_argument, NULL, FOR_BOTH},
    {"allow", required_argument, NULL, FOR_OBEXEC},
    {"cpus", required_argument, NULL, FOR_OBEXEC},
    {"durable", no_argument, NULL, FOR_OBEXEC},
    {"fast-sync", no_argument, NULL, FOR_OBEXEC},
    {"grace", required_argument, NULL, FOR_OBEXEC},
    {"jobs", required_argument, NULL, FOR_OBEXEC},
    {"keep-going", no_argument, NULL, FOR_OBEXEC},
    {"memory", required_argument, NULL, FOR_OBEXEC},
    {"min-free", required_argument, NULL, FOR_OBEXEC},
    {"network-default", required_argument, NULL, FOR_OBEXEC},
    {"no-cache", no_argument, NULL, FOR_OBEXEC},
    {"on-error", required_argument, NULL, FOR_OBEXEC},
    {"output", required_argument, NULL, FOR_OBEXEC},
    {"pids", required_argument, NULL, FOR_OBEXEC},
    {"progress", required_argument, NULL, FOR_OBEXEC},
    {"sandbox", required_argument, NULL, FOR_OBEXEC},
    {"secret", required_argument, NULL, FOR_OBEXEC},
    {"squash", no_argument, NULL, FOR_OBEXEC},
    {"ssh", required_argument, NULL, FOR_OBEXEC},
    {"step-timeout", required_argument, NULL, FOR_OBEXEC},
    {"store", required_argument, NULL, FOR_OBEXEC},
    {"tag", required_argument, NULL, FOR_OBEXEC},
    {"timeout", required_argument, NULL, FOR_OBEXEC},
    {"trace", required_argument, NULL, FOR_OBEXEC},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {0},
};

DEFINE_VEC(argv_vec, char *);

struct build {
    struct arena arena;
    struct argv_vec spec2ir, obexec;
    const char *file, *context;
};

/* What signals are handed on to. The kernel may be asked to end what has just ended by itself:
 * nothing is collected before its place here is cleared. */
enum { SPEC2IR, OBEXEC, N_CHILDREN };
static volatile sig_atomic_t children[N_CHILDREN];
static volatile sig_atomic_t interrupted_by; /* the last signal, or 0 */

static void on_signal(int sig)
{
    interrupted_by = sig;
    for (int i = 0; i < N_CHILDREN; i++)
        if (children[i] > 0)
            kill((pid_t)children[i], sig);
}

static int start(int which, struct argv_vec *argv, const struct spawn_io *io, struct ob_err *err)
{
    pid_t pid;
    if (spawn(argv->at, io, &pid, err) < 0)
        return -1;
    children[which] = pid;
    if (interrupted_by) /* perhaps before its place was filled */
        kill(pid, interrupted_by);
    return 0;
}

/* Waits for a child that was started; gives its exit status, or -1 if it did not end by itself and
 * as our programs end. */
static int finish(int which, struct ob_err *err)
{
    static const char *const names[] = {[SPEC2IR] = "spec2ir", [OBEXEC] = "obexec"};
    pid_t pid = (pid_t)children[which];
    siginfo_t info;
    int status;
    while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
        ;
    children[which] = 0;
    if (spawn_wait(pid, &status, err) < 0)
        return -1;
    if (status > OB_EXIT_ENVIRONMENT && status != OB_EXIT_INTERRUPTED && !interrupted_by)
        return ob_err_set(err, 0, "%s ended with status %d", names[which], status);
    return status;
}

/* The program beside this one, or else its name, to be searched in PATH. */
static char *find_program(struct arena *a, const char *name)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n > 0) {
        while (n > 0 && self[n - 1] != '/')
            n--;
        struct str path = str_concat(a, str_of(self, (size_t)n), str_from(name));
        if (access(path.p, X_OK) == 0)
            return (char *)path.p;
    }
    return arena_cstr(a, str_from(name));
}

static void add(struct build *b, struct argv_vec *argv, struct str s)
{
    vec_push(&b->arena, argv, arena_cstr(&b->arena, s));
}

static void hand_on(struct build *b, struct argv_vec *argv, const struct option *o)
{
    if (o->has_arg)
        add(b, argv, arena_printf(&b->arena, "--%s=%s", o->name, optarg));
    else
        add(b, argv, arena_printf(&b->arena, "--%s", o->name));
}

/* -1 = go on, else the exit status. */
static int parse_option(struct build *b, int opt, int index)
{
    switch (opt) {
    case 'f': b->file = optarg; return -1;
    case 'j':
    case 'o':
    case 't': /* glued together, an empty value would be the next argument */
        add(b, &b->obexec, arena_printf(&b->arena, "-%c", opt));
        add(b, &b->obexec, str_from(optarg));
        return -1;
    case 'k':
    case 'v': add(b, &b->obexec, arena_printf(&b->arena, "-%c", opt)); return -1;
    case FOR_SPEC2IR: hand_on(b, &b->spec2ir, &long_options[index]); return -1;
    case FOR_OBEXEC: hand_on(b, &b->obexec, &long_options[index]); return -1;
    case FOR_BOTH: /* else both would complain */
        if (!strchr(optarg, '='))
            return cli_usage_error("obkit", "--%s takes NAME=REF, not \"%s\"",
                                   long_options[index].name, optarg);
        hand_on(b, &b->spec2ir, &long_options[index]);
        hand_on(b, &b->obexec, &long_options[index]);
        return -1;
    case 'h': return cli_help(help);
    case 'V': return cli_version("obkit");
    default: fputs("Try 'obkit --help'.\n", stderr); return OB_EXIT_USAGE;
    }
}

static bool is_stdin(const char *file)
{
    return strcmp(file, "-") == 0;
}

static int parse_build(struct build *b, int argc, char **argv)
{
    int status = -1, opt, index = 0;
    vec_push(&b->arena, &b->spec2ir, find_program(&b->arena, "spec2ir"));
    vec_push(&b->arena, &b->obexec, find_program(&b->arena, "obexec"));
    add(b, &b->obexec, STR("run"));
    while (status < 0 &&
           (opt = getopt_long(argc, argv, "f:j:ko:t:vhV", long_options, &index)) != -1)
        status = parse_option(b, opt, index);
    if (status >= 0)
        return status;
    if (argc - optind != 1)
        return optind == argc ? cli_usage_error("obkit", "build: the context directory is missing")
                              : cli_usage_error("obkit", "build: \"%s\" is one argument too many",
                                                argv[optind + 1]);
    b->context = argv[optind];
    if (b->context[0] == '\0')
        return cli_usage_error("obkit", "build: the context is empty");
    if (is_stdin(b->context) && (!b->file || is_stdin(b->file)))
        return cli_usage_error("obkit", "build: a context on standard input needs --file=FILE, "
                                        "which is not in it");
    struct str file =
        b->file ? str_from(b->file) : arena_printf(&b->arena, "%s/Dockerfile", b->context);
    add(b, &b->spec2ir, STR("--"));
    add(b, &b->spec2ir, file);
    vec_push(&b->arena, &b->spec2ir, NULL);
    return -1;
}

/* Runs spec2ir and collects the IR. Gives its exit status, or -1. */
static int compile(struct build *b, struct buf *ir, struct ob_err *err)
{
    int p[2];
    if (pipe2(p, O_CLOEXEC) < 0)
        return ob_err_set(err, errno, "can't make a pipe");
    struct spawn_io io = {-1, p[1], -1};
    int rc = start(SPEC2IR, &b->spec2ir, &io, err);
    close(p[1]);
    if (rc == 0) {
        struct ob_err wait_err;
        int read = fs_read_all(p[0], ir, SIZE_MAX / 4, err);
        rc = finish(SPEC2IR, &wait_err);
        if (rc < 0)
            *err = wait_err;
        rc = read < 0 ? -1 : rc;
    }
    close(p[0]);
    return rc;
}

/* Hands the IR to obexec, if there is one: obexec ends by itself when nothing comes. Gives
 * spec2ir's exit status, or -1. */
static int feed(struct build *b, int fd, struct ob_err *err)
{
    cleanup_buf struct buf ir = BUF_INIT;
    struct ob_err ignored; /* an obexec that does not read says why itself */
    int rc = compile(b, &ir, err);
    if (rc == 0)
        fs_write_all(fd, ir.p, ir.n, &ignored);
    return rc;
}

/* obexec reads the IR from a descriptor of its own: its standard input is the user's. */
static int start_obexec(struct build *b, int ir, struct ob_err *err)
{
    add(b, &b->obexec, STR("--"));
    add(b, &b->obexec, arena_printf(&b->arena, "/dev/fd/%d", ir));
    add(b, &b->obexec, str_from(b->context));
    vec_push(&b->arena, &b->obexec, NULL);
    fcntl(ir, F_SETFD, 0);
    return start(OBEXEC, &b->obexec, &SPAWN_IO_INHERIT, err);
}

/* obexec starts first and waits for its input, so that both programs load at the same time. It
 * touches nothing before it has read the IR. */
static int build(struct build *b, struct ob_err *err)
{
    int p[2];
    struct ob_err wait_err;
    if (pipe2(p, O_CLOEXEC) < 0)
        return ob_err_set(err, errno, "can't make a pipe");
    int rc = start_obexec(b, p[0], err);
    close(p[0]);
    bool is_started = rc == 0;
    if (is_started)
        rc = feed(b, p[1], err);
    close(p[1]);
    int status = is_started ? finish(OBEXEC, &wait_err) : rc;
    if (rc == 0 && status < 0)
        *err = wait_err;
    if (rc == 0 || (rc > 0 && status == OB_EXIT_USAGE)) /* a wrong option comes first */
        rc = status;
    return rc > 0 && interrupted_by ? OB_EXIT_INTERRUPTED : rc;
}

static void install_signals(void)
{
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigset_t set;
    cli_signals(&set);
    for (int sig = 1; sig < NSIG; sig++)
        if (sigismember(&set, sig) == 1)
            sigaction(sig, &sa, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static int cmd_build(int argc, char **argv)
{
    struct build b = {0};
    struct ob_err err;
    int status = parse_build(&b, argc, argv);
    if (status < 0) {
        char pid[24];
        snprintf(pid, sizeof pid, "%ld", (long)getpid());
        setenv("OBKIT_PARENT", pid, 1);
        install_signals();
        status = build(&b, &err);
        if (status < 0)
            log_error("%s", err.text);
    }
    arena_free(&b.arena);
    return status < 0 ? OB_EXIT_ENVIRONMENT : status;
}

/* Becomes another program, which knows its own name. */
static int forward(const char *program, char **argv)
{
    struct arena a = ARENA_INIT;
    char *path = find_program(&a, program);
    execvp(path, argv);
    log_error("can't run \"%s\": %s", path, strerror(errno));
    arena_free(&a);
    return OB_EXIT_ENVIRONMENT;
}

/* `obkit convert ARG...` is `spec2ir --to=other ARG...`: argv[0] is the command's name. */
static int convert(char **argv)
{
    static char to_other[] = "--to=other";
    struct arena a = ARENA_INIT;
    struct argv_vec args = {0};
    vec_push(&a, &args, argv[0]);
    vec_push(&a, &args, to_other);
    for (argv++; *argv; argv++)
        vec_push(&a, &args, *argv);
    vec_push(&a, &args, NULL);
    return forward("spec2ir", args.at);
}

static bool is_obexec_command(const char *name)
{
    static const char *const names[] = {"run", "cache",       "clean",   "delete",
                                        "du",  "healthcheck", "inspect", "log",
                                        "ls",  "prune",       "shell",   "stores"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    static char obkit_name[] = "obkit", obexec_name[] = "obexec";
    log_init("obkit", 0);
    cli_fill_std();
    if (argc < 2)
        return cli_usage_error("obkit", "a command is missing");
    const char *name = argv[1];
    if (strcmp(name, "build") == 0) {
        argv[1] = obkit_name; /* for getopt's messages */
        return cmd_build(argc - 1, argv + 1);
    }
    if (strcmp(name, "compile") == 0)
        return forward("spec2ir", argv + 1);
    if (strcmp(name, "convert") == 0)
        return convert(argv + 1);
    if (strcmp(name, "fmt") == 0)
        return forward("specfmt", argv + 1);
    if (is_obexec_command(name)) {
        argv[0] = obexec_name;
        return forward("obexec", argv);
    }
    if (strcmp(name, "-h") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "help") == 0)
        return cli_help(help);
    if (strcmp(name, "-V") == 0 || strcmp(name, "--version") == 0)
        return cli_version("obkit");
    return cli_usage_error("obkit", "unknown command \"%s\"", name);
}
