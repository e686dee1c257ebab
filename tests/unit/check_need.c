/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities: what needs which, and that a document has to say so. */
#include <config.h>

#include "ir/need.h"

#include "base/buf.h"
#include "ir/field.h"
#include "ir/read.h"
#include "ir/write.h"
#include "tests/unit/fixture.h"
#include "tests/unit/ir_sample.h"

static struct arena a; /* each test runs in a process of its own */

static struct str names_of(struct ir_needs needs)
{
    struct buf b = BUF_INIT;
    needs_for (n, needs) {
        if (b.n)
            buf_putc(&b, ' ');
        buf_puts(&b, need_name(n));
    }
    struct str s = b.n ? arena_str(&a, buf_str(&b)) : STR("");
    buf_free(&b);
    return s;
}

static void expect(const struct step *s, const char *want)
{
    struct ir_needs needs = {0};
    step_needs(s, &needs);
    ck_assert_strs(names_of(needs), str_from(want));
}

START_TEST(names_are_sorted_and_found)
{
    for (enum ir_need n = NEED_NONE + 1; n < N_NEEDS; n++) {
        ck_assert_int_eq(need_named(str_from(need_name(n))), n);
        ck_assert_msg(n == 1 || strcmp(need_name(n - 1), need_name(n)) < 0, "%s", need_name(n));
    }
    ck_assert_int_eq(need_named(STR("ad")), NEED_NONE);
    ck_assert_int_eq(need_named(STR("")), NEED_NONE);
}
END_TEST

START_TEST(plain_steps_need_nothing)
{
    for (enum step_kind k = STEP_FROM; k <= STEP_MKDIR; k++) {
        struct step s = step_of_kind(k);
        expect(&s, "");
    }
}
END_TEST

START_TEST(a_mount_needs_what_its_type_asks_for)
{
    static const struct {
        struct ir_mount mount;
        const char *want;
    } rows[] = {
        {{.type = MOUNT_BIND, .from = MOUNT_FROM_CONTEXT}, "run.mount.bind"},
        {{.type = MOUNT_BIND, .from = MOUNT_FROM_CONTEXT, .context = STR_INIT("c")},
         "context.named run.mount.bind"},
        {{.type = MOUNT_CACHE}, ""},
        {{.type = MOUNT_CACHE, .sharing = SHARING_LOCKED}, ""},
        {{.type = MOUNT_CACHE, .from = MOUNT_FROM_STEP}, "run.mount.cache.from"},
        {{.type = MOUNT_TMPFS}, "run.mount.tmpfs"},
        {{.type = MOUNT_SECRET, .required = true}, ""},
        {{.type = MOUNT_SECRET, .env = STR_INIT("E")}, "run.mount.secret.env"},
        {{.type = MOUNT_SSH}, "run.mount.ssh.optional"},
        {{.type = MOUNT_SSH, .required = true}, "run.mount.ssh"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct step s = step_of_kind(STEP_RUN);
        vec_push(&a, &s.op.run.mounts, rows[i].mount);
        expect(&s, rows[i].want);
    }
}
END_TEST

START_TEST(a_command_needs_its_surroundings)
{
    struct ir_device must = {.name = STR("v/c=n")}, may = {.name = STR("v/c=n"), .optional = true};
    struct step s = step_of_kind(STEP_RUN);
    s.op.run.network = NETWORK_HOST;
    vec_push(&a, &s.op.run.devices, may);
    expect(&s, "run.device.optional");
    vec_push(&a, &s.op.run.devices, must);
    s.op.run.security = SECURITY_INSECURE;
    expect(&s, "run.device run.device.optional run.insecure");
}
END_TEST

START_TEST(sources_modes_and_times_count_by_their_text)
{
    struct step s = step_of_kind(STEP_ADD);
    struct text_vec *src = &s.op.add.src;
    vec_push(&a, src, text_lit(&a, STR("a.tar")));
    expect(&s, "add");
    vec_push(&a, src, text_lit(&a, STR("https://example.org/x?y.git")));
    expect(&s, "add add.http");
    src->at[0] = text_lit(&a, STR("https://example.org/x.git#main"));
    s.op.add.checksum = text_lit(&a, STR("sha256:00"));
    s.op.add.chmod = text_lit(&a, STR("0644"));
    s.op.add.epoch = STR("-1");
    expect(&s, "add add.checksum add.git add.http epoch");
    src->n = 0;
    s.op.add.chmod = text_lit(&a, STR("u+x"));
    s.op.add.epoch = STR("context");
    expect(&s, "add add.checksum chmod.symbolic epoch epoch.source");
}
END_TEST

START_TEST(late_texts_count_wherever_they_are)
{
    struct text home = text_env(&a, STR("HOME")), cut;
    struct step s = step_of_kind(STEP_FILE);
    struct ir_file f = {STR("f"), home};
    vec_push(&a, &s.op.file.files, f);
    expect(&s, "file late");
    cut = text_expand(&a, TEXT_OP_CUT_PREFIX, home, text_lit(&a, STR("/")));
    s.op.file.files.at[0].content = text_expand(&a, TEXT_OP_DEFAULT, home, cut);
    expect(&s, "file late late.pattern");
    s = step_of_kind(STEP_RUN);
    struct name_value e = {STR("E"), home};
    vec_push(&a, &s.op.run.env, e);
    expect(&s, "late");
}
END_TEST

START_TEST(a_plan_needs_what_any_part_does)
{
    struct plan p = PLAN_INIT(&a);
    struct stage stage = {.config = {.epoch = STR("context"), .user = text_ref(&a, TEXT_USER)}};
    struct name_str proxy = {STR("http_proxy"), STR("x")};
    vec_push(&a, &p.stages, stage);
    vec_push(&a, &p.proxies, proxy);
    ck_assert_strs(names_of(plan_needs(&p)), STR("epoch epoch.source late proxies"));
}
END_TEST

/* Whoever adds a field decides: either it needs a capability, or old executors have it already. */
START_TEST(every_other_field_is_in_the_baseline)
{
    static const char *const baseline =
        " image platform cwd user env network mounts devices style from src dst exclude"
        " ignore_given ignore owner chmod path keep_git_dir unpack files ";
    for (enum step_kind k = STEP_FROM; k < N_STEP_KINDS; k++)
        field_for(f, op_fields(k))
        {
            struct str name = arena_printf(&a, " %s ", f->name ? f->name : "path");
            ck_assert_msg((strstr(baseline, name.p) == NULL) == (f->need != NEED_NONE), "%s of %s",
                          f->name, step_kind_name(k));
        }
}
END_TEST

/* The sample's document with another list. */
static const char *error_with(const char *list)
{
    static struct ob_err err;
    struct plan p, q = PLAN_INIT(&a);
    struct buf b = BUF_INIT;
    sample_plan(&a, &p);
    ir_write_json(&p, &b);
    const char *begin = strstr(b.p, "\"needs\":"), *end = strstr(b.p, "\"sources\"");
    ck_assert(begin && end);
    struct str text = arena_printf(&a, "%.*s%s%s", (int)(begin - b.p), b.p, list, end);
    buf_free(&b);
    return ir_read_json(&q, text, &err) < 0 ? err.text : "none";
}

#define SAMPLE                                                                                     \
    "\"add\",\"add.checksum\",\"context.named\",\"copy.parents\",\"epoch\",\"file\","              \
    "\"from.onbuild\",\"late\",\"proxies\",\"run.device\",\"run.device.optional\","                \
    "\"run.insecure\",\"run.mount.cache.from\",\"run.scripts\""

START_TEST(a_document_lists_what_it_needs_and_no_more)
{
    ck_assert_str_eq(error_with("\"needs\":[" SAMPLE "],"), "none");
    ck_assert_str_eq(error_with("\"needs\":[\"file\"," SAMPLE "],"),
                     "$.needs[6]: \"file\" is there twice");
    ck_assert_str_eq(error_with(""), "$.needs: the document needs \"add\" and does not list it");
    ck_assert_str_eq(error_with("\"needs\":[" SAMPLE ",\"add.git\"],"),
                     "$.needs: nothing in the document needs \"add.git\"");
    ck_assert_str_eq(error_with("\"needs\":\"add\","), "$.needs: expected an array");
    ck_assert_str_eq(error_with("\"needs\":[1],"), "$.needs[0]: expected a string");
}
END_TEST

START_TEST(what_is_unknown_is_named_before_anything_else)
{
    ck_assert_str_eq(error_with("\"needs\":[\"add\",\"run.gpu\"],\"gpus\":1,"),
                     "$.needs[1]: this document needs \"run.gpu\", which this obkit does not know");
}
END_TEST

UNIT_MAIN("need", names_are_sorted_and_found, plain_steps_need_nothing,
          a_mount_needs_what_its_type_asks_for, a_command_needs_its_surroundings,
          sources_modes_and_times_count_by_their_text, late_texts_count_wherever_they_are,
          a_plan_needs_what_any_part_does, every_other_field_is_in_the_baseline,
          a_document_lists_what_it_needs_and_no_more, what_is_unknown_is_named_before_anything_else)
