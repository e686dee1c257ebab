/* SPDX-License-Identifier: Apache-2.0 */
/* What the passes did, in numbers: the output of --stats. */
#ifndef IR_PASS_STATS_H
#define IR_PASS_STATS_H

#include "base/buf.h"
#include "ir/plan.h"

struct pass_count {
    const char *name;
    uint32_t before, after;     /* steps */
    uint32_t n_changed;         /* steps that stayed, but not as they were */
    uint32_t n_common;          /* steps that from now on stand for several, */
    uint32_t n_files, n_stages; /* and of how many files and stages these are */
};

struct file_count {
    uint32_t n_compiled;
    uint32_t n_elsewhere; /* of these, how many became a step of another file */
};

struct pass_stats {
    VEC(struct pass_count) passes;
    struct file_count *file; /* one for each source of the plan */
};

/* Before the first pass; then around each of them. */
void stats_begin(struct pass_stats *s, const struct plan *p);
void stats_begin_pass(struct pass_stats *s, const struct plan *p, const char *name);
void stats_end_pass(struct pass_stats *s, const struct plan *p);

/* For passes: one more step is changed; step i is about to become map[i]. */
void stats_changed(struct pass_stats *s);
void stats_shared(struct pass_stats *s, const struct plan *p, const uint32_t *map);

/* A line for the whole, one for each pass, and one for each file if there are several. */
void stats_print(const struct pass_stats *s, const struct plan *p, int level, struct buf *out);

#endif
