/* SPDX-License-Identifier: Apache-2.0 */
/* The order in which diagnostics are shown, and which of them are. */
#include <config.h>

#include "base/diag_sort.h"

#include <stdlib.h>

/* qsort(3) may mix what compares equal, so the order of reporting is compared as well. */
struct ranked {
    const struct diag *diag;
    size_t rank;
};

static int by_place(const void *pa, const void *pb)
{
    const struct ranked *a = pa, *b = pb;
    struct span x = a->diag->span, y = b->diag->span;
    if (x.source != y.source)
        return x.source < y.source ? -1 : 1;
    if (x.off != y.off)
        return x.off < y.off ? -1 : 1;
    if (a->diag->level != b->diag->level)
        return a->diag->level > b->diag->level ? -1 : 1;
    return a->rank < b->rank ? -1 : 1;
}

static bool says_the_same(const struct diag *d, const struct diag *e)
{
    return d->span.source == e->span.source && d->span.off == e->span.off &&
           d->span.len == e->span.len && str_eq(d->text, e->text);
}

/* What is read twice, as a trigger is, may be reported twice: of the same message at the same place
 * the first error counts, or else the first warning. Only neighbours in the order are compared. */
static bool is_repeated(const struct ranked *sorted, size_t n, size_t i)
{
    enum { NEAR = 8 };
    const struct diag *d = sorted[i].diag;
    for (size_t j = i > NEAR ? i - NEAR : 0; j < n && j <= i + NEAR; j++) {
        const struct diag *e = sorted[j].diag;
        bool wins = e->level != d->level ? e->level == DIAG_ERROR : j < i;
        if (j != i && wins && says_the_same(d, e))
            return true;
    }
    return false;
}

struct diag_vec diag_sorted(const struct diag_sink *sink)
{
    struct diag_vec shown = {0};
    size_t n = 0;
    if (sink->list.n == 0)
        return shown;
    struct ranked *sorted = arena_new_n(sink->arena, struct ranked, sink->list.n);
    for (size_t i = 0; i < sink->list.n; i++)
        if (!sink->list.at[i]->is_skipped)
            sorted[n++] = (struct ranked){sink->list.at[i], i};
    qsort(sorted, n, sizeof *sorted, by_place);
    for (size_t i = 0; i < n; i++)
        if (!is_repeated(sorted, n, i))
            vec_push(sink->arena, &shown, sink->list.at[sorted[i].rank]);
    return shown;
}
