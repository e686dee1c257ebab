/* SPDX-License-Identifier: Apache-2.0 */
/* What the styles of progress print for a list of events, byte for byte. */
#include <config.h>

#include "exec/event.h"
#include "tests/unit/fixture.h"
#include "tests/unit/scratch_dir.h"

#include <signal.h>

static struct scratch_dir dir;
static struct progress *progress;
static struct step steps[12];
static struct digest key;

static void start(void)
{
    scratch_start(&dir);
    for (size_t i = 0; i < sizeof key.b; i++)
        key.b[i] = (uint8_t)(i * 17);
    steps[0].meta.heading = STR("FROM debian:12");
    steps[1].meta.heading = STR("RUN make \"all\"");
}

static void stop(void)
{
    scratch_end(&dir);
}

static void open_style(const char *style, uint32_t total)
{
    int fd = openat(dir.fd, "out", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    progress = progress_open(style, fd);
    ck_assert_ptr_nonnull(progress);
    struct event e = {.kind = EVENT_BUILD, .total = total};
    progress->event(progress, &e);
}

static void send(struct event e)
{
    if (e.kind != EVENT_END && e.kind != EVENT_RESULT)
        e.of = &steps[e.step];
    e.key = key;
    e.seconds = 1.25;
    progress->event(progress, &e);
}

static void event(enum event_kind kind, uint32_t step)
{
    send((struct event){.kind = kind, .step = step});
}

static void output(uint32_t step, struct str text)
{
    send((struct event){.kind = EVENT_OUTPUT, .step = step, .text = text});
}

static void printed(const char *want)
{
    struct buf b = BUF_INIT;
    struct ob_err err = OB_ERR_INIT;
    progress->close(progress);
    ck_assert_ok(fs_read_file_at(dir.fd, "out", &b, 1 << 20, &err), &err);
    ck_assert_str_eq(b.n ? b.p : "", want);
    buf_free(&b);
}

/* A build of two steps, the second of which fails. */
static void whole_build(void)
{
    event(EVENT_CACHED, 0);
    event(EVENT_START, 1);
    output(1, STR("one\ntw"));
    output(1, STR("o\n"));
    event(EVENT_WAIT, 1);
    output(1, STR("no newline"));
    send((struct event){.kind = EVENT_FAILED,
                        .step = 1,
                        .text = STR_INIT("exit status 1"),
                        .log = STR_INIT("/store/log")});
    send((struct event){.kind = EVENT_RESULT, .text = STR_INIT("dev")});
    send((struct event){.kind = EVENT_END, .total = 2, .cached = 1, .failed = 1});
}

START_TEST(plain_tells_a_build_in_lines)
{
    open_style("plain", 2);
    whole_build();
    printed("[1/2] FROM debian:12: cached 001122334455\n"
            "[2/2] RUN make \"all\"\n"
            " 2 | one\n"
            " 2 | two\n"
            "[2/2] another obexec is building this step: waiting\n"
            " 2 | no newline\n"
            "[2/2] failed after 1.25s: exit status 1\n"
            "        log: /store/log\n"
            "2 steps: 1 cached, 0 built, 1 failed in 1.25s\n");
}
END_TEST

START_TEST(quiet_tells_failures_only)
{
    open_style("quiet", 2);
    whole_build();
    printed("[2/2] RUN make \"all\"\n"
            "[2/2] failed after 1.25s: exit status 1\n"
            "        log: /store/log\n");
}
END_TEST

START_TEST(json_tells_everything)
{
    open_style("json", 2);
    whole_build();
#define STEP1 "\"step\":1,\"id\":\"" Z16 Z16 Z16 Z16 "\""
#define Z16 "0000000000000000"
#define KEY "00112233445566778899aabbccddeeff102132435465768798a9bacbdcedfe0f"
    printed(
        "{\"event\":\"build\",\"total\":2}\n"
        "{\"event\":\"cached\",\"step\":0,\"id\":\"" Z16 Z16 Z16 Z16
        "\",\"heading\":\"FROM debian:12\",\"key\":\"" KEY "\"}\n"
        "{\"event\":\"start\"," STEP1 ",\"heading\":\"RUN make \\\"all\\\"\"}\n"
        "{\"event\":\"output\"," STEP1 ",\"text\":\"one\\ntw\"}\n"
        "{\"event\":\"output\"," STEP1 ",\"text\":\"o\\n\"}\n"
        "{\"event\":\"wait\"," STEP1 "}\n"
        "{\"event\":\"output\"," STEP1 ",\"text\":\"no newline\"}\n"
        "{\"event\":\"failed\"," STEP1
        ",\"heading\":\"RUN make \\\"all\\\"\",\"text\":\"exit status 1\",\"log\":\"/store/log\","
        "\"key\":\"" KEY "\",\"seconds\":1.250000}\n"
        "{\"event\":\"result\",\"name\":\"dev\",\"key\":\"" KEY "\"}\n"
        "{\"event\":\"end\",\"seconds\":1.250000,\"total\":2,\"cached\":1,\"built\":0,"
        "\"failed\":1,\"skipped\":0}\n");
}
END_TEST

START_TEST(json_replaces_stray_bytes)
{
    open_style("json", 1);
    output(0, STR("a\xff\xfe\xc3\xa9\x1b[31m\xc3"));
    printed("{\"event\":\"build\",\"total\":1}\n"
            "{\"event\":\"output\",\"step\":0,\"id\":\"" Z16 Z16 Z16 Z16
            "\",\"text\":\"a\xef\xbf\xbd\xef\xbf\xbd\xc3\xa9\\u001b[31m\xef\xbf\xbd\"}\n");
}
END_TEST

START_TEST(numbers_of_steps_line_up)
{
    open_style("plain", 12);
    event(EVENT_START, 1);
    output(1, STR("x\n"));
    event(EVENT_DONE, 1);
    event(EVENT_START, 11);
    printed("[ 2/12] RUN make \"all\"\n"
            "  2 | x\n"
            "[ 2/12] done in 1.25s 001122334455\n"
            "[12/12] \n");
}
END_TEST

START_TEST(lines_of_several_steps_do_not_mix)
{
    open_style("plain", 2);
    output(0, STR("ze"));
    output(1, STR("one\n"));
    output(0, STR("ro\n"));
    event(EVENT_DONE, 1);
    printed(" 2 | one\n 1 | zero\n[2/2] done in 1.25s 001122334455\n");
}
END_TEST

START_TEST(a_carriage_return_starts_the_line_again)
{
    open_style("plain", 1);
    output(0, STR("10%\r50%\r100%\n"));
    output(0, STR("dos\r\n"));
    output(0, STR("a\r"));
    output(0, STR("b\n"));
    output(0, STR("end\r"));
    event(EVENT_DONE, 0);
    printed(" 1 | 100%\n 1 | dos\n 1 | b\n 1 | end\n[1/1] done in 1.25s 001122334455\n");
}
END_TEST

START_TEST(empty_lines_are_lines)
{
    open_style("plain", 1);
    output(0, STR("\n\n"));
    output(0, STR(""));
    event(EVENT_DONE, 0);
    printed(" 1 | \n 1 | \n[1/1] done in 1.25s 001122334455\n");
}
END_TEST

START_TEST(output_does_not_drive_the_terminal)
{
    open_style("plain", 1);
    output(0, STR("\x1b[31mred\x1b[0m\a\b\t\x7f|\x1b]0;title\x07\x1b[2J\x1b[999\n"));
    output(0, STR("c1: \xc2\x9b"
                  "2J\xc2\x85 \xc3\xa9\n"));
    output(0, STR("bytes: \x9b\xff\xc3\n"));
    printed(" 1 | red\t|]0;title\n"
            " 1 | c1: 2J \xc3\xa9\n"
            " 1 | bytes: \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\n");
}
END_TEST

START_TEST(headings_and_failures_do_not_drive_it_either)
{
    steps[0].meta.heading = STR("RUN \x1b[2Jx\ny");
    open_style("plain", 1);
    event(EVENT_START, 0);
    event(EVENT_CACHED, 0);
    send((struct event){.kind = EVENT_FAILED, .text = STR_INIT("no \"\x1b[1mx\"\n")});
    printed("[1/1] RUN xy\n"
            "[1/1] RUN xy: cached 001122334455\n"
            "[1/1] failed after 1.25s: no \"x\"\n");
}
END_TEST

START_TEST(a_long_line_is_shown_in_parts)
{
    char text[5000];
    memset(text, 'x', sizeof text);
    open_style("plain", 1);
    output(0, str_of(text, sizeof text));
    output(0, STR("rest\n"));
    struct stat st;
    ck_assert_int_eq(fstatat(dir.fd, "out", &st, 0), 0);
    ck_assert_int_eq(st.st_size, 5000 + (int)strlen(" 1 | \n 1 | rest\n"));
    progress->close(progress);
}
END_TEST

START_TEST(a_reader_who_left_does_not_end_the_build)
{
    int p[2];
    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
    close(p[0]);
    static const char *const styles[] = {"plain", "json", "quiet"};
    for (size_t i = 0; i < 3; i++) {
        progress = progress_open(styles[i], p[1]);
        struct event e = {.kind = EVENT_BUILD, .total = 2};
        progress->event(progress, &e);
        whole_build();
        progress->close(progress);
    }
    close(p[1]);
}
END_TEST

START_TEST(styles_have_names)
{
    ck_assert_ptr_null(progress_open("fancy", 1));
    ck_assert_ptr_null(progress_open("", 1));
    open_style("auto", 1);
    event(EVENT_START, 0);
    printed("[1/1] FROM debian:12\n");
}
END_TEST

UNIT_MAIN_WITH("progress", start, stop, plain_tells_a_build_in_lines, quiet_tells_failures_only,
               json_tells_everything, json_replaces_stray_bytes, numbers_of_steps_line_up,
               lines_of_several_steps_do_not_mix, a_carriage_return_starts_the_line_again,
               empty_lines_are_lines, output_does_not_drive_the_terminal,
               headings_and_failures_do_not_drive_it_either, a_long_line_is_shown_in_parts,
               a_reader_who_left_does_not_end_the_build, styles_have_names)
