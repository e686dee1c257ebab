/* SPDX-License-Identifier: Apache-2.0 */
/* Layers as blobs: tar archives, compressed, in files without a name, with the digests by which
 * images know them. */
#ifndef EXEC_LAYER_BLOB_H
#define EXEC_LAYER_BLOB_H

#include "exec/layer_tar.h"
#include "base/sha256.h"

enum layer_compression { LAYER_GZIP, LAYER_ZSTD, LAYER_PLAIN };

/* By its name in --output: "gzip", "zstd", "uncompressed". False if it is none. */
bool layer_compression_parse(struct str name, enum layer_compression *out);
/* The media type of OCI's image specification. */
const char *layer_media_type(enum layer_compression c);

struct layer_blob {
    struct digest diff_id; /* of the archive */
    struct digest digest;  /* of the blob */
    uint64_t size;         /* of the blob */
};

/* A sink that compresses into the file fd and counts. The same input gives the same bytes. */
struct layer_packer;
struct layer_packer *layer_packer_new(int fd, enum layer_compression c, struct ob_err *err);
struct tar_sink layer_packer_sink(struct layer_packer *p);
int layer_packer_end(struct layer_packer *p, struct layer_blob *out, struct ob_err *err);
void layer_packer_free(struct layer_packer *p); /* NULL is fine */

#endif
