/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of a spec: which builds there are, in which order, and what they are called. */
#include <config.h>

#include "frontend/df_to_spec.h"

#include "base/cleanup.h"
#include "base/path.h"
#include "frontend/sx_emit.h"
#include "ir/identify.h"

static const struct diag_rule epoch_lost = {"EpochLost", DIAG_LOSS};
static const struct diag_rule proxy_lost = {"ProxyLost", DIAG_LOSS};

static const struct step *step_at(const struct to_spec *t, uint32_t index)
{
    return &t->c->plan->steps.at[index];
}

static struct str id_of(const struct step *s)
{
    return str_of((const char *)s->id.b, SHA256_BYTES);
}

/* The last component of an image's name, without tag and digest. */
static struct str image_name(struct str image)
{
    struct str name = path_base(image), rest;
    str_cut(name, '@', &name, &rest);
    str_cut(name, ':', &name, &rest);
    return name;
}

static struct str wanted_name(const struct to_spec *t, uint32_t step)
{
    const struct df_stage *st = t->ends[step - t->lo->first_step];
    const struct step *s = step_at(t, step);
    if (st && st->name.n)
        return st->name;
    if (st)
        return arena_printf(t->a, "stage-%u", st->index);
    return s->kind == STEP_FROM ? image_name(s->op.from.image) : STR("scratch");
}

static void put_build(struct to_spec *t, uint32_t step)
{
    struct str id = id_of(step_at(t, step));
    if (map_get(&t->builds, id))
        return;
    struct str *name = arena_new(t->a, struct str);
    *name = names_free(&t->names, wanted_name(t, step));
    buf_puts(&t->text, t->text.n ? "\n (build " : "(build ");
    sx_emit_atom(&t->text, *name);
    buf_puts(&t->text, "\n  (");
    ts_put_chain(t, &t->text, 3, step, NULL);
    buf_puts(&t->text, "))");
    *map_slot(&t->builds, id) = name;
}

struct str ts_build_of(struct ts_chain *ch, uint32_t step)
{
    const struct str *name = map_get(&ch->t->builds, id_of(step_at(ch->t, step)));
    return name ? *name : STR("");
}

/* What is copied from stands before who copies, so one pass from the end finds all of it. */
static void mark_reads(struct to_spec *t, uint32_t target)
{
    uint32_t first = t->lo->first_step;
    bool *needed = arena_new_n(t->a, bool, t->lo->causes.n);
    needed[target - first] = true;
    for (uint32_t i = target + 1; i-- > first;) {
        const struct step *s = step_at(t, i);
        if (!needed[i - first])
            continue;
        if (s->parent != NO_STEP)
            needed[s->parent - first] = true;
        vec_for (const uint32_t, r, &s->reads)
            needed[*r - first] = t->is_read[*r - first] = true;
    }
}

static void init(struct to_spec *t)
{
    size_t n = t->lo->causes.n;
    t->begins = arena_new_n(t->a, const struct df_stage *, n);
    t->ends = arena_new_n(t->a, const struct df_stage *, n);
    t->is_read = arena_new_n(t->a, bool, n);
    vec_for (struct df_stage *const, at, &t->lo->stages) {
        const struct df_stage *st = *at;
        if (st->step == NO_STEP)
            continue;
        if (!st->parent)
            t->begins[st->root - t->lo->first_step] = st;
        t->ends[st->step - t->lo->first_step] = st;
    }
}

static void put_spec(struct to_spec *t, struct buf *out)
{
    const struct plan *p = t->c->plan;
    const struct target *target = &p->targets.at[p->targets.n - 1];
    const struct stage *stage = &p->stages.at[target->stage];
    cleanup_buf struct buf last = BUF_INIT;
    mark_reads(t, target->step);
    for (uint32_t i = 0; i < t->lo->causes.n; i++)
        if (t->is_read[i])
            put_build(t, t->lo->first_step + i);
    ts_put_chain(t, &last, 1, target->step, &stage->config);
    buf_putc(out, '(');
    buf_add_str(out, buf_str(&t->text));
    if (t->text.n)
        buf_puts(out, "\n ");
    buf_add_str(out, buf_str(&last));
    buf_puts(out, ")\n");
    if (p->proxies.n)
        diag_rule(t->c->diags, &proxy_lost, t->lo->causes.at[0].at,
                  "the proxies of --build-arg are lost: a spec has none for all commands");
    if (stage->config.epoch.n)
        diag_rule(t->c->diags, &epoch_lost, t->lo->causes.at[0].at,
                  "the time of SOURCE_DATE_EPOCH is lost: files get that of the build");
}

/* What was printed is a source like any other: it must compile, and gets the layout that specfmt
 * gives it. */
static bool lay_out(struct compile *c, struct span at, const struct buf *plain, struct buf *out)
{
    struct sources sources = SOURCES_INIT(c->arena);
    struct diag_sink diags = DIAG_SINK_INIT(c->arena);
    struct plan plan = PLAN_INIT(c->arena);
    struct compile_options options = {0};
    struct compile reading = {c->arena, &sources, &diags, &plan, &options};
    uint32_t source = source_add(&sources, STR("spec"), buf_str(plain));
    if (sx_compile(&reading, source) && sx_format(&reading, source, out))
        return true;
    vec_for (struct diag *const, d, &diags.list)
        if ((*d)->level == DIAG_ERROR)
            diag_error(c->diags, at, "not so in a spec: " STR_FMT, STR_ARG((*d)->text));
    return false;
}

bool df_to_spec(struct compile *c, uint32_t source, struct buf *out)
{
    size_t errors = c->diags->n_errors;
    struct df_lower *lo = df_lower_source(c, source);
    if (!lo)
        return false;
    struct to_spec t = {
        .c = c,
        .a = c->arena,
        .lo = lo,
        .builds = MAP_INIT(c->arena),
        .names = NAMES_INIT(c->arena, false),
        .told = MAP_INIT(c->arena),
    };
    cleanup_buf struct buf plain = BUF_INIT;
    ir_identify(c->plan);
    init(&t);
    put_spec(&t, &plain);
    const struct target *target = &c->plan->targets.at[c->plan->targets.n - 1];
    ts_losses(&t, lo->stages.at[target->stage - (c->plan->stages.n - lo->stages.n)]);
    buf_free(&t.text);
    return c->diags->n_errors == errors && lay_out(c, lo->causes.at[0].at, &plain, out);
}
