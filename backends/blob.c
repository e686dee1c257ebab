/* SPDX-License-Identifier: Apache-2.0 */
/* Reading blobs in pieces, with their digest, and decompressing them into nameless files. */
#include <config.h>

#include "backends/blob.h"

#include "backends/libarchive_read.h"
#include "base/cleanup.h"
#include "base/fs.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { CHUNK = 256 << 10 };

int blob_open(int dir, const char *path, struct blob *out, struct ob_err *err)
{
    /* O_NONBLOCK: opening a FIFO must not wait for a writer. */
    cleanup_close int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ENOENT)
        return 0;
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return ob_err_set(err, errno, "can't open \"%s\"", path);
    if (!S_ISREG(st.st_mode))
        return ob_err_set(err, 0, "\"%s\" is not a regular file", path);
    *out = (struct blob){take_fd(&fd), 0, (uint64_t)st.st_size};
    return 1;
}

void blob_close(struct blob *b)
{
    cleanup_closep(&b->fd);
    b->fd = -1;
}

void blob_reader_init(struct blob_reader *r, const struct blob *b)
{
    *r = (struct blob_reader){.blob = b, .chunk = malloc(CHUNK)};
    if (!r->chunk)
        ob_out_of_memory();
    sha256_init(&r->hash);
}

ssize_t blob_reader_next(struct blob_reader *r, const void **data, struct ob_err *err)
{
    uint64_t left = r->blob->size - r->at;
    if (left == 0)
        return 0;
    ssize_t n;
    do
        n = pread(r->blob->fd, r->chunk, left < CHUNK ? (size_t)left : CHUNK,
                  (off_t)(r->blob->off + r->at));
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return ob_err_set(err, errno, "read");
    if (n == 0)
        return ob_err_set(err, 0, "the file ends %llu bytes too early", (unsigned long long)left);
    r->at += (uint64_t)n;
    sha256_add(&r->hash, r->chunk, (size_t)n);
    *data = r->chunk;
    return n;
}

int blob_reader_end(struct blob_reader *r, struct digest *out, struct ob_err *err)
{
    const void *data;
    ssize_t n;
    while ((n = blob_reader_next(r, &data, err)) > 0)
        ;
    if (n < 0)
        return -1;
    sha256_final(&r->hash, out);
    return 0;
}

void blob_reader_free(struct blob_reader *r)
{
    free(r->chunk);
    r->chunk = NULL;
}

int blob_read_all(const struct blob *b, size_t max, struct buf *out, struct digest *digest,
                  struct ob_err *err)
{
    if (b->size > max)
        return ob_err_set(err, 0, "it has %llu bytes, more than the %zu that are accepted",
                          (unsigned long long)b->size, max);
    struct blob_reader r;
    blob_reader_init(&r, b);
    const void *data;
    ssize_t n;
    while ((n = blob_reader_next(&r, &data, err)) > 0)
        buf_add(out, data, (size_t)n);
    int rc = n < 0 ? -1 : blob_reader_end(&r, digest, err);
    blob_reader_free(&r);
    return rc;
}

static bool is_compressed(const struct blob *b)
{
    static const struct str magic[] = {STR_INIT("\x1f\x8b"), STR_INIT("\x28\xb5\x2f\xfd"),
                                       STR_INIT("\xfd"
                                                "7zXZ"),
                                       STR_INIT("BZh")};
    char head[8];
    ssize_t n =
        pread(b->fd, head, b->size < sizeof head ? (size_t)b->size : sizeof head, (off_t)b->off);
    for (size_t i = 0; n > 0 && i < sizeof magic / sizeof *magic; i++)
        if (str_starts(str_of(head, (size_t)n), magic[i]))
            return true;
    return false;
}

/* A nameless file: on disk if that works, as an image may be larger than the memory. */
static int open_nameless(struct ob_err *err)
{
    const char *tmp = getenv("TMPDIR");
    int fd = open(tmp && *tmp ? tmp : "/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        fd = memfd_create("blob", MFD_CLOEXEC);
    return fd < 0 ? ob_err_set(err, errno, "can't make a temporary file") : fd;
}

static int inflate_to(struct archive *ar, int fd, struct ob_err *err)
{
    struct archive_entry *entry;
    if (archive_read_next_header(ar, &entry) != ARCHIVE_OK)
        return libarchive_error(ar, err);
    const void *p;
    size_t n;
    la_int64_t off;
    int rc;
    while ((rc = archive_read_data_block(ar, &p, &n, &off)) == ARCHIVE_OK)
        if (fs_write_all(fd, p, n, err) < 0)
            return -1;
    return rc == ARCHIVE_EOF ? 0 : libarchive_error(ar, err);
}

int blob_inflate(struct blob *b, struct ob_err *err)
{
    if (!is_compressed(b))
        return 0;
    cleanup_close int fd = open_nameless(err);
    if (fd < 0)
        return -1;
    struct blob_reader r;
    blob_reader_init(&r, b);
    struct archive *ar = libarchive_open_raw(&r, err);
    int rc = ar ? inflate_to(ar, fd, err) : -1;
    archive_read_free(ar);
    blob_reader_free(&r);
    struct stat st;
    if (rc == 0 && fstat(fd, &st) < 0)
        rc = ob_err_set(err, errno, "can't look at a temporary file");
    if (rc < 0)
        return ob_err_wrap(err, "can't decompress it");
    blob_close(b);
    *b = (struct blob){take_fd(&fd), 0, (uint64_t)st.st_size};
    return 0;
}

int digest_check(const struct digest *got, const struct digest *want, struct ob_err *err)
{
    if (digest_eq(got, want))
        return 0;
    char g[SHA256_HEX + 1], w[SHA256_HEX + 1];
    digest_hex(got, g);
    digest_hex(want, w);
    return ob_err_set(err, 0, "its content has the digest sha256:%s, not sha256:%s", g, w);
}
