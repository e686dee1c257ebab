/* SPDX-License-Identifier: Apache-2.0 */
/* Counting around passes, and in those that say more than how many steps there are. */
#include <config.h>

#include "ir/pass_stats.h"

#include "base/err.h"

void stats_begin(struct pass_stats *s, const struct plan *p)
{
    *s = (struct pass_stats){0};
    s->file = arena_new_n(p->arena, struct file_count, p->sources.n);
    vec_for (const struct step, step, &p->steps)
        if (step->meta.line)
            s->file[step->meta.source].n_compiled++;
}

static struct pass_count *this_pass(struct pass_stats *s)
{
    if (s->passes.n == 0)
        BUG("no pass has begun");
    return &s->passes.at[s->passes.n - 1];
}

void stats_begin_pass(struct pass_stats *s, const struct plan *p, const char *name)
{
    struct pass_count c = {.name = name, .before = p->steps.n};
    vec_push(p->arena, &s->passes, c);
}

void stats_end_pass(struct pass_stats *s, const struct plan *p)
{
    this_pass(s)->after = p->steps.n;
}

void stats_changed(struct pass_stats *s)
{
    this_pass(s)->n_changed++;
}

/* Which steps stand for others too. */
static const bool *find_common(const struct plan *p, const uint32_t *map)
{
    bool *is_common = arena_new_n(p->arena, bool, p->steps.n);
    for (size_t i = 0; i < p->steps.n; i++)
        if (map[i] != i)
            is_common[map[i]] = true;
    return is_common;
}

static uint32_t count_files(const struct plan *p, const uint32_t *map, const bool *is_common)
{
    bool *has_some = arena_new_n(p->arena, bool, p->sources.n);
    uint32_t n = 0;
    for (size_t i = 0; i < p->steps.n; i++) {
        const struct step_meta *m = &p->steps.at[i].meta;
        if (!is_common[map[i]] || m->line == 0 || has_some[m->source])
            continue;
        has_some[m->source] = true;
        n++;
    }
    return n;
}

/* A stage has the steps from its last one down to the first that an earlier stage has. */
static uint32_t count_stages(const struct plan *p, const uint32_t *map, const bool *is_common)
{
    bool *is_taken = arena_new_n(p->arena, bool, p->steps.n);
    uint32_t n = 0;
    vec_for (const struct stage, stage, &p->stages) {
        bool has_some = false;
        for (uint32_t i = stage->step; i != NO_STEP && !is_taken[i]; i = p->steps.at[i].parent) {
            is_taken[i] = true;
            has_some |= is_common[map[i]];
        }
        n += has_some;
    }
    return n;
}

void stats_shared(struct pass_stats *s, const struct plan *p, const uint32_t *map)
{
    struct pass_count *c = this_pass(s);
    const bool *is_common = find_common(p, map);
    for (size_t i = 0; i < p->steps.n; i++) {
        const struct step_meta *from = &p->steps.at[i].meta, *to = &p->steps.at[map[i]].meta;
        c->n_common += is_common[i];
        if (from->line && to->line && from->source != to->source)
            s->file[from->source].n_elsewhere++;
    }
    c->n_files = count_files(p, map, is_common);
    c->n_stages = count_stages(p, map, is_common);
}

static void put_count(struct buf *out, uint32_t n, const char *what)
{
    buf_printf(out, "%u %s%s", n, what, n == 1 ? "" : "s");
}

static void print_pass(const struct pass_count *c, struct buf *out)
{
    buf_printf(out, "%s: ", c->name);
    if (c->after != c->before)
        buf_printf(out, "%u -> ", c->before);
    put_count(out, c->after, "step");
    if (c->n_changed)
        buf_printf(out, ", %u of them changed", c->n_changed);
    if (c->n_common) {
        buf_printf(out, ", %u of them common to ", c->n_common);
        put_count(out, c->n_files, "file");
        buf_puts(out, " and ");
        put_count(out, c->n_stages, "stage");
    }
    buf_putc(out, '\n');
}

static void print_file(const struct file_count *c, struct str path, struct buf *out)
{
    buf_printf(out, STR_FMT ": ", STR_ARG(path));
    put_count(out, c->n_compiled, "step");
    if (c->n_elsewhere)
        buf_printf(out, ", %u of them in other files too", c->n_elsewhere);
    buf_putc(out, '\n');
}

static void print_files(const struct pass_stats *s, const struct plan *p, struct buf *out)
{
    size_t n = 0;
    for (size_t i = 0; i < p->sources.n; i++)
        n += s->file[i].n_compiled > 0;
    for (size_t i = 0; n > 1 && i < p->sources.n; i++)
        if (s->file[i].n_compiled)
            print_file(&s->file[i], p->sources.at[i].path, out);
}

void stats_print(const struct pass_stats *s, const struct plan *p, int level, struct buf *out)
{
    uint32_t n = s->passes.n ? s->passes.at[0].before : p->steps.n;
    buf_printf(out, "steps: %u compiled, %u left after -O%d; stages: %u; targets: %u\n", n,
               p->steps.n, level, p->stages.n, p->targets.n);
    vec_for (const struct pass_count, c, &s->passes)
        print_pass(c, out);
    print_files(s, p, out);
}
