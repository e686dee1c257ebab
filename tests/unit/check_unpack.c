/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "backends/unpack.h"
#include "base/cleanup.h"
#include "tests/unit/image_maker.h"

#include <sys/sysmacros.h>
#include <sys/xattr.h>

static struct arena arena;
static struct ob_err err;
static int temp;

static void begin(void)
{
    arena = ARENA_INIT;
    err = OB_ERR_INIT;
    temp = enter_temp();
    ck_assert_int_eq(mkdir("root", 0755), 0);
    ck_assert_int_eq(mkdir("outside", 0755), 0);
    write_file("outside/file", STR("untouched"));
}

static void end(void)
{
    ck_assert_strs(read_file(&arena, "outside/file"), STR("untouched"));
    ck_assert_msg(!there_is("outside/new"), "something got out of the root");
    arena_free(&arena);
    leave_temp(temp);
}

static int unpack_as(const char *file, enum unpack_end how)
{
    cleanup_blob struct blob b = BLOB_INIT;
    struct digest got, want;
    cleanup_close int root = open("root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_eq(blob_open(AT_FDCWD, file, &b, &err), 1);
    if (unpack_layer(root, &b, how, &got, &err) < 0)
        return -1;
    struct str bytes = read_file(&arena, file);
    want = sha256_of(bytes.p, bytes.n);
    ck_assert(digest_eq(&got, &want));
    return 0;
}

static int unpack(const char *file)
{
    return unpack_as(file, UNPACK_END_MARKED);
}

static void unpack_well(const char *file)
{
    ck_assert_ok(unpack(file), &err);
}

static void unpack_badly(const char *file, const char *says)
{
    ck_assert_int_eq(unpack(file), -1);
    ck_assert_msg(strstr(err.text, says), "the error is: %s", err.text);
}

static mode_t mode_of(const char *path)
{
    struct stat st;
    ck_assert_msg(lstat(path, &st) == 0, "%s is not there", path);
    return st.st_mode;
}

START_TEST(files_directories_and_links_arrive_with_all_they_have)
{
    struct stat st;
    begin();
    make_tar("l.tar", TAR_GZIP, {"./", AE_IFDIR, 0751, .mtime = 5},
             {"./etc/", AE_IFDIR, 0750, .uid = 3, .gid = 4, .mtime = 1000},
             {"./etc/conf", .perm = 04711, .text = "hello", .uid = 1, .gid = 2, .mtime = 77},
             {"./etc/soft", AE_IFLNK, .text = "/outside/file", .uid = 8, .mtime = 78},
             {"./etc/hard", .hardlink = "./etc/conf"}, {"./etc/fifo", AE_IFIFO, 0620});
    unpack_well("l.tar");
    ck_assert_strs(read_file(&arena, "root/etc/conf"), STR("hello"));
    ck_assert_int_eq(lstat("root/etc/conf", &st), 0);
    ck_assert_uint_eq(st.st_mode, S_IFREG | 04711);
    ck_assert_uint_eq(st.st_uid, 1);
    ck_assert_uint_eq(st.st_gid, 2);
    ck_assert_uint_eq(st.st_nlink, 2);
    ck_assert_int_eq(st.st_mtime, 77);
    ck_assert_int_eq(lstat("root/etc", &st), 0);
    ck_assert_uint_eq(st.st_mode, S_IFDIR | 0750);
    ck_assert_uint_eq(st.st_uid, 3);
    ck_assert_int_eq(st.st_mtime, 1000);
    ck_assert_int_eq(lstat("root/etc/soft", &st), 0);
    ck_assert_uint_eq(st.st_uid, 8);
    ck_assert_int_eq(st.st_mtime, 78);
    ck_assert_uint_eq(mode_of("root/etc/fifo"), S_IFIFO | 0620);
    ck_assert_int_eq(lstat("root", &st), 0);
    ck_assert_uint_eq(st.st_mode, S_IFDIR | 0751);
    ck_assert_int_eq(st.st_mtime, 5);
    end();
}
END_TEST

START_TEST(names_may_be_long_and_beyond_ascii)
{
    char long_name[201] = "";
    memset(long_name, 'x', 200);
    begin();
    make_tar("l.tar", TAR_PLAIN, {"F\xc5\x91tan\xc3\xbas", .text = "a"},
             {arena_printf(&arena, "%s/%s/\xe2\x82\xac", long_name, long_name).p, .text = "b"});
    unpack_well("l.tar");
    ck_assert_strs(read_file(&arena, "root/F\xc5\x91tan\xc3\xbas"), STR("a"));
    const char *deep = arena_printf(&arena, "root/%s/%s/\xe2\x82\xac", long_name, long_name).p;
    ck_assert_strs(read_file(&arena, deep), STR("b"));
    end();
}
END_TEST

START_TEST(names_with_dots_are_refused)
{
    begin();
    make_tar("a.tar", TAR_PLAIN, {"../outside/new", .text = "x"});
    unpack_badly("a.tar", "\"../outside/new\": names with \"..\"");
    make_tar("b.tar", TAR_PLAIN, {"a/../../outside/new", .text = "x"});
    unpack_badly("b.tar", "names with \"..\"");
    make_tar("c.tar", TAR_PLAIN, {"a", .hardlink = "../outside/file"});
    unpack_badly("c.tar", "names with \"..\"");
    make_tar("d.tar", TAR_PLAIN, {"..", AE_IFDIR});
    unpack_badly("d.tar", "names with \"..\"");
    end();
}
END_TEST

START_TEST(absolute_names_are_of_the_root)
{
    begin();
    struct str inside = arena_printf(&arena, "%s/outside/new", "/tmp");
    make_tar("l.tar", TAR_PLAIN, {inside.p, .text = "x"}, {"///etc//./x", .text = "y"},
             {"/etc/link", .hardlink = "/etc/x"});
    unpack_well("l.tar");
    ck_assert_strs(read_file(&arena, "root/tmp/outside/new"), STR("x"));
    ck_assert_strs(read_file(&arena, "root/etc/link"), STR("y"));
    end();
}
END_TEST

START_TEST(links_as_parents_never_lead_out)
{
    begin();
    make_tar("up.tar", TAR_PLAIN, {"out", AE_IFLNK, .text = "../outside"},
             {"out/new", .text = "x"});
    unpack_badly("up.tar", "entry \"out/new\"");
    cleanup_free char *cwd = getcwd(NULL, 0);
    struct str target = arena_printf(&arena, "%s/outside", cwd);
    make_tar("abs.tar", TAR_PLAIN, {"abs", AE_IFLNK, .text = target.p}, {"abs/new", .text = "x"});
    unpack_badly("abs.tar", "entry \"abs/new\"");
    make_tar("in.tar", TAR_PLAIN, {"usr/bin", AE_IFDIR}, {"bin", AE_IFLNK, .text = "/usr/bin"},
             {"bin/ls", .text = "ls"});
    unpack_well("in.tar");
    ck_assert_strs(read_file(&arena, "root/usr/bin/ls"), STR("ls"));
    end();
}
END_TEST

START_TEST(a_link_is_replaced_and_not_written_through)
{
    begin();
    make_tar("a.tar", TAR_PLAIN, {"f", AE_IFLNK, .text = "../outside/file"}, {"f", .text = "mine"});
    unpack_well("a.tar");
    ck_assert_strs(read_file(&arena, "root/f"), STR("mine"));
    make_tar("b.tar", TAR_PLAIN, {"d", AE_IFLNK, .text = "../outside"},
             {"d", AE_IFDIR, 0700, .uid = 5}, {"d/new", .text = "x"});
    unpack_well("b.tar");
    ck_assert_uint_eq(mode_of("root/d"), S_IFDIR | 0700);
    ck_assert_uint_eq(mode_of("outside"), S_IFDIR | 0755);
    end();
}
END_TEST

START_TEST(hard_links_stay_inside)
{
    begin();
    make_tar("a.tar", TAR_PLAIN, {"out", AE_IFLNK, .text = "../outside"},
             {"mine", .hardlink = "out/file"});
    unpack_badly("a.tar", "can't link to \"out/file\"");
    make_tar("b.tar", TAR_PLAIN, {"s", AE_IFLNK, .text = "../outside/file"},
             {"mine", .hardlink = "s"}, {"mine", .text = "over"});
    unpack_well("b.tar");
    make_tar("c.tar", TAR_PLAIN, {"mine", .hardlink = "absent"});
    unpack_badly("c.tar", "entry \"mine\": can't link to \"absent\"");
    end();
}
END_TEST

START_TEST(a_cached_parent_does_not_outlive_its_name)
{
    begin();
    make_tar("l.tar", TAR_PLAIN, {"a", AE_IFDIR}, {"b", AE_IFDIR}, {"l", AE_IFLNK, .text = "a"},
             {"l/x", .text = "1"}, {"l", AE_IFLNK, .text = "b"}, {"l/y", .text = "2"});
    unpack_well("l.tar");
    ck_assert(there_is("root/a/x"));
    ck_assert(there_is("root/b/y"));
    make_tar("m.tar", TAR_PLAIN, {"a/z", .text = "1"}, {"c/x", .text = "x"}, {".wh.b"},
             {"b/new", .text = "n"});
    unpack_well("m.tar");
    ck_assert(!there_is("root/b/y"));
    ck_assert_strs(read_file(&arena, "root/b/new"), STR("n"));
    end();
}
END_TEST

START_TEST(later_entries_take_the_place_of_earlier_ones)
{
    begin();
    make_tar("l.tar", TAR_PLAIN, {"dir/sub/x", .text = "1"}, {"file", .text = "1"},
             {"keep", AE_IFDIR, 0711}, {"keep/old", .text = "1"});
    unpack_well("l.tar");
    make_tar("m.tar", TAR_PLAIN, {"dir", .text = "now a file"}, {"file", AE_IFDIR},
             {"file/x", .text = "2"}, {"keep", AE_IFDIR, 0700});
    unpack_well("m.tar");
    ck_assert_strs(read_file(&arena, "root/dir"), STR("now a file"));
    ck_assert_strs(read_file(&arena, "root/file/x"), STR("2"));
    ck_assert_uint_eq(mode_of("root/keep"), S_IFDIR | 0700);
    ck_assert(there_is("root/keep/old"));
    end();
}
END_TEST

START_TEST(a_file_can_not_be_a_parent)
{
    begin();
    make_tar("l.tar", TAR_PLAIN, {"file", .text = "1"}, {"file/x", .text = "2"});
    unpack_badly("l.tar", "entry \"file/x\": can't open the directory \"file\"");
    make_tar("m.tar", TAR_PLAIN, {"./", AE_IFLNK, .text = "x"});
    unpack_badly("m.tar", "the root of an image must be a directory");
    end();
}
END_TEST

static void unpack_lower(void)
{
    make_tar("lower.tar", TAR_PLAIN, {"d/a", .text = "lower"}, {"d/b", .text = "lower"},
             {"d/sub/c", .text = "lower"}, {"d/sub/e", .text = "lower"}, {"top", .text = "lower"});
    unpack_well("lower.tar");
}

START_TEST(whiteouts_remove_what_lower_layers_made)
{
    begin();
    unpack_lower();
    make_tar("l.tar", TAR_PLAIN, {"d/.wh.a"}, {"d/.wh.sub"}, {".wh.top"}, {".wh.absent"},
             {"nowhere/.wh.x"}, {"d/b/.wh.x"}, {"d/.wh..wh.plnk"});
    unpack_well("l.tar");
    ck_assert(!there_is("root/d/a"));
    ck_assert(!there_is("root/d/sub"));
    ck_assert(!there_is("root/top"));
    ck_assert(!there_is("root/nowhere"));
    ck_assert(!there_is("root/d/.wh.a"));
    ck_assert_strs(read_file(&arena, "root/d/b"), STR("lower"));
    end();
}
END_TEST

START_TEST(whiteouts_spare_what_their_own_layer_made)
{
    begin();
    unpack_lower();
    make_tar("l.tar", TAR_PLAIN, {"d/a", .text = "upper"}, {"d/sub/c", .text = "upper"},
             {"d/.wh.a"}, {"d/.wh.sub"});
    unpack_well("l.tar");
    ck_assert_strs(read_file(&arena, "root/d/a"), STR("upper"));
    ck_assert_strs(read_file(&arena, "root/d/sub/c"), STR("upper"));
    ck_assert(!there_is("root/d/sub/e"));
    end();
}
END_TEST

START_TEST(opaque_directories_hide_only_lower_content_wherever_the_mark_is)
{
    begin();
    unpack_lower();
    make_tar("l.tar", TAR_PLAIN, {"d/new", .text = "1"}, {"d/sub/c", .text = "upper"},
             {"d/.wh..wh..opq"}, {"d/after", .text = "2"});
    unpack_well("l.tar");
    ck_assert(there_is("root/d/new") && there_is("root/d/after"));
    ck_assert_strs(read_file(&arena, "root/d/sub/c"), STR("upper"));
    ck_assert(!there_is("root/d/a") && !there_is("root/d/b") && !there_is("root/d/sub/e"));
    ck_assert(there_is("root/top"));
    make_tar("m.tar", TAR_PLAIN, {".wh..wh..opq"}, {"only", .text = "3"});
    unpack_well("m.tar");
    ck_assert(!there_is("root/d") && !there_is("root/top"));
    ck_assert(there_is("root/only"));
    end();
}
END_TEST

START_TEST(directories_that_a_layer_only_changes_in_keep_their_time)
{
    struct stat st;
    begin();
    make_tar("lower.tar", TAR_PLAIN, {"./", AE_IFDIR, .mtime = 11}, {"d", AE_IFDIR, .mtime = 22},
             {"d/x", .text = "x"}, {"real", AE_IFDIR, .mtime = 33},
             {"link", AE_IFLNK, .text = "real"}, {"top", .text = "t"});
    unpack_well("lower.tar");
    make_tar("l.tar", TAR_PLAIN, {"d/.wh.x"}, {"link/new", .text = "n"}, {".wh.top"},
             {"d/y", .text = "y"});
    unpack_well("l.tar");
    ck_assert_int_eq(stat("root", &st), 0);
    ck_assert_int_eq(st.st_mtime, 11);
    ck_assert_int_eq(stat("root/d", &st), 0);
    ck_assert_int_eq(st.st_mtime, 22);
    ck_assert_int_eq(stat("root/real", &st), 0);
    ck_assert_int_eq(st.st_mtime, 33);
    make_tar("m.tar", TAR_PLAIN, {"d/z", .text = "z"}, {"d", AE_IFDIR, .mtime = 44});
    unpack_well("m.tar");
    ck_assert_int_eq(stat("root/d", &st), 0);
    ck_assert_int_eq(st.st_mtime, 44);
    end();
}
END_TEST

START_TEST(whiteouts_do_no_harm_outside)
{
    begin();
    make_tar("a.tar", TAR_PLAIN, {"out", AE_IFLNK, .text = "../outside"}, {"out/.wh.file"},
             {"out/.wh..wh..opq"});
    unpack_well("a.tar");
    make_tar("b.tar", TAR_PLAIN, {".wh..."});
    unpack_badly("b.tar", "the whiteout hides no name");
    make_tar("c.tar", TAR_PLAIN, {".wh.."});
    unpack_badly("c.tar", "the whiteout hides no name");
    make_tar("d.tar", TAR_PLAIN, {"out", AE_IFDIR}, {"out/.wh..."});
    unpack_badly("d.tar", "the whiteout hides no name");
    make_tar("e.tar", TAR_PLAIN, {".wh."});
    unpack_badly("e.tar", "the whiteout hides no name");
    end();
}
END_TEST

START_TEST(devices_are_made_or_left_out)
{
    struct stat st;
    begin();
    make_tar("l.tar", TAR_PLAIN, {"null", AE_IFCHR, 0666, .major = 1, .minor = 3, .uid = 7});
    unpack_well("l.tar");
    if (lstat("root/null", &st) == 0) {
        ck_assert_uint_eq(st.st_mode, S_IFCHR | 0666);
        ck_assert_uint_eq(st.st_rdev, makedev(1, 3));
        ck_assert_uint_eq(st.st_uid, 7);
    }
    end();
}
END_TEST

START_TEST(attributes_are_kept_but_those_of_overlays_and_hosts)
{
    char value[64];
    begin();
    write_file("probe", STR(""));
    bool has_user = setxattr("probe", "user.x", "1", 1, 0) == 0;
    make_tar(
        "l.tar", TAR_PLAIN, {"u", .xattr = "user.note", .value = "hi"},
        {"o", AE_IFDIR, .xattr = "trusted.overlay.opaque", .value = "y"},
        {"p", AE_IFDIR, .xattr = "user.overlay.opaque", .value = "y"},
        {"t", .xattr = "trusted.other", .value = "y"},
        {"c", .xattr = "security.capability",
         .value =
             "\x01\x01\x01\x02\x01\x20\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01"});
    int rc = unpack("l.tar"); /* the capability is malformed for the kernel: it must be an error */
    ck_assert_int_eq(rc, -1);
    ck_assert_msg(strstr(err.text, "entry \"c\": can't set the attribute \"security.capability\""),
                  "%s", err.text);
    if (has_user)
        ck_assert_int_eq(getxattr("root/u", "user.note", value, sizeof value), 2);
    ck_assert_int_lt(getxattr("root/o", "trusted.overlay.opaque", value, sizeof value), 0);
    ck_assert_int_lt(getxattr("root/p", "user.overlay.opaque", value, sizeof value), 0);
    ck_assert_int_lt(getxattr("root/t", "trusted.other", value, sizeof value), 0);
    end();
}
END_TEST

START_TEST(cut_and_damaged_streams_are_errors)
{
    begin();
    make_tar("whole.tar", TAR_PLAIN, {"a", .text = "some text"}, {"b", .text = "more"});
    make_tar("whole.tgz", TAR_GZIP, {"a", .text = "some text"}, {"b", .text = "more"});
    struct str plain = read_file(&arena, "whole.tar"), gz = read_file(&arena, "whole.tgz");
    ck_assert_uint_eq(plain.n, 6 * 512); /* two headers, two bodies, the end of two blocks */
    for (size_t n = 0; n < 5 * 512; n++) {
        write_file("cut.tar", str_of(plain.p, n));
        ck_assert_msg(unpack("cut.tar") == -1, "a tar cut at byte %zu is accepted", n);
    }
    for (size_t n = 0; n < gz.n; n++) {
        write_file("cut.tgz", str_of(gz.p, n));
        ck_assert_msg(unpack("cut.tgz") == -1, "a gzip cut at byte %zu is accepted", n);
    }
    write_file("text", STR("this is not an archive, only a line of text that is long enough\n"));
    ck_assert_int_eq(unpack("text"), -1);
    end();
}
END_TEST

START_TEST(a_stream_without_an_end_mark_is_good_if_its_digest_is_known)
{
    begin();
    make_tar("whole.tar", TAR_PLAIN, {"a", .text = "some text"});
    struct str plain = read_file(&arena, "whole.tar");
    write_file("cut.tar", str_of(plain.p, 1024));
    ck_assert_ok(unpack_as("cut.tar", UNPACK_END_ANY), &err);
    ck_assert_strs(read_file(&arena, "root/a"), STR("some text"));
    unpack_badly("cut.tar", "no end-of-archive block");
    end();
}
END_TEST

START_TEST(names_may_not_be_too_long_but_paths_may_to_a_point)
{
    char name[301] = "";
    memset(name, 'n', 300);
    begin();
    make_tar("l.tar", TAR_PLAIN, {name, .text = "x"});
    unpack_badly("l.tar", "File name too long");
    struct buf deep = BUF_INIT;
    for (int i = 0; i < 2000; i++)
        buf_puts(&deep, "dir/");
    buf_puts(&deep, "x");
    make_tar("m.tar", TAR_PLAIN, {deep.p, AE_IFDIR}, {"y"}, {deep.p, .text = "x"});
    unpack_well("m.tar");
    buf_puts(&deep, "/y");
    make_tar("n.tar", TAR_PLAIN, {deep.p, .text = "x"});
    unpack_badly("n.tar", "…\": more than 2000 directories deep");
    make_tar("o.tar", TAR_PLAIN, {"a", .hardlink = deep.p});
    unpack_badly("o.tar", "\": more than 2000 directories deep");
    for (int i = 0; i < 20000; i++)
        buf_puts(&deep, "/dir");
    make_tar("p.tar", TAR_PLAIN, {deep.p, .text = "x"});
    unpack_badly("p.tar", "…\": a name of 88003 bytes, of at most 65536");
    buf_free(&deep);
    end();
}
END_TEST

/* One after the other they would take minutes. */
START_TEST(many_opaque_marks_cost_no_more_than_one)
{
    enum { DEEP = 2000, MARKS = 900 };
    struct tar_entry e[1 + MARKS] = {{.text = "x"}};
    struct buf deep = BUF_INIT;
    begin();
    for (int i = 0; i < DEEP; i++)
        buf_puts(&deep, "d/");
    buf_puts(&deep, "file");
    e[0].path = deep.p;
    for (int i = 0; i < MARKS; i++)
        e[1 + i] = (struct tar_entry){arena_printf(&arena, "%.*s.wh..wh..opq", i * 2, deep.p).p};
    ck_assert_int_eq(mkdir("root/d", 0755), 0);
    ck_assert_int_eq(mkdir("root/d/d", 0755), 0);
    write_file("root/lower", STR(""));
    write_file("root/d/d/lower", STR(""));
    make_tar_n("l.tar", TAR_PLAIN, e, 1 + MARKS);
    unpack_well("l.tar");
    ck_assert(!there_is("root/lower"));
    ck_assert(!there_is("root/d/d/lower"));
    ck_assert(there_is("root/d/d/d"));
    buf_free(&deep);
    end();
}
END_TEST

UNIT_MAIN_AS_ROOT(
    "unpack", NULL, NULL, many_opaque_marks_cost_no_more_than_one,
    files_directories_and_links_arrive_with_all_they_have, names_may_be_long_and_beyond_ascii,
    names_with_dots_are_refused, absolute_names_are_of_the_root, links_as_parents_never_lead_out,
    a_link_is_replaced_and_not_written_through, hard_links_stay_inside,
    a_cached_parent_does_not_outlive_its_name, later_entries_take_the_place_of_earlier_ones,
    a_file_can_not_be_a_parent, whiteouts_remove_what_lower_layers_made,
    whiteouts_spare_what_their_own_layer_made,
    opaque_directories_hide_only_lower_content_wherever_the_mark_is,
    directories_that_a_layer_only_changes_in_keep_their_time, whiteouts_do_no_harm_outside,
    devices_are_made_or_left_out, attributes_are_kept_but_those_of_overlays_and_hosts,
    cut_and_damaged_streams_are_errors, a_stream_without_an_end_mark_is_good_if_its_digest_is_known,
    names_may_not_be_too_long_but_paths_may_to_a_point)
