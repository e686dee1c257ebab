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

static bool begin(struct run *r, struct str text)
{
    *r = (struct run){.arena = ARENA_INIT};
    r->sources = SOURCES_INIT(&r->arena);
    r->diags = DIAG_SINK_INIT(&r->arena);
    r->plan = PLAN_INIT(&r->arena);
    r->c = (struct compile){&r->arena, &r->sources, &r->diags, &r->plan, &r->options};
    r->source = source_add(&r->sources, STR("fuzz"), text);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_of((const char *)data, size);
    fuzz_front_end(df_compile, df_dump, text);
    check_print(text);
    check_twin(text);
    return 0;
}
