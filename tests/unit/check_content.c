/* SPDX-License-Identifier: Apache-2.0 */
/* When the files of a manifest are read, and when what is remembered of them is enough. */
#include <config.h>

#include "exec/content.h"
#include "tests/unit/scratch_dir.h"

#include <sys/xattr.h>

static struct arena a; /* each test runs in a process of its own */
static struct scratch_dir dir;
static struct digests known;
static struct copy_request request;
static struct str_vec exclude;
static struct manifest m;

static void start(void)
{
    scratch_start(&dir);
    scratch_mkdir(&dir, "state");
    scratch_mkdir(&dir, "tree");
    scratch_text(&dir, "tree/f", "text");
    request = (struct copy_request){.root = dir.fd, .exclude = &exclude, .known = &known};
    vec_push(&a, &request.src, STR("tree"));
    known.dir = -1;
}

static void stop(void)
{
    digests_close(&known);
    scratch_end(&dir);
}

static void reopen(void)
{
    digests_close(&known);
    int state = openat(dir.fd, "state", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    digests_open(&known, &a, state, dir.fd, &request.src);
    close(state);
    if (known.dir < 0) {
        stop();
        UNIT_SKIP("the filesystem of /tmp has no clock that is trusted");
    }
}

static const struct manifest_file *build(void)
{
    struct ob_err err = OB_ERR_INIT;
    ck_assert_ok(manifest_build(&a, &request, &m, &err), &err);
    return m.files.at[m.files.n - 1];
}

static bool is_text(const struct manifest_file *f, const char *text)
{
    struct digest want = sha256_of(text, strlen(text));
    return digest_eq(&f->content, &want);
}

START_TEST(what_is_remembered_is_not_read_again)
{
    static const struct digest fake = {{7}};
    reopen();
    digests_add(&known, &build()->state, &fake);
    known.seen.at[0] = known.seen.at[known.seen.n - 1];
    reopen();
    ck_assert(digest_eq(&build()->content, &fake));
}
END_TEST

START_TEST(all_that_was_read_is_remembered)
{
    char name[32];
    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "tree/%d", i);
        scratch_text(&dir, name, name);
    }
    reopen();
    build();
    ck_assert(known.has_news);
    ck_assert_uint_eq(known.seen.n, 501);
    reopen();
    ck_assert_uint_eq(known.n, 501);
    build();
    ck_assert(!known.has_news);
    vec_for (struct manifest_file *const, f, &m.files)
        if (S_ISREG((*f)->mode) && (*f)->source.p[5] != 'f')
            ck_assert(is_text(*f, (*f)->source.p));
}
END_TEST

START_TEST(a_change_that_hides_is_seen)
{
    struct stat st;
    reopen();
    ck_assert(is_text(build(), "text"));
    reopen();
    ck_assert_int_eq(fstatat(dir.fd, "tree/f", &st, 0), 0);
    scratch_text(&dir, "tree/f", "TEXT");
    const struct timespec times[2] = {st.st_atim, st.st_mtim};
    ck_assert_int_eq(utimensat(dir.fd, "tree/f", times, 0), 0);
    ck_assert(is_text(build(), "TEXT"));
}
END_TEST

START_TEST(a_file_is_read_when_the_clock_has_passed_its_last_change)
{
    struct timespec now;
    for (int i = 0; i < 20; i++) {
        reopen();
        scratch_text(&dir, "tree/f", i % 2 ? "one" : "two");
        const struct file_state *f = &build()->state;
        clock_gettime(CLOCK_REALTIME_COARSE, &now);
        int64_t age =
            (int64_t)(now.tv_sec - f->ctime.tv_sec) * 1000000000 + now.tv_nsec - f->ctime.tv_nsec;
        ck_assert_int_ge(age, 20000000);
        reopen();
        ck_assert(is_text(build(), i % 2 ? "one" : "two"));
        ck_assert(!known.has_news);
    }
}
END_TEST

START_TEST(files_with_attributes_are_not_remembered)
{
    char path[100];
    snprintf(path, sizeof path, "%s/tree/f", dir.path);
    if (setxattr(path, "user.x", "1", 1, 0) < 0)
        return; /* a file system without them */
    reopen();
    build();
    ck_assert(!known.has_news);
    reopen();
    ck_assert_uint_eq(build()->xattrs.n, 1);
}
END_TEST

START_TEST(holes_are_zeros)
{
    static const char zeros[1 << 20];
    scratch_text(&dir, "tree/f", "");
    char path[100];
    snprintf(path, sizeof path, "%s/tree/f", dir.path);
    ck_assert_int_eq(truncate(path, sizeof zeros), 0);
    struct digest want = sha256_of(zeros, sizeof zeros);
    request.known = NULL;
    ck_assert(digest_eq(&build()->content, &want));
}
END_TEST

UNIT_MAIN_WITH("content", start, stop, what_is_remembered_is_not_read_again,
               all_that_was_read_is_remembered, a_change_that_hides_is_seen,
               a_file_is_read_when_the_clock_has_passed_its_last_change,
               files_with_attributes_are_not_remembered, holes_are_zeros)
