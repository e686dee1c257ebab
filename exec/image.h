/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of a base image, kept beside the store's results for late values. */
#ifndef EXEC_IMAGE_H
#define EXEC_IMAGE_H

#include "base/json.h"
#include "exec/fetch.h"
#include "exec/layout.h"
#include "ir/text.h"

/* Writes state/config/KEY. Before the image is committed, so that a committed one always has it. */
int image_save(const struct layout *l, const struct digest *key, const struct image_info *info,
               struct ob_err *err);
/* 1, 0 = there is none (or a damaged one, which is as good), or -1. */
int image_load(const struct layout *l, const struct digest *key, struct arena *a,
               struct image_info *out, struct ob_err *err);

/* Writes what builds want to know of an image, as members of the object that is open: all but its
 * command. */
void image_describe(struct json_out *j, const struct image_info *info);

/* What late values are evaluated against. */
struct base_config image_base_config(const struct image_info *info);

#endif
