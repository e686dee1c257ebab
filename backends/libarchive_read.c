/* SPDX-License-Identifier: Apache-2.0 */
/* libarchive over a blob's reader. */
#include <config.h>

#include "backends/libarchive_read.h"

#include <archive.h>
#include <errno.h>
#include <locale.h>
#include <unistd.h>

enum { MISC = -1 }; /* what libarchive says of what is no error of the system */

static la_ssize_t read_blob(struct archive *ar, void *arg, const void **data)
{
    struct ob_err err = OB_ERR_INIT;
    ssize_t n = blob_reader_next(arg, data, &err);
    if (n < 0)
        archive_set_error(ar, err.errnum ? err.errnum : MISC, "%s", err.text);
    return n;
}

static struct archive *open_on(struct blob_reader *r, bool raw, struct ob_err *err)
{
    struct archive *ar = archive_read_new();
    if (!ar)
        ob_out_of_memory();
    archive_read_support_filter_gzip(ar);
    archive_read_support_filter_zstd(ar);
    archive_read_support_filter_xz(ar);
    archive_read_support_filter_bzip2(ar);
    if (raw)
        archive_read_support_format_raw(ar);
    else
        archive_read_support_format_tar(ar);
    if (archive_read_open(ar, r, NULL, read_blob, NULL) == ARCHIVE_OK)
        return ar;
    libarchive_error(ar, err);
    archive_read_free(ar);
    return NULL;
}

struct archive *libarchive_open_tar(struct blob_reader *r, struct ob_err *err)
{
    return open_on(r, false, err);
}

struct archive *libarchive_open_raw(struct blob_reader *r, struct ob_err *err)
{
    return open_on(r, true, err);
}

struct archive *libarchive_open_seekable_tar(const struct blob *b, struct ob_err *err)
{
    struct archive *ar = archive_read_new();
    if (!ar)
        ob_out_of_memory();
    archive_read_support_format_tar(ar);
    if (lseek(b->fd, (off_t)b->off, SEEK_SET) >= 0 &&
        archive_read_open_fd(ar, b->fd, 16 << 10) == ARCHIVE_OK)
        return ar;
    libarchive_error(ar, err);
    archive_read_free(ar);
    return NULL;
}

/* What is wrong with an archive is libarchive's EILSEQ or EINVAL, or less than nothing. */
static int machine_errno(struct archive *ar)
{
    int e = archive_errno(ar);
    return e > 0 && e != EILSEQ && e != EINVAL ? e : 0;
}

int libarchive_error(struct archive *ar, struct ob_err *err)
{
    const char *text = archive_error_string(ar);
    ob_err_set(err, 0, "%s", text ? text : "the archive can't be read");
    err->errnum = machine_errno(ar); /* the text has it already */
    return -1;
}

void libarchive_locale_begin(struct libarchive_locale *l)
{
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    l->ours = utf8;
    l->before = utf8 ? uselocale(utf8) : NULL;
}

void libarchive_locale_end(struct libarchive_locale *l)
{
    if (!l->ours)
        return;
    uselocale(l->before);
    freelocale(l->ours);
}
