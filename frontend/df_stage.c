/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stages: FROM, names, and what COPY --from means. Names are compared in lower case, but the image
 * of FROM is looked up as it is written (so `FROM Base` never finds a stage), as in BuildKit.
 */
#include <config.h>

#include "frontend/df_lower.h"

#include "base/suggest.h"

struct str df_stage_key(struct arena *a, struct str s)
{
    char *p = arena_cstr(a, s);
    for (size_t i = 0; i < s.n; i++)
        p[i] = ascii_lower(p[i]);
    return str_of(p, s.n);
}

static bool is_stage_name(struct str s) /* in lower case */
{
    if (s.n == 0 || !ascii_is_alpha(s.p[0]))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_' && s.p[i] != '.')
            return false;
    return true;
}

/* Makes the stage whose steps are at `name` the one that the name means from now on. */
static bool give_name(struct df_lower *lo, struct df_stage *st, const struct df_word *word)
{
    struct str name = df_stage_key(lo->c->arena, word->s);
    if (!is_stage_name(name)) {
        struct diag *d =
            diag_error(lo->c->diags, df_word_span(word),
                       "\"" STR_FMT "\" can't be the name of a stage", STR_ARG(word->s));
        diag_note(d,
                  "names begin with a letter and have only letters, digits, \"-\", \"_\", \".\"");
        return false;
    }
    st->name = word->s;
    *map_slot(&lo->names, name) = st;
    return true;
}

static void inherit(struct df_stage *st, struct df_stage *parent)
{
    struct str name = st->name;
    struct df_word keyword = st->keyword, from = st->from;
    uint32_t index = st->index;
    *st = *parent;
    st->name = name;
    st->keyword = keyword;
    st->from = from;
    st->index = index;
    st->run_env = vars_inherit(&parent->run_env);
    st->env = vars_inherit(&parent->env);
    st->labels = vars_inherit(&parent->labels);
    st->ports = vars_inherit(&parent->ports);
    st->volumes = vars_inherit(&parent->volumes);
    st->late_ports.cap = st->late_ports.n;
    st->late_volumes.cap = st->late_volumes.n;
    st->has_cmd = false;
}

static uint32_t add_from_step(struct df_lower *lo, struct str image, struct str platform,
                              struct span at, struct str heading)
{
    struct step s = step_of_kind(STEP_FROM);
    s.op.from.image = image;
    s.op.from.platform = platform;
    s.meta = compile_meta(lo->c, at, heading);
    return plan_add_step(lo->c->plan, &s);
}

/* The platform of --platform, or that of the whole build. */
static bool read_platform(struct df_lower *lo, const struct df_insn *in, struct str *platform)
{
    const struct df_flag *f = df_flag_find(in, STR("platform"));
    *platform = lo->c->options->platform;
    if (!f)
        return true;
    if (!df_expand_literal(lo, &f->value, platform))
        return false;
    if (compile_is_platform(*platform))
        return true;
    if (!lo->globals_broken)
        diag_error(lo->c->diags, df_word_span(&f->value),
                   "platform \"" STR_FMT "\" is not of the form OS/ARCH[/VARIANT]",
                   STR_ARG(*platform));
    return false;
}

static bool check_image(struct df_lower *lo, const struct df_word *word, struct str image)
{
    if (image.n == 0) {
        if (!lo->globals_broken) {
            struct diag *d = diag_error(lo->c->diags, df_word_span(word),
                                        "the image \"" STR_FMT "\" is empty", STR_ARG(word->s));
            diag_note(d, "variables of FROM are set by ARG before the first FROM");
        }
        return false;
    }
    if (df_image_is_valid(image))
        return true;
    if (lo->globals_broken && !str_eq(image, word->s))
        return false;
    struct diag *d = diag_error(lo->c->diags, df_word_span(word),
                                "\"" STR_FMT "\" is not the name of an image", STR_ARG(image));
    struct str lower = df_stage_key(lo->c->arena, image);
    if (map_get(&lo->names, lower))
        diag_note(d, "FROM finds the stage as \"" STR_FMT "\", in lower case", STR_ARG(lower));
    else if (!str_eq(lower, image) && df_image_is_valid(lower))
        diag_note(d, "it must be in lower case");
    else if (!str_eq(image, word->s))
        diag_note(d, "variables of FROM are set by ARG before the first FROM");
    return false;
}

/* Sets up *st on its base. */
static bool start_from(struct df_lower *lo, struct df_stage *st, const struct df_insn *in)
{
    struct str image, platform;
    if (!df_flags_check(lo, in) || !read_platform(lo, in, &platform) ||
        !df_expand_literal(lo, &st->from, &image))
        return false;
    struct df_stage *parent = map_get(&lo->names, image);
    if (parent) {
        inherit(st, parent);
        return true;
    }
    struct span at = df_insn_span(in);
    if (str_eq(image, STR("scratch"))) {
        struct step s = step_of_kind(STEP_SCRATCH);
        s.meta = compile_meta(lo->c, at, df_heading(lo->c->arena, in));
        st->step = plan_add_step(lo->c->plan, &s);
        st->is_scratch = true;
        return true;
    }
    if (!check_image(lo, &st->from, image))
        return false;
    st->step = add_from_step(lo, image, platform, at, df_heading(lo->c->arena, in));
    return true;
}

void df_lower_from(struct df_lower *lo, const struct df_insn *in)
{
    df_stage_finish(lo);
    struct df_stage *st = arena_new(lo->c->arena, struct df_stage);
    *st = (struct df_stage){
        .keyword = in->keyword,
        .index = (uint32_t)lo->stages.n,
        .step = NO_STEP,
    };
    lo->stage = NULL; /* FROM sees only the global arguments */
    st->is_broken = in->is_broken;
    if (!in->is_broken) {
        st->from = in->words.at[0];
        st->is_broken = !start_from(lo, st, in);
        if (in->words.n == 2)
            st->is_broken |= !give_name(lo, st, &in->words.at[1]);
    }
    vec_push(lo->c->arena, &lo->stages, st);
    lo->stage = st;
}

static struct text_vec texts_of(struct arena *a, const struct vars *set,
                                const struct text_vec *late)
{
    struct text_vec v = {0};
    vec_for (const struct name_value, e, &set->list)
        vec_push(a, &v, e->value);
    vec_for (const struct text, t, late)
        vec_push(a, &v, *t);
    return v;
}

/* What the stage's description takes: stages inherit it, so it may stand there many times. */
static size_t config_weight(const struct df_stage *st)
{
    const struct image_config *cfg = &st->config;
    return st->env.weight + st->labels.weight + st->ports.weight + st->volumes.weight +
           st->user.weight + compile_command_weight(&cfg->cmd) +
           compile_command_weight(&cfg->entrypoint) +
           compile_command_weight(&cfg->healthcheck.test);
}

void df_stage_finish(struct df_lower *lo)
{
    struct df_stage *st = lo->stage;
    if (!st || !compile_spend(lo->c, df_word_span(&st->keyword), config_weight(st)))
        return;
    struct image_config *cfg = &st->config;
    struct arena *a = lo->c->arena;
    cfg->env = vars_hold(&st->env);
    cfg->labels = vars_hold(&st->labels);
    cfg->expose = texts_of(a, &st->ports, &st->late_ports);
    cfg->volumes = texts_of(a, &st->volumes, &st->late_volumes);
    cfg->user = st->user.text;
    cfg->workdir = st->cwd;
    struct stage out = {.name = st->name, .step = st->step, .config = *cfg};
    vec_push(a, &lo->c->plan->stages, out);
}

/* Offers the names of all stages to a search for a misspelt one. */
static void suggest_stage(struct df_lower *lo, struct diag *d, struct str name)
{
    struct suggest s;
    suggest_init(&s, name);
    for (size_t i = 0; i < lo->stages.n; i++)
        if (lo->stages.at[i]->name.n)
            suggest_offer(&s, lo->stages.at[i]->name);
    if (s.best.p)
        diag_note(d, "did you mean \"" STR_FMT "\"?", STR_ARG(s.best));
}

bool df_target_set(struct df_lower *lo)
{
    struct str want = lo->c->options->target;
    struct df_stage *st = lo->stages.at[lo->stages.n - 1];
    struct df_stage *found = want.n ? map_get(&lo->names, df_stage_key(lo->c->arena, want)) : st;
    if (!found) {
        struct span at = st->from.line ? df_word_span(&st->from) : span_of(lo->file->source, 0, 0);
        struct diag *d = diag_error(lo->c->diags, at, "there is no stage \"" STR_FMT "\" to build",
                                    STR_ARG(want));
        suggest_stage(lo, d, want);
        return false;
    }
    struct plan *p = lo->c->plan;
    uint32_t first = (uint32_t)(p->stages.n - lo->stages.n);
    struct target t = {.name = found->name, .step = found->step, .stage = first + found->index};
    if (t.name.n == 0)
        t.name = source_at(lo->c->sources, lo->file->source)->path;
    vec_push(lo->c->arena, &p->targets, t);
    return true;
}

/* A stage by its number. False: it is one, but not one to copy from (reported). */
static bool resolve_index(struct df_lower *lo, const struct df_word *word, uint64_t index,
                          struct df_stage **found)
{
    if (index < lo->stage->index) {
        *found = lo->stages.at[index];
        return true;
    }
    diag_error(lo->c->diags, df_word_span(word),
               index == lo->stage->index ? "stage %llu can't copy from itself"
                                         : "there is no stage %llu before this one",
               (unsigned long long)index);
    return false;
}

static bool refuse_later(struct df_lower *lo, const struct df_word *word, struct str name)
{
    const struct df_insn *later = map_get(&lo->later_names, name);
    bool is_self = str_eq(df_stage_key(lo->c->arena, lo->stage->name), name);
    struct diag *d = diag_error(lo->c->diags, df_word_span(word),
                                is_self ? "stage \"" STR_FMT "\" can't copy from itself"
                                        : "stage \"" STR_FMT "\" must stand before this one",
                                STR_ARG(word->s));
    diag_note_at(d, df_word_span(&later->words.at[1]), "the stage is here");
    return false;
}

bool df_stage_resolve(struct df_lower *lo, const struct df_word *word, uint32_t *step)
{
    struct str name = df_stage_key(lo->c->arena, word->s);
    struct df_stage *found = map_get(&lo->names, name);
    unsigned long long index;
    if (found == lo->stage)
        found = NULL;
    if (!found && map_get(&lo->later_names, name))
        return refuse_later(lo, word, name);
    if (!found && str_to_u64(word->s, &index) && !resolve_index(lo, word, index, &found))
        return false;
    if (found) {
        *step = found->step;
        return !found->is_broken;
    }
    if (!df_image_is_valid(word->s)) {
        struct diag *d = diag_error(lo->c->diags, df_word_span(word),
                                    "\"" STR_FMT "\" is neither a stage nor the name of an image",
                                    STR_ARG(word->s));
        suggest_stage(lo, d, word->s);
        return false;
    }
    struct str heading = str_concat(lo->c->arena, STR("FROM "), word->s);
    *step = add_from_step(lo, word->s, lo->c->options->platform, df_word_span(word), heading);
    return true;
}
