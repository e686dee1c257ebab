/* SPDX-License-Identifier: Apache-2.0 */
/* What Dockerfiles mean as steps, stages and targets. */
#include <config.h>

#include "tests/unit/df_run.h"

START_TEST(run_has_the_environment_of_env_and_arg_and_the_image_only_env)
{
    struct run r;
    compile(&r, "FROM a\nARG X=1\nENV Y=$X X=2\nARG Z=3 X=4 NONE\nRUN make\n");
    const struct op_run *run = &last_step(&r)->op.run;
    ck_assert_uint_eq(run->env.n, 3);
    ck_assert_text(&r, *env_get(&run->env, STR("X")), "4"); /* the later one wins */
    ck_assert_text(&r, *env_get(&run->env, STR("Y")), "1");
    ck_assert_text(&r, *env_get(&run->env, STR("Z")), "3");
    ck_assert_uint_eq(last_config(&r)->env.n, 2);
    ck_assert_text(&r, *env_get(&last_config(&r)->env, STR("X")), "2");
    arena_free(&r.a);
}
END_TEST

START_TEST(a_later_env_does_not_reach_back_into_a_step)
{
    struct run r;
    compile(&r, "FROM a\nENV A=1 B=1\nRUN x\nENV A=2\nRUN y\nFROM a AS s\nFROM s\n");
    ck_assert_text(&r, r.plan.steps.at[1].op.run.env.at[0].value, "1");
    ck_assert_text(&r, r.plan.steps.at[2].op.run.env.at[0].value, "2");
    arena_free(&r.a);
}
END_TEST

START_TEST(stages_on_one_stage_do_not_see_each_other)
{
    struct run r;
    compile(&r, "FROM a AS s\nENV A=1\nEXPOSE 1\nFROM s\nENV B=2 A=5\nEXPOSE 2\nFROM s\nENV C=3\n");
    ck_assert_uint_eq(r.plan.stages.n, 3);
    ck_assert_uint_eq(r.plan.stages.at[1].config.env.n, 2);
    ck_assert_uint_eq(last_config(&r)->env.n, 2);
    ck_assert_text(&r, *env_get(&last_config(&r)->env, STR("A")), "1");
    ck_assert_ptr_null(env_get(&last_config(&r)->env, STR("B")));
    ck_assert_uint_eq(last_config(&r)->expose.n, 1);
    ck_assert_uint_eq(r.plan.steps.n, 1);
    arena_free(&r.a);
}
END_TEST

START_TEST(build_args_beat_defaults_and_globals_need_a_declaration)
{
    struct run r;
    run_start(&r);
    struct build_arg arg = {STR("A"), STR("given")};
    vec_push(&r.a, &r.options.build_args, arg);
    run_must(&r, "ARG A=1 G=g N=n\nFROM $A\nARG A=2 G\nRUN x\n");
    ck_assert_strs(r.plan.steps.at[0].op.from.image, STR("given"));
    const struct name_value_vec *env = &last_step(&r)->op.run.env;
    ck_assert_uint_eq(env->n, 2);
    ck_assert_text(&r, *env_get(env, STR("A")), "given");
    ck_assert_text(&r, *env_get(env, STR("G")), "g");
    arena_free(&r.a);
}
END_TEST

START_TEST(workdir_joins_and_makes_the_directory)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"WORKDIR /a/../b//c/.", "/b/c"},   {"WORKDIR /a\nWORKDIR b/..\nWORKDIR c", "/a/c"},
        {"WORKDIR x", "<workdir>/x"},       {"WORKDIR x\nWORKDIR ./y/z", "<workdir>/x/y/z"},
        {"WORKDIR $HOME/x", "<HOME>/x"},    {"WORKDIR /opt/$V", "/opt/<V>"},
        {"WORKDIR /a/\nWORKDIR b", "/a/b"}, {"WORKDIR x\nWORKDIR /y", "/y"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct run r;
        char text[200];
        snprintf(text, sizeof text, "FROM a\n%s\n", rows[i].text);
        compile(&r, text);
        ck_assert_int_eq(last_step(&r)->kind, STEP_MKDIR);
        ck_assert_text(&r, last_step(&r)->op.mkdir.path, rows[i].want);
        ck_assert_text(&r, last_step(&r)->op.mkdir.owner, "<user>");
        ck_assert_text(&r, last_config(&r)->workdir, rows[i].want);
        arena_free(&r.a);
    }
}
END_TEST

START_TEST(scratch_starts_in_the_root_as_root)
{
    struct run r;
    compile(&r, "FROM scratch\nWORKDIR a\nCOPY x .\nUSER u:g\nWORKDIR b\nRUN c\n");
    ck_assert_text(&r, r.plan.steps.at[1].op.mkdir.path, "/a");
    ck_assert_text(&r, r.plan.steps.at[1].op.mkdir.owner, "");
    ck_assert_text(&r, r.plan.steps.at[2].op.copy.dst, "/a/");
    ck_assert_text(&r, r.plan.steps.at[3].op.mkdir.owner, "u:g");
    ck_assert_text(&r, last_step(&r)->op.run.cwd, "/a/b");
    ck_assert_text(&r, last_step(&r)->op.run.user, "u:g");
    arena_free(&r.a);
}
END_TEST

START_TEST(copy_keeps_what_tells_directories_from_files)
{
    static const struct {
        const char *text, *src, *dst;
    } rows[] = {
        {"COPY a /b", "a", "/b"},
        {"COPY ./a/ /b/", "a", "/b/"},
        {"COPY . .", ".", "<workdir>/"},
        {"COPY /a ./", "a", "<workdir>/"},
        {"COPY a b", "a", "<workdir>/b"},
        {"COPY ../a x/", "a", "<workdir>/x/"},
        {"COPY a /x/.", "a", "/x/"},
        {"COPY a/*.c /", "a/*.c", "/"},
        {"COPY [\"a b\", \"/c d/\"]", "a b", "/c d/"},
        {"COPY $V $V/", "<V>", "<V>/"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct run r;
        char text[200];
        snprintf(text, sizeof text, "FROM a\n%s\n", rows[i].text);
        compile(&r, text);
        ck_assert_text(&r, last_step(&r)->op.copy.src.at[0], rows[i].src);
        ck_assert_text(&r, last_step(&r)->op.copy.dst, rows[i].dst);
        arena_free(&r.a);
    }
}
END_TEST

START_TEST(copy_reads_stages_by_name_and_number_and_else_images)
{
    struct run r;
    compile(&r, "FROM a AS One\nRUN x\nFROM b\nCOPY --from=ONE --chown=u --chmod=0755 --link a b\n"
                "COPY --from=0 a b\nCOPY --from=busybox:1 --exclude=*.o a b\n");
    const struct step *s = r.plan.steps.at;
    ck_assert_uint_eq(r.plan.steps.n, 7);
    ck_assert_uint_eq(s[3].reads.at[0], 1);
    ck_assert_uint_eq(s[4].reads.at[0], 1);
    ck_assert_text(&r, s[3].op.copy.owner, "u");
    ck_assert_strs(text_str(s[3].op.copy.chmod), STR("755"));
    ck_assert_int_eq(s[5].kind, STEP_FROM);
    ck_assert_strs(s[5].op.from.image, STR("busybox:1"));
    ck_assert_uint_eq(s[6].reads.at[0], 5);
    ck_assert_strs(s[6].op.copy.exclude.at[0], STR("*.o"));
    ck_assert_strs(s[3].meta.heading, STR("COPY --from=ONE --chown=u --chmod=0755 --link a b"));
    arena_free(&r.a);
}
END_TEST

START_TEST(the_shell_is_the_images_until_the_file_sets_one)
{
    struct run r;
    compile(&r, "FROM a AS s\nRUN x\nSHELL [\"bash\",\"-c\"]\nFROM s\nRUN --network=none y \\\n z\n"
                "RUN [\"w\"]\n");
    const struct step *s = r.plan.steps.at;
    ck_assert_int_eq(s[1].op.run.command.shell_kind, SHELL_BASE);
    ck_assert_int_eq(s[2].op.run.command.shell_kind, SHELL_LIST);
    ck_assert_strs(s[2].op.run.command.shell.at[0], STR("bash"));
    ck_assert_strs(s[2].op.run.command.line, STR("y  z"));
    ck_assert_int_eq(s[2].op.run.network, NETWORK_NONE);
    ck_assert_int_eq(s[3].op.run.command.form, COMMAND_ARGV);
    ck_assert_strs(s[3].op.run.command.argv.at[0], STR("w"));
    arena_free(&r.a);
}
END_TEST

START_TEST(entrypoint_drops_the_cmd_of_the_base_but_not_of_its_stage)
{
    struct run r;
    compile(&r, "FROM a AS s\nCMD c\nENTRYPOINT e\nFROM s AS t\nENTRYPOINT [\"f\"]\n"
                "FROM t\nCMD []\n");
    const struct stage *st = r.plan.stages.at;
    ck_assert_int_eq(st[0].config.cmd.form, COMMAND_SHELL);
    ck_assert(!st[0].config.reset_cmd);
    ck_assert_int_eq(st[1].config.cmd.form, COMMAND_NONE);
    ck_assert(st[1].config.reset_cmd);
    ck_assert_int_eq(st[2].config.cmd.form, COMMAND_ARGV);
    ck_assert_uint_eq(st[2].config.cmd.argv.n, 0);
    ck_assert(!st[2].config.reset_cmd);
    arena_free(&r.a);
}
END_TEST

START_TEST(the_image_is_described_by_its_last_words)
{
    struct run r;
    compile(&r, "FROM a\nLABEL a=1 b=2\nLABEL a=3\nEXPOSE 80 53/UDP 80/tcp\nVOLUME /v [x\n"
                "STOPSIGNAL SIGINT\nHEALTHCHECK --interval=1m30.5s --retries=2 CMD c\nUSER 1:2\n");
    const struct image_config *cfg = last_config(&r);
    ck_assert_uint_eq(cfg->labels.n, 2);
    ck_assert_text(&r, cfg->labels.at[0].value, "3");
    ck_assert_uint_eq(cfg->expose.n, 2);
    ck_assert_text(&r, cfg->expose.at[1], "53/udp");
    ck_assert_uint_eq(cfg->volumes.n, 2);
    ck_assert_text(&r, cfg->stop_signal, "SIGINT");
    ck_assert_text(&r, cfg->user, "1:2");
    ck_assert_int_eq(cfg->healthcheck.interval_ns, INT64_C(90500000000));
    ck_assert_int_eq(cfg->healthcheck.retries, 2);
    ck_assert_uint_eq(r.plan.steps.n, 1);
    arena_free(&r.a);
}
END_TEST

START_TEST(the_target_is_a_stage_in_any_case_or_the_last)
{
    struct run r;
    run_start(&r);
    r.options.target = STR("ONE");
    run_must(&r, "FROM a AS One\nRUN x\nFROM b\n");
    ck_assert_strs(r.plan.targets.at[0].name, STR("One"));
    ck_assert_uint_eq(r.plan.targets.at[0].step, 1);
    ck_assert_uint_eq(r.plan.targets.at[0].stage, 0);
    run_must(&r, "FROM c AS one\nFROM d AS ONE\n"); /* the last of a name; behind what was there */
    ck_assert_uint_eq(r.plan.targets.at[1].stage, 3);
    arena_free(&r.a);
}
END_TEST

START_TEST(a_large_file_is_within_reach_and_a_larger_one_is_refused)
{
    struct run r;
    struct buf b = BUF_INIT;
    buf_puts(&b, "FROM a AS s0\n");
    for (int i = 1; i < 10000; i++)
        buf_printf(&b, "FROM s%d AS s%d\nENV V%d=$V%d\nRUN x\n", i - 1, i, i % 50, i % 49);
    compile(&r, b.p);
    ck_assert_uint_eq(r.plan.stages.n, 10000);
    arena_free(&r.a);
    buf_puts(&b, "FROM x\n");
    ck_assert_strs(compile_error(&r, b.p), STR("more than 10000 stages"));
    arena_free(&r.a);
    buf_free(&b);
}
END_TEST

UNIT_MAIN("df_lower", run_has_the_environment_of_env_and_arg_and_the_image_only_env,
          a_later_env_does_not_reach_back_into_a_step, stages_on_one_stage_do_not_see_each_other,
          build_args_beat_defaults_and_globals_need_a_declaration,
          workdir_joins_and_makes_the_directory, scratch_starts_in_the_root_as_root,
          copy_keeps_what_tells_directories_from_files,
          copy_reads_stages_by_name_and_number_and_else_images,
          the_shell_is_the_images_until_the_file_sets_one,
          entrypoint_drops_the_cmd_of_the_base_but_not_of_its_stage,
          the_image_is_described_by_its_last_words, the_target_is_a_stage_in_any_case_or_the_last,
          a_large_file_is_within_reach_and_a_larger_one_is_refused)
