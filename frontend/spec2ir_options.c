/* SPDX-License-Identifier: Apache-2.0 */
/* The options of spec2ir, and its --help. */
#include <config.h>

#include "frontend/spec2ir_options.h"

#include "base/cli.h"
#include "base/err.h"
#include "frontend/platform.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char help[] =
    "Usage: spec2ir [OPTION]... [FILE]...\n"
    "Compile Dockerfiles and OBuilder specs to the JSON step graph that obexec runs.\n"
    "Without FILE, or where FILE is -, read standard input. Several files give one\n"
    "graph with several targets, in which common steps stand once.\n"
    "\n"
    "  -o, --output=FILE         write to FILE (default: - = standard output)\n"
    "      --from=LANGUAGE       auto, dockerfile or spec (default: auto)\n"
    "      --to=FORMAT           ir, dot, ast, dockerfile, spec or other, which is\n"
    "                            the other of the last two (default: ir)\n"
    "      --target=STAGE        build this stage (default: the last one)\n"
    "      --build-arg=K[=V]     set a build argument; without =V to the environment's K\n"
    "      --platform=OS/ARCH[/VARIANT]\n"
    "                            platform of base images (default: the executor's)\n"
    "      --build-context=NAME=REF\n"
    "                            what NAME means in FROM and --from, as for obexec\n"
    "      --pin=FILE            what base images are, see spec2ir(1)\n"
    "      --strict              refuse what BuildKit refuses, as variables in --from\n"
    "  -O0, -O1, -O2             how much to optimize (default: -O1); 1 drops what no\n"
    "                            target needs, joins equal steps and folds late values\n"
    "                            that became known, 2 also merges copies and drops\n"
    "                            steps that do nothing\n"
    "      --explain             say on standard error what the optimizer did\n"
    "      --stats               say on standard error how many steps each pass leaves\n"
    "      --diff                say why the steps of two graphs, FILE FILE, differ\n"
    "\n"
    "For --to=dockerfile and --to=spec, see obkit-translate(7):\n"
    "      --buildkit            print what only BuildKit reads, as cache mounts\n"
    "      --escape=SYSTEM       the escape character of unix (default) or windows\n"
    "      --context=DIR         look here for what a source is, and what patterns match\n"
    "      --passwd=FILE         look up names of users here\n"
    "      --group=FILE          look up names of groups here\n"
    "      --exact               refuse to lose anything\n"
    "      --loss[=FILE]         write what is lost to FILE as JSON; without FILE, print\n"
    "                            that and not the translation\n"
    "\n"
    "  -h, --help                print this\n"
    "  -V, --version             print the version\n"
    "\n"
    "Exit status: 0 done, 1 errors in the input or graphs that differ, 2 usage, 3 a file\n"
    "can't be read or written.\n";

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
    OPT_STATS,
    OPT_DIFF,
    OPT_BUILDKIT,
    OPT_ESCAPE,
    OPT_CONTEXT,
    OPT_PASSWD,
    OPT_GROUP,
    OPT_EXACT,
    OPT_LOSS
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
    {"diff", no_argument, NULL, OPT_DIFF},
    {"buildkit", no_argument, NULL, OPT_BUILDKIT},
    {"escape", required_argument, NULL, OPT_ESCAPE},
    {"context", required_argument, NULL, OPT_CONTEXT},
    {"passwd", required_argument, NULL, OPT_PASSWD},
    {"group", required_argument, NULL, OPT_GROUP},
    {"exact", no_argument, NULL, OPT_EXACT},
    {"loss", optional_argument, NULL, OPT_LOSS},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {0},
};

static bool add_build_arg(struct spec2ir_options *o, const char *text)
{
    struct build_arg a;
    if (!str_cut(str_from(text), '=', &a.name, &a.value)) {
        const char *env = getenv(text);
        if (!env)
            return true; /* as docker: an argument that is not set anywhere is not given */
        a.value = str_from(env);
    }
    vec_push(o->arena, &o->compile.build_args, a);
    return a.name.n > 0;
}

static bool set_platform(struct spec2ir_options *o, struct str text)
{
    struct platform p;
    if (!platform_read(o->arena, text, &p))
        return false;
    o->compile.platform = platform_text(o->arena, &p);
    return true;
}

static bool add_context(struct spec2ir_options *o, const char *text)
{
    struct build_context c;
    if (!str_cut(str_from(text), '=', &c.name, &c.ref) || c.name.n == 0 || c.ref.n == 0)
        return false;
    vec_push(o->arena, &o->compile.contexts, c);
    return true;
}

static bool parse_format(const char *name, enum output_format *out)
{
    static const char *const names[] = {
        [TO_IR] = "ir",     [TO_DOT] = "dot",    [TO_AST] = "ast", [TO_DOCKERFILE] = "dockerfile",
        [TO_SPEC] = "spec", [TO_OTHER] = "other"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (enum output_format)i;
            return true;
        }
    return false;
}

static int parse_option(struct spec2ir_options *o, int opt)
{
    switch (opt) {
    case 'o': o->output = optarg; return -1;
    case OPT_FROM:
        o->language = language_named(optarg);
        if (o->language || strcmp(optarg, "auto") == 0)
            return -1;
        return cli_usage_error("spec2ir", "--from takes auto, dockerfile or spec, not \"%s\"",
                               optarg);
    case OPT_TO:
        if (parse_format(optarg, &o->to))
            return -1;
        return cli_usage_error(
            "spec2ir", "--to takes ir, dot, ast, dockerfile, spec or other, not \"%s\"", optarg);
    case OPT_TARGET:
        o->compile.target = str_from(optarg);
        if (optarg[0])
            return -1;
        return cli_usage_error("spec2ir", "--target takes a stage, not \"\"");
    case OPT_BUILD_ARG:
        if (add_build_arg(o, optarg))
            return -1;
        return cli_usage_error("spec2ir", "--build-arg takes NAME=VALUE, not \"%s\"", optarg);
    case OPT_PLATFORM:
        if (set_platform(o, str_from(optarg)))
            return -1;
        return cli_usage_error("spec2ir", "--platform takes OS/ARCH[/VARIANT], not \"%s\"", optarg);
    case OPT_BUILD_CONTEXT:
        if (add_context(o, optarg))
            return -1;
        return cli_usage_error("spec2ir", "--build-context takes NAME=REF, not \"%s\"", optarg);
    case OPT_PIN: o->pin = optarg; return -1;
    case OPT_STRICT: o->compile.strict = true; return -1;
    case 'O':
        o->level = optarg[0] - '0';
        if (o->level >= 0 && o->level <= 2 && optarg[1] == '\0')
            return -1;
        return cli_usage_error("spec2ir", "there is -O0, -O1 and -O2, not -O%s", optarg);
    case OPT_EXPLAIN: o->explain = true; return -1;
    case OPT_STATS: o->stats = true; return -1;
    case OPT_DIFF: o->diff = true; return -1;
    case OPT_BUILDKIT: o->compile.translate.buildkit = true; return -1;
    case OPT_ESCAPE:
        o->compile.translate.windows_escape = strcmp(optarg, "windows") == 0;
        if (o->compile.translate.windows_escape || strcmp(optarg, "unix") == 0)
            return -1;
        return cli_usage_error("spec2ir", "--escape takes unix or windows, not \"%s\"", optarg);
    case OPT_CONTEXT: o->context = optarg; return -1;
    case OPT_PASSWD: o->passwd = optarg; return -1;
    case OPT_GROUP: o->group = optarg; return -1;
    case OPT_EXACT: o->exact = true; return -1;
    case OPT_LOSS:
        o->loss_only = !optarg;
        o->loss = optarg ? optarg : "-";
        return -1;
    case 'h': return cli_help(help);
    case 'V': return cli_version("spec2ir");
    default: fputs("Try 'spec2ir --help'.\n", stderr); return OB_EXIT_USAGE;
    }
}

/* What an option is about. */
enum subject { COMPILING, GRAPHS, TRANSLATIONS, N_SUBJECTS };

static const struct {
    int opt;
    const char *name;
    enum subject subject;
} subjects[] = {
    {OPT_FROM, "--from", COMPILING},
    {OPT_TO, "--to", COMPILING},
    {OPT_TARGET, "--target", COMPILING},
    {OPT_BUILD_ARG, "--build-arg", COMPILING},
    {OPT_PLATFORM, "--platform", COMPILING},
    {OPT_BUILD_CONTEXT, "--build-context", COMPILING},
    {OPT_PIN, "--pin", COMPILING},
    {OPT_STRICT, "--strict", COMPILING},
    {'O', "-O", GRAPHS},
    {OPT_EXPLAIN, "--explain", GRAPHS},
    {OPT_STATS, "--stats", GRAPHS},
    {OPT_BUILDKIT, "--buildkit", TRANSLATIONS},
    {OPT_ESCAPE, "--escape", TRANSLATIONS},
    {OPT_CONTEXT, "--context", TRANSLATIONS},
    {OPT_PASSWD, "--passwd", TRANSLATIONS},
    {OPT_GROUP, "--group", TRANSLATIONS},
    {OPT_EXACT, "--exact", TRANSLATIONS},
    {OPT_LOSS, "--loss", TRANSLATIONS},
};

/* The last option that was given about each subject, or NULL. */
struct given {
    const char *about[N_SUBJECTS];
};

static void note(struct given *g, int opt)
{
    for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++)
        if (subjects[i].opt == opt)
            g->about[subjects[i].subject] = subjects[i].name;
}

static int check_diff(const struct spec2ir_options *o, const struct given *g)
{
    if (o->n_files != 2)
        return cli_usage_error("spec2ir", "--diff takes two files, not %d", o->n_files);
    if (strcmp(o->files[0], "-") == 0 && strcmp(o->files[1], "-") == 0)
        return cli_usage_error("spec2ir", "--diff can read one graph from standard input, not two");
    for (int i = 0; i < N_SUBJECTS; i++)
        if (g->about[i])
            return cli_usage_error("spec2ir", "--diff takes no %s", g->about[i]);
    return -1;
}

/* Options that say nothing to what is printed are mistakes; only those of compiling, which belong
 * to the file, may stay when another format is asked for. -1 = none. */
static int check_together(const struct spec2ir_options *o, const struct given *g)
{
    bool translates = o->to >= TO_DOCKERFILE, is_graph = o->to == TO_IR || o->to == TO_DOT;
    if (o->diff)
        return check_diff(o, g);
    if (g->about[TRANSLATIONS] && !translates)
        return cli_usage_error("spec2ir", "%s needs --to=spec, dockerfile or other",
                               g->about[TRANSLATIONS]);
    if (g->about[GRAPHS] && !is_graph)
        return cli_usage_error("spec2ir", "%s needs --to=ir or dot", g->about[GRAPHS]);
    if (translates && o->n_files > 1)
        return cli_usage_error("spec2ir", "a translation takes one file, not %d", o->n_files);
    if (o->n_files == 0 && isatty(STDIN_FILENO))
        return cli_usage_error("spec2ir", "no input file (- is standard input)");
    return -1;
}

int spec2ir_options_read(struct spec2ir_options *o, int argc, char **argv)
{
    struct given given = {0};
    int status = -1, opt;
    while (status < 0 && (opt = getopt_long(argc, argv, "o:O:hV", long_options, NULL)) != -1) {
        note(&given, opt);
        status = parse_option(o, opt);
    }
    o->files = argv + optind;
    o->n_files = argc - optind;
    return status < 0 ? check_together(o, &given) : status;
}
