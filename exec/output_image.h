/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The types oci and docker: an OCI image layout, in an archive or a directory. Docker's is an
 * archive that is one as well and has manifest.json besides, by which `docker load` finds the same
 * blobs.
 */
#ifndef EXEC_OUTPUT_IMAGE_H
#define EXEC_OUTPUT_IMAGE_H

#include "exec/output.h"

int output_image_write(const struct output_source *s, const struct output *o, struct ob_err *err);

/* A file of a layout: a text or a blob. */
struct layout_file {
    struct str path;
    struct str text;
    int fd; /* -1 = text */
    uint64_t size;
};

DEFINE_VEC(layout_files, struct layout_file);

/* Sorted by path, each once. The times of entries are mtime. */
int layout_write_archive(const struct layout_files *files, const char *dest, int64_t mtime,
                         struct ob_err *err);
/* Beside what is there; index.json comes last. */
int layout_write_directory(const struct layout_files *files, const char *dest, struct ob_err *err);

#endif
