/* SPDX-License-Identifier: Apache-2.0 */
/* That a formatter with a mistake changes nobody's file: formatters that lie. */
#include <config.h>

#include "frontend/format.h"
#include "tests/unit/fixture.h"

static const char text[] = "FROM alpine\nRUN a\nRUN b\nCMD c\n";

static bool put(struct buf *out, const char *s)
{
    buf_puts(out, s);
    return true;
}

static bool to_other_step(struct compile *c, uint32_t source, struct buf *out)
{
    (void)c, (void)source;
    return put(out, "FROM alpine\nRUN a\nRUN  b c\nCMD c\n");
}

static bool to_fewer_steps(struct compile *c, uint32_t source, struct buf *out)
{
    (void)c, (void)source;
    return put(out, "FROM alpine\nRUN a\nCMD c\n");
}

static bool to_more_steps(struct compile *c, uint32_t source, struct buf *out)
{
    (void)c, (void)source;
    return put(out, "FROM alpine\nRUN a\nRUN b\nRUN c\nCMD c\n");
}

static bool to_other_image(struct compile *c, uint32_t source, struct buf *out)
{
    (void)c, (void)source;
    return put(out, "FROM alpine\nRUN a\nRUN b\nCMD c \\\n c\n");
}

static bool to_nonsense(struct compile *c, uint32_t source, struct buf *out)
{
    (void)c, (void)source;
    return put(out, "FROM alpine\nRUM a\n");
}

static bool to_the_same(struct compile *c, uint32_t source, struct buf *out)
{
    (void)c, (void)source;
    return put(out, "from alpine\n\n# comment\nrun a\nRUN b\nCMD c\n");
}

/* The line of the only error; 0 = there is none. */
static uint32_t format(const char *source_text,
                       bool (*liar)(struct compile *c, uint32_t source, struct buf *out))
{
    struct arena a = ARENA_INIT;
    struct sources sources = SOURCES_INIT(&a);
    struct diag_sink diags = DIAG_SINK_INIT(&a);
    const struct compile_options options = {0};
    struct compile c = {.arena = &a, .sources = &sources, .diags = &diags, .options = &options};
    struct language l = *language_named("dockerfile");
    struct buf out = BUF_INIT;
    uint32_t line = 0;
    l.format = liar;
    bool ok = format_source(&c, &l, source_add(&sources, STR("f"), str_from(source_text)), &out);
    ck_assert_int_eq(ok, diags.n_errors == 0);
    ck_assert_uint_le(diags.list.n, 1);
    if (!ok)
        line = source_place(&sources, 0, diags.list.at[0]->span.off).line;
    buf_free(&out);
    arena_free(&a);
    return line;
}

START_TEST(a_step_that_changes_is_found_where_it_stands)
{
    ck_assert_uint_eq(format(text, to_other_step), 3);
    ck_assert_uint_eq(format(text, to_fewer_steps), 3);
}
END_TEST

START_TEST(any_other_change_is_found)
{
    ck_assert_uint_eq(format(text, to_more_steps), 1);
    ck_assert_uint_eq(format(text, to_other_image), 1);
    ck_assert_uint_eq(format(text, to_nonsense), 1);
}
END_TEST

START_TEST(what_means_the_same_is_not_refused)
{
    ck_assert_uint_eq(format(text, to_the_same), 0);
}
END_TEST

START_TEST(errors_of_the_source_are_reported_once)
{
    ck_assert_uint_eq(format("FROM alpine\n\nRUM a\n", df_format), 3);
}
END_TEST

/* %%BASE%% is no image. */
static bool from_template(struct compile *c, uint32_t source, struct buf *out)
{
    df_format(c, source, out);
    char *base = strstr(out->p, "%%BASE%%");
    if (base)
        base[2] = 'C';
    return true;
}

START_TEST(a_template_that_can_only_be_read_keeps_its_words)
{
    static const char template[] = "from %%BASE%%\nENV a=b\nRUN <<E\nE\n";
    ck_assert_uint_eq(format(template, df_format), 0);
    ck_assert_uint_eq(format(template, from_template), 1);
}
END_TEST

UNIT_MAIN("format", a_step_that_changes_is_found_where_it_stands, any_other_change_is_found,
          what_means_the_same_is_not_refused, errors_of_the_source_are_reported_once,
          a_template_that_can_only_be_read_keeps_its_words)
