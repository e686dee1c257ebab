/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The front end of Dockerfiles. What it prints as a Dockerfile has the same steps, and so has the
 * same text with other ends of lines.
 */
#include <config.h>

#include "tests/fuzz/fuzz.h"

#include "ir/identify.h"

struct run {
    struct arena arena;
    struct sources sources;
    struct diag_sink diags;
    struct plan plan;
    struct compile_options options;
    struct compile c;
    uint32_t source;
};

static void open_run(struct run *r, struct str text)
{
    *r = (struct run){.arena = ARENA_INIT};
    r->sources = SOURCES_INIT(&r->arena);
    r->diags = DIAG_SINK_INIT(&r->arena);
    r->plan = PLAN_INIT(&r->arena);
    r->c = (struct compile){&r->arena, &r->sources, &r->diags, &r->plan, &r->options};
    r->source = source_add(&r->sources, STR("fuzz"), text);
}

static bool begin(struct run *r, struct str text)
{
    open_run(r, text);
    bool ok = df_compile(&r->c, r->source);
    if (ok)
        ir_identify(&r->plan);
    return ok;
}

static void check_same(const struct plan *p, const struct plan *q, const char *how,
                       struct str again)
{
    bool same = p->steps.n == q->steps.n && p->stages.n == q->stages.n;
    for (size_t i = 0; same && i < p->steps.n; i++)
        same = memcmp(&p->steps.at[i].id, &q->steps.at[i].id, sizeof p->steps.at[i].id) == 0;
    if (!same)
        BUG("%s, it has other steps:\n" STR_FMT, how, STR_ARG(again));
}

static void check_print(struct str text)
{
    struct run first, second;
    struct buf printed = BUF_INIT;
    if (begin(&first, text)) {
        if (!df_print_source(&first.c, first.source, &printed))
            BUG("what compiles can't be printed");
        if (!begin(&second, buf_str(&printed)))
            BUG("what was printed does not compile: %s\n%s", second.diags.list.at[0]->text.p,
                printed.p);
        check_same(&first.plan, &second.plan, "printed", buf_str(&printed));
        arena_free(&second.arena);
    }
    buf_free(&printed);
    arena_free(&first.arena);
}

/* CRLF instead of LF. False where that changes something: a CR that is there could get to the end
 * of a line, and what ends a line of a heredoc is a part of it. */
static bool make_twin(struct str text, struct buf *twin)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\r' || str_starts(str_skip(text, i), STR("<<")))
            return false;
        if (text.p[i] == '\n')
            buf_putc(twin, '\r');
        buf_putc(twin, text.p[i]);
    }
    return true;
}

static void check_twin(struct str text)
{
    struct run first, second;
    struct buf twin = BUF_INIT;
    if (make_twin(text, &twin)) {
        begin(&first, text);
        begin(&second, buf_str(&twin));
        if (first.diags.n_errors != second.diags.n_errors)
            BUG("with CRLF there are %zu errors, not %zu", second.diags.n_errors,
                first.diags.n_errors);
        if (first.diags.n_errors == 0)
            check_same(&first.plan, &second.plan, "with CRLF", text);
        arena_free(&first.arena);
        arena_free(&second.arena);
    }
    buf_free(&twin);
}

/* The command lines of the steps that the target is built from, the last first. */
static uint32_t command_before(const struct plan *p, uint32_t i)
{
    while (i != NO_STEP &&
           (p->steps.at[i].kind != STEP_RUN ||
            p->steps.at[i].op.run.command.form != COMMAND_SHELL || p->steps.at[i].op.run.scripts.n))
        i = p->steps.at[i].parent;
    return i;
}

static struct str line_of(const struct plan *p, uint32_t i)
{
    return p->steps.at[i].op.run.command.line;
}

/* Each command of the Dockerfile is one of the spec, in the same order. */
static void check_commands(const struct plan *p, const struct plan *q, struct str spec)
{
    uint32_t j = q->targets.at[0].step;
    for (uint32_t i = p->targets.at[0].step; (i = command_before(p, i)) != NO_STEP;
         i = p->steps.at[i].parent) {
        while ((j = command_before(q, j)) != NO_STEP && !str_eq(line_of(p, i), line_of(q, j)))
            j = q->steps.at[j].parent;
        if (j == NO_STEP)
            BUG("as a spec, it lacks \"" STR_FMT "\":\n" STR_FMT, STR_ARG(line_of(p, i)),
                STR_ARG(spec));
        j = q->steps.at[j].parent;
    }
}

/* A Dockerfile that can be a spec is one that compiles. */
static void check_spec(struct str text)
{
    struct run first, second;
    struct buf spec = BUF_INIT;
    open_run(&first, text);
    if (df_to_spec(&first.c, first.source, &spec)) {
        open_run(&second, buf_str(&spec));
        if (!sx_compile(&second.c, second.source))
            BUG("as a spec, it does not compile: %s\n%s", second.diags.list.at[0]->text.p, spec.p);
        check_commands(&first.plan, &second.plan, buf_str(&spec));
        arena_free(&second.arena);
    }
    buf_free(&spec);
    arena_free(&first.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_of((const char *)data, size);
    fuzz_front_end(df_compile, df_dump, text);
    check_print(text);
    check_twin(text);
    check_spec(text);
    return 0;
}
