/* SPDX-License-Identifier: Apache-2.0 */
/* A binary heap. */
#include <config.h>

#include "exec/ready.h"

void ready_init(struct ready *r, struct arena *a, uint32_t n, const uint64_t *weight)
{
    *r = (struct ready){.heap = arena_new_n(a, uint32_t, n), .weight = weight};
}

static bool comes_before(const struct ready *r, uint32_t a, uint32_t b)
{
    return r->weight[a] != r->weight[b] ? r->weight[a] > r->weight[b] : a < b;
}

static void swap(struct ready *r, uint32_t i, uint32_t j)
{
    uint32_t step = r->heap[i];
    r->heap[i] = r->heap[j];
    r->heap[j] = step;
}

void ready_push(struct ready *r, uint32_t step)
{
    uint32_t at = r->n++;
    r->heap[at] = step;
    for (; at > 0 && comes_before(r, step, r->heap[(at - 1) / 2]); at = (at - 1) / 2)
        swap(r, at, (at - 1) / 2);
}

static void sink(struct ready *r)
{
    for (uint32_t at = 0, child; (child = 2 * at + 1) < r->n; at = child) {
        if (child + 1 < r->n && comes_before(r, r->heap[child + 1], r->heap[child]))
            child++;
        if (!comes_before(r, r->heap[child], r->heap[at]))
            return;
        swap(r, at, child);
    }
}

bool ready_pop(struct ready *r, uint32_t *step)
{
    if (r->n == 0)
        return false;
    *step = r->heap[0];
    r->heap[0] = r->heap[--r->n];
    sink(r);
    return true;
}
