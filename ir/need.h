/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Capabilities: what a step asks for that an executor may not have, beyond the baseline (plain
 * from, scratch, run, copy and mkdir). A document lists the names of those that it needs, so that
 * an executor that is older refuses exactly what it can't do. They follow from the steps and are
 * no part of ids. obkit-ir.5 explains each.
 */
#ifndef IR_NEED_H
#define IR_NEED_H

#include "ir/plan.h"

enum ir_need { /* in the order of their names */
               NEED_NONE,
               NEED_ADD,
               NEED_ADD_CHECKSUM,
               NEED_ADD_GIT,
               NEED_ADD_HTTP,
               NEED_CHMOD_SYMBOLIC,
               NEED_CONTEXT_NAMED,
               NEED_COPY_PARENTS,
               NEED_EPOCH,
               NEED_EPOCH_SOURCE,
               NEED_FILE,
               NEED_FROM_ONBUILD,
               NEED_LATE,
               NEED_LATE_PATTERN,
               NEED_PROXIES,
               NEED_RUN_DEVICE,
               NEED_RUN_DEVICE_OPTIONAL,
               NEED_RUN_INSECURE,
               NEED_RUN_MOUNT_BIND,
               NEED_RUN_MOUNT_CACHE_FROM,
               NEED_RUN_MOUNT_SECRET_ENV,
               NEED_RUN_MOUNT_SSH,
               NEED_RUN_MOUNT_SSH_OPTIONAL,
               NEED_RUN_MOUNT_TMPFS,
               NEED_RUN_SCRIPTS,
               N_NEEDS
};

/* A set of them, NEED_NONE never among them. */
struct ir_needs {
    uint32_t bits;
};

#define needs_for(need, set)                                                                       \
    for (enum ir_need need = NEED_NONE + 1; need < N_NEEDS; need++)                                \
        if (needs_have((set), need))

static inline bool needs_have(struct ir_needs set, enum ir_need need)
{
    return set.bits >> need & 1;
}

void needs_add(struct ir_needs *set, enum ir_need need); /* NEED_NONE adds nothing */

const char *need_name(enum ir_need need);
enum ir_need need_named(struct str name); /* NEED_NONE = unknown */

void step_needs(const struct step *s, struct ir_needs *add_to);
struct ir_needs plan_needs(const struct plan *p); /* of its steps, stages and proxies */

#endif
