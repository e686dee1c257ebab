/* SPDX-License-Identifier: Apache-2.0 */
/* Chains of two plans: how many of their steps become pairs, also where a square would be too much.
 */
#include <config.h>

#include "ir/align.h"

#include "ir/identify.h"
#include "tests/unit/fixture.h"

static struct arena a; /* each test runs in a process of its own */
static struct plan p, q;
static struct aligner al;

static void start(void)
{
    p = q = PLAN_INIT(&a);
}

static void stop(void)
{
    arena_free(&a);
}

static uint32_t from(struct plan *to, const char *image)
{
    struct step s = step_of_kind(STEP_FROM);
    s.op.from.image = str_from(image);
    s.meta.heading = s.op.from.image;
    return plan_add_step(to, &s);
}

/* The heading is the command without its last character, which stands for the environment. */
static uint32_t run(struct plan *to, uint32_t parent, struct str command)
{
    struct step s = step_of_kind(STEP_RUN);
    s.parent = parent;
    s.op.run.command =
        (struct command){.form = COMMAND_SHELL, .shell_kind = SHELL_BASE, .line = command};
    s.meta.heading = str_of(command.p, command.n - 1);
    return plan_add_step(to, &s);
}

static uint32_t dir(struct plan *to, uint32_t parent, struct str path)
{
    struct step s = step_of_kind(STEP_MKDIR);
    s.parent = parent;
    s.op.mkdir.path = text_lit(&a, path);
    s.meta.heading = path;
    return plan_add_step(to, &s);
}

static uint32_t runs(struct plan *to, uint32_t at, int first, int end, char env)
{
    for (int i = first; i < end; i++)
        at = run(to, at, arena_printf(&a, "make %d%c", i, env));
    return at;
}

static void begin(void)
{
    ir_identify(&p);
    ir_identify(&q);
    align_init(&al, &a, &p, &q);
}

struct counts {
    uint32_t pairs, alone_a, alone_b;
};

/* Of what this adds, every step once and in the order of its chain. */
static struct counts align(uint32_t a_end, uint32_t b_end)
{
    struct step_pair_vec out = {0};
    struct counts n = {0};
    uint32_t next_a = 0, next_b = 0;
    align_chains(&al, a_end, b_end, &out);
    vec_for (const struct step_pair, at, &out) {
        n.pairs += at->a != NO_STEP && at->b != NO_STEP;
        n.alone_a += at->b == NO_STEP;
        n.alone_b += at->a == NO_STEP;
        ck_assert(at->a == NO_STEP || at->a >= next_a);
        ck_assert(at->b == NO_STEP || at->b >= next_b);
        next_a = at->a == NO_STEP ? next_a : at->a + 1;
        next_b = at->b == NO_STEP ? next_b : at->b + 1;
    }
    return n;
}

#define ck_counts(got, p, x, y)                                                                    \
    do {                                                                                           \
        struct counts n_ = (got);                                                                  \
        ck_assert_uint_eq(n_.pairs, (p));                                                          \
        ck_assert_uint_eq(n_.alone_a, (x));                                                        \
        ck_assert_uint_eq(n_.alone_b, (y));                                                        \
    } while (0)

START_TEST(the_same_beginning_is_left_out)
{
    uint32_t x = runs(&p, from(&p, "x"), 0, 5, '1'), y = runs(&q, from(&q, "x"), 0, 6, '1');
    begin();
    ck_counts(align(x, y), 0, 0, 1);
}
END_TEST

START_TEST(steps_that_went_elsewhere_are_found_in_long_chains)
{
    uint32_t x = runs(&p, from(&p, "x"), 0, 5000, '1'), y = from(&q, "y");
    y = runs(&q, run(&q, runs(&q, y, 0, 2500, '1'), STR("new!")), 2500, 5000, '1');
    y = run(&q, y, STR("end!"));
    begin();
    ck_counts(align(x, y), 5001, 0, 2);
}
END_TEST

START_TEST(so_are_steps_that_all_changed_but_look_the_same)
{
    uint32_t x = runs(&p, from(&p, "x"), 0, 2000, '1'), y = from(&q, "x");
    y = runs(&q, run(&q, runs(&q, y, 0, 100, '2'), STR("new!")), 100, 2000, '2');
    begin();
    struct step_pair_vec out = {0};
    align_chains(&al, x, y, &out);
    vec_for (const struct step_pair, at, &out)
        if (at->a == NO_STEP)
            ck_assert_strs(q.steps.at[at->b].op.run.command.line, STR("new!"));
        else
            ck_assert_strs(p.steps.at[at->a].meta.heading, q.steps.at[at->b].meta.heading);
    ck_assert_uint_eq(out.n, 2001);
}
END_TEST

START_TEST(equal_headings_of_two_kinds_are_no_pair)
{
    uint32_t x = from(&p, "x"), y = from(&q, "x");
    for (int i = 0; i < 1500; i++) {
        struct str name = arena_printf(&a, "%d", i);
        x = i == 0 ? dir(&p, x, name) : run(&p, x, str_concat(&a, name, STR("1")));
        y = run(&q, y, str_concat(&a, name, STR("2")));
    }
    begin();
    ck_counts(align(x, y), 1499, 1, 1);
}
END_TEST

START_TEST(a_trunk_is_aligned_with_the_first_of_its_stages)
{
    enum { TRUNK = 2000, STAGES = 2000 };
    uint32_t x = runs(&p, from(&p, "x"), 0, TRUNK, '1'), y = runs(&q, from(&q, "y"), 0, TRUNK, '1');
    for (int i = 0; i < STAGES; i++) {
        run(&p, x, arena_printf(&a, "own %d1", i));
        run(&q, y, arena_printf(&a, "own %d2", i));
    }
    begin();
    for (uint32_t i = 1; i <= STAGES; i++)
        ck_counts(align(x + i, y + i), i == 1 ? TRUNK + 2 : 1, 0, 0);
}
END_TEST

START_TEST(a_trunk_of_the_same_steps_is_passed_once)
{
    uint32_t x = runs(&p, from(&p, "x"), 0, 100, '1'), y = runs(&q, from(&q, "x"), 0, 100, '1');
    run(&p, x, STR("a1"));
    run(&p, x, STR("b1"));
    run(&q, y, STR("a2"));
    run(&q, y, STR("b2"));
    begin();
    size_t repeats = al.repeats;
    ck_counts(align(x + 1, y + 1), 1, 0, 0);
    ck_counts(align(x + 2, y + 2), 1, 0, 0);
    ck_assert_uint_eq(al.repeats, repeats);
}
END_TEST

START_TEST(a_stage_that_stands_on_less_of_the_trunk_has_its_own_steps_only)
{
    uint32_t x = runs(&p, from(&p, "x"), 0, 10, '1'), y = runs(&q, from(&q, "y"), 0, 10, '1');
    uint32_t x2 = run(&p, x - 3, STR("own1")), y2 = run(&q, y, STR("own2"));
    begin();
    ck_counts(align(x, y), 11, 0, 0);
    ck_counts(align(x2, y2), 1, 0, 3);
}
END_TEST

/* What one plan has twice and the other once. */
START_TEST(another_trunk_is_compared_again)
{
    uint32_t x = runs(&p, from(&p, "x"), 0, 10, '1'), y = runs(&q, from(&q, "x"), 0, 10, '1');
    uint32_t x2 = run(&p, x, STR("a1")), y2 = run(&q, y, STR("a2"));
    uint32_t y3 = run(&q, runs(&q, from(&q, "y"), 0, 10, '1'), STR("b2"));
    uint32_t x3 = run(&p, x, STR("b1"));
    begin();
    ck_counts(align(x2, y2), 1, 0, 0);
    ck_counts(align(x3, y3), 12, 0, 0);
}
END_TEST

START_TEST(trunks_without_pairs_do_not_cost_a_square)
{
    enum { TRUNK = 3000, STAGES = 3000 };
    uint32_t x = from(&p, "x"), y = from(&q, "x");
    for (int i = 0; i < TRUNK; i++) {
        x = run(&p, x, arena_printf(&a, "%d1", i));
        y = dir(&q, y, arena_printf(&a, "%d", i));
    }
    for (int i = 0; i < STAGES; i++) {
        run(&p, x, arena_printf(&a, "own %d1", i));
        run(&q, y, arena_printf(&a, "own %d2", i));
    }
    begin();
    uint64_t lines = 0;
    for (uint32_t i = 1; i <= STAGES; i++) {
        struct counts n = align(x + i, y + i);
        ck_assert_uint_eq(n.pairs, 1);
        lines += n.alone_a + n.alone_b;
    }
    ck_assert_uint_ge(lines, 2 * TRUNK);
    ck_assert_uint_le(lines, (1 << 20) + 4 * TRUNK);
}
END_TEST

UNIT_MAIN_WITH("align", start, stop, the_same_beginning_is_left_out,
               steps_that_went_elsewhere_are_found_in_long_chains,
               so_are_steps_that_all_changed_but_look_the_same,
               equal_headings_of_two_kinds_are_no_pair,
               a_trunk_is_aligned_with_the_first_of_its_stages,
               a_trunk_of_the_same_steps_is_passed_once,
               a_stage_that_stands_on_less_of_the_trunk_has_its_own_steps_only,
               another_trunk_is_compared_again, trunks_without_pairs_do_not_cost_a_square)
