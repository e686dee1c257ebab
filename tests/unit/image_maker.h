/* SPDX-License-Identifier: Apache-2.0 */
/* Making tar files, and image layouts of them, in a temporary directory, for tests of fetchers. */
#ifndef TESTS_IMAGE_MAKER_H
#define TESTS_IMAGE_MAKER_H

#include "backends/libarchive_read.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/sha256.h"
#include "tests/unit/fixture.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* The directory that the test works in: its own, current, removed by leave_temp. */
static int enter_temp(void)
{
    char path[] = "/tmp/obkit-check.XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(path));
    ck_assert_int_eq(chdir(path), 0);
    int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    return fd;
}

static void leave_temp(int fd)
{
    char path[256], link[64];
    struct ob_err err = OB_ERR_INIT;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    ck_assert_int_gt(n, 0);
    path[n] = '\0';
    ck_assert_int_eq(chdir("/"), 0);
    close(fd);
    int tmp = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_ok(fs_remove_tree_at(tmp, path + strlen("/tmp/"), &err), &err);
    close(tmp);
}

static inline void write_file(const char *path, struct str text)
{
    struct ob_err err = OB_ERR_INIT;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    ck_assert_msg(fd >= 0, "can't write %s", path);
    ck_assert_ok(fs_write_all(fd, text.p, text.n, &err), &err);
    close(fd);
}

static inline struct str read_file(struct arena *a, const char *path)
{
    struct buf b = BUF_INIT;
    struct ob_err err = OB_ERR_INIT;
    ck_assert_msg(fs_read_file_at(AT_FDCWD, path, &b, 1 << 26, &err) == 1, "can't read %s", path);
    struct str s = arena_str(a, buf_str(&b));
    buf_free(&b);
    return s;
}

static inline bool there_is(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

/* One entry of a tar; the type is AE_IF… and 0 means a regular file. */
struct tar_entry {
    const char *path;
    mode_t type, perm;
    const char *text; /* of a file, or a symlink's target */
    const char *hardlink;
    int uid, gid, major, minor;
    time_t mtime;
    const char *xattr, *value;
};

enum tar_how { TAR_PLAIN, TAR_GZIP };

static inline void add_tar_entry(struct archive *ar, const struct tar_entry *e)
{
    struct archive_entry *out = archive_entry_new();
    mode_t type = e->type ? e->type : AE_IFREG;
    const char *text = e->text ? e->text : "";
    archive_entry_set_pathname(out, e->path);
    archive_entry_set_filetype(out, type);
    archive_entry_set_perm(out, e->perm ? e->perm : 0755);
    archive_entry_set_uid(out, e->uid);
    archive_entry_set_gid(out, e->gid);
    archive_entry_set_mtime(out, e->mtime, 0);
    archive_entry_set_rdevmajor(out, (dev_t)e->major);
    archive_entry_set_rdevminor(out, (dev_t)e->minor);
    if (e->xattr)
        archive_entry_xattr_add_entry(out, e->xattr, e->value, strlen(e->value));
    if (e->hardlink)
        archive_entry_set_hardlink(out, e->hardlink);
    else if (type == AE_IFLNK)
        archive_entry_set_symlink(out, text);
    else if (type == AE_IFREG)
        archive_entry_set_size(out, (la_int64_t)strlen(text));
    ck_assert_msg(archive_write_header(ar, out) == ARCHIVE_OK, "%s", archive_error_string(ar));
    if (type == AE_IFREG && !e->hardlink)
        ck_assert_int_eq(archive_write_data(ar, text, strlen(text)), (int)strlen(text));
    archive_entry_free(out);
}

static inline void make_tar_n(const char *file, enum tar_how how, const struct tar_entry *e,
                              size_t n)
{
    struct libarchive_locale locale;
    libarchive_locale_begin(&locale);
    struct archive *ar = archive_write_new();
    if (how == TAR_GZIP)
        archive_write_add_filter_gzip(ar);
    archive_write_set_format_pax_restricted(ar);
    archive_write_set_bytes_in_last_block(ar, 1);
    ck_assert_int_eq(archive_write_open_filename(ar, file), ARCHIVE_OK);
    for (size_t i = 0; i < n; i++)
        add_tar_entry(ar, &e[i]);
    ck_assert_int_eq(archive_write_close(ar), ARCHIVE_OK);
    archive_write_free(ar);
    libarchive_locale_end(&locale);
}

#define make_tar(file, how, ...)                                                                   \
    make_tar_n((file), (how), (struct tar_entry[]){__VA_ARGS__},                                   \
               sizeof((struct tar_entry[]){__VA_ARGS__}) / sizeof(struct tar_entry))

#endif
