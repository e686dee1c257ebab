/* SPDX-License-Identifier: Apache-2.0 */
/* The base images of a plan as JSON, for spec2ir --pin. */
#include <config.h>

#include "exec/bases.h"

#include "base/map.h"
#include "exec/image.h"

static void write_base(struct json_out *j, const struct op_from *op, const struct image_info *info)
{
    json_newline(j);
    json_open(j, '{');
    json_key_str(j, "image", op->image);
    json_key_str(j, "platform", op->platform);
    image_describe(j, info);
    json_close(j, '}');
}

int bases_describe(struct build *b, struct buf *out, struct ob_err *err)
{
    struct json_out j = JSON_OUT_INIT(out);
    struct map seen = MAP_INIT(b->arena);
    json_open(&j, '{');
    json_key(&j, "bases");
    json_open(&j, '[');
    vec_for (struct step, s, &b->plan->steps) {
        struct base_image base;
        if (s->kind != STEP_FROM)
            continue;
        void **slot = map_slot(&seen, str_of((const char *)s->op_digest.b, SHA256_BYTES));
        if (*slot)
            continue;
        *slot = s;
        if (base_find(b, &s->op.from, &base, err) < 0)
            return -1;
        write_base(&j, &s->op.from, &base.info);
    }
    json_close(&j, ']');
    json_close(&j, '}');
    buf_putc(out, '\n');
    return 0;
}
