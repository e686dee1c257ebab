/* SPDX-License-Identifier: Apache-2.0 */
/* specfmt: the formatter's main. Each file is formatted on its own, and proven to mean the same. */
#include <config.h>

#include "base/cleanup.h"
#include "base/cli.h"
#include "base/diag_print.h"
#include "base/diff.h"
#include "base/fs.h"
#include "base/log.h"
#include "frontend/format.h"

#include <getopt.h>

static const char help[] =
    "Usage: specfmt [OPTION]... [FILE]...\n"
    "Print Dockerfiles and OBuilder specs in one style, which changes no step's id.\n"
    "Without FILE, or where FILE is -, read standard input.\n"
    "\n"
    "      --check               only print the names of files that would change\n"
    "  -d, --diff                print what would change, as a unified diff\n"
    "  -w, --write               change the files instead of printing them\n"
    "      --from=LANGUAGE       auto, dockerfile or spec (default: auto)\n"
    "  -h, --help                print this\n"
    "  -V, --version             print the version\n"
    "\n"
    "Exit status: 0 done, 1 errors in the input, or --check or --diff found something to\n"
    "change, 2 usage, 3 a file can't be read or written.\n";

enum { OPT_FROM = 256, OPT_CHECK };

static const struct option long_options[] = {
    {"check", no_argument, NULL, OPT_CHECK},
    {"diff", no_argument, NULL, 'd'},
    {"write", no_argument, NULL, 'w'},
    {"from", required_argument, NULL, OPT_FROM},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {0},
};

enum action { PRINT, CHECK, DIFF, WRITE };

struct cli {
    enum action action;
    const struct language *language; /* NULL = guess */
};

static int set_action(struct cli *cli, enum action action)
{
    if (cli->action != PRINT && cli->action != action)
        return cli_usage_error("specfmt", "of --check, --diff and --write one can be given");
    cli->action = action;
    return -1;
}

/* -1 = go on, else the exit status. */
static int parse_option(struct cli *cli, int opt)
{
    switch (opt) {
    case OPT_CHECK: return set_action(cli, CHECK);
    case 'd': return set_action(cli, DIFF);
    case 'w': return set_action(cli, WRITE);
    case OPT_FROM:
        cli->language = language_named(optarg);
        if (cli->language || strcmp(optarg, "auto") == 0)
            return -1;
        return cli_usage_error("specfmt", "--from takes auto, dockerfile or spec, not \"%s\"",
                               optarg);
    case 'h': return cli_help(help);
    case 'V': return cli_version("specfmt");
    default: fputs("Try 'specfmt --help'.\n", stderr); return OB_EXIT_USAGE;
    }
}

/* Does with the text of a file what was asked for. The exit status, or -1. */
static int use_text(const struct cli *cli, const struct source *s, struct str text,
                    struct ob_err *err)
{
    cleanup_buf struct buf out = BUF_INIT;
    bool is_changed = !str_eq(s->text, text);
    switch (cli->action) {
    case PRINT: buf_add_str(&out, text); break;
    case CHECK:
        if (is_changed)
            buf_printf(&out, STR_FMT "\n", STR_ARG(s->path));
        break;
    case DIFF: diff_unified(&out, s->path, s->text, text); break;
    case WRITE:
        if (is_changed && fs_rewrite_file(s->path.p, text.p, text.n, err) < 0)
            return -1;
        return OB_EXIT_OK;
    }
    if (out.n)
        fwrite(out.p, 1, out.n, stdout);
    return is_changed && cli->action != PRINT ? OB_EXIT_FAILED : OB_EXIT_OK;
}

/* The exit status; what went wrong is printed. */
static int format_file(const struct cli *cli, const char *path)
{
    struct arena arena = ARENA_INIT;
    struct sources sources = SOURCES_INIT(&arena);
    struct diag_sink diags = DIAG_SINK_INIT(&arena);
    const struct compile_options options = {0};
    struct compile c = {.arena = &arena, .sources = &sources, .diags = &diags, .options = &options};
    cleanup_buf struct buf text = BUF_INIT;
    struct ob_err err;
    uint32_t source;
    int status = source_load(&sources, path, &source, &err);
    if (status == 0) {
        const struct source s = *source_at(&sources, source); /* others may follow it */
        const struct language *l = cli->language ? cli->language : language_guess(&s);
        bool ok = format_source(&c, l, source, &text);
        diag_print_stderr(&diags, &sources);
        status = ok ? use_text(cli, &s, buf_str(&text), &err) : OB_EXIT_FAILED;
    }
    if (status < 0)
        log_error("%s", err.text);
    arena_free(&arena);
    return status < 0 ? OB_EXIT_ENVIRONMENT : status;
}

static int run(const struct cli *cli, char *const *paths, int n_paths)
{
    int status = OB_EXIT_OK;
    paths = cli_paths(paths, &n_paths);
    for (int i = 0; i < n_paths; i++)
        if (cli->action == WRITE && strcmp(paths[i], "-") == 0)
            return cli_usage_error("specfmt", "--write can't change standard input");
    for (int i = 0; i < n_paths; i++) {
        int one = format_file(cli, paths[i]);
        status = one > status ? one : status;
    }
    int closed = cli_close_stdout("specfmt");
    return closed > status ? closed : status;
}

int main(int argc, char **argv)
{
    struct cli cli = {0};
    int status = -1, opt;
    static char program[] = "specfmt"; /* for getopt's messages */
    argv[0] = program;
    cli_fill_std();
    log_init("specfmt", 0);
    while (status < 0 && (opt = getopt_long(argc, argv, "dwhV", long_options, NULL)) != -1)
        status = parse_option(&cli, opt);
    if (status < 0 && optind == argc && isatty(STDIN_FILENO))
        status = cli_usage_error("specfmt", "no input file (- is standard input)");
    return status < 0 ? run(&cli, argv + optind, argc - optind) : status;
}
