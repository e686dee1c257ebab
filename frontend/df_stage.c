/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stages: FROM, names, and what COPY --from means. Names are compared in lower case, but the image
 * of FROM is looked up as it is written (so `FROM Base` never finds a stage), as in BuildKit.
 */
#include <config.h>

#include "frontend/df_lower.h"

#include "base/remote.h"
#include "base/suggest.h"
#include "frontend/df_rules.h"
#include "frontend/pin.h"
#include "frontend/platform.h"

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
    st->is_needed = false;
    st->keyword = keyword;
    st->from = from;
    st->index = index;
    st->run_env = vars_inherit(&parent->run_env);
    st->env = vars_inherit(&parent->env);
    st->labels = vars_inherit(&parent->labels);
    st->ports = vars_inherit(&parent->ports);
    st->volumes = vars_inherit(&parent->volumes);
    st->is_context = false;
    st->needs = (struct df_stage_ptrs){0};
    st->errors = (struct diag_vec){0};
    st->triggers = (struct df_insn_ptrs){0};
    st->config.onbuild = (struct str_vec){0};
    st->hidden = (struct str_vec){0};
    st->late_ports.cap = st->late_ports.n;
    st->late_volumes.cap = st->late_volumes.n;
    st->has_cmd = false;
}

/* The stage whose name is nearest; .p is NULL if none is near. */
static struct str nearest_stage(struct df_lower *lo, struct str name)
{
    struct suggest s;
    suggest_init(&s, name);
    lo->names_compared += lo->stages.n;
    for (size_t i = 0; i < lo->stages.n && lo->names_compared <= DF_COMPARE_MAX; i++)
        if (lo->stages.at[i]->name.n)
            suggest_offer(&s, lo->stages.at[i]->name);
    return s.best;
}

/* An image that --pin does not know counts as an error of the stage that needs it. What triggers of
 * images read can't be known before they are: it stays as it is. */
static void unknown_image(struct df_lower *lo, struct df_stage *by, struct span at,
                          struct str image)
{
    if (lo->in_image_trigger)
        return;
    struct diag *d = diag_error(lo->c->diags, at, "--pin does not know the image \"" STR_FMT "\"",
                                STR_ARG(image));
    vec_push(lo->c->arena, &by->errors, d);
}

/* The image that the word `at` names, if --pin knows it. */
static const struct pin *find_base(struct df_lower *lo, struct df_stage *by,
                                   const struct df_word *at, struct str image, struct str platform)
{
    const struct pin *base = pin_find(lo->c, image, platform);
    if (!base && lo->c->options->pins)
        unknown_image(lo, by, df_word_span(at), image);
    return base;
}

static uint32_t add_from_step(struct df_lower *lo, struct str image, struct str platform,
                              const struct df_cause *cause, struct str heading,
                              const struct pin *base)
{
    struct step s = step_of_kind(STEP_FROM);
    s.op.from.image = pin_name(lo->c->arena, image, base);
    s.op.from.platform = platform;
    s.op.from.onbuild = base && base->onbuild.n > 0;
    return df_put_step(lo, &s, cause, heading);
}

/* The platform of --platform, or that of the whole build. */
static bool read_platform(struct df_lower *lo, const struct df_insn *in, struct str *platform)
{
    const struct df_flag *f = df_flag_find(in, STR("platform"));
    struct platform p;
    *platform = lo->c->options->platform;
    if (!f)
        return true;
    if (!df_expand_literal(lo, &f->value, platform))
        return false;
    if (platform_read(lo->c->arena, *platform, &p)) {
        *platform = platform_text(lo->c->arena, &p);
        return true;
    }
    if (lo->globals_broken)
        return false;
    struct diag *d = diag_error(lo->c->diags, df_word_span(&f->value),
                                "platform \"" STR_FMT "\" is not of the form OS/ARCH[/VARIANT]",
                                STR_ARG(*platform));
    df_suggest_variables(lo, d, f->value.s);
    return false;
}

static bool check_image(struct df_lower *lo, const struct df_word *word, struct str image)
{
    if (image.n == 0) {
        if (!lo->globals_broken) {
            struct diag *d = diag_error(lo->c->diags, df_word_span(word),
                                        "the image \"" STR_FMT "\" is empty", STR_ARG(word->s));
            diag_note(d, "variables of FROM are set by ARG before the first FROM");
            df_suggest_variables(lo, d, word->s);
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
    df_suggest_variables(lo, d, word->s);
    return false;
}

const struct build_context *df_context_find(const struct df_lower *lo, struct str name)
{
    if (str_eq(name, STR("scratch")))
        return NULL;
    name = remote_short_name(name);
    vec_for (const struct build_context, c, &lo->c->options->contexts)
        if (str_eq_nocase(remote_short_name(c->name), name))
            return c;
    return NULL;
}

/* Whether REF names an image, in a registry or a file; else it is a directory to copy from. */
static bool is_image_ref(struct str ref)
{
    static const struct str prefixes[] = {
        STR_INIT("docker-image://"), STR_INIT("oci-layout://"), STR_INIT("oci-archive:"),
        STR_INIT("docker-archive:"), STR_INIT("tar:"),          STR_INIT("dir:"),
    };
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (str_starts(ref, prefixes[i]))
            return true;
    return false;
}

/* Names that differ in a number are two versions and no misspelling. */
static bool has_same_digits(struct str x, struct str y)
{
    for (size_t i = 0, j = 0;; i++, j++) {
        while (i < x.n && !ascii_is_digit(x.p[i]))
            i++;
        while (j < y.n && !ascii_is_digit(y.p[j]))
            j++;
        if (i == x.n || j == y.n)
            return i == x.n && j == y.n;
        if (x.p[i] != y.p[j])
            return false;
    }
}

static bool is_image_of_stage(const struct df_lower *lo, struct str name)
{
    for (size_t i = 0; i < lo->stages.n; i++)
        if (str_eq(lo->stages.at[i]->from.s, name))
            return true;
    return false;
}

/* What is an image now may have been meant to be a stage. */
static void warn_of_near_stage(struct df_lower *lo, const struct df_word *at, struct str name)
{
    enum { SHORT = 6 }; /* in shorter names two edits make too many words of each other */
    if (str_find(name, '/') >= 0 || str_find(name, ':') >= 0 || str_find(name, '@') >= 0)
        return;
    struct str near = nearest_stage(lo, name);
    if (!near.p || (name.n < SHORT && edit_distance(name, near) > 1) ||
        !has_same_digits(name, near) || is_image_of_stage(lo, name))
        return;
    struct diag *d = diag_rule(lo->c->diags, &df_rule_stage_not_found, df_word_span(at),
                               "no stage before this one is called \"" STR_FMT
                               "\", so it is the image of this name",
                               STR_ARG(name));
    diag_note(d, "did you mean \"" STR_FMT "\"?", STR_ARG(near));
}

/* A stage begins with the environment of the image that its base makes: arguments go on, but where
 * one hid a variable, that is back. */
static void show_hidden(struct df_lower *lo, struct df_stage *st, const struct df_stage *parent)
{
    struct value v;
    vec_for (const struct str, name, &parent->hidden)
        if (vars_get(&st->env, *name, &v))
            df_set(lo, &st->run_env, &st->from, *name, v);
}

static bool start_from_stage(struct df_lower *lo, struct df_stage *st, struct df_stage *parent)
{
    inherit(st, parent);
    st->parent = parent;
    show_hidden(lo, st, parent);
    vec_push(lo->c->arena, &st->needs, parent);
    return !parent->is_broken;
}

static void start_from_scratch(struct df_lower *lo, struct df_stage *st, const struct df_insn *in)
{
    struct df_cause cause = {df_insn_span(in), in};
    struct step s = step_of_kind(STEP_SCRATCH);
    st->root = st->step = df_put_step(lo, &s, &cause, df_heading(lo->c->arena, in));
    st->is_scratch = true;
}

/* What is late with an unknown image. */
static bool start_from_pin(struct df_lower *lo, struct df_stage *st)
{
    struct arena *a = lo->c->arena;
    struct str dir = st->base->workdir.n ? st->base->workdir : STR("/");
    const char *fault = st->is_windows ? df_windows_workdir(a, &dir) : NULL;
    if (fault)
        diag_error(lo->c->diags, df_word_span(&st->from),
                   "the image's working directory \"" STR_FMT "\" %s", STR_ARG(dir), fault);
    st->cwd = text_lit(a, dir);
    st->user = (struct value){text_lit(a, st->base->user), st->base->user.n};
    st->has_user = true;
    return !fault;
}

/* Sets up *st on its base. */
static bool start_from(struct df_lower *lo, struct df_stage *st, const struct df_insn *in)
{
    struct str image, platform;
    if (!df_flags_check(lo, in) || !read_platform(lo, in, &platform) ||
        !df_expand_literal(lo, &st->from, &image))
        return false;
    st->is_windows = df_is_windows(lo->c->arena, platform);
    struct str name = in->words.n == 2 ? in->words.at[1].s : STR("");
    const struct build_context *context = name.n ? df_context_find(lo, name) : NULL;
    st->is_context = context != NULL;
    if (context)
        image = context->name;
    struct df_stage *parent = st->is_context ? NULL : map_get(&lo->names, image);
    if (parent)
        return start_from_stage(lo, st, parent);
    if (!st->is_context && str_eq(image, STR("scratch"))) {
        start_from_scratch(lo, st, in);
        return true;
    }
    if (!st->is_context && !check_image(lo, &st->from, image))
        return false;
    if (!st->is_context)
        warn_of_near_stage(lo, &st->from, image);
    st->base = find_base(lo, st, &st->from, image, platform);
    struct df_cause cause = {df_insn_span(in), in};
    st->step = add_from_step(lo, image, platform, &cause, df_heading(lo->c->arena, in), st->base);
    st->root = st->step;
    return !st->base || start_from_pin(lo, st);
}

struct df_stage df_stage_trial(struct df_stage *st)
{
    struct df_stage trial = {.name = st->name, .index = st->index};
    inherit(&trial, st);
    return trial;
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
    if (st->index == 0)
        df_epoch_init(lo);
    st->is_broken = in->is_broken;
    if (!in->is_broken) {
        st->from = in->words.at[0];
        st->is_broken = !start_from(lo, st, in);
        if (in->words.n == 2)
            st->is_broken |= !give_name(lo, st, &in->words.at[1]);
    }
    vec_push(lo->c->arena, &lo->stages, st);
    lo->stage = st;
    if (st->needs.n)
        df_triggers_run(lo, st->needs.at[0]);
    else if (st->base)
        df_image_triggers_run(lo, st->base);
}

void df_add_late(struct df_lower *lo, struct text_vec *list, const struct value *v)
{
    vec_push(lo->c->arena, list, v->text);
    lo->stage->late_weight += sizeof v->text + v->weight;
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
           st->late_weight + st->user.weight + compile_command_weight(&cfg->cmd) +
           compile_command_weight(&cfg->entrypoint) +
           compile_command_weight(&cfg->healthcheck.test);
}

/* Unlike other commands, a check is run by whatever shell the image has in the end. */
static void set_test_shell(struct image_config *cfg)
{
    struct command *test = &cfg->healthcheck.test;
    if (test->form != COMMAND_SHELL || cfg->shell.n == 0)
        return;
    test->shell = cfg->shell;
    test->shell_kind = SHELL_LIST;
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
    cfg->epoch = lo->epoch;
    set_test_shell(cfg);
    struct stage out = {.name = st->name, .step = st->step, .config = *cfg};
    vec_push(a, &lo->c->plan->stages, out);
}

static void suggest_stage(struct df_lower *lo, struct diag *d, struct str name)
{
    struct str near = nearest_stage(lo, name);
    if (near.p)
        diag_note(d, "did you mean \"" STR_FMT "\"?", STR_ARG(near));
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
    found->is_needed = true;
    struct plan *p = lo->c->plan;
    uint32_t first = (uint32_t)(p->stages.n - lo->stages.n);
    struct target t = {.name = found->name, .step = found->step, .stage = first + found->index};
    if (t.name.n == 0)
        t.name = source_at(lo->c->sources, lo->file->source)->path;
    vec_push(lo->c->arena, &p->targets, t);
    return true;
}

static void note_stage(struct df_lower *lo, struct diag *d, const struct df_named *n)
{
    diag_note_at(d, df_word_span(&n->from->words.at[n->from->words.n - 1]), "the stage is here");
    if (n->index > lo->stage->index &&
        map_get(&lo->names, df_stage_key(lo->c->arena, n->from->words.at[1].s)))
        diag_note(d, "of two stages with one name, the last one counts");
}

/* The stage with this index, if it stands before the current one. */
static struct df_stage *earlier_stage(struct df_lower *lo, const struct df_word *at,
                                      struct str name, uint64_t index, const struct df_named *n)
{
    struct df_stage *st = lo->stage;
    if (index < st->index)
        return lo->stages.at[index];
    struct span span = df_word_span(at);
    struct diag *d;
    if (index == st->index)
        d = diag_error(lo->c->diags, span, "stage \"" STR_FMT "\" can't read itself",
                       STR_ARG(name));
    else if (n)
        d = df_error(lo, span, "stage \"" STR_FMT "\" must stand before this one", STR_ARG(name));
    else
        d = diag_error(lo->c->diags, span, "there is no stage " STR_FMT " before this one",
                       STR_ARG(name));
    if (n)
        note_stage(lo, d, n);
    return NULL;
}

static bool read_stage(struct df_lower *lo, struct df_stage *found, struct df_origin *out)
{
    vec_push(lo->c->arena, &lo->stage->needs, found);
    const struct build_context *c = found->is_context ? df_context_find(lo, found->name) : NULL;
    *out = (struct df_origin){.step = found->step};
    if (c && !is_image_ref(c->ref))
        *out = (struct df_origin){.is_context = true, .context = c->name};
    return !found->is_broken;
}

/* What is no stage: scratch, a context of --build-context, or an image. */
static bool read_other(struct df_lower *lo, const struct df_word *at, struct str name,
                       struct df_origin *out)
{
    const struct build_context *c = df_context_find(lo, name);
    struct str heading = str_concat(lo->c->arena, STR("FROM "), name);
    struct df_cause cause = {df_word_span(at), NULL};
    if (c && !is_image_ref(c->ref)) {
        *out = (struct df_origin){.is_context = true, .context = c->name};
        return true;
    }
    if (c)
        name = c->name;
    *out = (struct df_origin){0};
    if (str_eq(name, STR("scratch"))) {
        struct step s = step_of_kind(STEP_SCRATCH);
        out->step = df_put_step(lo, &s, &cause, heading);
        return true;
    }
    if (!c && !df_image_is_valid(name)) {
        struct diag *d = diag_error(lo->c->diags, df_word_span(at),
                                    "\"" STR_FMT "\" is neither a stage nor the name of an image",
                                    STR_ARG(name));
        suggest_stage(lo, d, name);
        return false;
    }
    if (!c)
        warn_of_near_stage(lo, at, name);
    struct str platform = lo->c->options->platform;
    out->step = add_from_step(lo, name, platform, &cause, heading,
                              find_base(lo, lo->stage, at, name, platform));
    return true;
}

bool df_stage_resolve(struct df_lower *lo, const struct df_word *at, struct str name,
                      struct df_origin *out)
{
    *out = (struct df_origin){.step = lo->stage->step};
    if (lo->is_trial)
        return true;
    const struct df_named *n = map_get(&lo->named, df_stage_key(lo->c->arena, name));
    unsigned long long index = 0;
    if (!n && !str_to_u64(name, &index))
        return read_other(lo, at, name, out);
    struct df_stage *found = earlier_stage(lo, at, name, n ? n->index : index, n);
    return found && read_stage(lo, found, out);
}
