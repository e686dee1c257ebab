/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs one front end over one file for tests/golden/run.sh:
 *
 *     golden ast|diag --from LANGUAGE [--target STAGE] [--platform P] [--build-arg K=V]... FILE
 *
 * `ast` prints the tree, `diag` what the compiler has to say; both on stdout, so that a golden is
 * the program's output byte for byte. A language is one row of the table.
 */
#include <config.h>

#include "base/diag_print.h"
#include "frontend/compile.h"

#include <stdio.h>

struct language {
    const char *name;
    bool (*compile)(struct compile *c, uint32_t source);
    bool (*dump)(struct compile *c, uint32_t source, struct buf *out);
};

static const struct language languages[] = {
    {"spec", sx_compile, sx_dump},
    {"dockerfile", df_compile, df_dump},
    {NULL, NULL, NULL},
};

struct request {
    const char *mode, *file;
    const struct language *language;
    struct compile_options options;
};

static const struct language *language_find(const char *name)
{
    const struct language *l = languages;
    while (l->name && strcmp(l->name, name) != 0)
        l++;
    return l->name ? l : NULL;
}

static bool read_option(struct arena *a, struct request *r, const char *key, const char *value)
{
    if (strcmp(key, "--from") == 0) {
        r->language = language_find(value);
        return r->language != NULL;
    }
    if (strcmp(key, "--target") == 0)
        r->options.target = str_from(value);
    else if (strcmp(key, "--platform") == 0)
        r->options.platform = str_from(value);
    else if (strcmp(key, "--build-arg") == 0) {
        struct build_arg arg;
        str_cut(str_from(value), '=', &arg.name, &arg.value);
        vec_push(a, &r->options.build_args, arg);
    } else
        return false;
    return true;
}

static bool read_command_line(struct arena *a, int argc, char **argv, struct request *r)
{
    if (argc < 3)
        return false;
    r->mode = argv[1];
    r->file = argv[argc - 1];
    int i = 2;
    for (; i + 2 < argc; i += 2)
        if (!read_option(a, r, argv[i], argv[i + 1]))
            return false;
    bool known = strcmp(r->mode, "ast") == 0 || strcmp(r->mode, "diag") == 0;
    return i == argc - 1 && r->language && known;
}

static int run(struct arena *a, const struct request *r, struct buf *out)
{
    struct sources sources = SOURCES_INIT(a);
    struct diag_sink diags = DIAG_SINK_INIT(a);
    struct plan plan = PLAN_INIT(a);
    struct compile c = {a, &sources, &diags, &plan, &r->options};
    struct ob_err err = OB_ERR_INIT;
    uint32_t source;
    if (source_load(&sources, r->file, &source, &err) < 0) {
        fprintf(stderr, "golden: %s\n", err.text);
        return OB_EXIT_ENVIRONMENT;
    }
    bool is_ast = strcmp(r->mode, "ast") == 0;
    bool ok = is_ast ? r->language->dump(&c, source, out) : r->language->compile(&c, source);
    if (ok != (diags.n_errors == 0))
        BUG("the front end says %d and the sink has %zu errors", ok, diags.n_errors);
    if (!is_ast || !ok)
        diag_print(&diags, &sources, false, out);
    return OB_EXIT_OK;
}

int main(int argc, char **argv)
{
    struct arena a = ARENA_INIT;
    struct buf out = BUF_INIT;
    struct request r = {0};
    int status = OB_EXIT_USAGE;
    if (read_command_line(&a, argc, argv, &r))
        status = run(&a, &r, &out);
    else
        fputs("usage: golden ast|diag --from LANGUAGE [OPTION VALUE]... FILE\n", stderr);
    if (out.n)
        fwrite(out.p, 1, out.n, stdout);
    buf_free(&out);
    arena_free(&a);
    return status;
}
