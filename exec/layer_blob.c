/* SPDX-License-Identifier: Apache-2.0 */
/* Compressing by libarchive's filters, with nothing in their headers that changes. */
#include <config.h>

#include "exec/layer_blob.h"

#include "base/fs.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>

struct layer_packer {
    int fd;
    struct sha256 plain, packed;
    uint64_t size;
    struct archive *archive; /* NULL: not compressed */
    struct ob_err err;       /* of writing, for libarchive's callback has no room for it */
};

static const struct {
    const char *name, *media_type;
} compressions[] = {
    [LAYER_GZIP] = {"gzip", "application/vnd.oci.image.layer.v1.tar+gzip"},
    [LAYER_ZSTD] = {"zstd", "application/vnd.oci.image.layer.v1.tar+zstd"},
    [LAYER_PLAIN] = {"uncompressed", "application/vnd.oci.image.layer.v1.tar"},
};

bool layer_compression_parse(struct str name, enum layer_compression *out)
{
    for (size_t i = 0; i < sizeof compressions / sizeof compressions[0]; i++)
        if (str_eq(name, str_from(compressions[i].name))) {
            *out = (enum layer_compression)i;
            return true;
        }
    return false;
}

const char *layer_media_type(enum layer_compression c)
{
    return compressions[c].media_type;
}

static int write_blob(struct layer_packer *p, const void *data, size_t n, struct ob_err *err)
{
    p->size += n;
    return fs_write_all(p->fd, data, n, err);
}

static la_ssize_t on_packed(struct archive *ar, void *arg, const void *data, size_t n)
{
    struct layer_packer *p = arg;
    sha256_add(&p->packed, data, n);
    if (write_blob(p, data, n, &p->err) == 0)
        return (la_ssize_t)n;
    archive_set_error(ar, p->err.errnum ? p->err.errnum : EIO, "%s", p->err.text);
    return -1;
}

static int packing_failed(struct layer_packer *p, struct ob_err *err)
{
    if (p->err.text[0])
        *err = p->err;
    else
        ob_err_set(err, 0, "can't compress: %s", archive_error_string(p->archive));
    return -1;
}

/* A raw archive has one member, and its bytes are the archive's. */
static int begin_archive(struct layer_packer *p, enum layer_compression c)
{
    struct archive *ar = p->archive;
    int rc =
        c == LAYER_GZIP ? archive_write_add_filter_gzip(ar) : archive_write_add_filter_zstd(ar);
    if (rc != ARCHIVE_OK || archive_write_set_format_raw(ar) != ARCHIVE_OK ||
        (c == LAYER_GZIP &&
         archive_write_set_filter_option(ar, "gzip", "timestamp", NULL) != ARCHIVE_OK))
        return -1;
    archive_write_set_bytes_in_last_block(ar, 1);
    if (archive_write_open(ar, p, NULL, on_packed, NULL) != ARCHIVE_OK)
        return -1;
    struct archive_entry *e = archive_entry_new();
    if (!e)
        ob_out_of_memory();
    archive_entry_set_filetype(e, AE_IFREG);
    rc = archive_write_header(ar, e);
    archive_entry_free(e);
    return rc == ARCHIVE_OK ? 0 : -1;
}

struct layer_packer *layer_packer_new(int fd, enum layer_compression c, struct ob_err *err)
{
    struct layer_packer *p = calloc(1, sizeof *p);
    if (!p)
        ob_out_of_memory();
    p->fd = fd;
    sha256_init(&p->plain);
    sha256_init(&p->packed);
    if (c == LAYER_PLAIN)
        return p;
    p->archive = archive_write_new();
    if (!p->archive)
        ob_out_of_memory();
    if (begin_archive(p, c) == 0)
        return p;
    packing_failed(p, err);
    layer_packer_free(p);
    return NULL;
}

static int add_plain(void *arg, const void *data, size_t n, struct ob_err *err)
{
    struct layer_packer *p = arg;
    sha256_add(&p->plain, data, n);
    if (!p->archive)
        return write_blob(p, data, n, err);
    return archive_write_data(p->archive, data, n) == (la_ssize_t)n ? 0 : packing_failed(p, err);
}

struct tar_sink layer_packer_sink(struct layer_packer *p)
{
    return (struct tar_sink){add_plain, p};
}

int layer_packer_end(struct layer_packer *p, struct layer_blob *out, struct ob_err *err)
{
    if (p->archive && archive_write_close(p->archive) != ARCHIVE_OK)
        return packing_failed(p, err);
    sha256_final(&p->plain, &out->diff_id);
    if (p->archive)
        sha256_final(&p->packed, &out->digest);
    else
        out->digest = out->diff_id;
    out->size = p->size;
    return 0;
}

void layer_packer_free(struct layer_packer *p)
{
    if (p)
        archive_write_free(p->archive);
    free(p);
}
