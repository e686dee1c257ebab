/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold for every input, whatever the target. */
#include <config.h>

#include "tests/fuzz/fuzz.h"

#include "base/diag_print.h"
#include "ir/identify.h"
#include "ir/pass.h"
#include "ir/read.h"
#include "ir/write.h"

void fuzz_round_trip(const struct plan *p)
{
    struct arena a = ARENA_INIT;
    struct buf first = BUF_INIT, second = BUF_INIT;
    struct plan q = PLAN_INIT(&a);
    struct ob_err err;
    ir_write_json(p, &first);
    if (ir_read_json(&q, buf_str(&first), &err) < 0)
        BUG("what was written can't be read: %s\n%s", err.text, first.p);
    ir_write_json(&q, &second);
    if (!str_eq(buf_str(&first), buf_str(&second)))
        BUG("read back, it is another plan:\n%s%s", first.p, second.p);
    buf_free(&first);
    buf_free(&second);
    arena_free(&a);
}

static void check_span(struct sources *ss, struct span s, const char *text)
{
    size_t n = s.source < ss->list.n ? source_at(ss, s.source)->text.n : 0;
    if (s.source >= ss->list.n || s.off > n || s.len > n - s.off)
        BUG("span %u+%u is not in the source of %zu bytes: %s", s.off, s.len, n, text);
}

static void check_diags(struct compile *c)
{
    struct buf out = BUF_INIT;
    vec_for (struct diag *const, d, &c->diags->list) {
        check_span(c->sources, (*d)->span, (*d)->text.p);
        vec_for (const struct diag_note, n, &(*d)->notes)
            if (n->has_span)
                check_span(c->sources, n->span, n->text.p);
    }
    diag_print(c->diags, c->sources, true, &out);
    buf_free(&out);
}

static void check_plan(struct compile *c)
{
    const struct source *s = source_at(c->sources, 0);
    struct plan_source ps = {s->path, sha256_of(s->text.p, s->text.n)};
    vec_push(c->arena, &c->plan->sources, ps);
    ir_identify(c->plan);
    fuzz_round_trip(c->plan);
    ir_optimize(c->plan, 2, PASS_SILENT);
    fuzz_round_trip(c->plan);
}

void fuzz_front_end(bool (*compile)(struct compile *c, uint32_t source),
                    bool (*dump)(struct compile *c, uint32_t source, struct buf *out),
                    struct str text)
{
    struct arena a = ARENA_INIT;
    struct sources sources = SOURCES_INIT(&a);
    struct plan plan = PLAN_INIT(&a);
    struct buf tree = BUF_INIT;
    for (int pass = 0; pass < 2; pass++) {
        struct diag_sink diags = DIAG_SINK_INIT(&a);
        const struct compile_options options = {0};
        struct compile c = {&a, &sources, &diags, &plan, &options};
        uint32_t source = source_add(&sources, STR("fuzz"), text);
        bool ok = pass == 0 ? compile(&c, source) : dump(&c, source, &tree);
        if (ok != (diags.n_errors == 0))
            BUG("the front end says %d, and there are %zu errors", ok, diags.n_errors);
        check_diags(&c);
        if (ok && pass == 0)
            check_plan(&c);
    }
    buf_free(&tree);
    arena_free(&a);
}
