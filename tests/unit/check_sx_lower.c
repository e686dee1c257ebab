/* SPDX-License-Identifier: Apache-2.0 */
/* What specs mean as steps, stages and targets. */
#include <config.h>

#include "frontend/compile.h"
#include "tests/unit/fixture.h"

struct run {
    struct arena a;
    struct sources sources;
    struct diag_sink diags;
    struct plan plan;
    struct compile_options options;
    struct compile c;
};

static void run_start(struct run *r)
{
    *r = (struct run){0};
    r->sources = SOURCES_INIT(&r->a);
    r->diags = DIAG_SINK_INIT(&r->a);
    r->plan = PLAN_INIT(&r->a);
    r->c = (struct compile){&r->a, &r->sources, &r->diags, &r->plan, &r->options};
}

static bool run_text(struct run *r, struct str text)
{
    return sx_compile(&r->c, source_add(&r->sources, STR("the.spec"), text));
}

/* Compiles a text that must be right. */
static void compile(struct run *r, const char *text)
{
    run_start(r);
    bool ok = run_text(r, str_from(text));
    if (!ok)
        ck_abort_msg("%s", r->diags.list.n ? r->diags.list.at[0]->text.p : "no diagnostics");
}

static const struct step *step_at(const struct run *r, size_t i)
{
    ck_assert_uint_lt(i, r->plan.steps.n);
    return &r->plan.steps.at[i];
}

#define ck_assert_text(got, want) ck_assert_strs(text_str(got), STR(want))

START_TEST(the_context_starts_with_root_in_the_root_directory)
{
    struct run r;
    compile(&r, "((from debian:12) (run (shell \"make all\")))");
    ck_assert_uint_eq(r.plan.steps.n, 2);
    const struct step *from = step_at(&r, 0), *run = step_at(&r, 1);
    ck_assert_int_eq(from->kind, STEP_FROM);
    ck_assert_uint_eq(from->parent, NO_STEP);
    ck_assert_strs(from->op.from.image, STR("debian:12"));
    ck_assert_int_eq(run->kind, STEP_RUN);
    ck_assert_uint_eq(run->parent, 0);
    ck_assert_int_eq(run->op.run.command.form, COMMAND_SHELL);
    ck_assert_int_eq(run->op.run.command.shell_kind, SHELL_SANDBOX);
    ck_assert_strs(run->op.run.command.line, STR("make all"));
    ck_assert_text(run->op.run.user, "0:0");
    ck_assert_text(run->op.run.cwd, "/");
    ck_assert_uint_eq(run->op.run.env.n, 0);
    ck_assert_int_eq(run->op.run.network, NETWORK_NONE);
    arena_free(&r.a);
}
END_TEST

START_TEST(what_operations_set_holds_for_the_steps_behind_them)
{
    struct run r;
    compile(&r, "((from a) (run (shell x)) (user (uid 7) (gid 8)) (workdir src) (workdir b)"
                " (shell /bin/sh -c) (env A 1) (env B 2) (env A 3) (run (shell y))"
                " (user (name me)) (env A 4) (run (shell z)))");
    const struct op_run *y = &step_at(&r, 2)->op.run, *z = &step_at(&r, 3)->op.run;
    ck_assert_uint_eq(step_at(&r, 1)->op.run.env.n, 0);
    ck_assert_text(y->user, "7:8");
    ck_assert_text(y->cwd, "/src/b");
    ck_assert_int_eq(y->command.shell_kind, SHELL_LIST);
    ck_assert_uint_eq(y->command.shell.n, 2);
    ck_assert_strs(y->command.shell.at[1], STR("-c"));
    ck_assert_uint_eq(y->env.n, 2);
    ck_assert_strs(y->env.at[0].name, STR("A"));
    ck_assert_text(y->env.at[0].value, "3");
    ck_assert_text(y->env.at[1].value, "2");
    ck_assert_text(z->user, "me");
    ck_assert_text(z->env.at[0].value, "4");
    arena_free(&r.a);
}
END_TEST

START_TEST(the_network_is_off_unless_named)
{
    struct run r;
    compile(&r, "((from a) (run (network) (shell x)) (run (network host) (shell x))"
                " (run (network nat) (shell x)))");
    ck_assert_int_eq(step_at(&r, 1)->op.run.network, NETWORK_NONE);
    ck_assert_int_eq(step_at(&r, 2)->op.run.network, NETWORK_HOST);
    ck_assert_int_eq(step_at(&r, 3)->op.run.network, NETWORK_DEFAULT);
    arena_free(&r.a);
}
END_TEST

START_TEST(caches_and_secrets_are_mounts_with_their_options_in_order)
{
    struct run r;
    compile(&r, "((from a) (run (secrets (s (target /run/s))) (shell x)"
                " (cache (c (target /c/) (buildkit_options (k 1) (j 2))))))");
    const struct ir_mount_vec *m = &step_at(&r, 1)->op.run.mounts;
    ck_assert_uint_eq(m->n, 2);
    ck_assert_int_eq(m->at[0].type, MOUNT_CACHE);
    ck_assert_strs(text_str(m->at[0].id), STR("c"));
    ck_assert_text(m->at[0].target, "/c");
    ck_assert_uint_eq(m->at[0].options.n, 2);
    ck_assert_strs(m->at[0].options.at[0].name, STR("k"));
    ck_assert_strs(m->at[0].options.at[1].value, STR("2"));
    ck_assert(!m->at[0].read_only);
    ck_assert_int_eq(m->at[1].type, MOUNT_SECRET);
    ck_assert_strs(text_str(m->at[1].id), STR("s"));
    ck_assert(m->at[1].read_only);
    arena_free(&r.a);
}
END_TEST

START_TEST(a_copy_belongs_to_the_user_and_lands_in_the_workdir)
{
    struct run r;
    compile(&r, "((from a) (workdir /w) (user (uid 5) (gid 6))"
                " (copy (src ./a/ b) (dst ./) (exclude .git)) (copy (src .) (dst /x/y)))");
    const struct op_copy *c = &step_at(&r, 1)->op.copy;
    ck_assert_int_eq(c->style, COPY_SPEC);
    ck_assert_int_eq(c->source, COPY_FROM_CONTEXT);
    ck_assert_uint_eq(c->src.n, 2);
    ck_assert_text(c->src.at[0], "a");
    ck_assert_text(c->src.at[1], "b");
    ck_assert_text(c->dst, "/w/");
    ck_assert_text(c->owner, "5:6");
    ck_assert_uint_eq(c->exclude.n, 1);
    ck_assert_text(step_at(&r, 2)->op.copy.src.at[0], ".");
    ck_assert_text(step_at(&r, 2)->op.copy.dst, "/x/y");
    arena_free(&r.a);
}
END_TEST

START_TEST(builds_become_stages_and_copies_read_their_last_step)
{
    struct run r;
    compile(&r, "((build dev ((from a) (env K v) (workdir /w) (run (shell x))))"
                " (from scratch) (copy (from (build dev)) (src /bin/x) (dst /x)))");
    ck_assert_uint_eq(r.plan.steps.n, 4);
    ck_assert_uint_eq(r.plan.stages.n, 2);
    ck_assert_strs(r.plan.stages.at[0].name, STR("dev"));
    ck_assert_uint_eq(r.plan.stages.at[0].step, 1);
    ck_assert_text(r.plan.stages.at[0].config.workdir, "/w");
    ck_assert_text(r.plan.stages.at[0].config.user, "0:0");
    ck_assert_uint_eq(r.plan.stages.at[0].config.env.n, 1);
    ck_assert_strs(r.plan.stages.at[1].name, STR(""));
    ck_assert_int_eq(step_at(&r, 2)->kind, STEP_SCRATCH);
    const struct step *copy = step_at(&r, 3);
    ck_assert_int_eq(copy->op.copy.source, COPY_FROM_STEP);
    ck_assert_uint_eq(copy->parent, 2);
    ck_assert_uint_eq(copy->reads.n, 1);
    ck_assert_uint_eq(copy->reads.at[0], 1);
    ck_assert_uint_eq(r.plan.targets.n, 1);
    ck_assert_strs(r.plan.targets.at[0].name, STR("the.spec"));
    ck_assert_uint_eq(r.plan.targets.at[0].step, 3);
    ck_assert_uint_eq(r.plan.targets.at[0].stage, 1);
    arena_free(&r.a);
}
END_TEST

static const char two_builds[] = "((build x ((from hidden))) (build x ((from outer)))"
                                 " (build y ((build x ((from inner))) (from a))) (from b))";

START_TEST(the_target_is_the_last_build_of_that_name_and_no_nested_one)
{
    struct run r;
    run_start(&r);
    r.options.target = STR("x");
    ck_assert(run_text(&r, str_from(two_builds)));
    const struct target *t = &r.plan.targets.at[0];
    ck_assert_strs(t->name, STR("x"));
    ck_assert_strs(step_at(&r, t->step)->op.from.image, STR("outer"));
    ck_assert_uint_eq(r.plan.stages.at[t->stage].step, t->step);
    arena_free(&r.a);
}
END_TEST

START_TEST(a_nested_build_can_be_the_target)
{
    struct run r;
    run_start(&r);
    r.options.target = STR("inner");
    ck_assert(run_text(&r, STR("((build a ((build inner ((from i))) (from a))) (from b))")));
    ck_assert_strs(step_at(&r, r.plan.targets.at[0].step)->op.from.image, STR("i"));
    arena_free(&r.a);
}
END_TEST

START_TEST(an_unknown_target_is_an_error_at_the_spec)
{
    struct run r;
    run_start(&r);
    r.options.target = STR("z");
    ck_assert(!run_text(&r, STR("; comment\n((build y ((from a))) (from b))")));
    ck_assert_uint_eq(r.diags.n_errors, 1);
    ck_assert_uint_eq(r.diags.list.at[0]->span.off, 10);
    ck_assert_uint_eq(r.plan.targets.n, 0);
    arena_free(&r.a);
}
END_TEST

START_TEST(several_files_make_one_plan_with_a_target_each)
{
    struct run r;
    run_start(&r);
    r.options.target = STR("y");
    ck_assert(run_text(&r, str_from(two_builds)));
    ck_assert(run_text(&r, STR("((build y ((from second))) (from b))")));
    ck_assert_uint_eq(r.plan.targets.n, 2);
    const struct target *t = &r.plan.targets.at[1];
    ck_assert_strs(step_at(&r, t->step)->op.from.image, STR("second"));
    ck_assert_uint_eq(step_at(&r, t->step)->meta.source, 1);
    arena_free(&r.a);
}
END_TEST

START_TEST(headings_are_one_line_with_the_workdir)
{
    struct run r;
    compile(&r, "((from debian:12)\n (workdir /src) (run ; why\n  (network host) (shell \"a\nb\"))"
                " (copy (src a b)\n (dst /x/)))");
    ck_assert_strs(step_at(&r, 0)->meta.heading, STR("(from debian:12)"));
    ck_assert_strs(step_at(&r, 1)->meta.heading,
                   STR("/src: (run (network host) (shell \"a\\nb\"))"));
    ck_assert_strs(step_at(&r, 2)->meta.heading, STR("/src: (copy (src a b) (dst /x/))"));
    ck_assert_uint_eq(step_at(&r, 1)->meta.line, 2);
    ck_assert_uint_eq(step_at(&r, 1)->meta.column, 17);
    arena_free(&r.a);
}
END_TEST

START_TEST(comments_make_no_step_and_the_platform_reaches_the_image)
{
    struct run r;
    run_start(&r);
    r.options.platform = STR("linux/arm64");
    ck_assert(run_text(&r, STR("((from a) (comment \"nothing\"))")));
    ck_assert_uint_eq(r.plan.steps.n, 1);
    ck_assert_strs(step_at(&r, 0)->op.from.platform, STR("linux/arm64"));
    arena_free(&r.a);
}
END_TEST

/* A text of `head`, n times `part`, and `tail`. */
static struct str repeated(struct arena *a, const char *head, const char *part, size_t n,
                           const char *tail)
{
    struct buf b = BUF_INIT;
    buf_puts(&b, head);
    for (size_t i = 0; i < n; i++)
        buf_puts(&b, part);
    buf_puts(&b, tail);
    struct str s = arena_str(a, buf_str(&b));
    buf_free(&b);
    return s;
}

START_TEST(hostile_depth_is_an_error_and_no_crash)
{
    static const char *const parts[] = {"(", "#;", "((build a ", "#|", ")", "\"\\9\" "};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct run r;
        run_start(&r);
        ck_assert(!run_text(&r, repeated(&r.a, "", parts[i], 100000, "")));
        ck_assert_uint_le(r.diags.n_errors, 1010);
        arena_free(&r.a);
    }
}
END_TEST

/* The next tests would run into the time limit, or out of memory, at a cost in the square. */

START_TEST(many_steps_on_one_line_cost_linear_time)
{
    struct run r;
    run_start(&r);
    ck_assert(run_text(
        &r, repeated(&r.a, "((from a)", " (env A b) (copy (src a) (dst b))", 100000, ")")));
    ck_assert_uint_eq(r.plan.steps.n, 100001);
    arena_free(&r.a);
}
END_TEST

START_TEST(many_variables_cost_linear_memory)
{
    struct run r;
    struct buf text = BUF_INIT;
    run_start(&r);
    buf_puts(&text, "((from a)");
    for (int i = 0; i < 100000; i++)
        buf_printf(&text, " (env V%d x)", i);
    buf_puts(&text, " (run (shell x)))");
    ck_assert(run_text(&r, buf_str(&text)));
    ck_assert_uint_eq(step_at(&r, 1)->op.run.env.n, 100000);
    buf_free(&text);
    arena_free(&r.a);
}
END_TEST

UNIT_MAIN("sx_lower", the_context_starts_with_root_in_the_root_directory,
          what_operations_set_holds_for_the_steps_behind_them, the_network_is_off_unless_named,
          caches_and_secrets_are_mounts_with_their_options_in_order,
          a_copy_belongs_to_the_user_and_lands_in_the_workdir,
          builds_become_stages_and_copies_read_their_last_step,
          the_target_is_the_last_build_of_that_name_and_no_nested_one,
          a_nested_build_can_be_the_target, an_unknown_target_is_an_error_at_the_spec,
          several_files_make_one_plan_with_a_target_each, headings_are_one_line_with_the_workdir,
          comments_make_no_step_and_the_platform_reaches_the_image,
          hostile_depth_is_an_error_and_no_crash, many_steps_on_one_line_cost_linear_time,
          many_variables_cost_linear_memory)
