/* SPDX-License-Identifier: Apache-2.0 */
/* The files of an image layout, in an archive or in a directory. */
#include <config.h>

#include "exec/output_image.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/path.h"
#include "exec/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>

static const struct str directories[] = {STR_INIT("blobs"), STR_INIT("blobs/sha256")};

enum { N_DIRECTORIES = sizeof directories / sizeof directories[0] };

static int write_directories(const struct tar_sink *to, int64_t mtime, struct ob_err *err)
{
    for (size_t i = 0; i < N_DIRECTORIES; i++) {
        const struct layer_entry e = {
            .path = directories[i], .mode = S_IFDIR | 0755, .mtime = mtime};
        if (tar_header(&e, to, err) < 0)
            return -1;
    }
    return 0;
}

/* Where a blob's file stands does not matter to others: processes of layers share it with us. */
static int rewind_blob(const struct layout_file *f, struct ob_err *err)
{
    return lseek(f->fd, 0, SEEK_SET) < 0 ? ob_err_set(err, errno, "can't read a layer") : 0;
}

static int write_member(const struct layout_file *f, const struct tar_sink *to, int64_t mtime,
                        struct ob_err *err)
{
    const struct layer_entry e = {
        .path = f->path, .mode = S_IFREG | 0644, .size = f->size, .mtime = mtime};
    if (tar_header(&e, to, err) < 0)
        return -1;
    if (f->fd >= 0)
        return rewind_blob(f, err) < 0 ? -1 : tar_content(f->fd, f->size, to, err);
    return to->write(to->arg, f->text.p, f->text.n, err) < 0 ? -1 : tar_pad(f->size, to, err);
}

static int write_members(const struct layout_files *files, const struct tar_sink *to, int64_t mtime,
                         struct ob_err *err)
{
    if (write_directories(to, mtime, err) < 0)
        return -1;
    vec_for (const struct layout_file, f, files)
        if (write_member(f, to, mtime, err) < 0)
            return -1;
    return tar_end(to, err);
}

int layout_write_archive(const struct layout_files *files, const char *dest, int64_t mtime,
                         struct ob_err *err)
{
    struct output_file out;
    int rc = output_file_open(&out, dest, err);
    const struct tar_sink sink = output_file_sink(&out);
    if (rc == 0)
        rc = write_members(files, &sink, mtime, err);
    if (rc == 0)
        rc = output_file_commit(&out, err);
    output_file_close(&out);
    return rc;
}

/* Directories. */

static int copy_blob(const struct layout_file *f, int dir, const char *name, struct ob_err *err)
{
    char temp[40];
    snprintf(temp, sizeof temp, ".obkit-%ld.new", (long)getpid());
    if (output_check_signals(err) < 0)
        return -1;
    unlinkat(dir, temp, 0);
    cleanup_close int fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return ob_err_set(err, errno, "can't create \"%s\"", temp);
    int rc = rewind_blob(f, err) < 0 ? -1 : fs_copy_data(f->fd, fd, f->size, err);
    if (rc == 0 && renameat(dir, temp, dir, name) < 0)
        rc = ob_err_set(err, errno, "can't rename \"%s\"", temp);
    if (rc < 0)
        unlinkat(dir, temp, 0);
    return rc;
}

static int write_file(const struct layout_file *f, int top, int blobs, struct ob_err *err)
{
    struct str name = path_base(f->path);
    char base[SHA256_HEX + 1];
    int dir = name.n == f->path.n ? top : blobs;
    snprintf(base, sizeof base, STR_FMT, STR_ARG(name));
    int rc = f->fd >= 0 ? copy_blob(f, dir, base, err)
                        : fs_replace_file_at(dir, base, f->text.p, f->text.n, 0644, err);
    return rc < 0 ? ob_err_wrap(err, STR_FMT, STR_ARG(f->path)) : 0;
}

static bool is_index(const struct layout_file *f)
{
    return str_eq(f->path, STR("index.json"));
}

static int write_files(const struct layout_files *files, int top, int blobs, struct ob_err *err)
{
    for (int pass = 0; pass < 2; pass++)
        vec_for (const struct layout_file, f, files)
            if (is_index(f) == (pass == 1) && write_file(f, top, blobs, err) < 0)
                return -1;
    return 0;
}

int layout_write_directory(const struct layout_files *files, const char *dest, struct ob_err *err)
{
    if (fs_mkdir_p(dest, 0777, err) < 0)
        return -1;
    cleanup_close int top = open(dest, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; top >= 0 && i < N_DIRECTORIES; i++)
        if (mkdirat(top, directories[i].p, 0777) < 0 && errno != EEXIST)
            return ob_err_set(err, errno, "can't make \"%s/%s\"", dest, directories[i].p);
    cleanup_close int blobs =
        top < 0 ? -1 : openat(top, directories[1].p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (blobs < 0)
        return ob_err_set(err, errno, "can't open \"%s\"", dest);
    return write_files(files, top, blobs, err) < 0 ? ob_err_wrap(err, "\"%s\"", dest) : 0;
}
