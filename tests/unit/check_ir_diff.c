/* SPDX-License-Identifier: Apache-2.0 */
/* Differences of plans: what is named as the cause, and what only follows. */
#include <config.h>

#include "ir/diff.h"

#include "ir/field.h"
#include "ir/identify.h"
#include "tests/unit/fixture.h"
#include "tests/unit/ir_sample.h"

static struct arena a; /* each test runs in a process of its own */
static struct plan p, q;

static void start(void)
{
    struct plan_source x = {STR("a"), {{0}}}, y = {STR("b"), {{0}}};
    p = q = PLAN_INIT(&a);
    vec_push(&a, &p.sources, x);
    vec_push(&a, &q.sources, y);
}

static void stop(void)
{
    arena_free(&a);
}

/* The line of a step is its number. */
static uint32_t add(struct plan *to, struct step s, struct str heading)
{
    s.meta = (struct step_meta){.line = (uint32_t)to->steps.n + 1, .heading = heading};
    return plan_add_step(to, &s);
}

static uint32_t from(struct plan *to, const char *image)
{
    struct step s = step_of_kind(STEP_FROM);
    s.op.from.image = str_from(image);
    return add(to, s, arena_printf(&a, "FROM %s", image));
}

static struct step run_step(uint32_t parent, const char *command)
{
    struct step s = step_of_kind(STEP_RUN);
    s.parent = parent;
    s.op.run.command = (struct command){
        .form = COMMAND_SHELL, .shell_kind = SHELL_BASE, .line = str_from(command)};
    return s;
}

static uint32_t run(struct plan *to, uint32_t parent, const char *command)
{
    return add(to, run_step(parent, command), arena_printf(&a, "RUN %s", command));
}

static void set(struct step *s, const char *name, const char *value)
{
    struct name_value e = {str_from(name), text_lit(&a, str_from(value))};
    vec_push(&a, &s->op.run.env, e);
}

static uint32_t copy(struct plan *to, uint32_t parent, uint32_t of)
{
    struct step s = step_of_kind(STEP_COPY);
    s.parent = parent;
    s.op.copy.source = COPY_FROM_STEP;
    vec_push(&a, &s.op.copy.src, text_lit(&a, STR("/x")));
    s.op.copy.dst = text_lit(&a, STR("/x"));
    vec_push(&a, &s.reads, of);
    return add(to, s, STR("COPY"));
}

static void target(struct plan *to, const char *name, uint32_t step)
{
    struct target t = {str_from(name), step, NO_STEP};
    vec_push(&a, &to->targets, t);
}

static void expect(const char *want)
{
    struct buf out = BUF_INIT;
    ir_identify(&p);
    ir_identify(&q);
    bool same = ir_diff(&p, &q, &out);
    ck_assert_str_eq(out.n ? out.p : "", want);
    ck_assert_int_eq(same, *want == '\0');
    buf_free(&out);
}

/* A chain of commands on one base, and the target t. */
static void chain(struct plan *to, const char *const *commands)
{
    uint32_t at = from(to, "x");
    while (*commands)
        at = run(to, at, *commands++);
    target(to, "t", at);
}

#define CHAIN(to, ...) chain((to), (const char *const[]){__VA_ARGS__, NULL})

START_TEST(equal_plans_say_nothing)
{
    CHAIN(&p, "one", "two");
    CHAIN(&q, "one", "two");
    expect("");
}
END_TEST

START_TEST(a_changed_command_is_the_cause_of_the_rest)
{
    CHAIN(&p, "one", "two", "three", "four");
    CHAIN(&q, "one", "2", "three", "four");
    expect("- a:3: RUN two: command: \"two\"\n"
           "+ b:3: RUN 2: command: \"2\"\n"
           "  b:4: RUN three: only its parent\n"
           "  b:5: RUN four: only its parent\n");
}
END_TEST

START_TEST(a_step_that_was_put_in_changes_no_other)
{
    CHAIN(&p, "one", "two", "three");
    CHAIN(&q, "one", "new", "two", "newer", "three");
    expect("+ b:3: RUN new: only here\n"
           "  b:4: RUN two: only its parent\n"
           "+ b:5: RUN newer: only here\n"
           "  b:6: RUN three: only its parent\n");
}
END_TEST

START_TEST(a_step_that_was_left_out_is_told)
{
    CHAIN(&p, "one", "two", "three");
    CHAIN(&q, "two", "three");
    expect("- a:2: RUN one: only here\n"
           "  b:2: RUN two: only its parent\n"
           "  b:3: RUN three: only its parent\n");
}
END_TEST

START_TEST(what_is_alike_is_paired)
{
    CHAIN(&p, "install gcc make", "run the tests", "end");
    CHAIN(&q, "something else", "install gcc make git", "end");
    expect("+ b:2: RUN something else: only here\n"
           "- a:2: RUN install gcc make: command: \"install gcc make\"\n"
           "+ b:3: RUN install gcc make git: command: \"install gcc make git\"\n"
           "- a:3: RUN run the tests: only here\n"
           "  b:4: RUN end: only its parent\n");
}
END_TEST

START_TEST(a_common_end_makes_alike_as_well)
{
    CHAIN(&p, "a run the tests");
    CHAIN(&q, "other", "b run the tests");
    expect("+ b:2: RUN other: only here\n"
           "- a:2: RUN a run the tests: command: \"a run the tests\"\n"
           "+ b:3: RUN b run the tests: command: \"b run the tests\"\n");
}
END_TEST

START_TEST(steps_of_two_kinds_are_no_pair)
{
    uint32_t at = from(&p, "x");
    target(&p, "t", run(&p, run(&p, at, "one"), "two"));
    at = from(&q, "x");
    target(&q, "t", run(&q, copy(&q, at, at), "two"));
    expect("- a:2: RUN one: only here\n"
           "+ b:2: COPY: only here\n"
           "  b:3: RUN two: only its parent\n");
}
END_TEST

START_TEST(variables_are_named_and_told_once)
{
    struct step s = run_step(from(&p, "x"), "one"), t = run_step(from(&q, "x"), "one");
    set(&s, "A", "1");
    set(&t, "A", "1");
    set(&s, "PATH", "/x");
    set(&t, "PATH", "/y");
    uint32_t x = add(&p, s, STR("RUN one")), y = add(&q, t, STR("RUN one"));
    s.parent = x;
    t.parent = y;
    x = add(&p, s, STR("RUN again"));
    y = add(&q, t, STR("RUN again"));
    s = run_step(x, "end");
    t = run_step(y, "end");
    set(&t, "NEW", "n");
    target(&p, "t", add(&p, s, STR("RUN end")));
    target(&q, "t", add(&q, t, STR("RUN end")));
    expect("- a:2: RUN one: env PATH: \"/x\"\n"
           "+ b:2: RUN one: env PATH: \"/y\"\n"
           "  b:3: RUN again: env PATH: as above\n"
           "- a:4: RUN end: env NEW: not set\n"
           "+ b:4: RUN end: env NEW: \"n\"\n");
}
END_TEST

START_TEST(another_order_is_a_difference)
{
    struct step s = run_step(from(&p, "x"), "one"), t = run_step(from(&q, "x"), "one");
    set(&s, "A", "1");
    set(&s, "B", "2");
    set(&t, "B", "2");
    set(&t, "A", "1");
    target(&p, "t", add(&p, s, STR("RUN")));
    target(&q, "t", add(&q, t, STR("RUN")));
    expect("- a:2: RUN: order: env A\n"
           "+ b:2: RUN: order: env B\n");
}
END_TEST

#define DIGITS_39 "012345678901234567890123456789012345678"
#define LONG DIGITS_39 "9"

START_TEST(long_values_are_shown_where_they_differ)
{
    CHAIN(&p, LONG LONG "\xc3\xa9" LONG LONG);
    CHAIN(&q, LONG LONG "\xc3\xa9x" LONG LONG);
    expect("- a:2: RUN " LONG "0123456789012345...: command: ...234567890123456789\xc3\xa9" LONG
           "...\n"
           "+ b:2: RUN " LONG "0123456789012345...: command: ...234567890123456789\xc3\xa9"
           "x" DIGITS_39 "...\n");
}
END_TEST

START_TEST(characters_are_not_parted)
{
    CHAIN(&p, LONG "012345678901234567\xc3\xa9\xc3\xa9 and more");
    CHAIN(&q, "x");
    expect("- a:2: RUN " LONG "0123456789012345...: command: \"" LONG
           "012345678901234567\xc3\xa9...\n"
           "+ b:2: RUN x: command: \"x\"\n");
}
END_TEST

START_TEST(a_stage_that_is_read_is_compared_first)
{
    uint32_t x = run(&p, from(&p, "x"), "one"), y = run(&q, from(&q, "x"), "1");
    x = copy(&p, from(&p, "y"), x);
    y = copy(&q, from(&q, "y"), y);
    target(&p, "t", run(&p, x, "end"));
    target(&q, "t", run(&q, y, "end"));
    expect("- a:2: RUN one: command: \"one\"\n"
           "+ b:2: RUN 1: command: \"1\"\n"
           "  b:4: COPY: only what it reads\n"
           "  b:5: RUN end: only its parent\n");
}
END_TEST

START_TEST(both_grounds_are_said)
{
    uint32_t x = from(&p, "x"), y = from(&q, "y");
    target(&p, "t", copy(&p, x, x));
    target(&q, "t", copy(&q, y, y));
    expect("- a:1: FROM x: image: \"x\"\n"
           "+ b:1: FROM y: image: \"y\"\n"
           "  b:2: COPY: only its parent and what it reads\n");
}
END_TEST

START_TEST(targets_are_found_by_name)
{
    uint32_t x = from(&p, "x"), y = from(&q, "x");
    target(&p, "one", run(&p, x, "1"));
    target(&p, "two", run(&p, x, "2"));
    target(&q, "two", run(&q, y, "2"));
    target(&q, "one", run(&q, y, "1"));
    expect("");
    target(&p, "gone", x);
    target(&q, "new", run(&q, y, "n"));
    target(&q, "two", y);
    expect("- target \"gone\": only here\n"
           "+ target \"new\": only here\n");
}
END_TEST

START_TEST(the_last_targets_belong_together_whatever_their_names)
{
    uint32_t x = from(&p, "x"), y = from(&q, "x");
    target(&p, "Dockerfile", run(&p, x, "1"));
    target(&q, "Dockerfile.new", run(&q, y, "2"));
    expect("- a:2: RUN 1: command: \"1\"\n"
           "+ b:2: RUN 2: command: \"2\"\n");
}
END_TEST

START_TEST(a_common_step_is_told_once)
{
    uint32_t x = run(&p, from(&p, "x"), "one"), y = run(&q, from(&q, "x"), "1");
    target(&p, "s", run(&p, x, "s"));
    target(&q, "s", run(&q, y, "s"));
    target(&p, "t", run(&p, x, "t"));
    target(&q, "t", run(&q, y, "t"));
    expect("- a:2: RUN one: command: \"one\"\n"
           "+ b:2: RUN 1: command: \"1\"\n"
           "  b:3: RUN s: only its parent\n"
           "  b:4: RUN t: only its parent\n");
}
END_TEST

START_TEST(many_followers_are_counted)
{
    uint32_t x = from(&p, "x"), y = from(&q, "y");
    struct buf out = BUF_INIT;
    for (int i = 0; i < 30; i++) {
        x = run(&p, x, arena_printf(&a, "%d", i).p);
        y = run(&q, y, arena_printf(&a, "%d", i).p);
    }
    target(&p, "t", x);
    target(&q, "t", y);
    ir_identify(&p);
    ir_identify(&q);
    ck_assert(!ir_diff(&p, &q, &out));
    ck_assert_ptr_nonnull(strstr(out.p, "b:21: RUN 19: only its parent\n  and 10 more\n"));
    buf_free(&out);
}
END_TEST

START_TEST(of_long_chains_steps_are_paired_by_position)
{
    uint32_t x = from(&p, "x"), y = from(&q, "y");
    struct buf out = BUF_INIT;
    for (int i = 0; i < 1100; i++) {
        x = run(&p, x, arena_printf(&a, "%d", i).p);
        y = run(&q, y, arena_printf(&a, "%d!", i).p);
    }
    target(&p, "t", x);
    target(&q, "t", y);
    ir_identify(&p);
    ir_identify(&q);
    ck_assert(!ir_diff(&p, &q, &out));
    ck_assert_ptr_nonnull(strstr(out.p, "- a:1101: RUN 1099: command: \"1099\"\n"
                                        "+ b:1101: RUN 1099!: command: \"1099!\"\n"));
    buf_free(&out);
}
END_TEST

START_TEST(a_long_common_end_does_not_count)
{
    uint32_t x = from(&p, "x"), y = run(&q, from(&q, "x"), "new");
    struct buf out = BUF_INIT;
    for (int i = 0; i < 2000; i++) {
        x = run(&p, x, arena_printf(&a, "%d", i).p);
        y = run(&q, y, arena_printf(&a, "%d", i).p);
    }
    target(&p, "t", x);
    target(&q, "t", y);
    ir_identify(&p);
    ir_identify(&q);
    ck_assert(!ir_diff(&p, &q, &out));
    ck_assert_msg(str_starts(buf_str(&out), STR("+ b:2: RUN new: only here\n"
                                                "  b:3: RUN 0: only its parent\n")),
                  "%s", out.p);
    ck_assert(str_ends(buf_str(&out), STR("  and 1980 more\n")));
    buf_free(&out);
}
END_TEST

#define HIDDEN "\xef\xbf\xbd"

START_TEST(no_control_character_gets_to_the_terminal)
{
    struct step s = run_step(from(&p, "x"), "\x1b[2J"), t = run_step(from(&q, "x"), "\x1b[2J");
    set(&s, "A\n\x1b",
        "\xc2\x9b"
        "2J");
    set(&t, "A\n\x1b", "2");
    p.sources.at[0].path = STR("\x1b");
    target(&p, "t", add(&p, s, STR("RUN \x1b[2J\x7f\xc2\x80")));
    target(&q, "t", add(&q, t, STR("")));
    target(&q, "\x1b\xc2\x9f", 0);
    target(&q, "t", 0);
    expect("+ target \"" HIDDEN HIDDEN "\": only here\n"
           "- " HIDDEN ":2: RUN " HIDDEN "[2J" HIDDEN HIDDEN ": env A" HIDDEN HIDDEN ": \"" HIDDEN
           "2J\"\n"
           "+ b:2: run: env A" HIDDEN HIDDEN ": \"2\"\n");
}
END_TEST

static void scratch_and(struct plan *to, struct step s)
{
    struct step scratch = step_of_kind(STEP_SCRATCH);
    plan_add_step(to, &scratch);
    s.parent = s.kind == STEP_FROM ? NO_STEP : 0;
    target(to, "t", add(to, s, STR("step")));
}

static void expect_label(struct step plain, struct step full, struct str label)
{
    struct buf out = BUF_INIT;
    start();
    scratch_and(&p, plain);
    scratch_and(&q, full);
    ir_identify(&p);
    ir_identify(&q);
    ck_assert(!ir_diff(&p, &q, &out));
    struct str want = arena_printf(&a, "- a:2: step: " STR_FMT, STR_ARG(label));
    ck_assert_msg(str_starts(buf_str(&out), want), "%s, not %s", out.p, want.p);
    buf_free(&out);
}

/* Every field of every kind, so that a new one is compared as soon as it has its row. */
START_TEST(each_field_is_found_by_its_name)
{
    for (enum step_kind k = STEP_FROM; k < N_STEP_KINDS; k++)
        field_for(f, op_fields(k))
        {
            struct step plain = step_of_kind(k), full = plain;
            sample_field(&a, f, &full.op);
            expect_label(plain, full, str_from(f->name ? f->name : "shell"));
        }
}
END_TEST

START_TEST(so_is_each_field_of_a_mount)
{
    field_for(f, mount_fields)
    {
        struct step plain = step_of_kind(STEP_RUN), full = plain;
        struct ir_mount m = {.read_only = true}, n = m;
        m.read_only = strcmp(f->name, "read_only") != 0; /* one of the two is not there */
        sample_field(&a, f, &n);
        vec_push(&a, &plain.op.run.mounts, m);
        vec_push(&a, &full.op.run.mounts, n);
        const char *key = f->type == FIELD_STR_PAIRS ? " k:" : "";
        expect_label(plain, full, arena_printf(&a, "mounts[0].%s%s", f->name, key));
    }
}
END_TEST

START_TEST(of_what_was_built_also_what_was_late_is_compared)
{
    struct buf out = BUF_INIT;
    struct str x[] = {STR_INIT("0123456789abcdef"), STR_INIT(""), STR_INIT("ff")};
    struct str y[] = {STR_INIT("0123456789abcdef"), STR_INIT("eeeeeeeeeeeeeeee"), STR_INIT("ff")};
    CHAIN(&p, "one", "two");
    CHAIN(&q, "one", "two");
    ir_identify(&p);
    ir_identify(&q);
    q.steps.at[1].id.b[0] ^= 1; /* as their keys would */
    q.steps.at[2].id.b[0] ^= 1;
    ck_assert(!ir_diff_built(&p, &q, x, y, &out));
    ck_assert_str_eq(out.p, "- a:2: RUN one: network, mounts or --no-cache: the default\n"
                            "+ b:2: RUN one: network, mounts or --no-cache: eeeeeeeeeeee\n"
                            "  b:3: RUN two: only its parent\n");
    buf_free(&out);
}
END_TEST

UNIT_MAIN_WITH("diff", start, stop, equal_plans_say_nothing,
               a_changed_command_is_the_cause_of_the_rest, a_step_that_was_put_in_changes_no_other,
               a_step_that_was_left_out_is_told, what_is_alike_is_paired,
               a_common_end_makes_alike_as_well, steps_of_two_kinds_are_no_pair,
               variables_are_named_and_told_once, another_order_is_a_difference,
               long_values_are_shown_where_they_differ, characters_are_not_parted,
               a_stage_that_is_read_is_compared_first, both_grounds_are_said,
               targets_are_found_by_name, the_last_targets_belong_together_whatever_their_names,
               a_common_step_is_told_once, many_followers_are_counted,
               of_long_chains_steps_are_paired_by_position, a_long_common_end_does_not_count,
               no_control_character_gets_to_the_terminal, each_field_is_found_by_its_name,
               so_is_each_field_of_a_mount, of_what_was_built_also_what_was_late_is_compared)
