/* SPDX-License-Identifier: Apache-2.0 */
/* spec2ir: the compiler's main. Loads, compiles, optimizes, writes, in this order. */
#include <config.h>

#include "base/cleanup.h"
#include "base/cli.h"
#include "base/diag_json.h"
#include "base/diag_print.h"
#include "base/fs.h"
#include "base/log.h"
#include "frontend/context.h"
#include "frontend/pin.h"
#include "frontend/spec2ir_options.h"
#include "ir/diff.h"
#include "ir/identify.h"
#include "ir/pass.h"
#include "ir/write.h"

#include <fcntl.h>

static int load_sources(struct compile *c, const struct spec2ir_options *o, struct ob_err *err)
{
    int n = o->n_files;
    char *const *paths = cli_paths(o->files, &n);
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

static int load_text(struct arena *a, const char *path, struct str *out, struct ob_err *err)
{
    enum { LARGEST = 16 << 20 };
    cleanup_buf struct buf text = BUF_INIT;
    if (!path)
        return 0;
    int rc = fs_read_file_at(AT_FDCWD, path, &text, LARGEST, err);
    if (rc == 0)
        return ob_err_set(err, 0, "can't open \"%s\": there is no such file", path);
    if (rc < 0)
        return ob_err_wrap(err, "can't read \"%s\"", path);
    *out = arena_str(a, buf_str(&text));
    return 0;
}

/* Whatever the options name, beside the sources. */
static int load_options(const struct spec2ir_options *o, struct compile_options *to,
                        struct context *context, struct pins *pins, struct ob_err *err)
{
    to->pins = o->pin ? pins : NULL;
    to->translate.context = o->context ? context : NULL;
    if ((o->pin && pins_load(o->arena, o->pin, pins, err) < 0) ||
        (o->context && context_open(context, o->arena, o->context, err) < 0))
        return -1;
    if (load_text(o->arena, o->passwd, &to->translate.passwd, err) < 0)
        return -1;
    return load_text(o->arena, o->group, &to->translate.group, err);
}

static bool compile_one(struct compile *c, const struct spec2ir_options *o, uint32_t source,
                        struct buf *text)
{
    const struct source *s = source_at(c->sources, source);
    const struct language *l = o->language ? o->language : language_guess(s);
    switch (o->to) {
    case TO_IR:
    case TO_DOT: return l->compile(c, source);
    case TO_AST: return l->dump(c, source, text);
    case TO_DOCKERFILE: return l->to_dockerfile(c, source, text);
    case TO_SPEC: return l->to_spec(c, source, text);
    case TO_OTHER: return l->to_other(c, source, text);
    }
    BUG("no output format %d", o->to);
}

static bool compile_all(struct compile *c, const struct spec2ir_options *o, struct buf *text)
{
    bool ok = true;
    uint32_t n = (uint32_t)c->sources->list.n; /* reading one may add others */
    for (uint32_t i = 0; i < n; i++)
        ok &= compile_one(c, o, i, text);
    return ok && c->diags->n_errors == 0;
}

static void optimize(struct plan *plan, const struct spec2ir_options *o)
{
    cleanup_buf struct buf said = BUF_INIT;
    struct pass_stats stats;
    struct pass_report report = {o->explain ? &said : NULL, o->stats ? &stats : NULL};
    ir_identify(plan);
    ir_optimize(plan, o->level, &report);
    if (o->stats)
        stats_print(&stats, plan, o->level, &said);
    if (said.n)
        fwrite(said.p, 1, said.n, stderr);
}

/* Writes the text, or the plan as IR if that is given. */
static int write_file(const char *path, const struct plan *plan, const struct buf *text,
                      struct ob_err *err)
{
    bool is_stdout = strcmp(path, "-") == 0;
    cleanup_close int fd = is_stdout ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
                                     : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return ob_err_set(err, errno, "can't open \"%s\"", is_stdout ? "standard output" : path);
    int rc = plan ? ir_write_json_fd(plan, fd, err) : fs_write_all(fd, text->p, text->n, err);
    if (rc == 0)
        return 0;
    return is_stdout ? ob_err_wrap(err, "can't write to standard output")
                     : ob_err_wrap(err, "can't write \"%s\"", path);
}

static int write_losses(struct compile *c, const char *path, struct ob_err *err)
{
    cleanup_buf struct buf json = BUF_INIT;
    diag_json(c->diags, c->sources, DIAG_LOSS, &json);
    return write_file(path, NULL, &json, err);
}

static int finish(struct compile *c, const struct spec2ir_options *o, struct buf *text,
                  struct ob_err *err)
{
    if (o->loss && write_losses(c, o->loss_only ? o->output : o->loss, err) < 0)
        return -1;
    if (o->exact && c->diags->n_losses) {
        log_error("the translation would lose something, and --exact allows no loss");
        return OB_EXIT_FAILED;
    }
    if (o->loss_only)
        return OB_EXIT_OK;
    if (o->to == TO_IR || o->to == TO_DOT)
        optimize(c->plan, o);
    if (o->to == TO_DOT)
        ir_write_dot(c->plan, text);
    return write_file(o->output, o->to == TO_IR ? c->plan : NULL, text, err) < 0 ? -1 : OB_EXIT_OK;
}

static int environment_error(const struct ob_err *err)
{
    log_error("%s", err->text);
    return OB_EXIT_ENVIRONMENT;
}

static int compile_files(const struct spec2ir_options *o)
{
    struct sources sources = SOURCES_INIT(o->arena);
    struct diag_sink diags = DIAG_SINK_INIT(o->arena);
    struct plan plan = PLAN_INIT(o->arena);
    struct pins pins = {0};
    struct context context = {.fd = -1};
    struct compile_options options = o->compile;
    struct compile c = {o->arena, &sources, &diags, &plan, &options};
    struct ob_err err;
    cleanup_buf struct buf text = BUF_INIT;

    int rc = load_sources(&c, o, &err);
    if (rc == 0)
        rc = load_options(o, &options, &context, &pins, &err);
    bool ok = rc == 0 && compile_all(&c, o, &text);
    context_close(&context);
    if (rc < 0)
        return environment_error(&err);
    diag_print_stderr(c.diags, c.sources);
    if (!ok)
        return OB_EXIT_FAILED;
    int status = finish(&c, o, &text, &err);
    return status < 0 ? environment_error(&err) : status;
}

static int diff_files(const struct spec2ir_options *o)
{
    cleanup_buf struct buf text = BUF_INIT;
    struct ob_err err;
    int differ = ir_diff_files(o->files[0], o->files[1], &text, &err);
    if (differ < 0 || write_file(o->output, NULL, &text, &err) < 0)
        return environment_error(&err);
    return differ ? OB_EXIT_FAILED : OB_EXIT_OK;
}

int main(int argc, char **argv)
{
    struct arena arena = ARENA_INIT;
    struct spec2ir_options options = {.output = "-", .level = 1, .arena = &arena};
    static char program[] = "spec2ir"; /* for getopt's messages */
    argv[0] = program;
    cli_fill_std();
    log_init("spec2ir", 0);
    int status = spec2ir_options_read(&options, argc, argv);
    if (status < 0)
        status = options.diff ? diff_files(&options) : compile_files(&options);
    arena_free(&arena);
    return status;
}
