/* SPDX-License-Identifier: Apache-2.0 */
/* The list of passes, and how they are run. */
#include <config.h>

#include "ir/pass.h"

#include "base/err.h"
#include "ir/verify.h"

/* Steps are shared before copies are merged, as a step that is shared must not become a part of
 * one that is not; and after that once more, as what is merged may be the same. */
static const struct pass passes[] = {
    {"reach", 1, pass_reach},
    {"fold", 1, pass_fold},
    {"share", 1, pass_share},
    {"drop-noops", 2, pass_drop_noops},
    {"merge-copies", 2, pass_merge_copies},
    {"share", 2, pass_share},
};

static void run_pass(const struct pass *pass, struct plan *p, const struct pass_report *r)
{
    if (r->stats)
        stats_begin_pass(r->stats, p, pass->name);
    pass->run(p, r);
    if (r->stats)
        stats_end_pass(r->stats, p);
#ifdef OBKIT_DEBUG
    struct ob_err err;
    if (ir_verify(p, &err) < 0)
        BUG("after pass %s: %s", pass->name, err.text);
#endif
}

void ir_optimize(struct plan *p, int level, const struct pass_report *r)
{
    if (r->stats)
        stats_begin(r->stats, p);
    for (size_t i = 0; i < sizeof passes / sizeof passes[0]; i++)
        if (level >= passes[i].level)
            run_pass(&passes[i], p, r);
}
