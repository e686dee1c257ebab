/* SPDX-License-Identifier: Apache-2.0 */
/* Differences of trees, and archives of them. */
#include <config.h>

#include "exec/layer_blob.h"
#include "exec/layer_diff.h"
#include "exec/layer_tar.h"
#include "tests/unit/scratch_dir.h"

#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <time.h>

static struct arena a; /* each test runs in a process of its own */
static struct scratch_dir d;
static struct ob_err err;
static struct layer_trees trees;

enum { LONG_AGO = 1000000000 };

static int open_dir(const char *name)
{
    int fd = openat(d.fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    return fd;
}

static void start(void)
{
    umask(022);
    scratch_start(&d);
    scratch_mkdir(&d, "p");
    scratch_mkdir(&d, "c");
    scratch_mkdir(&d, "u");
    trees = (struct layer_trees){open_dir("p"), open_dir("c"), -1, false, 0};
}

static void stop(void)
{
    close(trees.parent);
    close(trees.child);
    scratch_end(&d);
}

static void set_time(const char *name, time_t t)
{
    const struct timespec times[2] = {{t, 0}, {t, 0}};
    ck_assert_int_eq(utimensat(d.fd, name, times, AT_SYMLINK_NOFOLLOW), 0);
}

/* The same file on both sides. */
static void put_both(const char *name, const char *text)
{
    const char *const sides[] = {"p", "c"};
    char path[300];
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", sides[i], name);
        scratch_text(&d, path, text);
        set_time(path, LONG_AGO);
    }
}

static void mkdir_both(const char *name)
{
    char p[300], c[300];
    snprintf(p, sizeof p, "p/%s", name);
    snprintf(c, sizeof c, "c/%s", name);
    scratch_mkdir(&d, p);
    scratch_mkdir(&d, c);
}

static void settle_dirs(const char *name)
{
    char path[300];
    snprintf(path, sizeof path, "p/%s", name);
    set_time(path, LONG_AGO);
    snprintf(path, sizeof path, "c/%s", name);
    set_time(path, LONG_AGO);
}

/* The difference, as "NAME NAME=HARDLINK -WHITEOUT". */
static const char *difference(void)
{
    struct layer_entries list = {0};
    struct str out = STR("");
    ck_assert_ok(layer_diff(&a, &trees, &list, &err), &err);
    vec_for (const struct layer_entry *, it, &list) {
        const struct layer_entry *e = *it;
        out = arena_printf(&a, STR_FMT "%s%s" STR_FMT "%s" STR_FMT, STR_ARG(out), out.n ? " " : "",
                           e->is_whiteout ? "-" : "", STR_ARG(e->path.n ? e->path : STR(".")),
                           e->hardlink.n ? "=" : "", STR_ARG(e->hardlink));
    }
    return arena_cstr(&a, out);
}

/* N directories in each other in c. */
static void make_deep(int n)
{
    int at = open_dir("c");
    for (int i = 0; i < n; i++) {
        ck_assert_int_eq(mkdirat(at, "d", 0755), 0);
        int next = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        close(at);
        at = next;
    }
    ck_assert_int_eq(mknodat(at, "f", S_IFREG | 0644, 0), 0);
    close(at);
}

START_TEST(a_tree_is_as_deep_as_what_is_unpacked_again)
{
    struct layer_entries list = {0};
    make_deep(2000);
    ck_assert_ok(layer_diff(&a, &trees, &list, &err), &err);
    ck_assert_uint_eq(list.n, 2001);
}
END_TEST

START_TEST(a_tree_that_is_deeper_is_refused)
{
    struct layer_entries list = {0};
    make_deep(20000);
    ck_assert_int_eq(layer_diff(&a, &trees, &list, &err), -1);
    ck_assert(str_starts(str_from(err.text), STR("\"/d/d/d/")));
    ck_assert(str_ends(str_from(err.text), STR("d/…\": more than 2000 directories deep")));
}
END_TEST

START_TEST(equal_trees_do_not_differ)
{
    put_both("file", "x");
    mkdir_both("dir");
    put_both("dir/file", "x");
    settle_dirs("dir");
    ck_assert_str_eq(difference(), "");
}
END_TEST

START_TEST(each_property_counts)
{
    const char *const names[] = {"1content", "2mode", "3owner", "4time", "5type", "6attr"};
    for (size_t i = 0; i < 6; i++)
        put_both(names[i], "same");
    scratch_text(&d, "c/1content", "SAME");
    set_time("c/1content", LONG_AGO);
    ck_assert_int_eq(fchmodat(d.fd, "c/2mode", 04755, 0), 0);
    ck_assert_int_eq(fchownat(d.fd, "c/3owner", 5, 6, 0), 0);
    set_time("c/4time", LONG_AGO + 1);
    ck_assert_int_eq(unlinkat(d.fd, "c/5type", 0), 0);
    scratch_symlink(&d, "same", "c/5type");
    int fd = openat(d.fd, "c/6attr", O_RDONLY | O_CLOEXEC);
    bool has_attr = fsetxattr(fd, "user.x", "y", 1, 0) == 0;
    close(fd);
    ck_assert_str_eq(difference(), has_attr ? "1content 2mode 3owner 4time 5type 6attr"
                                            : "1content 2mode 3owner 4time 5type");
}
END_TEST

START_TEST(targets_of_links_and_numbers_of_devices_count)
{
    scratch_symlink(&d, "a", "p/link");
    scratch_symlink(&d, "b", "c/link");
    ck_assert_int_eq(mknodat(d.fd, "p/dev", S_IFCHR | 0600, makedev(1, 3)), 0);
    ck_assert_int_eq(mknodat(d.fd, "c/dev", S_IFCHR | 0600, makedev(1, 5)), 0);
    set_time("p/link", LONG_AGO);
    set_time("c/link", LONG_AGO);
    set_time("p/dev", LONG_AGO);
    set_time("c/dev", LONG_AGO);
    ck_assert_str_eq(difference(), "dev link");
}
END_TEST

START_TEST(what_is_gone_is_a_whiteout_at_its_top)
{
    mkdir_both("dir");
    scratch_mkdir(&d, "p/dir/gone");
    scratch_text(&d, "p/dir/gone/file", "x");
    scratch_text(&d, "p/file", "x");
    settle_dirs("dir");
    ck_assert_str_eq(difference(), "dir -dir/gone -file");
}
END_TEST

START_TEST(a_file_in_the_place_of_a_directory_needs_no_whiteouts)
{
    scratch_mkdir(&d, "p/x");
    scratch_text(&d, "p/x/file", "x");
    scratch_text(&d, "c/x", "x");
    scratch_text(&d, "p/y", "x");
    scratch_mkdir(&d, "c/y");
    scratch_text(&d, "c/y/file", "x");
    ck_assert_str_eq(difference(), "x y y/file");
}
END_TEST

START_TEST(directories_on_the_way_come_along)
{
    mkdir_both("a");
    mkdir_both("a/b");
    put_both("a/b/same", "x");
    scratch_text(&d, "c/a/b/new", "x");
    settle_dirs("a/b");
    settle_dirs("a");
    ck_assert_str_eq(difference(), "a a/b a/b/new");
}
END_TEST

START_TEST(order_is_by_names_and_parents_first)
{
    scratch_mkdir(&d, "c/a");
    scratch_text(&d, "c/a/z", "");
    scratch_text(&d, "c/a-b", "");
    scratch_text(&d, "c/a.b", "");
    scratch_text(&d, "c/\xff", "");
    ck_assert_str_eq(difference(), "a a/z a-b a.b \xff");
}
END_TEST

START_TEST(the_root_counts_by_its_mode_and_owner_but_not_its_time)
{
    set_time("c", LONG_AGO);
    ck_assert_str_eq(difference(), "");
    ck_assert_int_eq(fchmodat(d.fd, "c", 0700, 0), 0);
    ck_assert_str_eq(difference(), ".");
    trees.parent = -1;
    ck_assert_int_eq(fchmodat(d.fd, "c", 0755, 0), 0);
    ck_assert_str_eq(difference(), "");
}
END_TEST

START_TEST(times_are_compared_as_they_are_written)
{
    struct layer_entries list = {0};
    put_both("file", "x");
    set_time("c/file", LONG_AGO + 5);
    scratch_text(&d, "c/new", "");
    trees.has_latest = true;
    trees.latest = LONG_AGO;
    ck_assert_str_eq(difference(), "new");
    ck_assert_ok(layer_diff(&a, &trees, &list, &err), &err);
    ck_assert_int_eq(list.at[0]->mtime, LONG_AGO);
}
END_TEST

START_TEST(names_of_a_new_file_are_hard_links)
{
    scratch_text(&d, "c/b", "x");
    scratch_mkdir(&d, "c/a");
    ck_assert_int_eq(linkat(d.fd, "c/b", d.fd, "c/a/x", 0), 0);
    ck_assert_int_eq(linkat(d.fd, "c/b", d.fd, "c/c", 0), 0);
    ck_assert_str_eq(difference(), "a a/x b=a/x c=a/x");
}
END_TEST

START_TEST(a_new_name_takes_the_old_ones_along)
{
    put_both("old", "x");
    ck_assert_int_eq(linkat(d.fd, "c/old", d.fd, "c/new", 0), 0);
    ck_assert_str_eq(difference(), "new old=new");
}
END_TEST

START_TEST(files_that_become_one_differ)
{
    put_both("a", "x");
    put_both("b", "x");
    ck_assert_str_eq(difference(), "");
    ck_assert_int_eq(unlinkat(d.fd, "c/b", 0), 0);
    ck_assert_int_eq(linkat(d.fd, "c/a", d.fd, "c/b", 0), 0);
    ck_assert_str_eq(difference(), "a b=a");
}
END_TEST

START_TEST(a_lost_name_leaves_the_others_alone)
{
    put_both("a", "x");
    ck_assert_int_eq(linkat(d.fd, "p/a", d.fd, "p/b", 0), 0);
    ck_assert_int_eq(linkat(d.fd, "c/a", d.fd, "c/b", 0), 0);
    ck_assert_str_eq(difference(), "");
    ck_assert_int_eq(unlinkat(d.fd, "c/a", 0), 0);
    ck_assert_str_eq(difference(), "-a");
}
END_TEST

/* An upper directory has the names that a step has touched. */

START_TEST(only_names_in_the_upper_directory_are_looked_at)
{
    mkdir_both("dir");
    scratch_text(&d, "c/dir/touched", "x");
    scratch_text(&d, "c/dir/hidden", "x");
    settle_dirs("dir");
    scratch_mkdir(&d, "u/dir");
    scratch_text(&d, "u/dir/touched", "");
    scratch_text(&d, "u/untrue", "");
    trees.upper = open_dir("u");
    ck_assert_str_eq(difference(), "dir dir/touched");
    close(trees.upper);
}
END_TEST

START_TEST(an_upper_directory_that_hides_the_lower_one_is_no_help)
{
    mkdir_both("dir");
    scratch_text(&d, "p/dir/gone", "x");
    settle_dirs("dir");
    scratch_mkdir(&d, "u/dir");
    int fd = open_dir("u/dir");
    trees.upper = open_dir("u");
    ck_assert_str_eq(difference(), "");
    if (fsetxattr(fd, "trusted.overlay.opaque", "y", 1, 0) == 0 ||
        fsetxattr(fd, "user.overlay.opaque", "y", 1, 0) == 0)
        ck_assert_str_eq(difference(), "dir -dir/gone");
    close(trees.upper);
    close(fd);
}
END_TEST

START_TEST(names_that_the_upper_directory_lacks_are_found_for_a_changed_file)
{
    put_both("a", "x");
    ck_assert_int_eq(linkat(d.fd, "p/a", d.fd, "p/b", 0), 0);
    ck_assert_int_eq(linkat(d.fd, "c/a", d.fd, "c/b", 0), 0);
    ck_assert_int_eq(linkat(d.fd, "c/a", d.fd, "c/c", 0), 0);
    scratch_text(&d, "u/c", "x");
    trees.upper = open_dir("u");
    ck_assert_str_eq(difference(), "a b=a c=a");
    close(trees.upper);
}
END_TEST

/* Archives. */

static int add_to_buf(void *arg, const void *p, size_t n, struct ob_err *unused)
{
    (void)unused;
    buf_add(arg, p, n);
    return 0;
}

static struct str pax_records(const struct buf *archive)
{
    size_t n = strtoul(archive->p + 124, NULL, 8);
    return archive->p[156] == 'x' ? str_of(archive->p + 512, n) : STR("");
}

static struct buf header_of(const struct layer_entry *e)
{
    struct buf b = BUF_INIT;
    const struct tar_sink sink = {add_to_buf, &b};
    ck_assert_ok(tar_header(e, &sink, &err), &err);
    ck_assert_uint_eq(b.n % 512, 0);
    return b;
}

START_TEST(what_fits_a_header_needs_no_other)
{
    char path[101];
    memset(path, 'n', 100);
    path[100] = '\0';
    const struct layer_entry e = {.path = str_from(path),
                                  .mode = S_IFREG | 04755,
                                  .uid = 07777777,
                                  .size = 07777777,
                                  .mtime = LONG_AGO};
    struct buf b = header_of(&e);
    ck_assert_uint_eq(b.n, 512);
    ck_assert(memcmp(b.p, path, 100) == 0);
    ck_assert_str_eq(b.p + 100, "0004755");
    ck_assert_str_eq(b.p + 108, "7777777");
    ck_assert_str_eq(b.p + 124, "00007777777");
    ck_assert_str_eq(b.p + 257, "ustar");
    buf_free(&b);
}
END_TEST

START_TEST(what_does_not_fit_is_in_records)
{
    char path[120];
    memset(path, 'n', sizeof path);
    struct layer_xattr x = {STR("user.a"), STR("\0=\n")};
    struct layer_entry e = {.path = str_of(path, 101),
                            .mode = S_IFREG | 0644,
                            .uid = 010000000,
                            .gid = UINT32_MAX,
                            .size = UINT64_C(1) << 33,
                            .mtime = -5};
    struct buf b = header_of(&e);
    struct str want =
        arena_printf(&a,
                     "111 path=%.101s\n19 size=8589934592\n15 uid=2097152\n18 gid=4294967295\n"
                     "12 mtime=-5\n",
                     path);
    ck_assert_strs(pax_records(&b), want);
    buf_free(&b);
    e = (struct layer_entry){.path = STR("f"), .mode = S_IFREG | 0644, .xattrs = {&x, 1, 1}};
    b = header_of(&e);
    ck_assert(memcmp(b.p + 512, "27 SCHILY.xattr.user.a=\0=\n\n", 27) == 0);
    buf_free(&b);
}
END_TEST

START_TEST(a_record_counts_its_own_length)
{
    char path[1001];
    memset(path, 'n', sizeof path);
    for (size_t n = 101; n <= 1000; n++) {
        const struct layer_entry e = {.path = str_of(path, n), .mode = S_IFREG};
        struct buf b = header_of(&e);
        struct str record = pax_records(&b);
        ck_assert_uint_eq(strtoul(record.p, NULL, 10), record.n);
        buf_free(&b);
    }
}
END_TEST

START_TEST(long_names_that_are_not_utf8_are_said_to_be_bytes)
{
    char path[120];
    memset(path, '\xff', sizeof path);
    const struct layer_entry e = {.path = str_of(path, sizeof path), .mode = S_IFREG};
    struct buf b = header_of(&e);
    ck_assert(str_starts(pax_records(&b), STR("21 hdrcharset=BINARY\n")));
    buf_free(&b);
}
END_TEST

/* An image's digest is that of these bytes: a change of them is a decision. */
START_TEST(archives_do_not_change)
{
    struct buf b = BUF_INIT;
    struct layer_entries list = {0};
    const struct tar_sink sink = {add_to_buf, &b};
    char hex[SHA256_HEX + 1];
    mkdir_both("dir");
    put_both("file", "text\n");
    scratch_text(&d, "p/gone", "");
    scratch_text(&d, "c/dir/new", "content");
    ck_assert_int_eq(linkat(d.fd, "c/dir/new", d.fd, "c/link", 0), 0);
    scratch_symlink(&d, "dir/new", "c/soft");
    ck_assert_int_eq(fchownat(d.fd, "c/dir/new", 3000000, 7, 0), 0);
    trees.has_latest = true;
    trees.latest = LONG_AGO;
    ck_assert_str_eq(difference(), "dir dir/new -gone link=dir/new soft");
    ck_assert_ok(layer_diff(&a, &trees, &list, &err), &err);
    ck_assert_ok(layer_tar_write(trees.child, &list, &sink, &err), &err);
    struct digest digest = sha256_of(b.p, b.n);
    digest_hex(&digest, hex);
    ck_assert_str_eq(hex, "f2712c2de26d454432083df672aa35924b1736e3e053885b92c8e8398edaf0f0");
    buf_free(&b);
}
END_TEST

/* Steps change caches while those are exported, and they may make devices. */
START_TEST(what_has_taken_the_place_of_a_file_is_not_read)
{
    struct buf b = BUF_INIT;
    struct layer_entries list = {0};
    const struct tar_sink sink = {add_to_buf, &b};
    scratch_text(&d, "c/file", "text");
    trees.is_live = true;
    ck_assert_ok(layer_diff(&a, &trees, &list, &err), &err);
    ck_assert_int_eq(renameat(d.fd, "c/file", d.fd, "c/old"), 0);
    ck_assert_int_eq(mknodat(d.fd, "c/file", S_IFCHR | 0600, makedev(1, 5)), 0);
    ck_assert_int_eq(layer_tar_write(trees.child, &list, &sink, &err), -1);
    ck_assert_str_eq(err.text, "\"/file\": it changed while it was exported");
    ck_assert_int_eq(unlinkat(d.fd, "c/file", 0), 0);
    scratch_text(&d, "c/file", "TEXT");
    ck_assert_int_eq(layer_tar_write(trees.child, &list, &sink, &err), -1);
    ck_assert_int_eq(renameat(d.fd, "c/old", d.fd, "c/file"), 0);
    ck_assert_ok(layer_tar_write(trees.child, &list, &sink, &err), &err);
    buf_free(&b);
}
END_TEST

START_TEST(packers_give_the_digests_of_both_sides)
{
    const struct digest want = sha256_of("hello", 5);
    for (int c = LAYER_GZIP; c <= LAYER_PLAIN; c++) {
        struct layer_blob blob;
        int fd = openat(d.fd, "blob", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        struct buf b = BUF_INIT;
        struct layer_packer *p = layer_packer_new(fd, (enum layer_compression)c, &err);
        ck_assert_msg(p != NULL, "%s", err.text);
        const struct tar_sink sink = layer_packer_sink(p);
        ck_assert_ok(sink.write(sink.arg, "hel", 3, &err), &err);
        ck_assert_ok(sink.write(sink.arg, "lo", 2, &err), &err);
        ck_assert_ok(layer_packer_end(p, &blob, &err), &err);
        layer_packer_free(p);
        ck_assert_int_eq(fs_read_file_at(d.fd, "blob", &b, 1000, &err), 1);
        struct digest packed = sha256_of(b.p, b.n);
        ck_assert(digest_eq(&blob.diff_id, &want));
        ck_assert(digest_eq(&blob.digest, &packed));
        ck_assert_uint_eq(blob.size, b.n);
        ck_assert(c != LAYER_GZIP || memcmp(b.p, "\x1f\x8b\x08\0\0\0\0\0", 8) == 0);
        ck_assert((c == LAYER_PLAIN) == digest_eq(&packed, &want));
        buf_free(&b);
        close(fd);
    }
}
END_TEST

UNIT_MAIN_AS_ROOT("layer", start, stop, equal_trees_do_not_differ,
                  a_tree_is_as_deep_as_what_is_unpacked_again, a_tree_that_is_deeper_is_refused,
                  each_property_counts, targets_of_links_and_numbers_of_devices_count,
                  what_is_gone_is_a_whiteout_at_its_top,
                  a_file_in_the_place_of_a_directory_needs_no_whiteouts,
                  directories_on_the_way_come_along, order_is_by_names_and_parents_first,
                  the_root_counts_by_its_mode_and_owner_but_not_its_time,
                  times_are_compared_as_they_are_written, names_of_a_new_file_are_hard_links,
                  a_new_name_takes_the_old_ones_along, files_that_become_one_differ,
                  a_lost_name_leaves_the_others_alone,
                  only_names_in_the_upper_directory_are_looked_at,
                  an_upper_directory_that_hides_the_lower_one_is_no_help,
                  names_that_the_upper_directory_lacks_are_found_for_a_changed_file,
                  what_fits_a_header_needs_no_other, what_does_not_fit_is_in_records,
                  a_record_counts_its_own_length, long_names_that_are_not_utf8_are_said_to_be_bytes,
                  archives_do_not_change, packers_give_the_digests_of_both_sides,
                  what_has_taken_the_place_of_a_file_is_not_read)
