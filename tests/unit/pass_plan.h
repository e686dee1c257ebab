/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small plans for tests of passes, made step by step. Steps stand in the sources "one" and "two";
 * a step's heading is what its maker is given, and its line is its index and one, unless it is
 * given too.
 */
#ifndef TESTS_PASS_PLAN_H
#define TESTS_PASS_PLAN_H

#include "ir/identify.h"
#include "ir/pass.h"
#include "ir/verify.h"
#include "tests/unit/fixture.h"

static struct arena a; /* each test runs in a process of its own */
static struct plan p;
static struct buf explain;
static struct pass_stats stats;

static inline void start(void)
{
    struct plan_source one = {STR("one"), {{0}}}, two = {STR("two"), {{0}}};
    p = PLAN_INIT(&a);
    vec_push(&a, &p.sources, one);
    vec_push(&a, &p.sources, two);
}

static inline uint32_t add_at(struct step s, uint32_t source, uint32_t line, const char *heading)
{
    s.meta = (struct step_meta){.source = source, .line = line, .heading = str_from(heading)};
    s.meta.end_line = line;
    return plan_add_step(&p, &s);
}

static inline uint32_t add(struct step s, const char *heading)
{
    return add_at(s, 0, (uint32_t)p.steps.n + 1, heading);
}

static inline struct text lit(const char *s)
{
    return text_lit(&a, str_from(s));
}

static inline struct step step_on(enum step_kind kind, uint32_t parent)
{
    struct step s = step_of_kind(kind);
    s.parent = parent;
    return s;
}

static inline uint32_t add_from(uint32_t source, uint32_t line, const char *image)
{
    struct step s = step_of_kind(STEP_FROM);
    s.op.from.image = str_from(image);
    return add_at(s, source, line, image);
}

static inline uint32_t add_scratch(void)
{
    return add(step_of_kind(STEP_SCRATCH), "scratch");
}

static inline struct step run_step(uint32_t parent, const char *command)
{
    struct step s = step_on(STEP_RUN, parent);
    s.op.run.command = (struct command){
        .form = COMMAND_SHELL, .shell_kind = SHELL_BASE, .line = str_from(command)};
    return s;
}

static inline uint32_t add_run(uint32_t parent, const char *command)
{
    return add(run_step(parent, command), command);
}

static inline struct step mkdir_step(uint32_t parent, const char *path, const char *owner)
{
    struct step s = step_on(STEP_MKDIR, parent);
    s.op.mkdir = (struct op_mkdir){.path = lit(path), .owner = lit(owner)};
    return s;
}

static inline uint32_t add_mkdir(uint32_t parent, const char *path)
{
    return add(mkdir_step(parent, path, ""), path);
}

/* From the context. */
static inline struct step copy_step(uint32_t parent, const char *src, const char *dst)
{
    struct step s = step_on(STEP_COPY, parent);
    vec_push(&a, &s.op.copy.src, lit(src));
    s.op.copy.dst = lit(dst);
    return s;
}

static inline uint32_t add_copy(uint32_t parent, const char *src, const char *dst)
{
    return add(copy_step(parent, src, dst), src);
}

static inline struct step copy_from(uint32_t parent, uint32_t of, const char *src, const char *dst)
{
    struct step s = copy_step(parent, src, dst);
    s.op.copy.source = COPY_FROM_STEP;
    vec_push(&a, &s.reads, of);
    return s;
}

static inline uint32_t add_stage(uint32_t step, const char *name)
{
    struct stage s = {.name = str_from(name), .step = step};
    vec_push(&a, &p.stages, s);
    return (uint32_t)p.stages.n - 1;
}

static inline void add_target(uint32_t step, uint32_t at_stage)
{
    struct target t = {STR("t"), step, at_stage};
    vec_push(&a, &p.targets, t);
}

static inline void expect_valid(void)
{
    struct ob_err err = OB_ERR_INIT;
    ck_assert_ok(ir_verify(&p, &err), &err);
}

static inline void optimize(int level)
{
    struct pass_report r = {&explain, &stats};
    ir_identify(&p);
    ir_optimize(&p, level, &r);
    expect_valid();
}

/* One pass alone, without counting. */
static inline void run_pass(void (*pass)(struct plan *, const struct pass_report *))
{
    struct pass_report r = {&explain, NULL};
    ir_identify(&p);
    expect_valid();
    pass(&p, &r);
    expect_valid();
}

static inline void expect_explained(const char *want)
{
    ck_assert_strs(explain.n ? buf_str(&explain) : STR(""), str_from(want));
}

static inline const struct step *last_step(void)
{
    return &p.steps.at[p.steps.n - 1];
}

#endif
