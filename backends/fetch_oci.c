/* SPDX-License-Identifier: Apache-2.0 */
/* The fetchers oci-layout (a directory) and oci-archive (the same in a tar file). */
#include <config.h>

#include "backends/backends.h"
#include "backends/image_ref.h"
#include "backends/oci_layout.h"
#include "backends/tar_index.h"
#include "base/cleanup.h"

#include <fcntl.h>

static int open_in_dir(void *arg, const char *path, struct blob *out, struct ob_err *err)
{
    return blob_open(*(int *)arg, path, out, err);
}

static int open_in_tar(void *arg, const char *path, struct blob *out, struct ob_err *err)
{
    return tar_index_member(arg, path, out, err);
}

static int open_dir(struct arena *a, struct str ref, struct image_ref *name, struct ob_err *err)
{
    if (image_ref_parse(a, ref, name, err) < 0)
        return -1;
    int fd = open(name->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? ob_err_set(err, errno, "can't open \"%s\"", name->path) : fd;
}

static int layout_resolve(struct arena *a, struct str ref, struct str platform,
                          struct image_info *out, struct ob_err *err)
{
    struct image_ref name;
    cleanup_close int dir = open_dir(a, ref, &name, err);
    if (dir < 0)
        return -1;
    struct oci_files files = {open_in_dir, &dir};
    if (oci_layout_resolve(&files, a, name.tag, platform, out, err) < 0)
        return ob_err_wrap(err, "image \"%s\"", name.path);
    return 0;
}

static int layout_fetch(struct str ref, struct str platform, const struct digest *digest,
                        const struct rootfs *root, struct ob_err *err)
{
    (void)platform; /* the digest is the chosen manifest's */
    struct arena a = ARENA_INIT;
    struct image_ref name;
    cleanup_close int dir = open_dir(&a, ref, &name, err);
    struct oci_files files = {open_in_dir, &dir};
    int rc = dir < 0 ? -1 : oci_layout_unpack(&files, digest, root->fd, err);
    if (dir >= 0 && rc < 0)
        ob_err_wrap(err, "image \"%s\"", name.path);
    arena_free(&a);
    return rc;
}

static int archive_resolve(struct arena *a, struct str ref, struct str platform,
                           struct image_info *out, struct ob_err *err)
{
    struct image_ref name;
    struct tar_index ix;
    if (image_ref_parse(a, ref, &name, err) < 0)
        return -1;
    struct oci_files files = {open_in_tar, &ix};
    int rc = tar_index_open(&ix, name.path, err);
    if (rc == 0 && oci_layout_resolve(&files, a, name.tag, platform, out, err) < 0)
        rc = ob_err_wrap(err, "image \"%s\"", name.path);
    tar_index_close(&ix);
    return rc;
}

static int archive_fetch(struct str ref, struct str platform, const struct digest *digest,
                         const struct rootfs *root, struct ob_err *err)
{
    (void)platform;
    struct arena a = ARENA_INIT;
    struct image_ref name;
    struct tar_index ix;
    int rc = image_ref_parse(&a, ref, &name, err);
    if (rc == 0) {
        struct oci_files files = {open_in_tar, &ix};
        rc = tar_index_open(&ix, name.path, err);
        if (rc == 0 && oci_layout_unpack(&files, digest, root->fd, err) < 0)
            rc = ob_err_wrap(err, "image \"%s\"", name.path);
        tar_index_close(&ix);
    }
    arena_free(&a);
    return rc;
}

const struct fetch_ops fetch_oci_layout_ops = {
    .scheme = "oci-layout",
    .summary = "an OCI image layout: oci-layout://DIR[:TAG]",
    .kinds = ROOTFS_DIR,
    .resolve = layout_resolve,
    .fetch = layout_fetch,
};

const struct fetch_ops fetch_oci_archive_ops = {
    .scheme = "oci-archive",
    .summary = "an OCI image layout in a tar file: oci-archive:FILE[:TAG]",
    .kinds = ROOTFS_DIR,
    .resolve = archive_resolve,
    .fetch = archive_fetch,
};
