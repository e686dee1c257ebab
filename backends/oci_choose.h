/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors of OCI documents, and the choice of one of an index's: by tag, by platform. */
#ifndef BACKENDS_OCI_CHOOSE_H
#define BACKENDS_OCI_CHOOSE_H

#include "backends/json_read.h"
#include "backends/platform.h"
#include "base/arena.h"
#include "base/sha256.h"
#include "base/vec.h"

#include <stdint.h>

struct oci_descriptor {
    struct str media_type;
    struct digest digest;
    uint64_t size;
    bool has_platform;
    struct platform platform;
    struct str tag, name; /* annotations; name is containerd's full name */
};

DEFINE_VEC(oci_descriptors, struct oci_descriptor);

/* Reads an object as a descriptor; strings go to the arena. */
int oci_descriptor_read(const struct json_node *object, struct arena *a, struct oci_descriptor *out,
                        struct ob_err *err);

/* Leaves in *list those with the tag. Without a tag, an index with several tags is an error. */
int oci_choose_tag(struct oci_descriptors *list, struct arena *a, struct str tag,
                   struct ob_err *err);
/* The one for the platform. One that stands alone need not say what it is for. */
int oci_choose_platform(const struct oci_descriptors *list, struct arena *a,
                        const struct platform *want, struct oci_descriptor *out,
                        struct ob_err *err);

bool oci_is_index(struct str media_type);
bool oci_is_manifest(struct str media_type);

#endif
