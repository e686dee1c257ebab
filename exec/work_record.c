/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker notes of the result that it has made. */
#include <config.h>

#include "base/clock.h"
#include "base/cleanup.h"
#include "exec/heading.h"
#include "exec/record.h"
#include "exec/work.h"
#include "ir/write.h"

#include <time.h>

static struct str hex_of(struct arena *a, const struct digest *d)
{
    char hex[SHA256_HEX + 1];
    if (!d)
        return STR("");
    digest_hex(d, hex);
    return arena_str(a, str_of(hex, SHA256_HEX));
}

int work_record(const struct work *w, struct ob_err *err)
{
    const struct step *s = w->job.step;
    struct arena *a = w->b->arena;
    cleanup_buf struct buf op = BUF_INIT;
    struct json_out j = JSON_OUT_INIT(&op);
    ir_write_op(&j, s);
    struct record r = {
        .key = hex_of(a, &w->job.key),
        .parent = hex_of(a, w->job.parent),
        .kind = str_from(step_kind_name(s->kind)),
        .heading = heading_of(a, s),
        .op = buf_str(&op),
        .op_digest = hex_of(a, &s->op_digest),
        .input = hex_of(a, w->job.input),
        .created = time(NULL),
        .ms = clock_ms_since(&w->started),
    };
    if (s->meta.line && s->meta.source < w->b->plan->sources.n) {
        r.source = w->b->plan->sources.at[s->meta.source].path;
        r.line = s->meta.line;
    }
    for (size_t i = 0; i < s->reads.n; i++)
        vec_push(a, &r.reads, hex_of(a, &w->job.reads[i]));
    return record_save(&w->b->layout, &r, err);
}
