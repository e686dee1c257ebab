/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A blob: a run of bytes in a regular file, which may be the file's whole length or a member of
 * an uncompressed archive. Reading is by pread(2), so that several blobs can share a file.
 * A reader hashes what it hands out: what a blob is worth is known when its reader has ended.
 */
#ifndef BACKENDS_BLOB_H
#define BACKENDS_BLOB_H

#include "base/buf.h"
#include "base/err.h"
#include "base/sha256.h"

#include <sys/types.h>

struct blob {
    int fd; /* owned */
    uint64_t off, size;
};

#define BLOB_INIT ((struct blob){.fd = -1})

/* Opens a whole regular file. 1 = opened, 0 = there is none, -1 = error. */
int blob_open(int dir, const char *path, struct blob *out, struct ob_err *err);
void blob_close(struct blob *b);
#define cleanup_blob __attribute__((cleanup(blob_close)))

struct blob_reader {
    const struct blob *blob;
    uint64_t at; /* bytes handed out */
    struct sha256 hash;
    char *chunk;
};

void blob_reader_init(struct blob_reader *r, const struct blob *b);
/* The next bytes, valid until the next call: their number, 0 at the blob's end, or -1. A file
 * that ends before its blob does is an error. */
ssize_t blob_reader_next(struct blob_reader *r, const void **data, struct ob_err *err);
/* Reads what is left and gives the digest of all bytes. */
int blob_reader_end(struct blob_reader *r, struct digest *out, struct ob_err *err);
void blob_reader_free(struct blob_reader *r);

/* The whole content, for documents: no more than max bytes. *digest is theirs. */
int blob_read_all(const struct blob *b, size_t max, struct buf *out, struct digest *digest,
                  struct ob_err *err);

/* If the blob is compressed (gzip, zstd, xz, bzip2) replaces it by a blob with the decompressed
 * bytes, in a file without a name; else leaves it alone. */
int blob_inflate(struct blob *b, struct ob_err *err);

/* Fails unless got is want; says both. */
int digest_check(const struct digest *got, const struct digest *want, struct ob_err *err);

#endif
