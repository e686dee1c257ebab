/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration document of an image, OCI's or Docker's (the same but for OnBuild and Shell).
 */
#ifndef BACKENDS_IMAGE_CONFIG_H
#define BACKENDS_IMAGE_CONFIG_H

#include "exec/fetch.h"

enum { IMAGE_DOCUMENT_MAX = 8 << 20 }; /* bytes of an index, a manifest or a configuration */

/* Fills *out, but for the digest, from a configuration's text. */
int image_config_read(struct str text, struct arena *a, struct image_info *out, struct ob_err *err);

/* A platform that was asked for must be the one of which the image says that it is for it. Empty
 * = nothing was asked for, and an image that says nothing is for any. */
int image_config_check_platform(struct str text, struct arena *a, struct str asked,
                                struct ob_err *err);

DEFINE_VEC(digest_vec, struct digest);

/* The digests of the uncompressed layers, lowest first. */
int image_config_diff_ids(struct str text, struct arena *a, struct digest_vec *out,
                          struct ob_err *err);

/* Reads "sha256:HEX"; other algorithms are an error. */
int image_digest_parse(struct str text, struct digest *out, struct ob_err *err);

#endif
