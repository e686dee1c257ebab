/* SPDX-License-Identifier: Apache-2.0 */
/* What the styles of progress print for a list of events, byte for byte. */
#include <config.h>

#include "exec/event.h"
#include "exec/heading.h"
#include "exec/tail.h"
#include "tests/unit/fixture.h"
#include "tests/unit/scratch_dir.h"

#include <signal.h>
#include <time.h>

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
            " 2 | one\n"
            " 2 | two\n"
            " 2 | no newline\n"
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
        "{\"event\":\"start\"," STEP1 ",\"heading\":\"RUN make \\\"all\\\"\",\"key\":\"" KEY "\"}\n"
        "{\"event\":\"output\"," STEP1 ",\"text\":\"one\\ntw\"}\n"
        "{\"event\":\"output\"," STEP1 ",\"text\":\"o\\n\"}\n"
        "{\"event\":\"wait\"," STEP1 ",\"key\":\"" KEY "\"}\n"
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
    output(0, STR("a\xff\xfe\xc3\xa9\x1b[31m\xc3\n"));
    printed("{\"event\":\"build\",\"total\":1}\n"
            "{\"event\":\"output\",\"step\":0,\"id\":\"" Z16 Z16 Z16 Z16
            "\",\"text\":\"a\xef\xbf\xbd\xef\xbf\xbd\xc3\xa9\\u001b[31m\xef\xbf\xbd\\n\"}\n");
}
END_TEST

#define OUTPUT_0 "{\"event\":\"output\",\"step\":0,\"id\":\"" Z16 Z16 Z16 Z16 "\",\"text\":"
#define OUTPUT_1 "{\"event\":\"output\"," STEP1 ",\"text\":"

START_TEST(json_keeps_a_character_whole_that_comes_in_pieces)
{
    open_style("json", 2);
    output(0, STR("1 \xe2"));
    output(1, STR("\xc3"));
    output(0, STR("\x82"));
    output(0, STR("\xac\n"));
    output(1, STR("\xa9"));
    output(1, STR("\xf0\x9f\x98"));
    send((struct event){.kind = EVENT_FAILED, .step = 1, .text = STR_INIT("why")});
    printed("{\"event\":\"build\",\"total\":2}\n" OUTPUT_0 "\"1 \"}\n" OUTPUT_0
            "\"\xe2\x82\xac\\n\"}\n" OUTPUT_1 "\"\xc3\xa9\"}\n" OUTPUT_1
            "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"}\n"
            "{\"event\":\"failed\"," STEP1
            ",\"heading\":\"RUN make \\\"all\\\"\",\"text\":\"why\",\"key\":\"" KEY
            "\",\"seconds\":1.250000}\n");
}
END_TEST

START_TEST(numbers_of_steps_line_up)
{
    steps[11] = (struct step){.op.from.image = STR_INIT("debian:12")};
    open_style("plain", 12);
    event(EVENT_START, 1);
    output(1, STR("x\n"));
    event(EVENT_DONE, 1);
    event(EVENT_START, 11);
    printed("[ 2/12] RUN make \"all\"\n"
            "  2 | x\n"
            "[ 2/12] done in 1.25s 001122334455\n"
            "[12/12] from debian:12\n");
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
    static const char *const styles[] = {"plain", "json", "quiet", "tty"};
    for (size_t i = 0; i < 4; i++) {
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

/* A step of a graph that no front end made. */
static void expect_heading(struct step s, const char *want)
{
    struct buf out = BUF_INIT;
    heading_add(&out, &s);
    ck_assert_str_eq(out.p, want);
    buf_free(&out);
}

START_TEST(a_step_without_heading_is_shown_by_what_it_does)
{
    struct arena a = ARENA_INIT;
    struct step s = {.kind = STEP_RUN};
    expect_heading((struct step){.kind = STEP_FROM, .op.from.image = STR_INIT("debian")},
                   "from debian");
    expect_heading((struct step){.kind = STEP_SCRATCH}, "scratch");
    s.op.run.command = (struct command){.form = COMMAND_SHELL, .line = STR_INIT("make\nmake all")};
    expect_heading(s, "run make make all");
    s.op.run.command = (struct command){.form = COMMAND_ARGV};
    vec_push(&a, &s.op.run.command.argv, STR("a"));
    vec_push(&a, &s.op.run.command.argv, STR("b"));
    expect_heading(s, "run a b");
    s = (struct step){.kind = STEP_COPY, .op.copy.dst = text_lit(&a, STR("/dst/"))};
    vec_push(&a, &s.op.copy.src, text_lit(&a, STR("x")));
    vec_push(&a, &s.op.copy.src, text_env(&a, STR("NAME")));
    expect_heading(s, "copy x $NAME /dst/");
    s = (struct step){.kind = STEP_MKDIR, .op.mkdir.path = text_ref(&a, TEXT_WORKDIR)};
    expect_heading(s, "mkdir ...");
    s.meta.heading = STR("WORKDIR x");
    expect_heading(s, "WORKDIR x");
    arena_free(&a);
}
END_TEST

static void done(uint32_t step, double seconds)
{
    progress->event(
        progress,
        &(struct event){
            .kind = EVENT_DONE, .step = step, .of = &steps[step], .key = key, .seconds = seconds});
}

START_TEST(a_long_build_ends_with_its_slowest_steps)
{
    for (size_t i = 0; i < 8; i++)
        steps[i].meta.heading = STR("s");
    open_style("plain", 8);
    static const double seconds[] = {1, 0.6, 7, 0.1, 3, 4, 2, 0.4};
    for (uint32_t i = 0; i < 8; i++)
        done(i, seconds[i]);
    progress->event(progress,
                    &(struct event){.kind = EVENT_END, .total = 8, .built = 8, .seconds = 9});
    printed("[1/8] done in 1.00s 001122334455\n[2/8] done in 0.60s 001122334455\n"
            "[3/8] done in 7.00s 001122334455\n[4/8] done in 0.10s 001122334455\n"
            "[5/8] done in 3.00s 001122334455\n[6/8] done in 4.00s 001122334455\n"
            "[7/8] done in 2.00s 001122334455\n[8/8] done in 0.40s 001122334455\n"
            "slowest steps:\n"
            "     7.00s  [3/8] s\n"
            "     4.00s  [6/8] s\n"
            "     3.00s  [5/8] s\n"
            "     2.00s  [7/8] s\n"
            "     1.00s  [1/8] s\n"
            "8 steps: 0 cached, 8 built in 9.00s\n");
}
END_TEST

START_TEST(notes_are_of_a_step_or_of_the_build)
{
    open_style("plain", 2);
    send((struct event){.kind = EVENT_NOTE, .step = 1, .text = STR_INIT("no \x1b[1mnewuidmap")});
    printed("[2/2] no newuidmap\n");
}
END_TEST

#define FRAME "\x1b[?2026h"
#define FRAME_END "\x1b[J\x1b[?2026l"

/* A file is a terminal of 24 lines and 80 columns without colours. */
START_TEST(tty_writes_what_ended_in_lines)
{
    open_style("tty", 2);
    whole_build();
    printed(FRAME "\r\x1b[J[1/2] FROM debian:12: cached 001122334455\n"
                  "[2/2] RUN make \"all\"\n"
                  " 2 | one\n"
                  " 2 | two\n"
                  " 2 | no newline\n"
                  "[2/2] failed after 1.25s: exit status 1\n"
                  "        log: /store/log\n"
                  "2 steps: 1 cached, 0 built, 1 failed in 1.25s\n" FRAME_END);
}
END_TEST

START_TEST(tty_cuts_off_long_headings)
{
    steps[0].meta.heading = STR("RUN 345678901234567890123456789012345678901234567890123456789");
    open_style("tty", 1);
    event(EVENT_CACHED, 0);
    printed(FRAME "\r\x1b[J[1/1] RUN 3456789012345678901234567890123456789012345678..."
                  ": cached 001122334455\n" FRAME_END);
}
END_TEST

/* Waits for the time of a frame, and has it drawn. */
static void tick(void)
{
    usleep(100000);
    progress->tick(progress);
}

static struct buf written(void)
{
    struct buf b = BUF_INIT;
    struct ob_err err = OB_ERR_INIT;
    ck_assert_ok(fs_read_file_at(dir.fd, "out", &b, 1 << 20, &err), &err);
    return b;
}

/* What was printed, with 0.0s for all times below ten seconds. */
static void printed_timeless(const char *want)
{
    progress->close(progress);
    struct buf b = written();
    for (size_t i = 0; i + 3 < b.n; i++)
        if (b.p[i + 1] == '.' && b.p[i + 3] == 's')
            b.p[i] = b.p[i + 2] = '0';
    ck_assert_str_eq(b.p, want);
    buf_free(&b);
}

#define LINE "\x1b[K"
#define ROW(x) LINE "   0.0s " x "\n"
#define OUTPUT(x) LINE "        | " x "\n"
#define TABLE_END "\x1b[?7h" FRAME_END

START_TEST(tty_draws_a_table_over_the_one_before)
{
    open_style("tty", 2);
    event(EVENT_START, 1);
    output(1, STR("a\nb\nc\rd\ne\nf"));
    tick();
    event(EVENT_WAIT, 0);
    tick();
#define MAKE ROW("[2/2] RUN make \"all\"") OUTPUT("b") OUTPUT("d") OUTPUT("e") OUTPUT("f")
    printed_timeless(FRAME "\r\x1b[?7l" MAKE ROW("0 of 2 steps: 0 cached, 0 built, 1 running")
                         TABLE_END FRAME "\x1b[6A\r\x1b[?7l" MAKE ROW("[1/2] FROM debian:12") LINE
                     "        another obexec is building this step\n" ROW(
                         "0 of 2 steps: 0 cached, 0 built, 2 running") TABLE_END FRAME
                     "\x1b[8A\r" FRAME_END);
}
END_TEST

START_TEST(tty_draws_no_more_than_can_be_seen)
{
    struct timespec from, to;
    unsigned n = 0;
    open_style("tty", 1);
    event(EVENT_START, 0);
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (int i = 0; i < 100000; i++)
        output(0, STR("line\n"));
    clock_gettime(CLOCK_MONOTONIC, &to);
    double seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
    struct buf b = written();
    for (const char *p = b.n ? b.p : ""; (p = strstr(p, FRAME)); p++)
        n++;
    ck_assert_uint_le(n, 1 + (unsigned)(seconds / 0.08));
    buf_free(&b);
    progress->close(progress);
}
END_TEST

START_TEST(the_end_of_much_output_is_kept)
{
    struct tail t = {0};
    struct str lines[3];
    bool cut;
    char text[100];
    for (int i = 0; i < 10000; i++) {
        snprintf(text, sizeof text, "line %d\n", i);
        tail_add(&t, str_from(text));
    }
    ck_assert_uint_lt(t.text.n, 64 << 10);
    ck_assert_uint_eq(tail_lines(&t, lines, 3, &cut), 3);
    ck_assert_strs(lines[0], STR("line 9997"));
    ck_assert_strs(lines[2], STR("line 9999"));
    ck_assert(cut);
    char *large = malloc(1 << 20);
    memset(large, 'x', 1 << 20);
    tail_add(&t, str_of(large, 1 << 20));
    tail_add(&t, STR("\nend"));
    ck_assert_uint_eq(tail_lines(&t, lines, 3, &cut), 2);
    ck_assert_strs(lines[1], STR("end"));
    ck_assert(cut);
    free(large);
    buf_free(&t.text);
}
END_TEST

START_TEST(little_output_is_shown_as_a_whole)
{
    struct tail t = {0};
    struct str lines[3];
    bool cut;
    ck_assert_uint_eq(tail_lines(&t, lines, 3, &cut), 0);
    tail_add(&t, STR("\n\na"));
    ck_assert_uint_eq(tail_lines(&t, lines, 3, &cut), 3);
    ck_assert(!cut);
    ck_assert_uint_eq(tail_lines(&t, lines, 2, &cut), 2);
    ck_assert(cut);
    ck_assert_strs(lines[0], STR(""));
    ck_assert_strs(lines[1], STR("a"));
    buf_free(&t.text);
}
END_TEST

UNIT_MAIN_WITH("progress", start, stop, plain_tells_a_build_in_lines, quiet_tells_failures_only,
               json_tells_everything, json_replaces_stray_bytes,
               json_keeps_a_character_whole_that_comes_in_pieces, numbers_of_steps_line_up,
               lines_of_several_steps_do_not_mix, a_carriage_return_starts_the_line_again,
               empty_lines_are_lines, output_does_not_drive_the_terminal,
               headings_and_failures_do_not_drive_it_either, a_long_line_is_shown_in_parts,
               a_reader_who_left_does_not_end_the_build, styles_have_names,
               a_step_without_heading_is_shown_by_what_it_does,
               a_long_build_ends_with_its_slowest_steps, notes_are_of_a_step_or_of_the_build,
               tty_writes_what_ended_in_lines, tty_cuts_off_long_headings,
               tty_draws_a_table_over_the_one_before, tty_draws_no_more_than_can_be_seen,
               the_end_of_much_output_is_kept, little_output_is_shown_as_a_whole)
