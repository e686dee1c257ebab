/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading an OCI image layout, wherever its files are: index, manifest, configuration, layers.
 * Nothing is believed before its digest and size are checked against the document that names it;
 * only index.json and oci-layout, the roots, have none.
 */
#ifndef BACKENDS_OCI_LAYOUT_H
#define BACKENDS_OCI_LAYOUT_H

#include "backends/blob.h"
#include "exec/fetch.h"

/* Where the layout's files are. */
struct oci_files {
    /* Opens "index.json" or "blobs/sha256/HEX": 1 = open, 0 = there is none, -1 = error. */
    int (*open)(void *arg, const char *path, struct blob *out, struct ob_err *err);
    void *arg;
};

/* Chooses the image: by tag (empty = the only one), then by platform ("" = this machine). */
int oci_layout_resolve(const struct oci_files *f, struct arena *a, struct str tag,
                       struct str platform, struct image_info *out, struct ob_err *err);
/* Unpacks the layers of the manifest with this digest into a directory. */
int oci_layout_unpack(const struct oci_files *f, const struct digest *manifest, int root,
                      struct ob_err *err);

#endif
