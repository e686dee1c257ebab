/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes out of a build besides its results: --output, in docker buildx's syntax, and --tag.
 * exec/output_local.c writes directories, exec/output_image.c images.
 */
#ifndef EXEC_OUTPUT_H
#define EXEC_OUTPUT_H

#include "exec/build.h"
#include "exec/layer_blob.h"
#include "exec/output_name.h"

enum output_type { OUTPUT_LOCAL, OUTPUT_TAR, OUTPUT_OCI, OUTPUT_DOCKER };

struct output {
    enum output_type type;
    const char *dest;  /* NULL = standard output */
    bool is_directory; /* OUTPUT_OCI: not in an archive */
    enum layer_compression compression;
    struct image_names names;
};

DEFINE_VEC(outputs, struct output);

/* Reads --output and --tag. Whatever can be found wrong before the build is. */
int outputs_parse(struct arena *a, const struct build_options *options, const struct plan *plan,
                  struct outputs *out, struct ob_err *err);
/* Whether standard output is taken, so that nothing else may be written to it. */
bool outputs_take_stdout(const struct outputs *list);

/* Whether they can be written, as far as that can be known before. */
int outputs_check(const struct outputs *list, struct ob_err *err);

/* Writes them all, of the plan's one target; b was built. */
int outputs_write(struct build *b, const struct outputs *list, struct ob_err *err);

/* For the types. */

/* A target as what it becomes an output. */
struct output_source {
    struct build *b;
    const struct target *target;
    const struct image_config *config; /* the stage's; an empty one if the target has no stage */
    bool has_epoch;                    /* times after it become it */
    int64_t epoch;
};

/* Opens the result of a step of the plan. */
int output_open_step(const struct build *b, uint32_t step, struct rootfs *out, struct ob_err *err);
/* All files of the target. */
int output_list_files(const struct output_source *s, struct arena *a, const struct rootfs *root,
                      struct layer_entries *out, struct ob_err *err);
int output_local_write(const struct output_source *s, const struct output *o, struct ob_err *err);

#endif
