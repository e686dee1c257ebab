/* SPDX-License-Identifier: Apache-2.0 */
/* The ready queue: steps that can start, the one with the most work behind it first. */
#ifndef EXEC_READY_H
#define EXEC_READY_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

struct ready {
    uint32_t *heap; /* indices of steps */
    uint32_t n;
    const uint64_t *weight; /* of each step */
};

/* Room for n steps. weight must live as long. */
void ready_init(struct ready *r, struct arena *a, uint32_t n, const uint64_t *weight);
void ready_push(struct ready *r, uint32_t step);
/* The step of the greatest weight, of equals the first in the plan. False if there is none. */
bool ready_pop(struct ready *r, uint32_t *step);

#endif
