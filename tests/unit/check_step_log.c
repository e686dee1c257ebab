/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of a log: all of it, or its head and its tail. */
#include <config.h>

#include "exec/step_log.h"

#include "base/cleanup.h"
#include "tests/unit/fixture.h"
#include "tests/unit/scratch_dir.h"

static struct scratch_dir dir;
static struct step_log l;
static struct ob_err err;
static int fd;

static void start(void)
{
    scratch_start(&dir);
    fd = openat(dir.fd, "log", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

static void stop(void)
{
    close(fd);
    scratch_end(&dir);
}

static void put(const char *p, size_t n)
{
    ck_assert_ok(step_log_write(&l, fd, p, n, &err), &err);
}

static void end(void)
{
    ck_assert_ok(step_log_end(&l, fd, &err), &err);
}

/* Fills the head up to so many bytes before its end. */
static void fill_head(size_t left)
{
    static char block[1 << 20];
    memset(block, 'h', sizeof block);
    for (size_t n = STEP_LOG_HEAD - left; n > 0;) {
        size_t part = n < sizeof block ? n : sizeof block;
        put(block, part);
        n -= part;
    }
}

/* What stands behind the head. */
static void expect_behind(const char *want, size_t n)
{
    static char got[4 << 20];
    ck_assert_int_eq(pread(fd, got, sizeof got, STEP_LOG_HEAD), (ssize_t)n);
    ck_assert_int_eq(memcmp(got, want, n), 0);
}

START_TEST(a_short_log_is_kept)
{
    char got[10];
    put("ab", 2);
    put("c\n", 2);
    end();
    ck_assert_int_eq(pread(fd, got, sizeof got, 0), 4);
    ck_assert_int_eq(memcmp(got, "abc\n", 4), 0);
}
END_TEST

START_TEST(what_just_does_not_fit_is_kept)
{
    fill_head(2);
    put("abcd\n", 5);
    put("e", 1);
    end();
    expect_behind("cd\ne", 4);
}
END_TEST

START_TEST(a_full_tail_is_kept)
{
    static char block[STEP_LOG_TAIL];
    memset(block, 't', sizeof block);
    fill_head(0);
    put(block, sizeof block);
    end();
    expect_behind(block, sizeof block);
}
END_TEST

/* Lines of eight bytes: two more than the tail holds, and the first that it holds is not whole. */
START_TEST(in_between_is_left_out_in_whole_lines)
{
    struct buf want = BUF_INIT;
    char line[9];
    enum { N = STEP_LOG_TAIL / 8 };
    fill_head(0);
    buf_printf(&want, "\n[obexec: 20 bytes are left out here]\n");
    put("1234", 4);
    for (int i = 0; i < N + 1; i++) {
        snprintf(line, sizeof line, "%07d\n", i);
        put(line, 8);
        if (i >= 2)
            buf_puts(&want, line);
    }
    end();
    expect_behind(want.p, want.n);
    buf_free(&want);
}
END_TEST

UNIT_MAIN_WITH("step_log", start, stop, a_short_log_is_kept, what_just_does_not_fit_is_kept,
               a_full_tail_is_kept, in_between_is_left_out_in_whole_lines)
