/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a checked spec to steps: the context (env, user, workdir, shell) is folded into each step,
 * each build becomes a stage. A build's steps come before those of the spec it stands in, so steps
 * are in the order of the source.
 */
#include <config.h>

#include "frontend/sx_compile.h"

#include "base/suggest.h"
#include "frontend/pin.h"
#include "frontend/sx_field.h"
#include "frontend/sx_form.h"
#include "frontend/sx_path.h"
#include "frontend/sx_print.h"
#include "frontend/vars.h"

/* What operations set for those behind them. */
struct context {
    struct vars env;
    struct str workdir, user;
    struct str_vec shell; /* empty = the sandbox's default */
    uint32_t step;        /* the last one */
};

struct lowering {
    struct compile *c;
    struct arena *arena;
    uint32_t first_stage; /* of this source, in plan.stages */
};

/* "/src: (run (shell make))", as OBuilder prints it. */
static struct step_meta meta_of(struct lowering *lo, const struct sx_datum *form,
                                struct str workdir)
{
    struct buf heading = BUF_INIT;
    if (workdir.n)
        buf_printf(&heading, STR_FMT ": ", STR_ARG(workdir));
    sx_print_datum(&heading, form);
    struct step_meta m = compile_meta(lo->c, form->span, arena_str(lo->arena, buf_str(&heading)));
    buf_free(&heading);
    return m;
}

static struct text literal(struct lowering *lo, struct str s)
{
    return text_lit(lo->arena, s);
}

static struct str_vec strings(struct lowering *lo, const struct sx_word_vec *words)
{
    struct str_vec v = {0};
    vec_for (const struct sx_word, w, words)
        vec_push(lo->arena, &v, w->text);
    return v;
}

/* "host" is the host's network and no name is none. What any other name means ("nat" on a Windows
 * host) only the executor's machine knows, so its default decides. */
static enum network network_of(const struct sx_word_vec *names)
{
    if (names->n == 0)
        return NETWORK_NONE;
    return names->n == 1 && str_eq(names->at[0].text, STR("host")) ? NETWORK_HOST : NETWORK_DEFAULT;
}

static void add_mounts(struct lowering *lo, enum mount_type type, const struct sx_mount_vec *mounts,
                       struct ir_mount_vec *out)
{
    vec_for (const struct sx_mount, m, mounts) {
        struct ir_mount im = {.type = type, .id = text_lit(lo->c->arena, m->id.text)};
        im.target = literal(lo, sx_path_clean(lo->arena, m->target.text));
        im.read_only = type == MOUNT_SECRET;
        vec_for (const struct sx_option, o, &m->options) {
            struct name_str ns = {o->key.text, o->value.text};
            vec_push(lo->arena, &im.options, ns);
        }
        vec_push(lo->arena, out, im);
    }
}

static struct step lower_run(struct lowering *lo, struct context *cx, const struct sx_run *run)
{
    struct step s = step_of_kind(STEP_RUN);
    struct op_run *op = &s.op.run;
    op->command.form = COMMAND_SHELL;
    op->command.shell_kind = cx->shell.n ? SHELL_LIST : SHELL_SANDBOX;
    op->command.shell = cx->shell;
    op->command.line = run->command.text;
    op->cwd = literal(lo, cx->workdir);
    op->user = literal(lo, cx->user);
    op->env = vars_hold(&cx->env);
    op->network = network_of(&run->networks);
    add_mounts(lo, MOUNT_CACHE, &run->caches, &op->mounts);
    add_mounts(lo, MOUNT_SECRET, &run->secrets, &op->mounts);
    return s;
}

static struct step lower_copy(struct lowering *lo, struct context *cx, const struct sx_copy *copy)
{
    struct step s = step_of_kind(STEP_COPY);
    struct op_copy *op = &s.op.copy;
    op->style = COPY_SPEC;
    op->source = copy->build_ref ? COPY_FROM_STEP : COPY_FROM_CONTEXT;
    if (copy->build_ref)
        vec_push(lo->arena, &s.reads, copy->build_ref->step);
    vec_for (const struct sx_word, src, &copy->src)
        vec_push(lo->arena, &op->src, literal(lo, sx_path_clean(lo->arena, src->text)));
    struct str dst = copy->dst.text;
    if (copy->src.n > 1 && !str_ends(dst, STR("/")))
        dst = str_concat(lo->arena, dst, STR("/"));
    op->dst = literal(lo, sx_path_dst(lo->arena, cx->workdir, dst));
    op->exclude = strings(lo, &copy->exclude);
    op->owner = literal(lo, cx->user);
    return s;
}

static struct str user_text(struct lowering *lo, const struct sx_user *user)
{
    if (user->name.text.p)
        return user->name.text;
    return arena_printf(lo->arena, STR_FMT ":" STR_FMT, STR_ARG(user->uid.text),
                        STR_ARG(user->gid.text));
}

static size_t run_weight(const struct context *cx, const struct op_run *run)
{
    return cx->env.weight + cx->user.n + compile_command_weight(&run->command);
}

static void add_step(struct lowering *lo, struct context *cx, const struct sx_op *op, struct step s)
{
    s.parent = cx->step;
    s.meta = meta_of(lo, op->form, cx->workdir);
    if (op->kind == SX_RUN)
        compile_spend(lo->c, op->form->span, run_weight(cx, &s.op.run));
    cx->step = plan_add_step(lo->c->plan, &s);
}

static void set_env(struct lowering *lo, struct context *cx, const struct sx_word *name,
                    struct str text)
{
    struct value value = {literal(lo, text), text.n};
    if (compile_spend(lo->c, name->span, 0))
        compile_spend(lo->c, name->span, vars_set(lo->arena, &cx->env, name->text, value));
}

static void set_workdir(struct lowering *lo, struct context *cx, const struct sx_word *dir)
{
    cx->workdir = sx_path_workdir(lo->arena, cx->workdir, dir->text);
    if (cx->workdir.n <= COMPILE_PATH_MAX)
        return;
    diag_error(lo->c->diags, dir->span, "the working directory gets longer than %d bytes",
               COMPILE_PATH_MAX);
    cx->workdir = STR("/");
}

static void lower_op(struct lowering *lo, struct context *cx, const struct sx_op *op)
{
    const struct sx_word *args = op->args.at;
    switch (op->kind) {
    case SX_COMMENT: break;
    case SX_WORKDIR: set_workdir(lo, cx, &args[0]); break;
    case SX_SHELL: cx->shell = strings(lo, &op->args); break;
    case SX_ENV: set_env(lo, cx, &args[0], args[1].text); break;
    case SX_USER: cx->user = user_text(lo, &op->user); break;
    case SX_RUN: add_step(lo, cx, op, lower_run(lo, cx, &op->run)); break;
    case SX_COPY: add_step(lo, cx, op, lower_copy(lo, cx, &op->copy)); break;
    }
}

static uint32_t lower_from(struct lowering *lo, const struct sx_spec *spec)
{
    bool is_scratch = str_eq(spec->image.text, STR("scratch"));
    struct step s = step_of_kind(is_scratch ? STEP_SCRATCH : STEP_FROM);
    if (!is_scratch) {
        const struct pin *pin = pin_find(lo->c, spec->image.text, lo->c->options->platform);
        if (!pin && lo->c->options->pins)
            diag_error(lo->c->diags, spec->image.span,
                       "--pin does not know the image \"" STR_FMT "\"", STR_ARG(spec->image.text));
        s.op.from.image = pin_name(lo->arena, spec->image.text, pin);
        s.op.from.platform = lo->c->options->platform;
    }
    s.meta = meta_of(lo, spec->from, STR(""));
    return plan_add_step(lo->c->plan, &s);
}

static uint32_t add_stage(struct lowering *lo, struct context *cx, struct str name)
{
    struct stage st = {.name = name, .step = cx->step};
    st.config.env = vars_hold(&cx->env);
    st.config.user = literal(lo, cx->user);
    st.config.workdir = literal(lo, cx->workdir);
    st.config.shell = cx->shell;
    vec_push(lo->c->plan->arena, &lo->c->plan->stages, st);
    return (uint32_t)lo->c->plan->stages.n - 1;
}

/* Gives the spec's stage. Recursion is bounded by SX_BUILD_DEPTH_MAX. */
static uint32_t lower_spec(struct lowering *lo, const struct sx_spec *spec, struct str name)
{
    for (size_t i = 0; i < spec->builds.n; i++) {
        struct sx_build *b = spec->builds.at[i];
        b->stage = lower_spec(lo, b->spec, b->name.text);
        b->step = lo->c->plan->stages.at[b->stage].step;
    }
    struct context cx = {
        .workdir = STR("/"),
        .user = STR("0:0"),
        .step = lower_from(lo, spec),
    };
    vec_for (const struct sx_op, op, &spec->ops)
        lower_op(lo, &cx, op);
    return add_stage(lo, &cx, name);
}

static void report_unknown_target(struct lowering *lo, const struct sx_spec *spec)
{
    const struct plan *p = lo->c->plan;
    struct str wanted = lo->c->options->target;
    struct span at = spec->span;
    at.len = 1;
    struct str shown = sx_shown(lo->arena, wanted);
    struct diag *e = diag_error(lo->c->diags, at,
                                "no build \"" STR_FMT "\" in this spec, so it "
                                "can't be the target",
                                STR_ARG(shown));
    struct suggest s;
    suggest_init(&s, wanted);
    for (size_t i = lo->first_stage; i < p->stages.n; i++)
        if (p->stages.at[i].name.n)
            suggest_offer(&s, p->stages.at[i].name);
    sx_note_suggestion(e, &s, "expected the name of a (build NAME ...)");
}

/* The build that a target names: one of the spec itself before a nested one, and of several the
 * last, as that hides the others. NULL if there is none. */
static const struct sx_build *find_build(const struct sx_spec *spec, struct str name)
{
    for (size_t i = spec->builds.n; i-- > 0;)
        if (str_eq(spec->builds.at[i]->name.text, name))
            return spec->builds.at[i];
    for (size_t i = spec->builds.n; i-- > 0;) {
        const struct sx_build *nested = find_build(spec->builds.at[i]->spec, name);
        if (nested)
            return nested;
    }
    return NULL;
}

static void add_target(struct lowering *lo, struct str name, uint32_t stage)
{
    struct plan *p = lo->c->plan;
    struct target t = {.name = name, .step = p->stages.at[stage].step, .stage = stage};
    vec_push(p->arena, &p->targets, t);
}

bool sx_compile(struct compile *c, uint32_t source)
{
    size_t errors = c->diags->n_errors;
    const struct sx_spec *spec = sx_tree(c, source);
    if (!spec)
        return false;
    struct lowering lo = {c, c->arena, (uint32_t)c->plan->stages.n};
    uint32_t stage = lower_spec(&lo, spec, STR(""));
    struct str wanted = c->options->target;
    if (wanted.n == 0) {
        add_target(&lo, source_at(c->sources, source)->path, stage);
        return c->diags->n_errors == errors;
    }
    const struct sx_build *build = find_build(spec, wanted);
    if (build)
        add_target(&lo, wanted, build->stage);
    else
        report_unknown_target(&lo, spec);
    return c->diags->n_errors == errors;
}
