/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening libarchive on a blob, for what images are made of: tar, and the four compressions that
 * libarchive has built in. (Its other filters run programs.)
 */
#ifndef BACKENDS_LIBARCHIVE_READ_H
#define BACKENDS_LIBARCHIVE_READ_H

#include "backends/blob.h"

#include <stdbool.h>

struct archive;

/* NULL = error. The reader must outlive the archive; free with archive_read_free. */
struct archive *libarchive_open_tar(struct blob_reader *r, struct ob_err *err);
struct archive *libarchive_open_raw(struct blob_reader *r, struct ob_err *err);
/* For headers only: skips the data by lseek(2). The blob is a whole file. */
struct archive *libarchive_open_seekable_tar(const struct blob *b, struct ob_err *err);
/* Puts what libarchive says into *err, with an errnum if the machine is at fault; gives -1. */
int libarchive_error(struct archive *ar, struct ob_err *err);

/* Names in pax headers are UTF-8, and libarchive converts them to the locale's character set,
 * which for programs that never call setlocale(3) is ASCII. Inside begin and end this thread's is
 * UTF-8, so names stay as they are. */
struct libarchive_locale {
    void *ours, *before; /* locale_t */
};
void libarchive_locale_begin(struct libarchive_locale *l);
void libarchive_locale_end(struct libarchive_locale *l);

#endif
