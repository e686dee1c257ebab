/* SPDX-License-Identifier: Apache-2.0 */
/* Modes, epochs, and the directories that get them. */
#include <config.h>

#include "exec/look.h"
#include "tests/unit/fixture.h"
#include "tests/unit/scratch_dir.h"

START_TEST(a_mode_is_the_sources_or_octal_or_a_change_of_the_sources)
{
    struct look l = {0};
    ck_assert_int_eq(look_mode(&l, S_IFREG | 04751), 04751);
    l.chmod = STR("0640");
    ck_assert_int_eq(look_mode(&l, S_IFDIR | 0755), 0640);
    l.chmod = STR("02755");
    ck_assert_int_eq(look_mode(&l, S_IFREG), 02755);
    l.chmod = STR("go=X");
    ck_assert_int_eq(look_mode(&l, S_IFREG | 0644), 0600);
    ck_assert_int_eq(look_mode(&l, S_IFDIR | 0644), 0611);
}
END_TEST

START_TEST(an_epoch_is_a_number_or_tells_where_to_look)
{
    struct timespec t = {0};
    ck_assert(look_epoch(STR("1700000000"), &t));
    ck_assert_int_eq(t.tv_sec, 1700000000);
    ck_assert(look_epoch(STR("0"), &t));
    ck_assert_int_eq(t.tv_sec, 0);
    ck_assert(look_epoch(STR("-5"), &t));
    ck_assert_int_eq(t.tv_sec, -5);
    static const char *const others[] = {
        "", "context", "-", "--1", "+1", "1.5", "9223372036854775808", "-9223372036854775808"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        ck_assert(!look_epoch(str_from(others[i]), &t));
}
END_TEST

START_TEST(only_directories_that_were_made_get_the_time)
{
    struct scratch_dir dir;
    struct arena a = ARENA_INIT;
    struct made_dirs made = {.arena = &a};
    struct ob_err err = OB_ERR_INIT;
    struct look l = {.set_time = true, .time = {.tv_sec = 99}, .uid = getuid(), .gid = getgid()};
    struct stat st;
    scratch_start(&dir);
    scratch_mkdir(&dir, "old");
    scratch_symlink(&dir, "/old", "link");
    int fd = look_mkdirs(&l, dir.fd, "/link/new/deep/", &made, &err);
    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert_ok(look_end_dirs(&l, dir.fd, &made, &err), &err);
    static const char *const names[] = {"old/new", "old/new/deep"};
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(fstatat(dir.fd, names[i], &st, 0), 0);
        ck_assert_int_eq(st.st_mtim.tv_sec, 99);
    }
    ck_assert_int_eq(fstatat(dir.fd, "old", &st, 0), 0);
    ck_assert_int_ne(st.st_mtim.tv_sec, 99);
    scratch_end(&dir);
    arena_free(&a);
}
END_TEST

UNIT_MAIN("look", a_mode_is_the_sources_or_octal_or_a_change_of_the_sources,
          an_epoch_is_a_number_or_tells_where_to_look, only_directories_that_were_made_get_the_time)
