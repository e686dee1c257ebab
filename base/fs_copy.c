/* SPDX-License-Identifier: Apache-2.0 */
/* Copying what is in a file, the fastest way that there is between the two filesystems. */
#include <config.h>

#include "base/fs.h"

#include <errno.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

/* Copies by read and write from the current offset of both. */
static int copy_by_hand(int from, int to, uint64_t size, struct ob_err *err)
{
    char chunk[64 << 10];
    while (size > 0) {
        ssize_t n = read(from, chunk, size < sizeof chunk ? (size_t)size : sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ob_err_set(err, errno, "read");
        if (n == 0)
            return ob_err_set(err, 0, "it became shorter while it was copied");
        if (fs_write_all(to, chunk, (size_t)n, err) < 0)
            return -1;
        size -= (uint64_t)n;
    }
    return 0;
}

/* Ways to copy in the kernel, from the current offset of both. The first is the fastest and can
 * share blocks; it works within one filesystem, or one kind. */
static ssize_t copy_range(int from, int to, size_t n)
{
    return copy_file_range(from, NULL, to, NULL, n, 0);
}

static ssize_t copy_spliced(int from, int to, size_t n)
{
    return sendfile(to, from, NULL, n);
}

/* Copies as far as this way goes, and takes that off *size. */
static int copy_by(ssize_t (*way)(int, int, size_t), int from, int to, uint64_t *size,
                   struct ob_err *err)
{
    while (*size > 0) {
        ssize_t n = way(from, to, *size < (1 << 30) ? (size_t)*size : 1 << 30);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0 || (n < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS ||
                                 errno == EOPNOTSUPP)))
            return 0; /* 0 is also what procfs and some network filesystems say: read(2) decides */
        if (n < 0)
            return ob_err_set(err, errno, "copy");
        *size -= (uint64_t)n;
    }
    return 0;
}

static int copy_part(int from, int to, off_t at, uint64_t size, struct ob_err *err)
{
    if (lseek(from, at, SEEK_SET) < 0 || lseek(to, at, SEEK_SET) < 0)
        return ob_err_set(err, errno, "seek");
    if (copy_by(copy_range, from, to, &size, err) < 0 ||
        copy_by(copy_spliced, from, to, &size, err) < 0)
        return -1;
    return copy_by_hand(from, to, size, err);
}

/* Copies what is no hole. */
static int copy_sparse(int from, int to, uint64_t size, struct ob_err *err)
{
    for (off_t at = 0; (uint64_t)at < size;) {
        off_t data = lseek(from, at, SEEK_DATA);
        if (data < 0 && errno == ENXIO)
            break;
        off_t hole = data < 0 ? -1 : lseek(from, data, SEEK_HOLE);
        if (hole < 0) /* a filesystem without them */
            return copy_part(from, to, at, size - (uint64_t)at, err);
        if ((uint64_t)hole > size)
            hole = (off_t)size;
        if (data < hole && copy_part(from, to, data, (uint64_t)(hole - data), err) < 0)
            return -1;
        at = hole;
    }
    return ftruncate(to, (off_t)size) < 0 ? ob_err_set(err, errno, "can't set the size") : 0;
}

int fs_copy_data(int from, int to, uint64_t size, struct ob_err *err)
{
    struct stat st;
    if (size == 0 || ioctl(to, FICLONE, from) == 0)
        return 0;
    if (fstat(from, &st) == 0 && (uint64_t)st.st_blocks * 512 < size)
        return copy_sparse(from, to, size, err);
    return copy_part(from, to, 0, size, err);
}
