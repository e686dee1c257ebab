/* SPDX-License-Identifier: Apache-2.0 */
/* spec2ir: the compiler's main. Loads, compiles, optimizes, writes, in this order. */
#include <config.h>

#include "base/cleanup.h"
#include "base/cli.h"
#include "base/diag_print.h"
#include "base/fs.h"
#include "base/log.h"
#include "frontend/language.h"
#include "frontend/pin.h"
#include "frontend/platform.h"
#include "ir/identify.h"
#include "ir/pass.h"
#include "ir/write.h"

#include <fcntl.h>
#include <getopt.h>

static const char help[] =
    "Usage: spec2ir [OPTION]... [FILE]...\n"
    "Compile Dockerfiles and OBuilder specs to the JSON step graph that obexec runs.\n"
    "Without FILE, or where FILE is -, read standard input. Several files give one\n"
    "graph with several targets, in which common steps stand once.\n"
    "\n"
    "  -o, --output=FILE         write to FILE (default: - = standard output)\n"
    "      --from=LANGUAGE       auto, dockerfile or spec (default: auto)\n"
    "      --to=FORMAT           ir, dot, ast or dockerfile (default: ir)\n"
    "      --target=STAGE        build this stage (default: the last one)\n"
    "      --build-arg=K[=V]     set a build argument; without =V to the environment's K\n"
    "      --platform=OS/ARCH[/VARIANT]\n"
    "                            platform of base images (default: the executor's)\n"
    "      --build-context=NAME=REF\n"
    "                            what NAME means in FROM and --from, as for obexec\n"
    "      --pin=FILE            what base images are, see spec2ir(1)\n"
    "      --strict              refuse what BuildKit refuses, as variables in --from\n"
    "  -O0, -O1, -O2             how much to optimize (default: -O1); 1 drops what no\n"
    "                            target needs and joins equal steps, 2 may also change\n"
    "                            where snapshots are taken\n"
    "      --explain             say on standard error what the optimizer did\n"
    "      --stats               say on standard error how many steps there are\n"
    "  -h, --help                print this\n"
    "  -V, --version             print the version\n"
    "\n"
    "Exit status: 0 done, 1 errors in the input, 2 usage, 3 a file can't be read or written.\n";

enum {
    OPT_FROM = 256,
    OPT_TO,
    OPT_TARGET,
    OPT_BUILD_ARG,
    OPT_PLATFORM,
    OPT_BUILD_CONTEXT,
    OPT_PIN,
    OPT_STRICT,
    OPT_EXPLAIN,
    OPT_STATS
};

static const struct option long_options[] = {
    {"output", required_argument, NULL, 'o'},
    {"from", required_argument, NULL, OPT_FROM},
    {"to", required_argument, NULL, OPT_TO},
    {"target", required_argument, NULL, OPT_TARGET},
    {"build-arg", required_argument, NULL, OPT_BUILD_ARG},
    {"platform", required_argument, NULL, OPT_PLATFORM},
    {"build-context", required_argument, NULL, OPT_BUILD_CONTEXT},
    {"pin", required_argument, NULL, OPT_PIN},
    {"strict", no_argument, NULL, OPT_STRICT},
    {"explain", no_argument, NULL, OPT_EXPLAIN},
    {"stats", no_argument, NULL, OPT_STATS},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {0},
};

enum output_format { TO_IR, TO_DOT, TO_AST, TO_DOCKERFILE };

struct cli {
    const char *output, *pin;
    const struct language *language; /* NULL = guess */
    enum output_format to;
    int level;
    bool explain, stats;
    struct compile_options compile;
    struct arena *arena;
};

static bool add_build_arg(struct cli *cli, const char *text)
{
    struct build_arg a;
    if (!str_cut(str_from(text), '=', &a.name, &a.value)) {
        const char *env = getenv(text);
        if (!env)
            return true; /* as docker: an argument that is not set anywhere is not given */
        a.value = str_from(env);
    }
    vec_push(cli->arena, &cli->compile.build_args, a);
    return a.name.n > 0;
}

static bool set_platform(struct cli *cli, struct str text)
{
    struct platform p;
    if (!platform_read(cli->arena, text, &p))
        return false;
    cli->compile.platform = platform_text(cli->arena, &p);
    return true;
}

static bool add_context(struct cli *cli, const char *text)
{
    struct build_context c;
    if (!str_cut(str_from(text), '=', &c.name, &c.ref) || c.name.n == 0 || c.ref.n == 0)
        return false;
    vec_push(cli->arena, &cli->compile.contexts, c);
    return true;
}

static bool parse_format(const char *name, enum output_format *out)
{
    static const char *const names[] = {
        [TO_IR] = "ir", [TO_DOT] = "dot", [TO_AST] = "ast", [TO_DOCKERFILE] = "dockerfile"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (enum output_format)i;
            return true;
        }
    return false;
}

/* -1 = go on, else the exit status. */
static int parse_option(struct cli *cli, int opt)
{
    switch (opt) {
    case 'o': cli->output = optarg; return -1;
    case OPT_FROM:
        cli->language = language_named(optarg);
        if (cli->language || strcmp(optarg, "auto") == 0)
            return -1;
        return cli_usage_error("spec2ir", "--from takes auto, dockerfile or spec, not \"%s\"",
                               optarg);
    case OPT_TO:
        if (parse_format(optarg, &cli->to))
            return -1;
        return cli_usage_error("spec2ir", "--to takes ir, dot, ast or dockerfile, not \"%s\"",
                               optarg);
    case OPT_TARGET: cli->compile.target = str_from(optarg); return -1;
    case OPT_BUILD_ARG:
        if (add_build_arg(cli, optarg))
            return -1;
        return cli_usage_error("spec2ir", "--build-arg takes NAME=VALUE, not \"%s\"", optarg);
    case OPT_PLATFORM:
        if (set_platform(cli, str_from(optarg)))
            return -1;
        return cli_usage_error("spec2ir", "--platform takes OS/ARCH[/VARIANT], not \"%s\"", optarg);
    case OPT_BUILD_CONTEXT:
        if (add_context(cli, optarg))
            return -1;
        return cli_usage_error("spec2ir", "--build-context takes NAME=REF, not \"%s\"", optarg);
    case OPT_PIN: cli->pin = optarg; return -1;
    case OPT_STRICT: cli->compile.strict = true; return -1;
    case 'O':
        cli->level = optarg[0] - '0';
        if (cli->level >= 0 && cli->level <= 2 && optarg[1] == '\0')
            return -1;
        return cli_usage_error("spec2ir", "there is -O0, -O1 and -O2, not -O%s", optarg);
    case OPT_EXPLAIN: cli->explain = true; return -1;
    case OPT_STATS: cli->stats = true; return -1;
    case 'h': return cli_help(help);
    case 'V': return cli_version("spec2ir");
    default: fputs("Try 'spec2ir --help'.\n", stderr); return OB_EXIT_USAGE;
    }
}

static int load_sources(struct compile *c, char *const *paths, int n, struct ob_err *err)
{
    static char stdin_name[] = "-";
    char *only_stdin[] = {stdin_name};
    if (n == 0) {
        paths = only_stdin;
        n = 1;
    }
    for (int i = 0; i < n; i++) {
        uint32_t index;
        if (source_load(c->sources, paths[i], &index, err) < 0)
            return -1;
        const struct source *s = source_at(c->sources, index);
        struct plan_source ps = {s->path, sha256_of(s->text.p, s->text.n)};
        vec_push(c->arena, &c->plan->sources, ps);
    }
    return 0;
}

static const struct language *language_of(const struct cli *cli, const struct source *s)
{
    return cli->language ? cli->language : language_guess(s);
}

static bool compile_all(struct compile *c, const struct cli *cli, struct buf *text)
{
    bool ok = true;
    uint32_t n = (uint32_t)c->sources->list.n; /* reading one may add others */
    for (uint32_t i = 0; i < n; i++) {
        const struct language *l = language_of(cli, source_at(c->sources, i));
        ok &= cli->to == TO_AST ? l->dump(c, i, text) : l->compile(c, i);
        if (ok && cli->to == TO_DOCKERFILE && c->diags->n_errors == 0)
            ok &= l->print(c, i, text);
    }
    return ok && c->diags->n_errors == 0;
}

/* -1, or the exit status if what is wanted can't be made of these files. */
static int check_output(const struct compile *c, const struct cli *cli)
{
    if (cli->to != TO_DOCKERFILE)
        return -1;
    if (c->sources->list.n > 1)
        return cli_usage_error("spec2ir", "--to=dockerfile takes one file");
    const struct source *s = source_at(c->sources, 0);
    if (language_of(cli, s)->print)
        return -1;
    return cli_usage_error("spec2ir",
                           "\"" STR_FMT "\" is a spec: --to=dockerfile can't print these yet",
                           STR_ARG(s->path));
}

static void print_diags(const struct compile *c)
{
    struct buf b = BUF_INIT;
    diag_print(c->diags, c->sources, cli_colour(STDERR_FILENO), &b);
    if (b.n)
        fwrite(b.p, 1, b.n, stderr);
    buf_free(&b);
}

static void optimize(struct plan *plan, const struct cli *cli)
{
    cleanup_buf struct buf explain = BUF_INIT;
    size_t before = plan->steps.n;
    ir_identify(plan);
    ir_optimize(plan, cli->level, cli->explain ? &explain : NULL);
    if (explain.n)
        fwrite(explain.p, 1, explain.n, stderr);
    if (cli->stats)
        fprintf(stderr, "steps: %zu compiled, %u left after -O%d; stages: %u; targets: %u\n",
                before, plan->steps.n, cli->level, plan->stages.n, plan->targets.n);
}

/* Writes the text, or the plan as IR if that is wanted. */
static int write_output(const struct cli *cli, const struct plan *plan, const struct buf *text,
                        struct ob_err *err)
{
    const char *path = cli->output;
    bool is_stdout = strcmp(path, "-") == 0;
    cleanup_close int fd = is_stdout ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
                                     : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return ob_err_set(err, errno, "can't open \"%s\"", is_stdout ? "standard output" : path);
    int rc = cli->to == TO_IR ? ir_write_json_fd(plan, fd, err)
                              : fs_write_all(fd, text->p, text->n, err);
    if (rc == 0)
        return 0;
    return is_stdout ? ob_err_wrap(err, "can't write to standard output")
                     : ob_err_wrap(err, "can't write \"%s\"", path);
}

static int run(const struct cli *cli, char *const *paths, int n_paths)
{
    struct sources sources = SOURCES_INIT(cli->arena);
    struct diag_sink diags = DIAG_SINK_INIT(cli->arena);
    struct plan plan = PLAN_INIT(cli->arena);
    struct pins pins = {0};
    struct compile_options options = cli->compile;
    struct compile c = {cli->arena, &sources, &diags, &plan, &options};
    struct ob_err err;
    cleanup_buf struct buf out = BUF_INIT;

    options.pins = cli->pin ? &pins : NULL;
    if (load_sources(&c, paths, n_paths, &err) < 0 ||
        (cli->pin && pins_load(cli->arena, cli->pin, &pins, &err) < 0))
        goto failed;
    int status = check_output(&c, cli);
    if (status >= 0)
        return status;
    bool ok = compile_all(&c, cli, &out);
    print_diags(&c);
    if (!ok)
        return OB_EXIT_FAILED;
    if (cli->to == TO_IR || cli->to == TO_DOT)
        optimize(&plan, cli);
    if (cli->to == TO_DOT)
        ir_write_dot(&plan, &out);
    if (write_output(cli, &plan, &out, &err) == 0)
        return OB_EXIT_OK;
failed:
    log_error("%s", err.text);
    return OB_EXIT_ENVIRONMENT;
}

int main(int argc, char **argv)
{
    struct arena arena = ARENA_INIT;
    struct cli cli = {.output = "-", .level = 1, .arena = &arena};
    int status = -1, opt;
    static char program[] = "spec2ir"; /* for getopt's messages */
    argv[0] = program;
    cli_fill_std();
    log_init("spec2ir", 0);
    while (status < 0 && (opt = getopt_long(argc, argv, "o:O:hV", long_options, NULL)) != -1)
        status = parse_option(&cli, opt);
    if (status < 0 && optind == argc && isatty(STDIN_FILENO))
        status = cli_usage_error("spec2ir", "no input file (- is standard input)");
    if (status < 0)
        status = run(&cli, argv + optind, argc - optind);
    arena_free(&arena);
    return status;
}
