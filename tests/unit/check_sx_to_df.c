/* SPDX-License-Identifier: Apache-2.0 */
/* What a spec loses as a Dockerfile where the goldens can't show it. */
#include <config.h>

#include "frontend/compile.h"
#include "frontend/context.h"
#include "tests/unit/fixture.h"
#include "tests/unit/scratch_dir.h"

struct run {
    struct arena a;
    struct sources sources;
    struct diag_sink diags;
    struct plan plan;
    struct compile_options options;
    struct compile c;
    struct buf out;
};

static void translate(struct run *r, const char *text)
{
    r->sources = SOURCES_INIT(&r->a);
    r->diags = DIAG_SINK_INIT(&r->a);
    r->plan = PLAN_INIT(&r->a);
    r->c = (struct compile){&r->a, &r->sources, &r->diags, &r->plan, &r->options};
    uint32_t source = source_add(&r->sources, STR("the.spec"), str_from(text));
    ck_assert(sx_to_dockerfile(&r->c, source, &r->out));
}

static void end(struct run *r)
{
    buf_free(&r->out);
    arena_free(&r->a);
}

static void ck_rule(const struct run *r, size_t i, const char *rule)
{
    ck_assert_uint_lt(i, r->diags.list.n);
    ck_assert_str_eq(r->diags.list.at[i]->rule->name, rule);
}

START_TEST(links_are_followed_and_that_is_said)
{
    struct scratch_dir d;
    struct context context;
    struct ob_err err = OB_ERR_INIT;
    struct run r = {.options.translate.context = &context};
    scratch_start(&d);
    scratch_mkdir(&d, "dir");
    scratch_text(&d, "dir/file", "");
    scratch_symlink(&d, "dir/file", "link");
    scratch_symlink(&d, "dir", "way");
    ck_assert_ok(context_open(&context, &r.a, d.path, &err), &err);
    translate(&r, "((from debian) (copy (src dir/file) (dst /f)) (copy (src link) (dst /l))"
                  " (copy (src way) (dst /w/)) (copy (src way/file) (dst /x/)))");
    ck_assert_str_eq(r.out.p, "FROM debian\n"
                              "COPY dir/file /f\n"
                              "COPY link /l\n"
                              "COPY way /w/way\n"
                              "COPY way/file /x/\n");
    ck_assert_uint_eq(r.diags.n_losses, 3);
    ck_rule(&r, 0, "LinkLost");
    ck_assert_strs(r.diags.list.at[0]->text,
                   STR("\"link\" is \"dir/file\" behind links, which COPY follows"));
    context_close(&context);
    scratch_end(&d);
    end(&r);
}
END_TEST

/* The message of a loss, which is number i of what was said. */
static void ck_loss(const struct run *r, size_t i, const char *rule, struct str text)
{
    ck_rule(r, i, rule);
    ck_assert_strs(r->diags.list.at[i]->text, text);
}

START_TEST(a_link_to_nothing_is_told_from_what_is_absent)
{
    struct scratch_dir d;
    struct context context;
    struct ob_err err = OB_ERR_INIT;
    struct run r = {.options.translate.context = &context};
    scratch_start(&d);
    scratch_symlink(&d, "nowhere", "dangling");
    ck_assert_ok(context_open(&context, &r.a, d.path, &err), &err);
    translate(&r, "((from debian) (copy (src dangling) (dst /x)) (copy (src dangling) (dst /y/))"
                  " (copy (src absent) (dst /x)))");
    ck_assert_str_eq(r.out.p, "FROM debian\n"
                              "COPY dangling /x\n"
                              "COPY dangling /y/\n"
                              "COPY absent /x\n");
    ck_assert_uint_eq(r.diags.list.n, 3);
    for (size_t i = 0; i < 2; i++)
        ck_loss(&r, i, "LinkLost",
                STR("\"dangling\" is a link to nothing in the context, and COPY of it fails"));
    ck_loss(&r, 2, "LinkLost", STR("if \"absent\" is a link, COPY takes what it leads to"));
    context_close(&context);
    scratch_end(&d);
    end(&r);
}
END_TEST

START_TEST(what_docker_ignores_is_lost_unless_the_spec_leaves_it_out_too)
{
    struct scratch_dir d;
    struct context context;
    struct ob_err err = OB_ERR_INIT;
    struct run r = {.options.translate = {.context = &context, .buildkit = true}};
    scratch_start(&d);
    scratch_mkdir(&d, "dir");
    scratch_mkdir(&d, "dir/sub");
    scratch_text(&d, "dir/sub/a.o", "");
    scratch_text(&d, "dir/file", "");
    scratch_text(&d, "b.o", "");
    scratch_text(&d, ".dockerignore", "**/*.o\n");
    ck_assert_ok(context_open(&context, &r.a, d.path, &err), &err);
    translate(&r,
              "((from debian) (copy (src .) (dst /x) (exclude a.o b.o))"
              " (copy (src dir/file) (dst /f)) (copy (src dir) (dst /d/)) (copy (src b.o) (dst /b))"
              " (copy (src .) (dst /x) (exclude dir)))");
    ck_assert_uint_eq(r.diags.list.n, 3);
    ck_loss(&r, 0, "IgnoreLost",
            STR("Docker leaves out \"dir/sub/a.o\", which .dockerignore names"));
    ck_loss(&r, 1, "IgnoreLost", STR("Docker leaves out \"b.o\", which .dockerignore names"));
    ck_loss(&r, 2, "IgnoreLost", STR("Docker leaves out \"b.o\", which .dockerignore names"));
    context_close(&context);
    scratch_end(&d);
    end(&r);
}
END_TEST

START_TEST(a_text_goes_behind_what_is_there)
{
    struct run r = {0};
    buf_puts(&r.out, "# another\n");
    translate(&r, "((from debian) (copy (src a) (dst b/)))");
    ck_assert_str_eq(r.out.p, "# another\nFROM debian\nWORKDIR /\nCOPY a b/\n");
    ck_rule(&r, 0, "DirectoryNameLost");
    end(&r);
}
END_TEST

UNIT_MAIN("sx_to_df", links_are_followed_and_that_is_said,
          a_link_to_nothing_is_told_from_what_is_absent,
          what_docker_ignores_is_lost_unless_the_spec_leaves_it_out_too,
          a_text_goes_behind_what_is_there)
