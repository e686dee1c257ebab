/* SPDX-License-Identifier: Apache-2.0 */
/* When a file's digest is known again, and when it must not be. */
#include <config.h>

#include "exec/digests.h"

#include "base/cleanup.h"
#include "tests/unit/scratch_dir.h"

static struct arena a; /* each test runs in a process of its own */
static struct scratch_dir dir;
static int state;
static struct digests d;
static struct str_vec src;
static struct digest some = {{1, 2, 3}};

static int open_dir(const char *name)
{
    int fd = openat(dir.fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    return fd;
}

static void start(void)
{
    scratch_start(&dir);
    scratch_mkdir(&dir, "state");
    state = open_dir("state");
    vec_push(&a, &src, STR("."));
}

static void stop(void)
{
    close(state);
    scratch_end(&dir);
}

static void reopen(void)
{
    digests_close(&d);
    digests_open(&d, &a, state, dir.fd, &src);
    if (d.dir < 0) {
        stop();
        UNIT_SKIP("the filesystem of /tmp has no clock that is trusted");
    }
}

static struct file_state file(ino_t ino)
{
    struct stat st;
    ck_assert_int_eq(fstat(dir.fd, &st), 0);
    return (struct file_state){st.st_dev, ino, 100, {1, 2}, {3, 4}};
}

static void remember(const struct file_state *f)
{
    d = (struct digests){.dir = -1};
    reopen();
    digests_add(&d, f, &some);
    reopen();
}

static bool is_known(const struct file_state *f)
{
    struct digest got;
    bool known = digests_find(&d, f, &got);
    ck_assert(!known || digest_eq(&got, &some));
    return known;
}

/* The name of the one file in state/digests. */
static const char *name_in_state(void)
{
    static char name[300];
    cleanup_close int digests = openat(state, "digests", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cleanup_dir DIR *all = fs_opendir(digests);
    for (struct dirent *e; all && (e = readdir(all));)
        if (e->d_name[0] != '.')
            snprintf(name, sizeof name, "state/digests/%s", e->d_name);
    return name;
}

START_TEST(a_file_is_known_as_long_as_nothing_of_it_changes)
{
    struct file_state f = file(7), other;
    remember(&f);
    ck_assert(is_known(&f));
    for (int change = 0; change < 7; change++) {
        other = f;
        switch (change) {
        case 0: other.dev++; break;
        case 1: other.ino++; break;
        case 2: other.size++; break;
        case 3: other.mtime.tv_sec++; break;
        case 4: other.mtime.tv_nsec++; break;
        case 5: other.ctime.tv_sec++; break;
        default: other.ctime.tv_nsec++; break;
        }
        ck_assert_msg(!is_known(&other), "change %d does not count", change);
    }
}
END_TEST

START_TEST(a_ctime_of_a_whole_second_is_not_trusted)
{
    struct file_state f = file(7);
    f.ctime.tv_nsec = 0;
    remember(&f);
    ck_assert(!is_known(&f));
}
END_TEST

START_TEST(many_files_are_found_by_their_inodes)
{
    struct file_state f;
    d = (struct digests){.dir = -1};
    reopen();
    for (ino_t i = 1000; i > 0; i--) {
        f = file(i * 3);
        digests_add(&d, &f, &some);
    }
    reopen();
    ck_assert_uint_eq(d.n, 1000);
    for (ino_t i = 1; i <= 3000; i++) {
        f = file(i);
        ck_assert_int_eq(is_known(&f), i % 3 == 0);
    }
}
END_TEST

START_TEST(what_a_walk_has_not_seen_is_forgotten_by_the_next_that_has_news)
{
    struct file_state gone = file(7), kept = file(8), new = file(9);
    d = (struct digests){.dir = -1};
    reopen();
    digests_add(&d, &gone, &some);
    digests_add(&d, &kept, &some);
    reopen();
    ck_assert(is_known(&kept));
    reopen();
    ck_assert(is_known(&gone));
    ck_assert(is_known(&kept));
    reopen();
    ck_assert(is_known(&kept));
    digests_add(&d, &new, &some);
    reopen();
    ck_assert(is_known(&kept) && is_known(&new) && !is_known(&gone));
}
END_TEST

START_TEST(a_damaged_file_is_as_good_as_none)
{
    struct file_state f = file(7);
    remember(&f);
    struct ob_err err;
    cleanup_buf struct buf whole = BUF_INIT;
    const char *name = name_in_state();
    ck_assert_int_eq(fs_read_file_at(dir.fd, name, &whole, 1 << 20, &err), 1);
    for (size_t i = 0; i < whole.n; i++) {
        whole.p[i] ^= 1;
        scratch_write(&dir, name, whole.p, whole.n);
        whole.p[i] ^= 1;
        reopen();
        ck_assert_msg(!is_known(&f), "with byte %zu changed it is known", i);
        scratch_write(&dir, name, whole.p, i);
        reopen();
        ck_assert_msg(!is_known(&f), "with %zu bytes left it is known", i);
    }
    digests_add(&d, &f, &some);
    reopen();
    ck_assert(is_known(&f));
}
END_TEST

START_TEST(other_sources_and_other_contexts_have_their_own)
{
    struct file_state f = file(7);
    remember(&f);
    vec_push(&a, &src, STR("x"));
    reopen();
    ck_assert(!is_known(&f));
    src.n--;
    digests_close(&d);
    scratch_mkdir(&dir, "other");
    cleanup_close int other = open_dir("other");
    digests_open(&d, &a, state, other, &src);
    ck_assert(!is_known(&f));
    reopen();
    ck_assert(is_known(&f));
}
END_TEST

START_TEST(a_store_that_is_moved_keeps_them)
{
    struct file_state f = file(7);
    remember(&f);
    ck_assert_int_eq(renameat(dir.fd, "state", dir.fd, "moved"), 0);
    close(state);
    state = open_dir("moved");
    reopen();
    ck_assert(is_known(&f));
}
END_TEST

START_TEST(those_that_were_not_used_for_longest_make_room)
{
    struct file_state f = file(7);
    remember(&f);
    const struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    char name[300];
    for (int i = 0; i < DIGESTS_MAX_NAMES; i++) {
        snprintf(name, sizeof name, "state/digests/%d", i);
        scratch_text(&dir, name, "");
        ck_assert_int_eq(utimensat(dir.fd, name, i == 5 ? old : NULL, 0), 0);
    }
    digests_add(&d, &f, &some);
    reopen();
    ck_assert(is_known(&f));
    ck_assert_int_eq(faccessat(dir.fd, "state/digests/5", F_OK, 0), -1);
    ck_assert_int_eq(faccessat(dir.fd, "state/digests/4", F_OK, 0), 0);
}
END_TEST

/* Files in state/digests. */
static int count(void)
{
    cleanup_close int digests = open_dir("state/digests");
    cleanup_dir DIR *all = fs_opendir(digests);
    int n = 0;
    for (struct dirent *e; all && (e = readdir(all));)
        n += e->d_name[0] != '.';
    return n;
}

START_TEST(all_that_is_too_much_goes_at_once_by_size_and_by_number)
{
    const struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    struct digest name = {{5}}, got;
    char path[300];
    digests_note(state, &name, &some);
    scratch_text(&dir, "state/digests/large", "");
    int fd = openat(dir.fd, "state/digests/large", O_WRONLY | O_CLOEXEC);
    ck_assert_int_eq(ftruncate(fd, DIGESTS_MAX_BYTES), 0);
    ck_assert_int_eq(futimens(fd, old), 0);
    close(fd);
    digests_note(state, &name, &some);
    ck_assert_int_eq(count(), 1);
    for (int i = 0; i < DIGESTS_MAX_NAMES + 20; i++) {
        snprintf(path, sizeof path, "state/digests/%d", i);
        scratch_text(&dir, path, "");
    }
    digests_note(state, &name, &some);
    ck_assert_int_eq(count(), DIGESTS_MAX_NAMES);
    ck_assert(digests_recall(state, &name, &got));
}
END_TEST

START_TEST(one_digest_is_known_by_its_name)
{
    struct digest name = {{5}}, other = {{6}}, got;
    ck_assert(!digests_recall(state, &name, &got));
    digests_note(state, &name, &some);
    ck_assert(digests_recall(state, &name, &got) && digest_eq(&got, &some));
    ck_assert(!digests_recall(state, &other, &got));
    char hex[SHA256_HEX + 1];
    digest_hex(&other, hex);
    cleanup_close int digests = open_dir("state/digests");
    ck_assert_int_eq(renameat(dir.fd, name_in_state(), digests, hex), 0);
    ck_assert(!digests_recall(state, &other, &got));
}
END_TEST

START_TEST(one_digest_that_is_damaged_is_not_known)
{
    struct digest name = {{5}}, got;
    struct ob_err err;
    cleanup_buf struct buf whole = BUF_INIT;
    digests_note(state, &name, &some);
    const char *path = name_in_state();
    ck_assert_int_eq(fs_read_file_at(dir.fd, path, &whole, 1 << 20, &err), 1);
    for (size_t i = 0; i < whole.n; i++) {
        whole.p[i] ^= 1;
        scratch_write(&dir, path, whole.p, whole.n);
        whole.p[i] ^= 1;
        ck_assert_msg(!digests_recall(state, &name, &got), "with byte %zu changed", i);
        scratch_write(&dir, path, whole.p, i);
        ck_assert_msg(!digests_recall(state, &name, &got), "with %zu bytes left", i);
    }
}
END_TEST

START_TEST(where_nothing_can_be_written_nothing_is_known_and_nothing_fails)
{
    struct file_state f = file(7);
    d = (struct digests){.dir = -1};
    scratch_text(&dir, "state/digests", "no directory");
    digests_open(&d, &a, state, dir.fd, &src);
    digests_add(&d, &f, &some);
    digests_close(&d);
    digests_open(&d, &a, state, dir.fd, &src);
    ck_assert(!is_known(&f));
}
END_TEST

UNIT_MAIN_WITH("digests", start, stop, a_file_is_known_as_long_as_nothing_of_it_changes,
               a_ctime_of_a_whole_second_is_not_trusted, many_files_are_found_by_their_inodes,
               what_a_walk_has_not_seen_is_forgotten_by_the_next_that_has_news,
               a_damaged_file_is_as_good_as_none, other_sources_and_other_contexts_have_their_own,
               a_store_that_is_moved_keeps_them, those_that_were_not_used_for_longest_make_room,
               all_that_is_too_much_goes_at_once_by_size_and_by_number,
               one_digest_is_known_by_its_name, one_digest_that_is_damaged_is_not_known,
               where_nothing_can_be_written_nothing_is_known_and_nothing_fails)
