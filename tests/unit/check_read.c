/* SPDX-License-Identifier: Apache-2.0 */
/* Reading IR: what is written comes back, and what is wrong is refused by its JSON path. */
#include <config.h>

#include "ir/read.h"
#include "ir/write.h"
#include "tests/unit/fixture.h"
#include "tests/unit/ir_sample.h"

static struct arena a; /* each test runs in a process of its own */

#define Z16 "0000000000000000"
#define ZEROS Z16 Z16 Z16 Z16
#define SCRATCH_ID "11c3275d9685ed3dd0279052d354191f26c67b82c65389287936d5051c3c8d30"
#define SCRATCH "{\"id\":\"" SCRATCH_ID "\",\"kind\":\"scratch\",\"op\":{}}"
#define TARGET "{\"name\":\"\",\"step\":0}"
#define DOC(steps, stages, targets)                                                                \
    "{\"obir\":1,\"sources\":[],\"steps\":[" steps "],\"stages\":[" stages                         \
    "],\"targets\":[" targets "]}"
#define STEP(kind, rest, op) "{\"id\":\"" ZEROS "\",\"kind\":\"" kind "\"" rest ",\"op\":{" op "}}"
/* A document whose second step, on scratch, has this op. */
#define OP(kind, op) DOC(SCRATCH "," STEP(kind, ",\"parent\":0", op), "", TARGET)
#define RUN(more) OP("run", "\"argv\":[\"x\"]," more)
#define LATE(part) RUN("\"cwd\":{\"late\":[" part "]}")
#define STAGE(config) DOC(SCRATCH, "{\"name\":\"\",\"step\":0,\"config\":{" config "}}", TARGET)

static int read_text(struct plan *p, struct str text, struct ob_err *err)
{
    *p = PLAN_INIT(&a);
    *err = (struct ob_err)OB_ERR_INIT;
    return ir_read_json(p, text, err);
}

START_TEST(a_plan_with_every_field_comes_back)
{
    struct plan p, q;
    struct ob_err err;
    struct buf first = BUF_INIT, second = BUF_INIT;
    sample_plan(&a, &p);
    ir_write_json(&p, &first);
    ck_assert_ok(read_text(&q, buf_str(&first), &err), &err);
    ir_write_json(&q, &second);
    ck_assert_strs(buf_str(&second), buf_str(&first));
    buf_free(&first);
    buf_free(&second);
}
END_TEST

START_TEST(each_op_comes_back_alone)
{
    struct plan p;
    struct ob_err err;
    sample_plan(&a, &p);
    vec_for (const struct step, s, &p.steps) {
        struct buf first = BUF_INIT, second = BUF_INIT;
        struct json_out j = JSON_OUT_INIT(&first), k = JSON_OUT_INIT(&second);
        struct step back;
        ir_write_op(&j, s);
        ck_assert_ok(
            ir_read_op(&a, str_from(step_kind_name(s->kind)), buf_str(&first), &back, &err), &err);
        ir_write_op(&k, &back);
        ck_assert_strs(buf_str(&second), buf_str(&first));
        buf_free(&first);
        buf_free(&second);
    }
    struct step s;
    ck_assert_int_eq(ir_read_op(&a, STR("fly"), STR("{}"), &s, &err), -1);
    ck_assert_str_eq(err.text, "$.op: unknown kind of step \"fly\"");
    ck_assert_int_eq(ir_read_op(&a, STR("run"), STR("{\"argv\":1}"), &s, &err), -1);
}
END_TEST

START_TEST(the_smallest_document_is_read)
{
    struct plan p;
    struct ob_err err;
    ck_assert_ok(read_text(&p, STR(DOC(SCRATCH, "", TARGET)), &err), &err);
    ck_assert_uint_eq(p.steps.n, 1);
    ck_assert_int_eq(p.steps.at[0].kind, STEP_SCRATCH);
    ck_assert_uint_eq(p.steps.at[0].meta.line, 0);
    ck_assert_uint_eq(p.targets.at[0].stage, NO_STEP);
}
END_TEST

START_TEST(defaults_written_out_change_no_id)
{
    struct plan p;
    struct ob_err err;
    struct str text = STR(OP("mkdir", "\"path\":\"/x\",\"owner\":\"\""));
    read_text(&p, text, &err);
    struct str with = arena_str(&a, str_from(err.text));
    read_text(&p, STR(OP("mkdir", "\"path\":\"/x\"")), &err);
    ck_assert_strs(with, str_from(err.text));
    ck_assert(str_starts(with, STR("$.steps[1].id: the step hashes to ")));
}
END_TEST

START_TEST(unknown_keys_of_meta_are_read_over)
{
    struct plan p;
    struct ob_err err;
    struct str text = STR(DOC("{\"id\":\"" SCRATCH_ID "\",\"kind\":\"scratch\",\"op\":{},"
                              "\"meta\":{\"heading\":\"h\",\"later\":[1]}}",
                              "", TARGET));
    ck_assert_ok(read_text(&p, text, &err), &err);
    ck_assert_strs(p.steps.at[0].meta.heading, STR("h"));
}
END_TEST

START_TEST(late_values_come_into_normal_form)
{
    struct plan p;
    struct ob_err err;
    ck_assert_int_eq(read_text(&p, STR(LATE("\"/a\",\"\",\"b\",{\"env\":\"X\"}")), &err), -1);
    const struct text *cwd = &p.steps.at[1].op.run.cwd; /* only the id is wrong */
    ck_assert_uint_eq(cwd->n, 2);
    ck_assert_strs(cwd->part[0].s, STR("/ab"));
}
END_TEST

#define NO_REFERENCE                                                                               \
    "$.steps[1].op.cwd.late[0]: expected {\"env\": NAME}, {\"base\": \"workdir\"}, "               \
    "{\"base\": \"user\"} or an expansion"

static const struct {
    const char *text, *want;
} bad[] = {
    {"", "not JSON: line 1, column 1: expected a value"},
    {"FROM scratch\n", "not JSON: line 1, column 1: expected a value"},
    {"[1,2]", "$: expected an object"},
    {"{}", "$: \"obir\" is missing: this is not an obkit IR"},
    {"{\"obir\":2,\"news\":1}", "$.obir: this obkit reads version 1 only"},
    {"{\"obir\":\"1\"}", "$.obir: this obkit reads version 1 only"},
    {"{\"obir\":1,\"extra\":1}", "$: unknown key \"extra\""},
    {"{\"obir\":1}", "$: \"sources\" is missing"},
    {"{\"obir\":1,\"sources\":{}}", "$.sources: expected an array"},
    {"{\"obir\":1,\"sources\":[],\"steps\":[]}", "$: \"stages\" is missing"},
    {"{\"obir\":1,\"sources\":[{\"path\":\"p\"}]}", "$.sources[0].sha256: is missing"},
    {"{\"obir\":1,\"sources\":[{\"sha256\":\"" ZEROS "\"}]}", "$.sources[0].path: is missing"},
    {"{\"obir\":1,\"sources\":[{\"path\":1}]}", "$.sources[0].path: expected a string"},
    {"{\"obir\":1,\"obir\":1}", "not JSON: line 1, column 20: an object with the same name twice"},
    {DOC("", "", ""), "$.targets: is empty: there is nothing to build"},
    {DOC("", "", TARGET), "$.targets[0].step: no such step"},
    {DOC(SCRATCH, "", "{\"name\":\"\",\"step\":0,\"stage\":0}"),
     "$.targets[0].stage: no such stage"},
    {DOC(SCRATCH, "", "{\"name\":\"\"}"), "$.targets[0].step: is missing"},
    {DOC(SCRATCH, "", "{\"name\":\"\",\"step\":4294967295}"),
     "$.targets[0].step: expected a number from 0 on"},
    {DOC(SCRATCH, "", "{\"name\":\"\",\"step\":-1}"),
     "$.targets[0].step: expected a number from 0 on"},
    {DOC(SCRATCH, "", "{\"name\":\"\",\"step\":0.5}"),
     "$.targets[0].step: expected a number from 0 on"},
    {DOC(SCRATCH, "", "{\"name\":\"\",\"step\":99999999999999999999}"),
     "not JSON: line 1, column 194: an integer of more than 64 bits"},
    {DOC(SCRATCH, "", "{\"name\":\"\",\"step\":1e999}"),
     "$.targets[0].step: expected a number from 0 on"},
    {DOC("7", "", TARGET), "$.steps[0]: expected an object"},
    {DOC("{}", "", TARGET), "$.steps[0]: \"id\" is missing"},
    {DOC("{\"id\":\"x\"}", "", TARGET), "$.steps[0]: \"kind\" is missing"},
    {DOC("{\"id\":\"x\",\"kind\":\"run\"}", "", TARGET), "$.steps[0]: \"op\" is missing"},
    {DOC("{\"id\":\"x\",\"kind\":\"rnu\",\"op\":{}}", "", TARGET),
     "$.steps[0].kind: unknown kind of step \"rnu\""},
    {DOC("{\"id\":\"x\",\"kind\":\"run\",\"op\":{}}", "", TARGET),
     "$.steps[0].id: expected 64 lower-case hex digits"},
    {DOC("{\"id\":\"" ZEROS "\",\"kind\":\"run\",\"op\":[]}", "", TARGET),
     "$.steps[0].op: expected an object"},
    {DOC(STEP("scratch", "", ""), "", TARGET), "$.steps[0].id: the step hashes to " SCRATCH_ID},
    {DOC(STEP("scratch", ",\"parent\":0", ""), "", TARGET),
     "$.steps[0].parent: a base has no parent"},
    {DOC(STEP("run", "", "\"argv\":[\"x\"]"), "", TARGET), "$.steps[0]: \"parent\" is missing"},
    {DOC(STEP("run", ",\"parent\":0", "\"argv\":[\"x\"]"), "", TARGET),
     "$.steps[0].parent: not an earlier step"},
    {DOC(STEP("run", ",\"parent\":null", ""), "", TARGET),
     "$.steps[0].parent: expected a number from 0 on"},
    {DOC(STEP("scratch", ",\"reads\":[0,\"1\"]", ""), "", TARGET),
     "$.steps[0].reads[1]: expected a number from 0 on"},
    {DOC(SCRATCH "," STEP("copy", ",\"parent\":0,\"reads\":[1]",
                          "\"style\":\"spec\",\"from\":\"step\",\"src\":[\"a\"],\"dst\":\"/a\""),
         "", TARGET),
     "$.steps[1].reads: not an earlier step"},
    {DOC(STEP("scratch", ",\"meta\":{\"line\":\"1\"}", ""), "", TARGET),
     "$.steps[0].meta.line: expected a number from 0 on"},
    {DOC(STEP("scratch", ",\"meta\":[]", ""), "", TARGET), "$.steps[0].meta: expected an object"},
    {OP("from", ""), "$.steps[1].op: \"image\" is missing"},
    {OP("scratch", "\"image\":\"x\""), "$.steps[1].op: unknown key \"image\""},
    {OP("run", ""), "$.steps[1].op: expected \"argv\", or \"shell\" and \"command\""},
    {OP("run", "\"argv\":[]"), "$.steps[1].op.argv: is empty"},
    {OP("run", "\"argv\":[1]"), "$.steps[1].op.argv[0]: expected a string"},
    {OP("run", "\"argv\":[\"x\"],\"command\":\"x\""),
     "$.steps[1].op: \"argv\" stands alone, without \"shell\" and \"command\""},
    {OP("run", "\"command\":\"x\""), "$.steps[1].op: \"shell\" and \"command\" need each other"},
    {OP("run", "\"command\":\"x\",\"shell\":\"sh\""),
     "$.steps[1].op.shell: expected a list, \"base\" or \"sandbox\""},
    {OP("run", "\"command\":\"x\",\"shell\":[]"), "$.steps[1].op.shell: is empty"},
    {RUN("\"cwd\":\"src\""), "$.steps[1].op.cwd: not an absolute path"},
    {RUN("\"cwd\":7"), "$.steps[1].op.cwd: expected a string or {\"late\": [\xe2\x80\xa6]}"},
    {RUN("\"network\":\"bridge\""), "$.steps[1].op.network: unknown value \"bridge\""},
    {RUN("\"network\":1"), "$.steps[1].op.network: expected a string"},
    {RUN("\"env\":[[\"A\"]]"), "$.steps[1].op.env[0]: expected [NAME, VALUE]"},
    {RUN("\"env\":[\"A=1\"]"), "$.steps[1].op.env[0]: expected [NAME, VALUE]"},
    {RUN("\"env\":[[1,\"x\"]]"), "$.steps[1].op.env[0][0]: expected a string"},
    {RUN("\"env\":[[\"A=B\",\"x\"]]"), "$.steps[1].op.env: a name is empty or has a \"=\""},
    {RUN("\"mounts\":[{\"type\":\"nfs\",\"target\":\"/x\"}]"),
     "$.steps[1].op.mounts[0].type: unknown value \"nfs\""},
    {RUN("\"mounts\":[{\"type\":\"cache\"}]"), "$.steps[1].op.mounts[0]: \"target\" is missing"},
    {RUN("\"mounts\":[{\"type\":\"cache\",\"target\":\"/x\",\"read_only\":1}]"),
     "$.steps[1].op.mounts[0].read_only: expected true or false"},
    {RUN("\"mounts\":[{\"type\":\"cache\",\"target\":\"/x\",\"options\":"
         "[[\"k\",{\"late\":[{\"env\":\"X\"}]}]]}]"),
     "$.steps[1].op.mounts[0].options[0]: expected a string"},
    {RUN("\"timeout\":1"), "$.steps[1].op: unknown key \"timeout\""},
    {LATE("1"), "$.steps[1].op.cwd.late[0]: expected a string or a reference"},
    {LATE("{}"), NO_REFERENCE},
    {LATE("{\"env\":\"X\",\"x\":1}"), NO_REFERENCE},
    {LATE("{\"env\":1}"), NO_REFERENCE},
    {LATE("{\"base\":\"shell\"}"), NO_REFERENCE},
    {LATE("{\"expand\":\":!\",\"of\":\"\",\"word\":\"\"}"),
     "$.steps[1].op.cwd.late[0]: unknown expansion \":!\""},
    {LATE("{\"expand\":\"/\",\"of\":\"\",\"word\":\"\"}"),
     "$.steps[1].op.cwd.late[0].with: is missing"},
    {LATE("{\"expand\":\"#\",\"of\":\"\",\"word\":\"\",\"with\":\"\"}"),
     "$.steps[1].op.cwd.late[0].with: only \"/\" and \"//\" have it"},
    {LATE("{\"expand\":\"-\",\"of\":\"\"}"), "$.steps[1].op.cwd.late[0].word: is missing"},
    {LATE("{\"expand\":\"-\",\"of\":{\"late\":[0]},\"word\":\"\"}"),
     "$.steps[1].op.cwd.late[0].of.late[0]: expected a string or a reference"},
    {RUN("\"cwd\":{\"late\":\"x\"}"), "$.steps[1].op.cwd.late: expected an array"},
    {RUN("\"cwd\":{\"later\":[]}"), "$.steps[1].op.cwd: unknown key \"later\""},
    {OP("copy", "\"from\":\"context\",\"src\":[\"a\"],\"dst\":\"/a\""),
     "$.steps[1].op: \"style\" is missing"},
    {OP("copy", "\"style\":\"spec\",\"from\":\"context\",\"src\":[\"a\"],\"dst\":\"a\""),
     "$.steps[1].op.dst: not an absolute path"},
    {OP("copy", "\"style\":\"spec\",\"from\":\"context\",\"src\":[],\"dst\":\"/a\""),
     "$.steps[1].op.src: is empty"},
    {OP("copy", "\"style\":\"spec\",\"from\":\"step\",\"src\":[\"a\"],\"dst\":\"/a\""),
     "$.steps[1].reads: a copy from a step reads exactly one"},
    {OP("copy", "\"style\":\"dockerfile\",\"from\":\"context\",\"src\":[\"a\"],\"dst\":\"/a\","
                "\"chmod\":\"rwx\""),
     "$.steps[1].op.chmod: neither an octal nor a symbolic mode"},
    {OP("mkdir", "\"path\":\"/\\u0000\""),
     "not JSON: line 1, column 246: a string can't hold U+0000"},
    {OP("mkdir", "\"path\":\"/\\ud800\""),
     "not JSON: line 1, column 246: half of a surrogate pair"},
    {OP("mkdir", "\"path\":\"/\xff\""), "not JSON: line 1, column 246: not UTF-8"},
    {STAGE("\"cmd\":{}"), "$.stages[0].config.cmd: expected \"argv\" or \"shell\""},
    {STAGE("\"healthcheck\":{\"retries\":-1}"),
     "$.stages[0].config.healthcheck.retries: expected a number from 0 on"},
    {STAGE("\"labels\":{\"a\":\"b\"}"), "$.stages[0].config.labels: expected an array"},
    {DOC(SCRATCH, "{\"name\":\"\",\"step\":1}", TARGET), "$.stages[0].step: no such step"},
};

START_TEST(what_is_wrong_is_named_by_its_path)
{
    struct plan p;
    struct ob_err err;
    const struct str text = str_from(bad[_i].text);
    ck_assert_int_eq(read_text(&p, text, &err), -1);
    ck_assert_msg(strcmp(err.text, bad[_i].want) == 0, "%s\ngives \"%s\"", text.p, err.text);
}
END_TEST

START_TEST(a_nul_byte_ends_no_document)
{
    struct plan p;
    struct ob_err err;
    const char text[] = DOC(SCRATCH, "", TARGET) "\0{}";
    ck_assert_int_eq(read_text(&p, str_of(text, sizeof text - 1), &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "not JSON"));
}
END_TEST

/* `n` times open, a middle, `n` times close. */
static struct str nested(const char *open, const char *middle, const char *close, int n)
{
    struct buf b = BUF_INIT;
    buf_puts(&b, DOC(SCRATCH, "", TARGET));
    b.n -= 2; /* goes on in the list of targets */
    buf_puts(&b, ",{\"name\":");
    for (int i = 0; i < n; i++)
        buf_puts(&b, open);
    buf_puts(&b, middle);
    for (int i = 0; i < n; i++)
        buf_puts(&b, close);
    buf_puts(&b, "}]}");
    struct str s = arena_str(&a, buf_str(&b));
    buf_free(&b);
    return s;
}

START_TEST(deep_nesting_is_refused)
{
    struct plan p;
    struct ob_err err;
    ck_assert_int_eq(read_text(&p, nested("[", "", "]", 100000), &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "nested too deeply"));
    ck_assert_int_eq(read_text(&p, nested("[", "", "]", 1000), &err), -1);
    ck_assert_str_eq(err.text, "$.targets[1].name: expected a string");
}
END_TEST

START_TEST(a_long_late_value_takes_no_time)
{
    struct plan p;
    struct ob_err err;
    struct buf b = BUF_INIT;
    const struct str frame = STR(LATE("@"));
    size_t at = (size_t)str_find(frame, '@');
    buf_add(&b, frame.p, at);
    buf_puts(&b, "\"/\"");
    for (int i = 0; i < 200000; i++)
        buf_puts(&b, i % 3 ? ",{\"env\":\"X\"}" : ",\"y\"");
    buf_add_str(&b, str_skip(frame, at + 1));
    ck_assert_int_eq(read_text(&p, buf_str(&b), &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "$.steps[1].id: the step hashes to "));
    buf_free(&b);
}
END_TEST

START_TEST(expansions_of_a_small_document_stay_small)
{
    enum { LONG = 1000, PARTS = 80 }; /* each part is 1,000 times 1,000 bytes */
    struct plan p;
    struct ob_err err;
    struct buf b = BUF_INIT;
    char as[LONG + 1];
    const struct str frame = STR(LATE("@"));
    size_t at = (size_t)str_find(frame, '@');
    memset(as, 'a', LONG);
    as[LONG] = '\0';
    buf_add(&b, frame.p, at);
    buf_puts(&b, "\"/\"");
    for (int i = 0; i < PARTS; i++)
        buf_printf(&b, ",{\"expand\":\"//\",\"of\":\"%s\",\"word\":\"a\",\"with\":\"%s\"}", as, as);
    buf_add_str(&b, str_skip(frame, at + 1));
    ck_assert_int_eq(read_text(&p, buf_str(&b), &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "grow to more than 64 MiB"));
    buf_free(&b);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("read");
    TCase *tc = tcase_create("read");
    tcase_add_test(tc, a_plan_with_every_field_comes_back);
    tcase_add_test(tc, the_smallest_document_is_read);
    tcase_add_test(tc, defaults_written_out_change_no_id);
    tcase_add_test(tc, unknown_keys_of_meta_are_read_over);
    tcase_add_test(tc, late_values_come_into_normal_form);
    tcase_add_loop_test(tc, what_is_wrong_is_named_by_its_path, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(tc, each_op_comes_back_alone);
    tcase_add_test(tc, a_nul_byte_ends_no_document);
    tcase_add_test(tc, deep_nesting_is_refused);
    tcase_add_test(tc, a_long_late_value_takes_no_time);
    tcase_add_test(tc, expansions_of_a_small_document_stay_small);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_NORMAL);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
