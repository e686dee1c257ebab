/* SPDX-License-Identifier: Apache-2.0 */
/* The fetcher tar: a root filesystem in a tar file, known by the digest of the file. */
#include <config.h>

#include "backends/backends.h"
#include "backends/unpack.h"
#include "base/cleanup.h"

#include <fcntl.h>

static int open_tar(struct str ref, struct blob *out, struct ob_err *err)
{
    struct arena a = ARENA_INIT;
    int rc = blob_open(AT_FDCWD, arena_cstr(&a, ref), out, err);
    arena_free(&a);
    if (rc == 0)
        return ob_err_set(err, ENOENT, "can't open \"" STR_FMT "\"", STR_ARG(ref));
    return rc < 0 ? -1 : 0;
}

static int tar_resolve(struct arena *a, struct str ref, struct str platform, struct image_info *out,
                       struct ob_err *err)
{
    (void)a;
    (void)platform; /* the file does not say what it is for */
    cleanup_blob struct blob b = BLOB_INIT;
    if (open_tar(ref, &b, err) < 0)
        return -1;
    struct blob_reader r;
    blob_reader_init(&r, &b);
    int rc = blob_reader_end(&r, &out->digest, err);
    blob_reader_free(&r);
    return rc < 0 ? ob_err_wrap(err, "image \"" STR_FMT "\"", STR_ARG(ref)) : 0;
}

static int tar_fetch(struct str ref, struct str platform, const struct digest *digest,
                     const struct rootfs *root, struct ob_err *err)
{
    (void)platform;
    cleanup_blob struct blob b = BLOB_INIT;
    struct digest got;
    if (open_tar(ref, &b, err) < 0)
        return -1;
    if (unpack_layer(root->fd, &b, UNPACK_END_MARKED, &got, err) < 0 ||
        digest_check(&got, digest, err) < 0)
        return ob_err_wrap(err, "image \"" STR_FMT "\"", STR_ARG(ref));
    return 0;
}

const struct fetch_ops fetch_tar_ops = {
    .scheme = "tar",
    .summary = "a root filesystem in a tar file, compressed or not: tar:FILE",
    .kinds = ROOTFS_DIR,
    .resolve = tar_resolve,
    .fetch = tar_fetch,
};
