/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ids of steps: what changes one and what does not. The pinned ids are IR_VERSION 1: they change
 * only together with it, as every store's results and every saved IR hang on them.
 */
#include <config.h>

#include "tests/unit/fixture.h"
#include "tests/unit/ir_sample.h"

enum { MAX_DIGESTS = 100 };

static struct arena a; /* each test runs in a process of its own */

struct digests {
    struct digest at[MAX_DIGESTS];
    size_t n;
};

/* Each digest must be a new one. */
static void add_new(struct digests *ds, struct digest d, const char *what)
{
    for (size_t i = 0; i < ds->n; i++)
        ck_assert_msg(!digest_eq(&ds->at[i], &d), "%s does not count", what);
    ck_assert_uint_lt(ds->n, MAX_DIGESTS);
    ds->at[ds->n++] = d;
}

static struct step plain_step(enum step_kind kind)
{
    struct step s = step_of_kind(kind);
    if (kind == STEP_RUN)
        s.op.run.command =
            (struct command){.form = COMMAND_SHELL, .shell_kind = SHELL_BASE, .line = STR("make")};
    return s;
}

START_TEST(every_field_of_every_kind_counts)
{
    struct digests ds = {.n = 0};
    for (enum step_kind kind = STEP_FROM; kind < N_STEP_KINDS; kind++) {
        struct step s = plain_step(kind);
        add_new(&ds, ir_op_digest(&s), step_kind_name(kind));
        field_for(f, op_fields(kind))
        {
            s = plain_step(kind);
            sample_field(&a, f, &s.op);
            add_new(&ds, ir_op_digest(&s), f->name ? f->name : "command");
        }
    }
}
END_TEST

START_TEST(every_field_of_a_mount_counts)
{
    struct digests ds = {.n = 0};
    struct ir_mount m = {0};
    struct step s = plain_step(STEP_RUN);
    add_new(&ds, ir_op_digest(&s), "no mount");
    vec_push(&a, &s.op.run.mounts, m);
    add_new(&ds, ir_op_digest(&s), "an empty mount");
    vec_push(&a, &s.op.run.mounts, m);
    add_new(&ds, ir_op_digest(&s), "a second mount");
    field_for(f, mount_fields) for (size_t i = 0; i < 2; i++)
    {
        s.op.run.mounts.at[0] = s.op.run.mounts.at[1] = (struct ir_mount){0};
        sample_field(&a, f, &s.op.run.mounts.at[i]);
        add_new(&ds, ir_op_digest(&s), f->name);
    }
}
END_TEST

START_TEST(every_way_to_give_a_command_counts)
{
    struct digests ds = {.n = 0};
    struct step s = step_of_kind(STEP_RUN);
    struct command *c = &s.op.run.command;
    *c = (struct command){.form = COMMAND_SHELL, .shell_kind = SHELL_BASE, .line = STR("x")};
    add_new(&ds, ir_op_digest(&s), "shell");
    c->shell_kind = SHELL_SANDBOX;
    add_new(&ds, ir_op_digest(&s), "sandbox");
    c->shell_kind = SHELL_LIST;
    vec_push(&a, &c->shell, STR("base"));
    add_new(&ds, ir_op_digest(&s), "a list");
    vec_push(&a, &c->shell, STR("x"));
    add_new(&ds, ir_op_digest(&s), "a longer list");
    c->form = COMMAND_ARGV;
    vec_push(&a, &c->argv, STR("base"));
    add_new(&ds, ir_op_digest(&s), "argv");
    c->argv.at[0] = STR("basex");
    add_new(&ds, ir_op_digest(&s), "another argv");
}
END_TEST

START_TEST(every_part_of_a_text_counts)
{
    struct digests ds = {.n = 0};
    struct step s = step_of_kind(STEP_MKDIR);
    struct text *t = &s.op.mkdir.path;
    *t = text_lit(&a, STR("PATH"));
    add_new(&ds, ir_op_digest(&s), "a literal");
    *t = text_env(&a, STR("PATH"));
    add_new(&ds, ir_op_digest(&s), "a variable");
    *t = text_env(&a, STR("HOME"));
    add_new(&ds, ir_op_digest(&s), "its name");
    *t = text_ref(&a, TEXT_USER);
    add_new(&ds, ir_op_digest(&s), "the user");
    *t = text_ref(&a, TEXT_WORKDIR);
    add_new(&ds, ir_op_digest(&s), "the workdir");
    *t = text_join(&a, *t, *t);
    add_new(&ds, ir_op_digest(&s), "twice");
    for (enum text_op op = TEXT_OP_DEFAULT_IF_EMPTY; op <= TEXT_OP_ALT; op++) {
        struct text x = text_env(&a, STR("X")), y = text_env(&a, STR("Y"));
        *t = text_expand(&a, op, x, y);
        add_new(&ds, ir_op_digest(&s), text_op_name(op));
        *t = text_expand(&a, op, y, x);
        add_new(&ds, ir_op_digest(&s), "which is which");
    }
}
END_TEST

START_TEST(lists_do_not_run_into_each_other)
{
    struct digests ds = {.n = 0};
    struct step s = step_of_kind(STEP_COPY);
    struct str_vec one = {0}, two = {0};
    vec_push(&a, &one, STR("ab"));
    vec_push(&a, &two, STR("a"));
    vec_push(&a, &two, STR("b"));
    s.op.copy.exclude = one;
    add_new(&ds, ir_op_digest(&s), "one name");
    s.op.copy.exclude = two;
    add_new(&ds, ir_op_digest(&s), "two names");
    s.op.copy.exclude = (struct str_vec){0};
    s.op.copy.ignore = one;
    add_new(&ds, ir_op_digest(&s), "another list");
}
END_TEST

START_TEST(an_id_depends_on_the_steps_before)
{
    struct digests ds = {.n = 0};
    struct plan p = PLAN_INIT(&a);
    struct step scratch = step_of_kind(STEP_SCRATCH), run = plain_step(STEP_RUN);
    struct step from = step_of_kind(STEP_FROM), copy = step_of_kind(STEP_COPY);
    plan_add_step(&p, &scratch);
    plan_add_step(&p, &from);
    run.parent = 0;
    plan_add_step(&p, &run);
    run.parent = 1;
    plan_add_step(&p, &run);
    copy.parent = 2;
    vec_push(&a, &copy.reads, 3);
    plan_add_step(&p, &copy);
    copy.parent = 3;
    copy.reads.at = arena_new_n(&a, uint32_t, 1);
    copy.reads.at[0] = 2;
    plan_add_step(&p, &copy);
    ir_identify(&p);
    for (size_t i = 0; i < p.steps.n; i++)
        add_new(&ds, p.steps.at[i].id, "the graph");
    ck_assert(digest_eq(&p.steps.at[2].op_digest, &p.steps.at[3].op_digest));
    ck_assert(digest_eq(&p.steps.at[4].op_digest, &p.steps.at[5].op_digest));
}
END_TEST

START_TEST(places_and_names_do_not_count)
{
    struct plan p, q;
    sample_plan(&a, &p);
    sample_plan(&a, &q);
    q.sources.at[0].path = STR("elsewhere");
    q.stages.at[1].name = STR("other");
    q.targets.at[0].name = STR("other");
    q.stages.at[1].config = (struct image_config){0};
    vec_for (struct step, s, &q.steps)
        s->meta = (struct step_meta){.line = 99, .heading = STR("else")};
    ir_identify(&q);
    for (size_t i = 0; i < p.steps.n; i++)
        ck_assert(digest_eq(&p.steps.at[i].id, &q.steps.at[i].id));
}
END_TEST

static void check_ids(const struct plan *p, const char *const *want, size_t n)
{
    ck_assert_uint_eq(p->steps.n, n);
    for (size_t i = 0; i < n; i++) {
        char hex[SHA256_HEX + 1];
        digest_hex(&p->steps.at[i].id, hex);
        ck_assert_msg(strcmp(hex, want[i]) == 0, "step %zu: %s", i, hex);
    }
}

/* Takes away what the first plans did not have: to leave it out must be as if it had never been. */
static void make_old(struct plan *p)
{
    p->steps.n = 6;
    p->steps.at[1].op.from.onbuild = false;
    struct op_run *run = &p->steps.at[2].op.run;
    run->security = SECURITY_SANDBOX;
    run->devices.n = run->scripts.n = 0;
    run->mounts.at[0].type = MOUNT_BIND;
    struct ir_mount m = run->mounts.at[1];
    run->mounts.at[1] = (struct ir_mount){m.type, m.id, m.target, m.read_only, m.options};
    p->steps.at[3].op.mkdir.epoch = STR("");
    for (size_t i = 4; i < 6; i++) {
        p->steps.at[i].op.copy.parents = false;
        p->steps.at[i].op.copy.epoch = STR("");
    }
    ir_identify(p);
}

START_TEST(ids_of_old_plans_are_pinned)
{
    static const char *const want[] = {
        "11c3275d9685ed3dd0279052d354191f26c67b82c65389287936d5051c3c8d30", /* scratch */
        "afa98c214792b1f1842122bc65c4cef5e209bde15ea5ee857ccc1006ea9778cd", /* from */
        "de1650683c7f958ded4da93c38be2eec13aecc4ed7e063d3d2e8167feb73a6a3", /* run */
        "77b1dcd281e94de62b03f595d57baf5d095a0727dde2f11443e0acbe9a5f086d", /* mkdir */
        "596f1d2a33324892df34abcc0da00795bec5c8272b9255fa1b853cba6008ecba", /* copy */
        "9fce31e42c2c2d5f332f7d4a94da6ceaa3adf588fe3f5b9b9d6674c6fdb14b2c", /* copy */
    };
    struct plan p;
    sample_plan(&a, &p);
    make_old(&p);
    check_ids(&p, want, sizeof want / sizeof want[0]);
}
END_TEST

UNIT_MAIN("identify", every_field_of_every_kind_counts, every_field_of_a_mount_counts,
          every_way_to_give_a_command_counts, every_part_of_a_text_counts,
          lists_do_not_run_into_each_other, an_id_depends_on_the_steps_before,
          places_and_names_do_not_count, ids_of_old_plans_are_pinned)
